/*
 * pgconn -- one PostgreSQL connection that heals itself.
 * Owns:  the libpq connection and its socket event, one statement in flight, every timeout of both, the reconnect delay.
 * Calls: on_up, on_down, on_notify and the callback of a statement, each from the loop and never inside a call of ours, so
 *        any of them may send, drop or free.
 * Never: blocks, writes SQL, cancels a statement (PQcancel blocks: a statement that takes too long loses its connection),
 *        or passes on a DETAIL, a NOTICE or a conninfo.
 */
#ifndef LETTERWATCH_PGCONN_H
#define LETTERWATCH_PGCONN_H

#include <stdbool.h>
#include <stdint.h>

#define PGCONN_ATTEMPT_MS 5000 /* for one address of a connection attempt */
#define PGCONN_STATEMENT_MS                                                                                            \
	20000 /* then the connection is dropped; the server gives up PGCONN_SERVER_TIMEOUT earlier */
#define PGCONN_SERVER_TIMEOUT "15s"

struct event_base;
struct pg_result; /* libpq's PGresult */
struct pgconn;

/* Why there is no connection. */
struct pgconn_trouble {
	bool was_up;      /* a connection was lost; false: an attempt to connect failed */
	const char *what; /* a fixed phrase */
	char sqlstate[6]; /* of the server's last word, or "" */
	char message
		[200]; /* the first line of what libpq said of a failed attempt (hosts and users, no conninfo), or "" */
	int64_t retry_ms; /* the next attempt begins in this time */
};

struct pgconn_callbacks {
	void (*on_up)(void *arg);
	void (*on_down)(void *arg, const struct pgconn_trouble *trouble); /* after each loss and each failed attempt */
	void (*on_notify)(void *arg);  /* one or more notifications came, of whatever channel was listened to */
	uint32_t (*random)(void *arg); /* for the jitter */
};

/* `result` becomes the callee's, which calls PQclear(). */
typedef void (*pgconn_result_fn)(void *arg, struct pg_result *result);

struct pgconn_statement {
	const char *sql;
	int count;                 /* of values */
	const char *const *values; /* text format; NULL is NULL */
	bool binary;               /* the results come in binary format */
};

/* 0, or -EINVAL if libpq cannot read the connection string, -ENOMEM. */
int pgconn_check_conninfo(const char *conninfo) __attribute__((warn_unused_result));

/* `conninfo` is copied; nothing is done before pgconn_start(). 0: *ret is the caller's. -ENOMEM, -EINVAL. */
int pgconn_new(struct event_base *base, const char *conninfo, const struct pgconn_callbacks *callbacks, void *arg,
               struct pgconn **ret) __attribute__((warn_unused_result));
/* Closes, calls nothing back; takes NULL. */
void pgconn_free(struct pgconn *conn);

/* How long to wait between attempts, at first and at most, 0 < first_ms <= cap_ms; without it 50 ms and 1 s. An attempt may keep the
 * loop for as long as the name service takes to answer. */
void pgconn_set_patience(struct pgconn *conn, int64_t first_ms, int64_t cap_ms);

/* Begins to connect, and tries again for ever. */
void pgconn_start(struct pgconn *conn);

/* Connects anew with another connection string; the same one changes nothing. 0, or -EINVAL, -ENOMEM with the old connection kept. */
int pgconn_set_conninfo(struct pgconn *conn, const char *conninfo) __attribute__((warn_unused_result));

/*
 * Sends one statement. 0: `on_result` is called when it is answered, or on_down if the connection is lost first and
 * `on_result` never. -EBUSY: another is in flight. -ENOTCONN: not connected; if it was lost just now, on_down follows.
 */
int pgconn_send(struct pgconn *conn, const struct pgconn_statement *statement, pgconn_result_fn on_result, void *arg)
	__attribute__((warn_unused_result));

/* Gives the connection up, e.g. because the server has become read-only, and connects anew; on_down follows. */
void pgconn_drop(struct pgconn *conn, const char *sqlstate);

bool pgconn_is_up(const struct pgconn *conn);

#endif

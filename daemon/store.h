/*
 * store -- what the daemon asks of the database: one typed call per SQL function.
 * Owns:  the only SQL of the program; rows into structs; SQLSTATE into what to do about it.
 * Calls: the callback of each call, once, from the loop - unless the connection is lost first (pgconn's on_down tells).
 * Never: retries, or passes on the text of an error: it may hold row values.
 *
 * One call at a time. Each returns 0, -EBUSY while another is in flight, -ENOTCONN without a connection, or -ENOMEM.
 */
#ifndef LETTERWATCH_STORE_H
#define LETTERWATCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_SCHEMA 16 /* the schema that this program comes with: the number of the last file of sql/migrations */
#define STORE_PAIRS_MAX 64
#define STORE_KEY_MAX 32

struct pgconn;
struct store;
struct store_batch;
struct store_table;

enum store_verdict {
	STORE_OK,
	STORE_RETRY,     /* a conflict or a shortage: the same call again after a pause, on the same connection */
	STORE_RECONNECT, /* this server cannot do it; store has dropped the connection, on_down follows */
	STORE_BUG,       /* the call or its answer is wrong: someone has to look at it; try again after a pause */
};

struct store_outcome {
	enum store_verdict verdict;
	const char *call; /* the SQL function */
	/* Of the error; "": the answer could not be understood (a bug), or there was no memory for it. */
	char sqlstate[6];
};

struct store_id {
	char text[37]; /* a uuid, NUL-terminated */
};

/* Of a key the NUL-terminated copy, of a value `length` bytes that belong to the batch. */
struct store_pair {
	char key[STORE_KEY_MAX + 1];
	const char *value;
	size_t length;
};

struct store_line {
	struct store_id id;
	int severity;    /* 0 to 7 as in <syslog.h> */
	int64_t late_us; /* since its stage's time, or since it was raised */
	size_t pair_count;
	struct store_pair pairs[STORE_PAIRS_MAX];
};

struct store_next {
	bool planned;       /* false: nothing is, and next_in_us is 0 */
	int64_t next_in_us; /* 0: ask again at once */
	bool blocked;       /* due rows are held by another daemon */
};

typedef void (*store_done_fn)(void *arg, const struct store_outcome *outcome);
typedef void (*store_connect_fn)(void *arg, const struct store_outcome *outcome, int64_t instance, int schema_version);
/* `batch` and `table` are the callee's, to be freed with store_..._free(); NULL unless the verdict is STORE_OK. */
typedef void (*store_claim_fn)(void *arg, const struct store_outcome *outcome, struct store_batch *batch);
typedef void (*store_table_fn)(void *arg, const struct store_outcome *outcome, struct store_table *table);

int store_new(struct pgconn *conn, struct store **ret) __attribute__((warn_unused_result));
void store_free(struct store *store);

/* Says who we are; first on each connection. `instance` is what an earlier answer gave, or 0. */
int store_connect(struct store *store, int64_t instance, const char *host, int pid, const char *version,
                  store_connect_fn fn, void *arg) __attribute__((warn_unused_result));
/* Whether the calls fit a schema: this program's own, or the next one, for an upgrade brings the schema first. */
bool store_fits(int schema_version);
/* From now on pgconn's on_notify means: claim. */
int store_listen(struct store *store, store_done_fn fn, void *arg) __attribute__((warn_unused_result));
/*
 * At most `batch` new lines, leased for 30 s, and those still leased to us. Where they are more than a few, they are fetched by a
 * second statement, when the claim has committed. Should we read no more (stopped, or cut off), the server waits for us without
 * holding a row that a clerk's write needs.
 */
int store_claim(struct store *store, int64_t instance, int batch, const char *language, store_claim_fn fn, void *arg)
	__attribute__((warn_unused_result));
/* The kernel has these lines. Safe to repeat. */
int store_mark(struct store *store, int64_t instance, const struct store_id *ids, size_t count, store_done_fn fn,
               void *arg) __attribute__((warn_unused_result));
/* Gives back what is leased. */
int store_disconnect(struct store *store, int64_t instance, store_done_fn fn, void *arg)
	__attribute__((warn_unused_result));
/* For people: daemon_status, and what check_setup() finds (columns what, ok, detail). */
int store_status(struct store *store, store_table_fn fn, void *arg) __attribute__((warn_unused_result));
int store_check(struct store *store, store_table_fn fn, void *arg) __attribute__((warn_unused_result));
/* The database's numbers, for the metrics page (columns name, label, value). */
int store_metrics(struct store *store, store_table_fn fn, void *arg) __attribute__((warn_unused_result));

size_t store_batch_count(const struct store_batch *batch);
struct store_next store_batch_next(const struct store_batch *batch);
/* Line `i`: *ret_line points into the batch. -EBADMSG: its fields cannot be understood; id and severity are set all the same. */
int store_batch_line(const struct store_batch *batch, size_t i, struct store_line *ret_line)
	__attribute__((warn_unused_result));
void store_batch_free(struct store_batch *batch);

size_t store_table_rows(const struct store_table *table);
size_t store_table_columns(const struct store_table *table);
const char *store_table_name(const struct store_table *table, size_t column);
/* "" for NULL. */
const char *store_table_cell(const struct store_table *table, size_t row, size_t column);
void store_table_free(struct store_table *table);

#endif

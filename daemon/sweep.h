/*
 * sweep -- claims until nothing is due, then sleeps.
 * Owns:  the conversation on a connection: daemon_connect, LISTEN, claim; when the next claim is made.
 * Calls: on_turn when the connection is the outbox's, to send and mark; on_stopped when it will ask nothing more.
 * Never: sends a line, or decides what is due.
 *
 * Being woken, by the timer or a notification or a new connection, always means the same: claim.
 */
#ifndef LETTERWATCH_SWEEP_H
#define LETTERWATCH_SWEEP_H

#include <stdint.h>

struct store;
struct store_batch;
struct sweep;
struct wakeup;

struct sweep_callbacks {
	/* Send and mark these lines (the callee's to free), or, with NULL, mark what was sent on an earlier connection; then
	 * sweep_go_on(). */
	void (*on_turn)(void *arg, struct store_batch *batch);
	void (*on_greeted)(void *arg, int64_t instance);
	void (*on_progress)(void *arg); /* a claim succeeded or failed: what sweep_get_facts() says has changed */
	void (*on_stopped)(void *arg);  /* may be called from within sweep_stop() */
	uint32_t (*random)(void *arg);
};

struct sweep_identity {
	const char *host;
	int pid;
	const char *version;
};

/* All moments are clock_ms(); 0 = never, or not now. */
struct sweep_facts {
	const char *state;        /* a word for a status line */
	int64_t instance;         /* 0: the database has not given us one yet */
	int64_t failing_since_ms; /* the first of the calls that have failed since one succeeded */
	int64_t passes;
	int64_t failures;
	int64_t passed_ms; /* the last claim that succeeded */
	int64_t next_ms;   /* when to claim again, a little before something is due, as the database said last */
};

/* The strings of `identity` are lent for the sweep's life. 0: *ret is the caller's. -ENOMEM. */
int sweep_new(struct store *store, struct wakeup *wakeup, const struct sweep_identity *identity,
              const struct sweep_callbacks *callbacks, void *arg, struct sweep **ret)
	__attribute__((warn_unused_result));
void sweep_free(struct sweep *sweep);

/* `language` is lent until the next sweep_set(). */
void sweep_set(struct sweep *sweep, int batch, const char *language);

/* News from pgconn and wakeup, and from the outbox: it is done with its turn. */
void sweep_on_up(struct sweep *sweep);
void sweep_on_down(struct sweep *sweep);
void sweep_on_notify(struct sweep *sweep);
void sweep_on_wake(struct sweep *sweep);
void sweep_go_on(struct sweep *sweep);

/* Claims nothing more; what is claimed by an answer under way is left to the next start. on_stopped follows. */
void sweep_stop(struct sweep *sweep);

void sweep_get_facts(const struct sweep *sweep, struct sweep_facts *ret_facts);

#endif

/*
 * outbox -- lines that are claimed: to syslog, then marked as sent.
 * Owns:  a batch until its last line is sent or given up; the ids that syslog has and the database does not know of yet.
 * Calls: on_done, from the loop, when sweep may claim again.
 * Never: claims, or marks a line that the kernel has not taken.
 *
 * A line is leased for 30 s; what cannot be sent for OUTBOX_HOLD_MS is dropped from memory (the database still has it) and
 * claimed again once syslog takes lines. A lost connection drops what is not sent, and keeps the ids of what is: they are
 * marked first on the next connection.
 */
#ifndef LETTERWATCH_OUTBOX_H
#define LETTERWATCH_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#define OUTBOX_HOLD_MS 20000
#define OUTBOX_SLICE_MS 5 /* how long one turn of the loop may be kept */

struct event_base;
struct outbox;
struct store;
struct store_batch;
struct store_line;
struct syslogger;

struct outbox_callbacks {
	void (*on_done)(void *arg);
	void (*on_trouble)(void *arg); /* syslog takes no line, or a mark failed: outbox_get_facts() says more */
	void (*on_sent)(void *arg, const struct store_line *line); /* the kernel has it */
	void (*on_refused)(void *arg, int error);                  /* the line did not go, for this errno */
	uint32_t (*random)(void *arg);
};

struct outbox_facts {
	const char *state; /* a word for a status line */
	size_t unsent;
	size_t unmarked;
	int64_t sent;             /* lines since the start */
	int64_t failures;         /* marks that failed since the start */
	int64_t blocked_since_ms; /* clock_ms(); 0 while syslog takes lines or none waits */
	int64_t failing_since_ms; /* the first of the marks that have failed since one succeeded; 0: none has */
};

/* 0: *ret is the caller's. -ENOMEM. */
int outbox_new(struct event_base *base, struct store *store, struct syslogger *syslogger,
               const struct outbox_callbacks *callbacks, void *arg, struct outbox **ret)
	__attribute__((warn_unused_result));
void outbox_free(struct outbox *outbox);

/* Lines a second at most; 0 = no limit. */
void outbox_set_rate(struct outbox *outbox, int rate);

/* Takes over `batch`, claimed just now by `instance`; NULL: nothing but what is still to be marked. on_done follows. */
void outbox_take(struct outbox *outbox, int64_t instance, struct store_batch *batch);

/* News from syslogger and pgconn. */
void outbox_on_ready(struct outbox *outbox);
void outbox_on_down(struct outbox *outbox);

/* The program ends: gives up what is not sent, and tries once to mark what is. Only during a turn; on_done ends it as ever. */
void outbox_finish(struct outbox *outbox);

void outbox_get_facts(const struct outbox *outbox, struct outbox_facts *ret_facts);

#endif

/*
 * events -- the daemon's own lines in the alert log: start, stop, reload, status, degraded, recovered.
 * Owns:  their keys and severities; the last few of them while syslog takes none.
 * Never: sends alerts, or decides when something is worth a line.
 */
#ifndef LETTERWATCH_EVENTS_H
#define LETTERWATCH_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct events;
struct syslogger;

/* How the daemon is: what a status line says, in its order. */
struct events_status {
	const char *state;
	const char *reason;
	bool database_up;
	int64_t instance;
	const char *sweep;
	const char *outbox;
	int64_t unsent;
	int64_t unmarked;
	int64_t sent;
	int64_t passes;
	int64_t failures;
	int64_t uptime_s;
	const char *version;
};

/* 0: *ret is the caller's. -ENOMEM. */
int events_new(struct syslogger *syslogger, struct events **ret) __attribute__((warn_unused_result));
void events_free(struct events *events);

/* `instance` 0: not known yet. */
void events_start(struct events *events, const char *version, int64_t instance, const char *host);
void events_stop(struct events *events, const char *reason);
void events_reload(struct events *events, bool accepted);
/* since=: the host's clock `ago_s` seconds ago, in UTC; like the time in the line's header, for the reader only. */
void events_degraded(struct events *events, const char *reason, int64_t ago_s);
void events_recovered(struct events *events, const char *reason, int64_t after_s);
/* To stderr, too. */
void events_status(struct events *events, const struct events_status *status);

/* Tries to send what is held; true if nothing is any more. Otherwise syslogger's on_ready comes again. */
bool events_flush(struct events *events);

/* clock_ms() since when lines have been held; 0: none is. */
int64_t events_held_since_ms(const struct events *events);

#endif

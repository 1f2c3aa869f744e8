/*
 * monitor -- tells people and systemd how the daemon is.
 * Owns:  what has been told already: degraded, when, since when; the last ping of the watchdog.
 * Never: gathers the facts, or judges them (health does).
 */
#ifndef LETTERWATCH_MONITOR_H
#define LETTERWATCH_MONITOR_H

#include <stdbool.h>

struct events;
struct health_facts;
struct monitor;

/* 0: *ret is the caller's. -ENOMEM. */
int monitor_new(struct events *events, struct monitor **ret) __attribute__((warn_unused_result));
void monitor_free(struct monitor *monitor);

/* Has these facts judged; pings the watchdog unless stuck, and tells degraded (again each 10 minutes) and recovered. */
void monitor_look(struct monitor *monitor, const struct health_facts *facts);

/* True from degraded to recovered. */
bool monitor_is_degraded(const struct monitor *monitor);

#endif

/*
 * wakeup -- the daemon's only timer for what is due.
 * Owns:  one libevent timer and the moment it is set for.
 * Never: knows what it wakes, or reads the wall clock.
 */
#ifndef LETTERWATCH_WAKEUP_H
#define LETTERWATCH_WAKEUP_H

#include <stdint.h>

struct event_base;
struct wakeup;

/* 0: *ret is the caller's. -ENOMEM. `on_wake` is called from the loop, with nothing armed any more. */
int wakeup_new(struct event_base *base, void (*on_wake)(void *arg), void *arg, struct wakeup **ret)
	__attribute__((warn_unused_result));
void wakeup_free(struct wakeup *w);

/* Wakes in `us` microseconds (negative counts as 0), at the latest in the cap, or when it is armed for already: the earlier
 * wins. */
void wakeup_arm(struct wakeup *w, int64_t us);

/* The longest sleep; at the start 60,000. Takes effect with the next wakeup_arm. */
void wakeup_set_cap(struct wakeup *w, int64_t cap_ms);

/* Forgets what it is armed for. */
void wakeup_disarm(struct wakeup *w);

#endif

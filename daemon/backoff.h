/*
 * backoff -- how long to wait before the next try.
 * Owns:  the growth from try to try, its cap and its jitter.
 * Never: waits, or asks for time or randomness: both come in from outside, so a test can repeat.
 */
#ifndef LETTERWATCH_BACKOFF_H
#define LETTERWATCH_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t first_ms;   /* the first delay */
	int64_t cap_ms;     /* no delay is longer */
	int64_t current_ms; /* the next delay, before jitter */
};

/* 0 < first_ms <= cap_ms. */
void backoff_init(struct backoff *b, int64_t first_ms, int64_t cap_ms);

/* The delay before the next try: between half of and the whole current delay, by `random`; then doubles up to the cap. */
int64_t backoff_next_ms(struct backoff *b, uint32_t random);

/* A try succeeded: begin again with the first delay. */
void backoff_reset(struct backoff *b);

#endif

/*
 * timer -- libevent's timers, armed so that none is ever forgotten.
 * Owns:  nothing.
 * Never: says what time it is (clock does).
 */
#ifndef LETTERWATCH_TIMER_H
#define LETTERWATCH_TIMER_H

#include <stdint.h>

struct event;

/* The timer fires once, `us` microseconds from now (0 or less: in the next turn of the loop), in place of what it was armed for.
 * Without memory it fires at once: rather too early than never. */
void timer_set_us(struct event *timer, int64_t us);
/* The same, in milliseconds. */
void timer_set_ms(struct event *timer, int64_t ms);

#endif

/*
 * clock -- monotonic time.
 * Owns:  the only calls of clock_gettime.
 * Never: reads the wall clock; "now" in the sense of a calendar is the database's.
 */
#ifndef LETTERWATCH_CLOCK_H
#define LETTERWATCH_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment before the start of the program; counts suspended time too (CLOCK_BOOTTIME). */
int64_t clock_ms(void);

/* Microseconds of CLOCK_MONOTONIC, which stands still while suspended: what libevent's timers and MONOTONIC_USEC= of
 * sd_notify(3) are measured in. */
int64_t clock_monotonic_us(void);

#endif

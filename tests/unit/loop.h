/* For tests that need a loop: turns it until a condition holds, within a limit that only a failure reaches. */
#ifndef LETTERWATCH_TEST_LOOP_H
#define LETTERWATCH_TEST_LOOP_H

#include "clock.h"

#include <event2/event.h>
#include <stdbool.h>

#define LOOP_LIMIT_MS 10000

static inline struct event_base *loop_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

/* Whether the condition came to hold. */
static inline bool loop_until(struct event_base *base, bool (*condition)(void *arg), void *arg)
{
	int64_t end_ms = clock_ms() + LOOP_LIMIT_MS;
	struct timeval limit = {.tv_sec = LOOP_LIMIT_MS / 1000};

	event_base_loopexit(base, &limit); /* a loop in which nothing is pending must end, too */
	while (!condition(arg) && clock_ms() < end_ms)
		event_base_loop(base, EVLOOP_ONCE);
	return condition(arg);
}

#endif

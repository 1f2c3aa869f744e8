#include "timer.h"

#include <event2/event.h>
#include <stddef.h>

void timer_set_us(struct event *timer, int64_t us)
{
	int64_t delay_us = us > 0 ? us : 0;
	struct timeval delay = {.tv_sec = delay_us / 1000000, .tv_usec = delay_us % 1000000};

	if (event_add(timer, &delay) != 0)
		event_active(timer, EV_TIMEOUT, 0);
}

void timer_set_ms(struct event *timer, int64_t ms)
{
	timer_set_us(timer, ms * 1000);
}

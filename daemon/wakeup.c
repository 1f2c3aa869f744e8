#include "wakeup.h"

#include "clock.h"
#include "timer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

#define CAP_MS 60000

struct wakeup {
	struct event_base *base;
	struct event *timer;
	void (*on_wake)(void *arg);
	void *arg;
	int64_t cap_ms;
	bool armed;
	int64_t at_us; /* clock_monotonic_us(); holds while armed */
};

static void wake(struct wakeup *w)
{
	w->armed = false;
	w->on_wake(w->arg);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	wake(arg);
}

int wakeup_new(struct event_base *base, void (*on_wake)(void *arg), void *arg, struct wakeup **ret)
{
	struct wakeup *w = calloc(1, sizeof(*w));
	int result = -ENOMEM;

	if (w == NULL)
		goto out;
	w->base = base;
	w->on_wake = on_wake;
	w->arg = arg;
	w->cap_ms = CAP_MS;
	w->timer = evtimer_new(base, on_timer, w);
	if (w->timer == NULL)
		goto out;
	*ret = w;
	w = NULL;
	result = 0;
out:
	wakeup_free(w);
	return result;
}

void wakeup_free(struct wakeup *w)
{
	if (w == NULL)
		return;
	if (w->timer != NULL)
		event_free(w->timer);
	free(w);
}

static void set_timer(struct wakeup *w, int64_t delay_us)
{
	/* Inside a callback libevent counts from when the callbacks began: it would wake early by what they took. */
	event_base_update_cache_time(w->base);
	timer_set_us(w->timer, delay_us);
}

void wakeup_arm(struct wakeup *w, int64_t us)
{
	int64_t now_us = clock_monotonic_us();
	int64_t delay_us = us < w->cap_ms * 1000 ? us : w->cap_ms * 1000;
	int64_t at_us = now_us + (delay_us > 0 ? delay_us : 0);

	if (w->armed && w->at_us <= at_us)
		return;
	w->armed = true;
	w->at_us = at_us;
	set_timer(w, at_us - now_us);
}

void wakeup_set_cap(struct wakeup *w, int64_t cap_ms)
{
	w->cap_ms = cap_ms;
}

void wakeup_disarm(struct wakeup *w)
{
	w->armed = false;
	event_del(w->timer);
}

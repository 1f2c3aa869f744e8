#include "signals.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#define SIGNALS 4

struct signals {
	struct signals_callbacks callbacks;
	void *arg;
	struct event *events[SIGNALS];
};

static void on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct signals *s = arg;

	(void)what;
	if (signo == SIGHUP)
		s->callbacks.on_reload(s->arg);
	else if (signo == SIGUSR1)
		s->callbacks.on_status(s->arg);
	else
		s->callbacks.on_stop(s->arg, (int)signo);
}

int signals_new(struct event_base *base, const struct signals_callbacks *callbacks, void *arg, struct signals **ret)
{
	static const int wanted[SIGNALS] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	struct signals *s = calloc(1, sizeof(*s));
	int result = -ENOMEM;

	if (s == NULL)
		goto out;
	s->callbacks = *callbacks;
	s->arg = arg;
	for (int i = 0; i < SIGNALS; i++) {
		s->events[i] = evsignal_new(base, wanted[i], on_signal, s);
		if (s->events[i] == NULL || event_add(s->events[i], NULL) != 0)
			goto out;
	}
	signal(SIGPIPE, SIG_IGN); /* a server or receiver that hangs up is an errno, not the end */
	*ret = s;
	s = NULL;
	result = 0;
out:
	signals_free(s);
	return result;
}

void signals_free(struct signals *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < SIGNALS; i++) {
		if (s->events[i] != NULL)
			event_free(s->events[i]);
	}
	free(s);
}

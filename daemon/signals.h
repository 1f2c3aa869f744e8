/*
 * signals -- SIGTERM, SIGINT, SIGHUP and SIGUSR1 as events of the loop; SIGPIPE ignored.
 * Owns:  the four signal events.
 * Never: does what a signal asks for: the callbacks do.
 */
#ifndef LETTERWATCH_SIGNALS_H
#define LETTERWATCH_SIGNALS_H

struct event_base;
struct signals;

struct signals_callbacks {
	void (*on_stop)(void *arg, int signo); /* SIGTERM, SIGINT */
	void (*on_reload)(void *arg);          /* SIGHUP */
	void (*on_status)(void *arg);          /* SIGUSR1 */
};

/* 0: *ret is the caller's. -ENOMEM. */
int signals_new(struct event_base *base, const struct signals_callbacks *callbacks, void *arg, struct signals **ret)
	__attribute__((warn_unused_result));
void signals_free(struct signals *s);

#endif

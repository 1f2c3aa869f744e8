/*
 * web -- /healthz and /metrics, while [http] listen says so.
 * Owns:  the httpd, the counts, and a database connection of its own, which asks for the database's numbers once a minute:
 *        no alert waits for them.
 * Calls: get_facts when a page is asked for.
 * Never: keeps an alert waiting, or stops the daemon because a page cannot be shown.
 */
#ifndef LETTERWATCH_WEB_H
#define LETTERWATCH_WEB_H

#include <stdint.h>

struct event_base;
struct health_facts;
struct metrics_facts;
struct store_line;
struct web;

struct web_callbacks {
	void (*get_facts)(void *arg, struct metrics_facts *ret_facts, struct health_facts *ret_health);
	uint32_t (*random)(void *arg);
};

/* 0: *ret is the caller's. -ENOMEM. */
int web_new(struct event_base *base, const struct web_callbacks *callbacks, void *arg, struct web **ret)
	__attribute__((warn_unused_result));
void web_free(struct web *web);

/* Where to listen ([http] listen) and which database to ask. 0, or a negative errno: -ENOMEM, or of a
 * place that cannot be had, with the old one kept. */
int web_set(struct web *web, const char *listen, const char *conninfo) __attribute__((warn_unused_result));

/* The kernel has this line. */
void web_count_line(struct web *web, const struct store_line *line);
/* Syslog took none. */
void web_count_refusal(struct web *web, int error);
/* The daemon's connection was lost. */
void web_count_loss(struct web *web);

#endif

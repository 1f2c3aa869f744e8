#include "web.h"

#include "clock.h"
#include "health.h"
#include "httpd.h"
#include "log.h"
#include "metrics.h"
#include "pgconn.h"
#include "store.h"
#include "timer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_EVERY_MS 60000
#define RETRY_FIRST_MS 1000
#define RETRY_CAP_MS 60000

struct web {
	struct event_base *base;
	struct web_callbacks callbacks;
	void *arg;
	struct metrics *metrics;
	struct httpd *httpd;
	char *listen;

	/* While it listens. */
	struct pgconn *pgconn;
	struct store *store;
	struct event *timer; /* when to ask again */
	int64_t answered_ms; /* 0: never */
	bool told;           /* that there is no answer */
};

/* --- pages --- */

static int render_health(void *arg, FILE *out)
{
	struct web *w = arg;
	struct metrics_facts facts;
	struct health_facts health_facts;
	struct health health;

	w->callbacks.get_facts(w->arg, &facts, &health_facts);
	health = health_judge(&health_facts);
	if (health.state == HEALTH_OK) {
		fputs("ok\n", out);
		return 200;
	}
	fprintf(out, "%s reason=%s since_s=%lld\n", health_state_name(health.state), health_reason_name(health.reason),
	        (long long)(health_facts.now_ms - health.since_ms) / 1000);
	return 503;
}

static int render_metrics(void *arg, FILE *out)
{
	struct web *w = arg;
	struct metrics_facts facts;
	struct health_facts health_facts;

	w->callbacks.get_facts(w->arg, &facts, &health_facts);
	facts.healthy = health_judge(&health_facts).state == HEALTH_OK;
	facts.gauges_ms = w->answered_ms;
	metrics_render(w->metrics, &facts, out);
	return 200;
}

static const struct httpd_page pages[] = {
	{"/healthz", "text/plain; charset=utf-8", render_health},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", render_metrics},
};

/* --- the database's numbers --- */

/* Alerts go on by the daemon's own connection. */
static void tell_silence(struct web *w, const char *what, const char *sqlstate)
{
	if (!w->told)
		log_warning("no numbers of the database for /metrics: %s sqlstate=%s", what,
		            *sqlstate ? sqlstate : "-");
	w->told = true;
}

static void on_numbers(void *arg, const struct store_outcome *outcome, struct store_table *table)
{
	struct web *w = arg;

	if (outcome->verdict != STORE_OK) {
		tell_silence(w, "the call failed", outcome->sqlstate);
		return;
	}
	w->told = false;
	metrics_clear_gauges(w->metrics);
	for (size_t row = 0; row < store_table_rows(table); row++)
		metrics_set_gauge(w->metrics, store_table_cell(table, row, 0), store_table_cell(table, row, 1),
		                  strtoll(store_table_cell(table, row, 2), NULL, 10));
	w->answered_ms = clock_ms();
	store_table_free(table);
}

static void ask(struct web *w)
{
	timer_set_ms(w->timer, ASK_EVERY_MS);
	if (store_metrics(w->store, on_numbers, w) == -ENOTCONN)
		event_del(w->timer); /* on_up asks again */
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask(arg);
}

static void on_up(void *arg)
{
	ask(arg);
}

static void on_down(void *arg, const struct pgconn_trouble *trouble)
{
	struct web *w = arg;

	if (!trouble->was_up)
		tell_silence(w, *trouble->message ? trouble->message : trouble->what, trouble->sqlstate);
	event_del(w->timer);
}

static void on_notify(void *arg)
{
	(void)arg;
}

static uint32_t random_number(void *arg)
{
	struct web *w = arg;

	return w->callbacks.random(w->arg);
}

static void stop_asking(struct web *w)
{
	store_free(w->store);
	w->store = NULL;
	pgconn_free(w->pgconn);
	w->pgconn = NULL;
	event_del(w->timer);
	w->answered_ms = 0;
	w->told = false;
}

static int start_asking(struct web *w, const char *conninfo)
{
	static const struct pgconn_callbacks callbacks = {on_up, on_down, on_notify, random_number};
	int r = pgconn_new(w->base, conninfo, &callbacks, w, &w->pgconn);

	if (r < 0)
		return r;
	pgconn_set_patience(w->pgconn, RETRY_FIRST_MS, RETRY_CAP_MS);
	r = store_new(w->pgconn, &w->store);
	if (r < 0) {
		stop_asking(w);
		return r;
	}
	pgconn_start(w->pgconn);
	return 0;
}

/* --- outside --- */

int web_new(struct event_base *base, const struct web_callbacks *callbacks, void *arg, struct web **ret)
{
	struct web *w = calloc(1, sizeof *w);

	if (!w)
		return -ENOMEM;
	w->base = base;
	w->callbacks = *callbacks;
	w->arg = arg;
	w->listen = strdup("");
	w->timer = evtimer_new(base, on_timer, w);
	if (!w->listen || !w->timer || metrics_new(&w->metrics) < 0 ||
	    httpd_new(base, pages, sizeof pages / sizeof *pages, w, &w->httpd) < 0) {
		web_free(w);
		return -ENOMEM;
	}
	*ret = w;
	return 0;
}

void web_free(struct web *web)
{
	if (!web)
		return;
	if (web->timer)
		stop_asking(web);
	httpd_free(web->httpd);
	metrics_free(web->metrics);
	if (web->timer)
		event_free(web->timer);
	free(web->listen);
	free(web);
}

/* A place that is held already cannot be bound again. */
static int move(struct web *w, const char *listen)
{
	char *copy;
	int r;

	if (strcmp(listen, w->listen) == 0)
		return 0;
	copy = strdup(listen);
	if (!copy)
		return -ENOMEM;
	r = httpd_listen(w->httpd, listen);
	if (r < 0) {
		log_error("pages cannot be shown there listen=%s errno=%d", listen, -r);
		free(copy);
		return r;
	}
	free(w->listen);
	w->listen = copy;
	return 0;
}

int web_set(struct web *web, const char *listen, const char *conninfo)
{
	int r = move(web, listen);

	if (r < 0)
		return r;
	if (!*listen)
		stop_asking(web);
	else if (!web->pgconn)
		r = start_asking(web, conninfo);
	else
		r = pgconn_set_conninfo(web->pgconn, conninfo);
	return r;
}

/* The value of a key of `line`, cut to what metrics takes; "" if there is none. */
static void get(const struct store_line *line, const char *key, char text[METRICS_CODE_MAX + 1])
{
	text[0] = '\0';
	for (size_t i = 0; i < line->pair_count; i++)
		if (strcmp(line->pairs[i].key, key) == 0)
			snprintf(text, METRICS_CODE_MAX + 1, "%.*s", (int)line->pairs[i].length, line->pairs[i].value);
}

void web_count_line(struct web *web, const struct store_line *line)
{
	char event[METRICS_CODE_MAX + 1];
	char stage[METRICS_CODE_MAX + 1];
	char rule[METRICS_CODE_MAX + 1];
	char covers[METRICS_CODE_MAX + 1];

	get(line, "event", event);
	if (strcmp(event, "alert") != 0)
		return;
	get(line, "stage", stage);
	get(line, "rule", rule);
	get(line, "covers", covers);
	metrics_count_alert(web->metrics, stage, rule, *covers ? strtoll(covers, NULL, 10) : 1, line->late_us);
}

void web_count_refusal(struct web *web, int error)
{
	metrics_count_refusal(web->metrics, error);
}

void web_count_loss(struct web *web)
{
	metrics_count_loss(web->metrics);
}

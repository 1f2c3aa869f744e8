#include "daemon.h"

#include "clock.h"
#include "conf.h"
#include "events.h"
#include "health.h"
#include "log.h"
#include "metrics.h"
#include "monitor.h"
#include "outage.h"
#include "outbox.h"
#include "pgconn.h"
#include "settings.h"
#include "signals.h"
#include "store.h"
#include "svc.h"
#include "sweep.h"
#include "syslogger.h"
#include "timer.h"
#include "wakeup.h"
#include "web.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TROUBLE_TICK_MS 5000 /* how often trouble is looked at; there is no such timer while all is well */
#define STOP_LIMIT_MS 1500   /* the contract says 2 s */
#define START_WAIT_MS 1000   /* for the instance, before event=start goes out without one */

struct daemon {
	struct event_base *base;
	const char *path;
	struct conf *conf;
	char host[256];
	int64_t started_ms;

	struct signals *signals;
	struct wakeup *wakeup;
	struct pgconn *pgconn;
	struct syslogger *syslogger;
	struct store *store;
	struct events *events;
	struct monitor *monitor;
	struct sweep *sweep;
	struct outbox *outbox;
	struct web *web;

	struct event *start_timer;
	struct event *trouble_timer;
	struct event *stop_timer;
	struct event *heartbeat_timer;
	bool ready;     /* systemd has been told */
	bool announced; /* event=start is out */
	bool stopping;

	struct outage outage;
	int64_t last_tick_ms;
};

static void emit_start(struct daemon *d)
{
	struct sweep_facts facts;

	if (d->announced)
		return;
	d->announced = true;
	sweep_get_facts(d->sweep, &facts);
	events_start(d->events, LETTERWATCH_VERSION, facts.instance, d->host);
}

/* --- health --- */

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
	return !a_ms || (b_ms && b_ms < a_ms) ? b_ms : a_ms;
}

struct vitals {
	struct health_facts health;
	struct sweep_facts sweep;
	struct outbox_facts outbox;
};

static void examine(const struct daemon *d, struct vitals *ret)
{
	int64_t refused_ms = outage_refused_since_ms(&d->outage);

	sweep_get_facts(d->sweep, &ret->sweep);
	outbox_get_facts(d->outbox, &ret->outbox);
	ret->health = (struct health_facts){
		.now_ms = clock_ms(),
		.database_down_since_ms = outage_unreached_since_ms(&d->outage),
		.query_failing_since_ms =
			refused_ms ? refused_ms : earlier(ret->sweep.failing_since_ms, ret->outbox.failing_since_ms),
		.syslog_down_since_ms = earlier(ret->outbox.blocked_since_ms, events_held_since_ms(d->events)),
		.last_tick_ms = d->last_tick_ms,
	};
}

static void watch_trouble(struct daemon *d, const struct health_facts *facts)
{
	bool trouble = facts->database_down_since_ms || facts->query_failing_since_ms || facts->syslog_down_since_ms ||
	               monitor_is_degraded(d->monitor);

	if (!trouble)
		event_del(d->trouble_timer);
	else if (!event_pending(d->trouble_timer, EV_TIMEOUT, NULL))
		timer_set_ms(d->trouble_timer, TROUBLE_TICK_MS);
}

static void judge(struct daemon *d)
{
	struct vitals vitals;

	examine(d, &vitals);
	monitor_look(d->monitor, &vitals.health);
	watch_trouble(d, &vitals.health);
}

/* Something got done, or the loop came round as it should. */
static void progress(struct daemon *d)
{
	d->last_tick_ms = clock_ms();
	judge(d);
}

/* While database or syslog are away there is nothing to get done; in other trouble this timer is no progress. */
static void on_trouble_timer(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	struct vitals vitals;

	(void)fd;
	(void)what;
	examine(d, &vitals);
	if (!pgconn_is_up(d->pgconn) || vitals.health.syslog_down_since_ms)
		progress(d);
	else
		judge(d);
}

static void on_status(void *arg)
{
	struct daemon *d = arg;
	struct vitals v;
	struct health health;
	struct events_status status;

	examine(d, &v);
	health = health_judge(&v.health);
	status = (struct events_status){
		.state = health_state_name(health.state),
		.reason = health_reason_name(health.reason),
		.database_up = pgconn_is_up(d->pgconn),
		.instance = v.sweep.instance,
		.sweep = v.sweep.state,
		.outbox = v.outbox.state,
		.unsent = (int64_t)v.outbox.unsent,
		.unmarked = (int64_t)v.outbox.unmarked,
		.sent = v.outbox.sent,
		.passes = v.sweep.passes,
		.failures = v.sweep.failures + v.outbox.failures,
		.uptime_s = (v.health.now_ms - d->started_ms) / 1000,
		.version = LETTERWATCH_VERSION,
	};
	events_status(d->events, &status);
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	timer_set_ms(d->heartbeat_timer, d->conf->heartbeat_ms);
	if (!d->stopping)
		on_status(d);
}

/* --- stop --- */

static void on_disconnected(void *arg, const struct store_outcome *outcome)
{
	struct daemon *d = arg;

	(void)outcome; /* what is still leased becomes free with the connection's end, or in 30 s */
	event_base_loopbreak(d->base);
}

/* Sweep and outbox have come to rest. */
static void on_stopped(void *arg)
{
	struct daemon *d = arg;
	struct sweep_facts facts;

	sweep_get_facts(d->sweep, &facts);
	if (!facts.instance || store_disconnect(d->store, facts.instance, on_disconnected, d) < 0)
		event_base_loopbreak(d->base);
}

static void on_stop_limit(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	log_warning("stopped before the database answered");
	event_base_loopbreak(d->base);
}

static void on_stop(void *arg, int signo)
{
	struct daemon *d = arg;
	const char *reason = signo == SIGINT ? "SIGINT" : "SIGTERM";

	if (d->stopping) {
		event_base_loopbreak(d->base); /* asked twice */
		return;
	}
	d->stopping = true;
	log_info("stopping reason=%s", reason);
	svc_stopping();
	emit_start(d); /* if it is not out yet: "stop" is the last line */
	events_stop(d->events, reason);
	timer_set_ms(d->stop_timer, STOP_LIMIT_MS);
	outbox_finish(d->outbox);
	sweep_stop(d->sweep);
}

/* --- settings --- */

static void apply(struct daemon *d, const struct conf *conf)
{
	int64_t watchdog_ms = svc_watchdog_interval_ms();
	int64_t cap_ms = conf->max_sleep_ms;

	if (watchdog_ms > 0 && watchdog_ms < cap_ms)
		cap_ms = watchdog_ms;
	wakeup_set_cap(d->wakeup, cap_ms);
	outbox_set_rate(d->outbox, conf->rate);
	sweep_set(d->sweep, conf_claim_size(conf), conf_language_name(conf->language));
	event_del(d->heartbeat_timer);
	if (conf->heartbeat_ms > 0)
		timer_set_ms(d->heartbeat_timer, conf->heartbeat_ms);
}

/* What can fail. A place for the pages that it goes on without since the start is no reason to refuse other settings. */
static int set(struct daemon *d, const struct conf *conf)
{
	int r = syslogger_set(d->syslogger, conf->syslog_socket, conf->facility, conf->ident);

	if (r < 0)
		return r;
	r = web_set(d->web, conf->listen, conf->conninfo);
	if (r < 0 && strcmp(conf->listen, d->conf->listen) != 0)
		return r;
	return pgconn_set_conninfo(d->pgconn, conf->conninfo);
}

/* A refused file changes nothing. */
static int swap_conf(struct daemon *d, struct conf *conf)
{
	int r = set(d, conf);

	if (r < 0) {
		if (set(d, d->conf) < 0)
			log_error("no memory, some of the new settings stay");
		return r;
	}
	apply(d, conf);
	conf_free(d->conf);
	d->conf = conf;
	return 0;
}

static void reload(struct daemon *d)
{
	struct conf *conf = NULL;
	char *faults = NULL;
	int r = settings_load(d->path, &conf, &faults);

	if (r == 0)
		r = swap_conf(d, conf);
	if (r == 0) {
		log_info("settings reloaded");
	} else {
		conf_free(conf);
		settings_log_refusal(r, faults);
	}
	free(faults);
	events_reload(d->events, r == 0);
}

static void on_reload(void *arg)
{
	struct daemon *d = arg;

	if (d->stopping)
		return;
	svc_reloading();
	reload(d);
	svc_ready();
	wakeup_arm(d->wakeup, 0); /* whoever sleeps asks again, under the new cap */
}

/* --- wiring --- */

static void on_up(void *arg)
{
	struct daemon *d = arg;

	sweep_on_up(d->sweep);
}

static void on_down(void *arg, const struct pgconn_trouble *trouble)
{
	struct daemon *d = arg;

	outage_tell(&d->outage, trouble);
	if (trouble->was_up)
		web_count_loss(d->web);
	outbox_on_down(d->outbox);
	sweep_on_down(d->sweep);
	progress(d);
	if (d->stopping)
		event_base_loopbreak(d->base);
}

static void on_notify(void *arg)
{
	struct daemon *d = arg;

	sweep_on_notify(d->sweep);
}

static void on_wake(void *arg)
{
	struct daemon *d = arg;

	sweep_on_wake(d->sweep);
	progress(d);
}

static void on_greeted(void *arg, int64_t instance)
{
	(void)instance;
	emit_start(arg);
}

static void on_progress(void *arg)
{
	struct daemon *d = arg;
	struct sweep_facts facts;

	sweep_get_facts(d->sweep, &facts);
	if (facts.failing_since_ms)
		outage_refuse(&d->outage);
	else if (outage_end(&d->outage) && !monitor_is_degraded(d->monitor))
		svc_status("ok");
	progress(d);
}

static void on_turn(void *arg, struct store_batch *batch)
{
	struct daemon *d = arg;
	struct vitals v;

	examine(d, &v);
	/* Connected anew. No claim will show that the database works: none is made into a syslog that takes nothing. */
	if (!batch && v.outbox.blocked_since_ms)
		outage_end(&d->outage);
	outbox_take(d->outbox, v.sweep.instance, batch);
}

static void on_done(void *arg)
{
	struct daemon *d = arg;

	sweep_go_on(d->sweep);
	progress(d);
}

static void on_trouble(void *arg)
{
	struct daemon *d = arg;
	struct outbox_facts facts;

	outbox_get_facts(d->outbox, &facts);
	if (facts.failing_since_ms)
		outage_refuse(&d->outage);
	progress(d);
}

static void on_sent(void *arg, const struct store_line *line)
{
	struct daemon *d = arg;

	web_count_line(d->web, line);
}

static void on_refused(void *arg, int error)
{
	struct daemon *d = arg;

	web_count_refusal(d->web, error);
}

/* Our own lines are older, and show whether syslog really takes lines again. */
static void on_syslog_ready(void *arg)
{
	struct daemon *d = arg;

	if (!events_flush(d->events))
		return;
	outbox_on_ready(d->outbox);
	progress(d);
}

static uint32_t random_number(void *arg)
{
	uint32_t value;

	(void)arg;
	evutil_secure_rng_get_bytes(&value, sizeof value);
	return value;
}

static void get_web_facts(void *arg, struct metrics_facts *ret_facts, struct health_facts *ret_health)
{
	struct daemon *d = arg;
	struct vitals v;

	examine(d, &v);
	*ret_health = v.health;
	*ret_facts = (struct metrics_facts){
		.version = LETTERWATCH_VERSION,
		.database_up = pgconn_is_up(d->pgconn),
		.now_ms = v.health.now_ms,
		.started_ms = d->started_ms,
		.passed_ms = v.sweep.passed_ms,
		.next_ms = v.sweep.next_ms,
		.passes = v.sweep.passes,
		.failures = v.sweep.failures + v.outbox.failures,
		.lines = v.outbox.sent,
		.unsent = (int64_t)v.outbox.unsent,
		.unmarked = (int64_t)v.outbox.unmarked,
	};
}

/* First when the loop turns: READY. Then, if the database has not given us an instance by then: event=start without it. */
static void on_start_timer(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	if (d->ready) {
		emit_start(d);
		return;
	}
	d->ready = true;
	svc_ready();
	svc_status("waiting for the database");
	timer_set_ms(d->start_timer, START_WAIT_MS);
	progress(d);
}

/* --- life --- */

static int new_timers(struct daemon *d)
{
	d->start_timer = evtimer_new(d->base, on_start_timer, d);
	d->trouble_timer = evtimer_new(d->base, on_trouble_timer, d);
	d->stop_timer = evtimer_new(d->base, on_stop_limit, d);
	d->heartbeat_timer = evtimer_new(d->base, on_heartbeat, d);
	return d->start_timer && d->trouble_timer && d->stop_timer && d->heartbeat_timer ? 0 : -ENOMEM;
}

/* Layers 1 and 2. */
static int new_tools(struct daemon *d, const struct conf *conf)
{
	static const struct signals_callbacks signals = {on_stop, on_reload, on_status};
	static const struct pgconn_callbacks pgconn = {on_up, on_down, on_notify, random_number};
	int r;

	r = signals_new(d->base, &signals, d, &d->signals);
	if (r < 0)
		return r;
	r = wakeup_new(d->base, on_wake, d, &d->wakeup);
	if (r < 0)
		return r;
	r = pgconn_new(d->base, conf->conninfo, &pgconn, d, &d->pgconn);
	if (r < 0)
		return r;
	r = syslogger_new(d->base, conf->syslog_socket, conf->facility, conf->ident, on_syslog_ready, d, &d->syslogger);
	if (r < 0)
		return r;
	r = store_new(d->pgconn, &d->store);
	if (r < 0)
		return r;
	return events_new(d->syslogger, &d->events);
}

/* Layer 3. */
static int new_activities(struct daemon *d)
{
	static const struct sweep_callbacks sweep = {on_turn, on_greeted, on_progress, on_stopped, random_number};
	static const struct outbox_callbacks outbox = {on_done, on_trouble, on_sent, on_refused, random_number};
	static const struct web_callbacks web = {get_web_facts, random_number};
	struct sweep_identity identity = {.host = d->host, .pid = getpid(), .version = LETTERWATCH_VERSION};
	int r;

	r = monitor_new(d->events, &d->monitor);
	if (r < 0)
		return r;
	r = web_new(d->base, &web, d, &d->web);
	if (r < 0)
		return r;
	r = sweep_new(d->store, d->wakeup, &identity, &sweep, d, &d->sweep);
	if (r < 0)
		return r;
	return outbox_new(d->base, d->store, d->syslogger, &outbox, d, &d->outbox);
}

int daemon_new(struct event_base *base, const char *path, struct conf *conf, struct daemon **ret)
{
	struct daemon *d = calloc(1, sizeof *d);
	int r = -ENOMEM;

	if (!d)
		return -ENOMEM;
	d->base = base;
	d->path = path;
	d->started_ms = d->last_tick_ms = clock_ms();
	outage_begin(&d->outage);
	if (gethostname(d->host, sizeof d->host - 1) < 0)
		strcpy(d->host, "unknown");
	r = new_timers(d);
	if (r < 0)
		goto out;
	r = new_tools(d, conf);
	if (r < 0)
		goto out;
	r = new_activities(d);
	if (r < 0)
		goto out;
	apply(d, conf);
	if (web_set(d->web, conf->listen, conf->conninfo) < 0)
		log_error("going on without pages, until the next reload");
	d->conf = conf;
	*ret = d;
	d = NULL;
out:
	daemon_free(d);
	return r;
}

static void free_timer(struct event *timer)
{
	if (timer)
		event_free(timer);
}

void daemon_free(struct daemon *daemon)
{
	if (!daemon)
		return;
	web_free(daemon->web);
	outbox_free(daemon->outbox);
	sweep_free(daemon->sweep);
	monitor_free(daemon->monitor);
	events_free(daemon->events);
	store_free(daemon->store);
	syslogger_free(daemon->syslogger);
	pgconn_free(daemon->pgconn);
	wakeup_free(daemon->wakeup);
	signals_free(daemon->signals);
	free_timer(daemon->start_timer);
	free_timer(daemon->trouble_timer);
	free_timer(daemon->stop_timer);
	free_timer(daemon->heartbeat_timer);
	conf_free(daemon->conf);
	free(daemon);
}

int daemon_run(struct daemon *daemon)
{
	log_info("starting version=%s", LETTERWATCH_VERSION);
	timer_set_ms(daemon->start_timer, 0);
	pgconn_start(daemon->pgconn);
	return event_base_dispatch(daemon->base) < 0 ? -EIO : 0;
}

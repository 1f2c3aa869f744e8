#include "events.h"

#include "clock.h"
#include "log.h"
#include "logfmt.h"
#include "syslogger.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_MAX 8

/* Of <syslog.h>, which belongs to syslogger. */
enum severity {
	SEVERITY_ERROR = 3,
	SEVERITY_NOTICE = 5,
	SEVERITY_INFO = 6,
};

struct held_line {
	int severity;
	struct logfmt line;
};

struct events {
	struct syslogger *syslogger;
	struct held_line held[HELD_MAX]; /* oldest first */
	size_t held_count;
	int64_t held_since_ms;
};

int events_new(struct syslogger *syslogger, struct events **ret)
{
	struct events *events = calloc(1, sizeof *events);

	if (!events)
		return -ENOMEM;
	events->syslogger = syslogger;
	*ret = events;
	return 0;
}

void events_free(struct events *events)
{
	free(events);
}

static void drop_oldest(struct events *e)
{
	e->held_count--;
	memmove(e->held, e->held + 1, e->held_count * sizeof *e->held);
}

/* A new line goes behind those that are held; of too many the oldest is lost (stderr had it). */
static void emit(struct events *e, int severity, const struct logfmt *line)
{
	if (e->held_count == HELD_MAX)
		drop_oldest(e);
	e->held[e->held_count].severity = severity;
	e->held[e->held_count].line = *line;
	e->held_count++;
	if (!events_flush(e) && !e->held_since_ms)
		e->held_since_ms = clock_ms();
}

static void begin(struct logfmt *line, const char *event)
{
	logfmt_begin(line);
	logfmt_add_string(line, "event", event);
}

void events_start(struct events *events, const char *version, int64_t instance, const char *host)
{
	struct logfmt line;

	begin(&line, "start");
	logfmt_add_string(&line, "version", version);
	if (instance)
		logfmt_add_number(&line, "instance", instance);
	logfmt_add_string(&line, "host", host);
	emit(events, SEVERITY_INFO, &line);
}

void events_stop(struct events *events, const char *reason)
{
	struct logfmt line;

	begin(&line, "stop");
	logfmt_add_string(&line, "reason", reason);
	emit(events, SEVERITY_INFO, &line);
}

void events_reload(struct events *events, bool accepted)
{
	struct logfmt line;

	begin(&line, "reload");
	logfmt_add_string(&line, "result", accepted ? "ok" : "refused");
	emit(events, SEVERITY_NOTICE, &line);
}

/* The host's clock `ago_s` seconds ago, as the header of a line has it, but in UTC. */
static void add_moment(struct logfmt *line, const char *key, int64_t ago_s)
{
	time_t moment = time(NULL) - (time_t)ago_s;
	char text[sizeof "2026-11-24T03:30:56Z+"];
	struct tm utc;

	if (gmtime_r(&moment, &utc) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc) > 0)
		logfmt_add_string(line, key, text);
}

void events_degraded(struct events *events, const char *reason, int64_t ago_s)
{
	struct logfmt line;

	begin(&line, "degraded");
	logfmt_add_string(&line, "reason", reason);
	add_moment(&line, "since", ago_s);
	emit(events, SEVERITY_ERROR, &line);
}

void events_recovered(struct events *events, const char *reason, int64_t after_s)
{
	struct logfmt line;

	begin(&line, "recovered");
	logfmt_add_string(&line, "reason", reason);
	logfmt_add_number(&line, "after_s", after_s);
	emit(events, SEVERITY_NOTICE, &line);
}

void events_status(struct events *events, const struct events_status *status)
{
	struct logfmt line;

	begin(&line, "status");
	logfmt_add_string(&line, "state", status->state);
	logfmt_add_string(&line, "reason", status->reason);
	logfmt_add_string(&line, "database", status->database_up ? "up" : "down");
	logfmt_add_number(&line, "instance", status->instance);
	logfmt_add_string(&line, "sweep", status->sweep);
	logfmt_add_string(&line, "outbox", status->outbox);
	logfmt_add_number(&line, "unsent", status->unsent);
	logfmt_add_number(&line, "unmarked", status->unmarked);
	logfmt_add_number(&line, "sent", status->sent);
	logfmt_add_number(&line, "passes", status->passes);
	logfmt_add_number(&line, "failures", status->failures);
	logfmt_add_number(&line, "uptime_s", status->uptime_s);
	logfmt_add_string(&line, "version", status->version);
	emit(events, SEVERITY_INFO, &line);
	log_info("%s", line.text);
}

bool events_flush(struct events *events)
{
	const struct held_line *first = events->held;

	while (events->held_count > 0) {
		if (syslogger_send(events->syslogger, first->severity, first->line.text, first->line.length) !=
		    SYSLOGGER_SENT)
			return false;
		drop_oldest(events);
	}
	events->held_since_ms = 0;
	return true;
}

int64_t events_held_since_ms(const struct events *events)
{
	return events->held_since_ms;
}

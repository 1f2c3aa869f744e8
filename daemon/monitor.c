#include "monitor.h"

#include "events.h"
#include "health.h"
#include "log.h"
#include "svc.h"

#include <errno.h>
#include <stdlib.h>

#define TELL_AGAIN_MS 600000
#define PING_EVERY_MS 1000 /* at most */

struct monitor {
	struct events *events;
	enum health_reason told; /* the trouble that the last event=degraded line named */
	int64_t told_ms;
	int64_t told_since_ms;
	int64_t last_ping_ms;
};

int monitor_new(struct events *events, struct monitor **ret)
{
	struct monitor *monitor = calloc(1, sizeof *monitor);

	if (!monitor)
		return -ENOMEM;
	monitor->events = events;
	*ret = monitor;
	return 0;
}

void monitor_free(struct monitor *monitor)
{
	free(monitor);
}

static void tell_degraded(struct monitor *m, const struct health *health, int64_t now_ms)
{
	const char *reason = health_reason_name(health->reason);
	int64_t since_s = (now_ms - health->since_ms) / 1000;

	if (m->told == health->reason && now_ms - m->told_ms < TELL_AGAIN_MS)
		return;
	if (m->told == HEALTH_REASON_NONE)
		m->told_since_ms = health->since_ms;
	m->told = health->reason;
	m->told_ms = now_ms;
	log_warning("degraded, goes on trying reason=%s since_s=%lld", reason, (long long)since_s);
	svc_status("degraded: %s", reason);
	events_degraded(m->events, reason, since_s);
}

static void tell_recovered(struct monitor *m, int64_t now_ms)
{
	const char *reason = health_reason_name(m->told);
	int64_t after_s = (now_ms - m->told_since_ms) / 1000;

	if (m->told == HEALTH_REASON_NONE)
		return;
	m->told = HEALTH_REASON_NONE;
	log_info("recovered reason=%s after_s=%lld", reason, (long long)after_s);
	svc_status("ok");
	events_recovered(m->events, reason, after_s);
}

static void ping_watchdog(struct monitor *m, int64_t now_ms)
{
	if (svc_watchdog_interval_ms() == 0 || now_ms - m->last_ping_ms < PING_EVERY_MS)
		return;
	m->last_ping_ms = now_ms;
	svc_watchdog();
}

/* Trouble that is too young to be told is no recovery from what was told either: those facts are looked at, too. */
static bool is_untroubled(const struct health_facts *facts)
{
	return !facts->database_down_since_ms && !facts->query_failing_since_ms && !facts->syslog_down_since_ms;
}

void monitor_look(struct monitor *monitor, const struct health_facts *facts)
{
	struct health health = health_judge(facts);

	switch (health.state) {
	case HEALTH_OK:
		ping_watchdog(monitor, facts->now_ms);
		if (is_untroubled(facts))
			tell_recovered(monitor, facts->now_ms);
		break;
	case HEALTH_DEGRADED:
		ping_watchdog(monitor, facts->now_ms);
		tell_degraded(monitor, &health, facts->now_ms);
		break;
	case HEALTH_STUCK:
		break;
	}
}

bool monitor_is_degraded(const struct monitor *monitor)
{
	return monitor->told != HEALTH_REASON_NONE;
}

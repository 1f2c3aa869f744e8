#include "health.h"

static bool lasts(int64_t since_ms, int64_t now_ms)
{
	return since_ms != 0 && now_ms - since_ms >= HEALTH_GRACE_MS;
}

static struct health degraded(enum health_reason reason, int64_t since_ms)
{
	return (struct health){.state = HEALTH_DEGRADED, .reason = reason, .since_ms = since_ms};
}

/* That no claim comes is no sign: into a syslog that takes nothing none is made. If it is the daemon's fault, no tick comes. */
struct health health_judge(const struct health_facts *facts)
{
	int64_t now_ms = facts->now_ms;

	if (now_ms - facts->last_tick_ms >= HEALTH_STUCK_MS)
		return (struct health){.state = HEALTH_STUCK, .since_ms = facts->last_tick_ms};
	if (lasts(facts->database_down_since_ms, now_ms))
		return degraded(HEALTH_REASON_DATABASE, facts->database_down_since_ms);
	if (lasts(facts->query_failing_since_ms, now_ms))
		return degraded(HEALTH_REASON_QUERY, facts->query_failing_since_ms);
	if (lasts(facts->syslog_down_since_ms, now_ms))
		return degraded(HEALTH_REASON_SYSLOG, facts->syslog_down_since_ms);
	return (struct health){.state = HEALTH_OK};
}

const char *health_state_name(enum health_state state)
{
	switch (state) {
	case HEALTH_OK:
		return "ok";
	case HEALTH_DEGRADED:
		return "degraded";
	case HEALTH_STUCK:
		return "stuck";
	}
	return "stuck";
}

const char *health_reason_name(enum health_reason reason)
{
	switch (reason) {
	case HEALTH_REASON_NONE:
		return "none";
	case HEALTH_REASON_DATABASE:
		return "database";
	case HEALTH_REASON_QUERY:
		return "query";
	case HEALTH_REASON_SYSLOG:
		return "syslog";
	}
	return "none";
}

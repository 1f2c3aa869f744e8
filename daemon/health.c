#include "health.h"

/* When the trouble with claims began; 0 if there is none. Idle, a claim comes only with the safety poll, so a claim that
 * failed is told sooner than one that merely did not come. */
static int64_t query_trouble_since_ms(const struct health_facts *f)
{
	int64_t pass_ms = f->last_pass_ms != 0 ? f->last_pass_ms : f->started_ms;
	int64_t limit_ms = f->last_pass_ms != 0 ? HEALTH_PASS_MS : HEALTH_GRACE_MS;

	if (f->query_failing_since_ms != 0 && f->now_ms - f->query_failing_since_ms >= HEALTH_GRACE_MS)
		return f->query_failing_since_ms;
	return f->now_ms - pass_ms >= limit_ms ? pass_ms : 0;
}

static struct health degraded(enum health_reason reason, int64_t since_ms)
{
	return (struct health){.state = HEALTH_DEGRADED, .reason = reason, .since_ms = since_ms};
}

struct health health_judge(const struct health_facts *facts)
{
	int64_t tick_ms = facts->last_tick_ms != 0 ? facts->last_tick_ms : facts->started_ms;
	int64_t grace_ms = facts->now_ms - HEALTH_GRACE_MS;
	int64_t query_ms = query_trouble_since_ms(facts);

	if (facts->now_ms - tick_ms >= HEALTH_STUCK_MS)
		return (struct health){.state = HEALTH_STUCK, .since_ms = tick_ms};
	if (facts->database_down_since_ms != 0 && facts->database_down_since_ms <= grace_ms)
		return degraded(HEALTH_REASON_DATABASE, facts->database_down_since_ms);
	if (facts->database_down_since_ms == 0 && query_ms != 0)
		return degraded(HEALTH_REASON_QUERY, query_ms);
	if (facts->syslog_down_since_ms != 0 && facts->syslog_down_since_ms <= grace_ms)
		return degraded(HEALTH_REASON_SYSLOG, facts->syslog_down_since_ms);
	return (struct health){.state = HEALTH_OK};
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

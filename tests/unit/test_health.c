#include "health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW_MS 10000000

/* A daemon that has run for long, and has just done all its work. */
static struct health_facts well(void)
{
	return (struct health_facts){
		.now_ms = NOW_MS,
		.last_tick_ms = NOW_MS - 10,
	};
}

static void assert_health(const struct health_facts *facts, enum health_state state, enum health_reason reason,
                          int64_t since_ms)
{
	struct health health = health_judge(facts);

	assert_int_equal(health.state, state);
	assert_int_equal(health.reason, reason);
	assert_int_equal(health.since_ms, since_ms);
}

static void all_well_is_ok(void **state)
{
	struct health_facts facts = well();

	(void)state;
	assert_health(&facts, HEALTH_OK, HEALTH_REASON_NONE, 0);
}

static void idle_until_the_safety_poll_is_ok(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.last_tick_ms = NOW_MS - 61000;
	assert_health(&facts, HEALTH_OK, HEALTH_REASON_NONE, 0);
}

static void a_lost_database_is_degraded_after_the_grace(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.database_down_since_ms = NOW_MS - HEALTH_GRACE_MS + 1;
	assert_health(&facts, HEALTH_OK, HEALTH_REASON_NONE, 0);
	facts.database_down_since_ms = NOW_MS - HEALTH_GRACE_MS;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_DATABASE, NOW_MS - HEALTH_GRACE_MS);
}

static void a_syslog_that_takes_nothing_is_degraded_after_the_grace(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.syslog_down_since_ms = NOW_MS - HEALTH_GRACE_MS + 1;
	assert_health(&facts, HEALTH_OK, HEALTH_REASON_NONE, 0);
	facts.syslog_down_since_ms = NOW_MS - HEALTH_GRACE_MS;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_SYSLOG, NOW_MS - HEALTH_GRACE_MS);
}

static void claims_that_fail_are_degraded_after_the_grace(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.query_failing_since_ms = NOW_MS - HEALTH_GRACE_MS + 1;
	assert_health(&facts, HEALTH_OK, HEALTH_REASON_NONE, 0);
	facts.query_failing_since_ms = NOW_MS - HEALTH_GRACE_MS;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_QUERY, NOW_MS - HEALTH_GRACE_MS);
}

static void the_nearest_cause_is_named(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.syslog_down_since_ms = 2000;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_SYSLOG, 2000);
	facts.query_failing_since_ms = 3000;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_QUERY, 3000);
	facts.database_down_since_ms = 4000;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_DATABASE, 4000);
}

static void a_database_that_is_down_for_hours_is_never_stuck(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.database_down_since_ms = 2000;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_DATABASE, 2000);
}

static void no_tick_is_stuck_whatever_else_is_wrong(void **state)
{
	struct health_facts facts = well();

	(void)state;
	facts.database_down_since_ms = 2000;
	facts.syslog_down_since_ms = 2000;
	facts.last_tick_ms = NOW_MS - HEALTH_STUCK_MS + 1;
	assert_health(&facts, HEALTH_DEGRADED, HEALTH_REASON_DATABASE, 2000);
	facts.last_tick_ms = NOW_MS - HEALTH_STUCK_MS;
	assert_health(&facts, HEALTH_STUCK, HEALTH_REASON_NONE, NOW_MS - HEALTH_STUCK_MS);
}

static void each_reason_has_its_name(void **state)
{
	(void)state;
	assert_string_equal(health_reason_name(HEALTH_REASON_NONE), "none");
	assert_string_equal(health_reason_name(HEALTH_REASON_DATABASE), "database");
	assert_string_equal(health_reason_name(HEALTH_REASON_QUERY), "query");
	assert_string_equal(health_reason_name(HEALTH_REASON_SYSLOG), "syslog");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_well_is_ok),
		cmocka_unit_test(idle_until_the_safety_poll_is_ok),
		cmocka_unit_test(a_lost_database_is_degraded_after_the_grace),
		cmocka_unit_test(a_syslog_that_takes_nothing_is_degraded_after_the_grace),
		cmocka_unit_test(claims_that_fail_are_degraded_after_the_grace),
		cmocka_unit_test(the_nearest_cause_is_named),
		cmocka_unit_test(a_database_that_is_down_for_hours_is_never_stuck),
		cmocka_unit_test(no_tick_is_stuck_whatever_else_is_wrong),
		cmocka_unit_test(each_reason_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

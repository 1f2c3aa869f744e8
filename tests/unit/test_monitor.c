/* monitor: when it tells, and when it pings the watchdog, on a clock of the test's own. */
#include "monitor.h"

#include "events.h"
#include "health.h"
#include "svc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)

static struct {
	int64_t interval_ms;
	int pings;
	int degraded;
	int recovered;
	char reason[16];
	int64_t seconds; /* of the latest line */
} told;

static struct monitor *monitor;
static struct health_facts facts;

int64_t svc_watchdog_interval_ms(void)
{
	return told.interval_ms;
}

void svc_watchdog(void)
{
	told.pings++;
}

void svc_status(const char *fmt, ...)
{
	(void)fmt;
}

void events_degraded(struct events *events, const char *reason, int64_t ago_s)
{
	(void)events;
	told.degraded++;
	told.seconds = ago_s;
	snprintf(told.reason, sizeof told.reason, "%s", reason);
}

void events_recovered(struct events *events, const char *reason, int64_t after_s)
{
	(void)events;
	told.recovered++;
	told.seconds = after_s;
	snprintf(told.reason, sizeof told.reason, "%s", reason);
}

static int set_up(void **state)
{
	(void)state;
	memset(&told, 0, sizeof told);
	told.interval_ms = 75000;
	facts = (struct health_facts){.now_ms = 1000000, .last_tick_ms = 1000000};
	return monitor_new(NULL, &monitor);
}

static int tear_down(void **state)
{
	(void)state;
	monitor_free(monitor);
	return 0;
}

/* The daemon looks again after so long; it has made progress meanwhile. */
static void look_after(int64_t ms)
{
	facts.now_ms += ms;
	facts.last_tick_ms = facts.now_ms;
	monitor_look(monitor, &facts);
}

/* The same, without progress. */
static void look_stuck_after(int64_t ms)
{
	facts.now_ms += ms;
	monitor_look(monitor, &facts);
}

static void while_all_is_well_nothing_is_told_but_to_the_watchdog(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		look_after(MINUTE_MS);
	assert_int_equal(told.pings, 10);
	assert_int_equal(told.degraded + told.recovered, 0);
	assert_false(monitor_is_degraded(monitor));
}

static void the_watchdog_is_pinged_at_most_each_second(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		look_after(100);
	assert_in_range(told.pings, 9, 10);
}

static void without_a_watchdog_nobody_pings(void **state)
{
	(void)state;
	told.interval_ms = 0;
	look_after(MINUTE_MS);
	assert_int_equal(told.pings, 0);
}

static void without_progress_the_watchdog_is_not_pinged(void **state)
{
	(void)state;
	look_after(MINUTE_MS);
	assert_int_equal(told.pings, 1);
	look_stuck_after(HEALTH_STUCK_MS);
	look_stuck_after(MINUTE_MS);
	assert_int_equal(told.pings, 1);
	facts.query_failing_since_ms = facts.now_ms - MINUTE_MS; /* that somebody sees trouble is no progress */
	look_stuck_after(MINUTE_MS);
	assert_int_equal(told.pings, 1);
	look_after(1000);
	assert_int_equal(told.pings, 2);
}

static void a_database_that_is_away_leaves_the_watchdog_content(void **state)
{
	(void)state;
	facts.database_down_since_ms = facts.now_ms;
	for (int i = 0; i < 60; i++)
		look_after(MINUTE_MS);
	assert_int_equal(told.pings, 60);
}

static void degraded_is_told_in_time_and_each_ten_minutes(void **state)
{
	(void)state;
	facts.database_down_since_ms = facts.now_ms;
	look_after(5000);
	assert_int_equal(told.degraded, 0);
	for (int i = 0; i < 5; i++)
		look_after(5000);
	assert_int_equal(told.degraded, 1);
	assert_string_equal(told.reason, "database");
	assert_in_range(told.seconds, 20, 30);
	assert_true(monitor_is_degraded(monitor));
	for (int i = 0; i < 29 * 12; i++)
		look_after(5000);
	assert_int_equal(told.degraded, 3);
	assert_in_range(told.seconds, 1200, 1260);
}

static void another_reason_is_told_at_once(void **state)
{
	(void)state;
	facts.database_down_since_ms = facts.now_ms;
	look_after(30000);
	facts.database_down_since_ms = 0;
	facts.query_failing_since_ms = facts.now_ms - 30000;
	look_after(1000);
	assert_int_equal(told.degraded, 2);
	assert_string_equal(told.reason, "query");
	assert_int_equal(told.recovered, 0);
}

static void recovered_is_told_once_and_for_all_of_the_trouble(void **state)
{
	(void)state;
	facts.database_down_since_ms = facts.now_ms;
	look_after(30000);
	facts.database_down_since_ms = facts.now_ms; /* back for a moment, and away again: nothing to tell */
	look_after(1000);
	assert_int_equal(told.recovered, 0);
	facts.database_down_since_ms = 0;
	look_after(9000);
	look_after(1000);
	assert_int_equal(told.recovered, 1);
	assert_string_equal(told.reason, "database");
	assert_int_equal(told.seconds, 40);
	assert_false(monitor_is_degraded(monitor));
}

static void trouble_that_passes_soon_is_not_told(void **state)
{
	(void)state;
	facts.syslog_down_since_ms = facts.now_ms;
	look_after(HEALTH_GRACE_MS - 1);
	facts.syslog_down_since_ms = 0;
	look_after(1000);
	assert_int_equal(told.degraded + told.recovered, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(while_all_is_well_nothing_is_told_but_to_the_watchdog),
		TEST(the_watchdog_is_pinged_at_most_each_second),
		TEST(without_a_watchdog_nobody_pings),
		TEST(without_progress_the_watchdog_is_not_pinged),
		TEST(a_database_that_is_away_leaves_the_watchdog_content),
		TEST(degraded_is_told_in_time_and_each_ten_minutes),
		TEST(another_reason_is_told_at_once),
		TEST(recovered_is_told_once_and_for_all_of_the_trouble),
		TEST(trouble_that_passes_soon_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

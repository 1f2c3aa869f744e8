#include "metrics.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	return metrics_new((struct metrics **)state);
}

static int tear_down(void **state)
{
	metrics_free(*state);
	return 0;
}

/* What is written at ten seconds after the start. */
static char *rendered_with(const struct metrics *metrics, struct metrics_facts facts)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	facts.version = "1.2";
	facts.started_ms = 5000;
	facts.now_ms = 15000;
	metrics_render(metrics, &facts, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static char *rendered(const struct metrics *metrics)
{
	return rendered_with(metrics, (struct metrics_facts){.gauges_ms = 14000});
}

static void assert_has(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		fail_msg("no line %s in\n%s", line, text);
}

static void assert_has_not(const char *text, const char *word)
{
	if (strstr(text, word) != NULL)
		fail_msg("%s in\n%s", word, text);
}

static void facts_are_written_in_seconds(void **state)
{
	char *text = rendered_with(
		*state, (struct metrics_facts){.database_up = true, .passed_ms = 14750, .next_ms = 20001, .unsent = 3});

	assert_has(text, "\nletterwatch_build_info{version=\"1.2\"} 1\n");
	assert_has(text, "\nletterwatch_database_up 1\n");
	assert_has(text, "\nletterwatch_healthy 0\n");
	assert_has(text, "\nletterwatch_uptime_seconds 10.000\n");
	assert_has(text, "\nletterwatch_since_last_pass_seconds 0.250\n");
	assert_has(text, "\nletterwatch_until_next_event_seconds 5.001\n");
	assert_has(text, "\nletterwatch_unsent_lines 3\n");
	free(text);
}

static void what_is_not_known_is_not_written(void **state)
{
	char *text;

	metrics_set_gauge(*state, "outbox_lines", "", 7);
	text = rendered_with(*state, (struct metrics_facts){.database_up = false});
	assert_has_not(text, "since_last_pass");
	assert_has_not(text, "until_next_event");
	assert_has_not(text, "outbox_lines");
	assert_has_not(text, "numbers_age");
	free(text);
}

/* It is due already, and the claim is under way. */
static void an_event_in_the_past_is_in_zero_seconds(void **state)
{
	char *text = rendered_with(*state, (struct metrics_facts){.next_ms = 14000});

	assert_has(text, "\nletterwatch_until_next_event_seconds 0.000\n");
	free(text);
}

static void alerts_are_counted_by_stage_and_rule(void **state)
{
	char *text;

	metrics_count_alert(*state, "warn", "reply", 1, 0);
	metrics_count_alert(*state, "warn", "notice", 1, 0);
	metrics_count_alert(*state, "warn", "reply", 4, 0);
	text = rendered(*state);
	assert_has(text, "\nletterwatch_alerts_total{stage=\"warn\",rule=\"reply\"} 2\n");
	assert_has(text, "\nletterwatch_alerts_total{stage=\"warn\",rule=\"notice\"} 1\n");
	assert_has(text, "\nletterwatch_alert_stages_total{stage=\"warn\",rule=\"reply\"} 5\n");
	free(text);
}

static void label_values_are_escaped(void **state)
{
	char *text;

	metrics_count_alert(*state, "a\"b\\c\nd", "r", 1, 0);
	text = rendered(*state);
	assert_has(text, "{stage=\"a\\\"b\\\\c\\nd\",rule=\"r\"} 1\n");
	free(text);
}

static void there_are_only_so_many_series(void **state)
{
	char rule[16];
	char *text;

	for (int i = 0; i < METRICS_SERIES_MAX + 5; i++) {
		snprintf(rule, sizeof(rule), "r%d", i);
		metrics_count_alert(*state, "due", rule, 1, 600000000);
	}
	text = rendered(*state);
	assert_has(text, "{stage=\"due\",rule=\"r255\"} 1\n");
	assert_has_not(text, "stage=\"\"");
	assert_has(text, "{stage=\"other\",rule=\"other\"} 5\n");
	assert_has_not(text, "r256");
	assert_has(text, "letterwatch_alert_lateness_seconds_count 261\n");
	free(text);
}

/* A bucket holds what is at most its limit, and all buckets before it (Prometheus, "Histogram"). */
static void lateness_goes_into_buckets(void **state)
{
	char *text;

	metrics_count_alert(*state, "due", "reply", 1, 1000);
	metrics_count_alert(*state, "due", "reply", 1, 1001);
	metrics_count_alert(*state, "due", "reply", 1, 600000001);
	text = rendered(*state);
	assert_has(text, "_bucket{le=\"0.001\"} 1\n");
	assert_has(text, "_bucket{le=\"0.002\"} 2\n");
	assert_has(text, "_bucket{le=\"600\"} 2\n");
	assert_has(text, "_bucket{le=\"+Inf\"} 3\n");
	assert_has(text, "_sum 600.002002\n");
	assert_has(text, "_count 3\n");
	free(text);
}

static void refusals_are_counted_by_errno(void **state)
{
	char *text;

	metrics_count_refusal(*state, EAGAIN);
	metrics_count_refusal(*state, EAGAIN);
	metrics_count_refusal(*state, -1);
	metrics_count_loss(*state);
	text = rendered(*state);
	assert_has(text, "\nletterwatch_syslog_refusals_total{errno=\"EAGAIN\"} 2\n");
	assert_has(text, "\nletterwatch_syslog_refusals_total{errno=\"other\"} 1\n");
	assert_has(text, "\nletterwatch_database_losses_total 1\n");
	free(text);
}

static void the_databases_numbers_are_replaced_as_a_whole(void **state)
{
	char *text;

	metrics_set_gauge(*state, "overdue_deadlines", "3", 8);
	metrics_clear_gauges(*state);
	metrics_set_gauge(*state, "overdue_deadlines", "1", 5);
	metrics_set_gauge(*state, "outbox_lines", "", 0);
	metrics_set_gauge(*state, "overdue_deadlines", "2", 6);
	metrics_set_gauge(*state, "of_a_later_schema", "", 9);
	text = rendered(*state);
	assert_has(text,
	           "# TYPE letterwatch_overdue_deadlines gauge\n"
	           "letterwatch_overdue_deadlines{level=\"1\"} 5\nletterwatch_overdue_deadlines{level=\"2\"} 6\n");
	assert_has(text, "\nletterwatch_outbox_lines 0\n");
	assert_has(text, "\nletterwatch_database_numbers_age_seconds 1.000\n");
	assert_has_not(text, "level=\"3\"");
	assert_has_not(text, "later_schema");
	free(text);
}

static void old_numbers_are_left_out(void **state)
{
	char *text;

	metrics_set_gauge(*state, "outbox_lines", "", 4);
	text = rendered_with(*state, (struct metrics_facts){.gauges_ms = 15000 - 180000});
	assert_has(text, "\nletterwatch_outbox_lines 4\n");
	free(text);
	text = rendered_with(*state, (struct metrics_facts){.gauges_ms = 15000 - 180001});
	assert_has(text, "\nletterwatch_database_numbers_age_seconds 180.001\n");
	assert_has_not(text, "letterwatch_outbox_lines");
	free(text);
}

static void too_many_numbers_do_no_harm(void **state)
{
	char label[16];

	for (int i = 0; i < 2 * METRICS_GAUGES_MAX; i++) {
		snprintf(label, sizeof(label), "%d", i);
		metrics_set_gauge(*state, "overdue_deadlines", label, i);
	}
	free(rendered(*state));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(facts_are_written_in_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_known_is_not_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_event_in_the_past_is_in_zero_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(alerts_are_counted_by_stage_and_rule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(label_values_are_escaped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_are_only_so_many_series, set_up, tear_down),
		cmocka_unit_test_setup_teardown(old_numbers_are_left_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lateness_goes_into_buckets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refusals_are_counted_by_errno, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_databases_numbers_are_replaced_as_a_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_numbers_do_no_harm, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

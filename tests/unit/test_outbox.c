/* outbox against a store, a syslog and a clock of the test's own. Its timer is real, but the loop is turned only by steps(),
 * which also moves the clock on for a timer that waits. */
#include "outbox.h"

#include "clock.h"
#include "store.h"
#include "syslogger.h"

#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

struct store_batch {
	size_t count;
	int first;         /* ids are numbers from here on */
	size_t unreadable; /* this line; none if beyond the end */
};

static struct {
	struct event_base *base;
	struct outbox *outbox;
	int64_t now_ms;
	int64_t cost_ms; /* of each line */

	int accepts; /* lines that syslog still takes */
	enum syslogger_result refusal;
	int sent;
	char last[128];
	int marks;
	int mark_result;
	size_t marked; /* ids in the latest call */
	char first_marked[37];
	store_done_fn on_marked;
	void *arg;
	int dones;
	int troubles;
	int told;          /* lines given to on_sent */
	int refused_errno; /* given to on_refused */
	int batches;       /* not freed */
} world;

int64_t clock_ms(void)
{
	return world.now_ms;
}

size_t store_batch_count(const struct store_batch *batch)
{
	return batch->count;
}

int store_batch_line(const struct store_batch *batch, size_t i, struct store_line *ret_line)
{
	snprintf(ret_line->id.text, sizeof(ret_line->id.text), "%d", batch->first + (int)i);
	ret_line->severity = 4;
	ret_line->pair_count = 1;
	strcpy(ret_line->pairs[0].key, "event");
	ret_line->pairs[0].value = "alert of another word";
	ret_line->pairs[0].length = 5;
	return i == batch->unreadable ? -EBADMSG : 0;
}

void store_batch_free(struct store_batch *batch)
{
	if (batch != NULL)
		world.batches--;
	free(batch);
}

int store_mark(struct store *store, int64_t instance, const struct store_id *ids, size_t count, store_done_fn fn,
               void *arg)
{
	(void)store;
	assert_int_equal(instance, 7);
	assert_true(count > 0);
	world.marks++;
	world.marked = count;
	memcpy(world.first_marked, ids[0].text, sizeof(world.first_marked));
	world.on_marked = fn;
	world.arg = arg;
	return world.mark_result;
}

enum syslogger_result syslogger_send(struct syslogger *s, int severity, const char *text, size_t length)
{
	(void)s;
	assert_int_equal(strlen(text), length);
	assert_int_equal(severity, 4);
	world.now_ms += world.cost_ms;
	if (world.accepts == 0)
		return world.refusal;
	world.accepts--;
	world.sent++;
	snprintf(world.last, sizeof(world.last), "%s", text);
	return SYSLOGGER_SENT;
}

int syslogger_last_errno(const struct syslogger *s)
{
	(void)s;
	return EAGAIN;
}

static void on_done(void *arg)
{
	(void)arg;
	world.dones++;
}

static void on_trouble(void *arg)
{
	(void)arg;
	world.troubles++;
}

static void on_sent(void *arg, const struct store_line *line)
{
	(void)arg;
	assert_int_equal(line->severity, 4);
	world.told++;
}

static void on_refused(void *arg, int error)
{
	(void)arg;
	world.refused_errno = error;
}

static uint32_t no_jitter(void *arg)
{
	(void)arg;
	return 0;
}

static int set_up(void **state)
{
	static const struct outbox_callbacks callbacks = {on_done, on_trouble, on_sent, on_refused, no_jitter};

	(void)state;
	memset(&world, 0, sizeof(world));
	world.now_ms = 1000000;
	world.accepts = 1000000;
	world.refusal = SYSLOGGER_FULL;
	world.base = event_base_new();
	return world.base == NULL || outbox_new(world.base, NULL, NULL, &callbacks, NULL, &world.outbox) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	outbox_free(world.outbox);
	assert_int_equal(world.batches, 0);
	event_base_free(world.base);
	return 0;
}

/* Turns the loop as long as something is to be done at once. */
static int steps(void)
{
	int n = 0;
	struct timeval moment = {.tv_usec = 3000};

	event_base_loopexit(world.base, &moment);
	while (event_base_loop(world.base, EVLOOP_ONCE) == 0 && !event_base_got_exit(world.base))
		n++;
	return n;
}

static void take(int first, size_t count)
{
	struct store_batch *batch = calloc(1, sizeof(*batch));

	assert_non_null(batch);
	*batch = (struct store_batch){.count = count, .first = first, .unreadable = count};
	world.batches++;
	outbox_take(world.outbox, 7, batch);
}

static void answer_mark(enum store_verdict verdict, const char *sqlstate)
{
	struct store_outcome outcome = {.verdict = verdict, .call = "mark_emitted"};

	snprintf(outcome.sqlstate, sizeof(outcome.sqlstate), "%s", sqlstate);
	world.on_marked(world.arg, &outcome);
}

static struct outbox_facts facts(void)
{
	struct outbox_facts f;

	outbox_get_facts(world.outbox, &f);
	return f;
}

/* --- tests --- */

static void lines_are_sent_then_marked_then_it_is_done(void **state)
{
	(void)state;
	take(0, 3);
	assert_int_equal(world.sent, 0); /* nothing inside the call */
	steps();
	assert_int_equal(world.sent, 3);
	assert_string_equal(world.last, "event=alert");
	assert_int_equal(world.marked, 3);
	assert_int_equal(world.dones, 0);
	answer_mark(STORE_OK, "");
	assert_int_equal(world.dones, 0); /* not inside a callback of the store's */
	steps();
	assert_int_equal(world.dones, 1);
	assert_int_equal(facts().sent, 3);
	assert_int_equal(facts().unmarked, 0);
}

static void each_line_is_told_of_and_each_refusal(void **state)
{
	(void)state;
	world.accepts = 2;
	take(0, 3);
	steps();
	assert_int_equal(world.told, 2);
	assert_int_equal(world.refused_errno, EAGAIN);
}

static void a_turn_without_lines_is_done_at_once(void **state)
{
	(void)state;
	outbox_take(world.outbox, 7, NULL);
	steps();
	assert_int_equal(world.marks, 0);
	assert_int_equal(world.dones, 1);
}

static void a_line_that_cannot_be_read_is_told_by_its_id(void **state)
{
	struct store_batch *batch = calloc(1, sizeof(*batch));

	(void)state;
	*batch = (struct store_batch){.count = 1, .first = 42, .unreadable = 0};
	world.batches++;
	outbox_take(world.outbox, 7, batch);
	steps();
	assert_string_equal(world.last, "event=unreadable id=42");
	assert_int_equal(world.marked, 1);
}

static void a_long_batch_lets_the_loop_breathe(void **state)
{
	(void)state;
	world.cost_ms = 1;
	take(0, 160);
	assert_true(steps() >= 10); /* 16 lines to a look at the clock */
	assert_int_equal(world.sent, 160);
}

static void a_full_syslog_keeps_the_rest_in_order(void **state)
{
	(void)state;
	world.accepts = 2;
	take(0, 5);
	steps();
	assert_int_equal(world.sent, 2);
	assert_int_equal(world.marks, 0);
	assert_int_equal(world.troubles, 1);
	assert_int_equal(facts().unsent, 3);
	assert_int_equal(facts().blocked_since_ms, world.now_ms);
	world.accepts = 10;
	outbox_on_ready(world.outbox);
	steps();
	assert_int_equal(world.sent, 5);
	assert_int_equal(world.marked, 5);
	assert_int_equal(facts().blocked_since_ms, 0);
}

/* Runs into the end of the hold: on_ready comes too late for the lines. */
static void hold_until_the_end(int accepts)
{
	world.accepts = accepts;
	take(0, 5);
	steps();
	world.now_ms += OUTBOX_HOLD_MS;
	outbox_on_ready(world.outbox);
	steps();
}

static void lines_held_too_long_are_given_up_and_the_sent_ones_marked(void **state)
{
	(void)state;
	hold_until_the_end(2);
	assert_int_equal(world.sent, 2);
	assert_int_equal(world.marked, 2);
	assert_int_equal(facts().unsent, 0);
	answer_mark(STORE_OK, "");
	steps();
	assert_int_equal(world.dones, 1);
}

static void nothing_is_claimed_while_syslog_takes_nothing(void **state)
{
	(void)state;
	take(0, 5);
	steps();
	answer_mark(STORE_OK, "");
	steps();
	world.accepts = 0;
	take(5, 5);
	steps();
	world.now_ms += OUTBOX_HOLD_MS - 1;
	take(5, 5); /* the next turn, and its hold at the end when it begins */
	world.now_ms += OUTBOX_HOLD_MS;
	steps();
	assert_string_equal(facts().state, "shut");
	assert_int_equal(world.dones, 1);
	outbox_on_ready(world.outbox);
	steps();
	assert_int_equal(world.dones, 2);
}

static void the_rate_is_kept(void **state)
{
	(void)state;
	outbox_set_rate(world.outbox, 100);
	take(0, 100);
	world.now_ms += 1000;
	steps();
	assert_int_equal(world.sent, 10); /* a tenth of a second's */
	for (int i = 1; i < 10; i++) {
		world.now_ms += 100;
		outbox_set_rate(world.outbox, 100); /* wakes it, as its timer would */
		steps();
		assert_int_equal(world.sent, 10 + 10 * i);
	}
	assert_int_equal(world.marked, 100);
}

static void a_slow_rate_still_sends_one_by_one(void **state)
{
	(void)state;
	outbox_set_rate(world.outbox, 1);
	take(0, 3);
	world.now_ms += 1000;
	steps();
	assert_int_equal(world.sent, 1);
	world.now_ms += 999;
	outbox_set_rate(world.outbox, 1);
	steps();
	assert_int_equal(world.sent, 1);
	world.now_ms += 1;
	outbox_set_rate(world.outbox, 1);
	steps();
	assert_int_equal(world.sent, 2);
}

static void a_lost_connection_keeps_the_ids_and_drops_the_rest(void **state)
{
	(void)state;
	world.accepts = 2;
	take(10, 5);
	steps();
	outbox_on_down(world.outbox);
	assert_int_equal(facts().unsent, 0);
	assert_int_equal(facts().unmarked, 2);
	outbox_on_ready(world.outbox);
	outbox_take(world.outbox, 7, NULL);
	steps();
	assert_int_equal(world.marked, 2);
	assert_string_equal(world.first_marked, "10");
	answer_mark(STORE_OK, "");
	steps();
	assert_int_equal(world.dones, 1);
	assert_int_equal(world.sent, 2);
}

static void a_connection_lost_while_marking_marks_again(void **state)
{
	(void)state;
	take(0, 2);
	steps();
	outbox_on_down(world.outbox);
	outbox_take(world.outbox, 7, NULL);
	steps();
	assert_int_equal(world.marks, 2);
	assert_int_equal(world.marked, 2);
}

static void without_a_connection_the_mark_waits_for_the_next(void **state)
{
	(void)state;
	world.mark_result = -ENOTCONN;
	take(0, 2);
	steps();
	outbox_on_down(world.outbox);
	assert_int_equal(facts().unmarked, 2);
	assert_int_equal(world.dones, 0);
}

static void a_mark_that_fails_is_repeated_before_anything_else(void **state)
{
	(void)state;
	take(0, 2);
	steps();
	answer_mark(STORE_RETRY, "40001");
	assert_string_equal(facts().state, "retrying");
	for (int i = 0; i < 50 && world.marks < 2; i++)
		steps();
	assert_int_equal(world.marks, 2);
	assert_int_equal(world.dones, 0);
	answer_mark(STORE_OK, "");
	steps();
	assert_int_equal(world.dones, 1);
}

static void marks_that_fail_are_told_until_one_succeeds(void **state)
{
	int64_t failing_since_ms;

	(void)state;
	take(0, 2);
	steps();
	answer_mark(STORE_RETRY, "53100");
	failing_since_ms = facts().failing_since_ms;
	assert_true(failing_since_ms > 0);
	assert_int_equal(world.troubles, 1);
	for (int i = 0; i < 50 && world.marks < 2; i++)
		steps();
	answer_mark(STORE_RETRY, "53100");
	assert_int_equal(facts().failing_since_ms, failing_since_ms);
	assert_int_equal(world.troubles, 2); /* each time: it is a sign of life, too */
	for (int i = 0; i < 50 && world.marks < 3; i++)
		steps();
	answer_mark(STORE_OK, "");
	assert_int_equal(facts().failing_since_ms, 0);
}

static void a_finish_marks_what_is_sent(void **state)
{
	(void)state;
	world.accepts = 2;
	take(0, 5);
	steps();
	outbox_finish(world.outbox);
	assert_int_equal(world.marked, 2);
	answer_mark(STORE_OK, "");
	steps();
	assert_int_equal(world.dones, 1); /* though syslog still takes nothing */
}

static void a_finish_tries_to_mark_only_once(void **state)
{
	(void)state;
	take(0, 2);
	steps();
	outbox_finish(world.outbox);
	answer_mark(STORE_BUG, "42883");
	steps();
	assert_int_equal(world.marks, 1);
	assert_int_equal(world.dones, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_sent_then_marked_then_it_is_done, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_line_is_told_of_and_each_refusal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_turn_without_lines_is_done_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_that_cannot_be_read_is_told_by_its_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_batch_lets_the_loop_breathe, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_syslog_keeps_the_rest_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_held_too_long_are_given_up_and_the_sent_ones_marked, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_claimed_while_syslog_takes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_rate_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slow_rate_still_sends_one_by_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lost_connection_keeps_the_ids_and_drops_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_connection_lost_while_marking_marks_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_connection_the_mark_waits_for_the_next, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_mark_that_fails_is_repeated_before_anything_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(marks_that_fail_are_told_until_one_succeeds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_finish_marks_what_is_sent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_finish_tries_to_mark_only_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

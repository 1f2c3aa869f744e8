/* sweep against a store and a wakeup that remember what they were asked; the test gives the answers. */
#include "sweep.h"

#include "store.h"
#include "wakeup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct store_batch {
	size_t count;
	struct store_next next;
};

static struct {
	char calls[256]; /* a letter for each: c(onnect) l(isten) C(laim) t(urn) s(topped) f(ree) */
	int refuse;      /* what the next calls return */
	int64_t known_instance;
	const char *language;
	int batch;
	store_connect_fn connect;
	store_done_fn done;
	store_claim_fn claim;
	void *arg;
	bool armed;
	int64_t armed_ms;
	struct store_batch *turn;
	struct store_batch batches[64];
	int batch_count;
} world;

static void note(char call)
{
	size_t n = strlen(world.calls);

	assert_true(n + 1 < sizeof(world.calls));
	world.calls[n] = call;
}

static void expect_calls(const char *expected)
{
	assert_string_equal(world.calls, expected);
	memset(world.calls, 0, sizeof(world.calls));
}

int store_connect(struct store *store, int64_t instance, const char *host, int pid, const char *version,
                  store_connect_fn fn, void *arg)
{
	(void)store, (void)host, (void)pid, (void)version;
	note('c');
	world.known_instance = instance;
	world.connect = fn;
	world.arg = arg;
	return world.refuse;
}

bool store_fits(int schema_version)
{
	return schema_version != 99;
}

int store_listen(struct store *store, store_done_fn fn, void *arg)
{
	(void)store;
	note('l');
	world.done = fn;
	world.arg = arg;
	return world.refuse;
}

int store_claim(struct store *store, int64_t instance, int batch, const char *language, store_claim_fn fn, void *arg)
{
	(void)store;
	assert_int_equal(instance, 7);
	note('C');
	world.batch = batch;
	world.language = language;
	world.claim = fn;
	world.arg = arg;
	return world.refuse;
}

size_t store_batch_count(const struct store_batch *batch)
{
	return batch->count;
}

struct store_next store_batch_next(const struct store_batch *batch)
{
	return batch->next;
}

void store_batch_free(struct store_batch *batch)
{
	if (batch != NULL)
		note('f');
}

void wakeup_arm(struct wakeup *w, int64_t us)
{
	(void)w;
	world.armed = true;
	world.armed_ms = us / 1000;
}

void wakeup_disarm(struct wakeup *w)
{
	(void)w;
	world.armed = false;
}

static void on_turn(void *arg, struct store_batch *batch)
{
	(void)arg;
	note('t');
	world.turn = batch;
}

static void on_greeted(void *arg, int64_t instance)
{
	(void)arg;
	assert_int_equal(instance, 7);
}

static void on_progress(void *arg)
{
	(void)arg;
}

static void on_stopped(void *arg)
{
	(void)arg;
	note('s');
}

static uint32_t no_jitter(void *arg)
{
	(void)arg;
	return 0;
}

static int set_up(void **state)
{
	static const struct sweep_callbacks callbacks = {on_turn, on_greeted, on_progress, on_stopped, no_jitter};
	static const struct sweep_identity identity = {"host", 1, "v"};
	struct sweep *sweep = NULL;

	memset(&world, 0, sizeof(world));
	if (sweep_new(NULL, NULL, &identity, &callbacks, NULL, &sweep) < 0)
		return -1;
	sweep_set(sweep, 1000, "zh");
	*state = sweep;
	return 0;
}

static int tear_down(void **state)
{
	sweep_free(*state);
	return 0;
}

/* --- answers --- */

static struct store_outcome outcome(enum store_verdict verdict, const char *sqlstate)
{
	struct store_outcome o = {.verdict = verdict, .call = "test"};

	snprintf(o.sqlstate, sizeof(o.sqlstate), "%s", sqlstate);
	return o;
}

static void answer_claim(size_t lines, int64_t next_in_ms, bool blocked)
{
	struct store_outcome ok = outcome(STORE_OK, "");
	struct store_batch *batch = &world.batches[world.batch_count++];

	batch->count = lines;
	batch->next = (struct store_next){
		.planned = next_in_ms >= 0, .next_in_us = next_in_ms < 0 ? 0 : next_in_ms * 1000, .blocked = blocked};
	world.claim(world.arg, &ok, batch);
}

static void fail_claim(enum store_verdict verdict, const char *sqlstate)
{
	struct store_outcome o = outcome(verdict, sqlstate);

	world.claim(world.arg, &o, NULL);
}

/* Up to the first claim, which is under way then. */
static void begin(struct sweep *sweep)
{
	struct store_outcome ok = outcome(STORE_OK, "");

	sweep_on_up(sweep);
	world.connect(world.arg, &ok, 7, 1);
	world.done(world.arg, &ok);
	sweep_go_on(sweep);
	expect_calls("cltC");
}

static void wait_idle(struct sweep *sweep, int64_t next_in_ms)
{
	begin(sweep);
	answer_claim(0, next_in_ms, false);
	expect_calls("f");
}

/* --- tests --- */

static void a_connection_is_greeted_listened_on_marked_and_claimed(void **state)
{
	begin(*state);
	assert_int_equal(world.batch, 1000);
	assert_string_equal(world.language, "zh");
	assert_null(world.turn); /* the turn before the first claim is for what was sent earlier */
}

static void the_instance_is_kept_over_connections(void **state)
{
	begin(*state);
	assert_int_equal(world.known_instance, 0);
	sweep_on_down(*state);
	sweep_on_up(*state);
	assert_int_equal(world.known_instance, 7);
}

static void lines_are_handed_over_and_claimed_again_after_them(void **state)
{
	begin(*state);
	answer_claim(3, 5000, false);
	expect_calls("t");
	assert_int_equal(world.turn->count, 3);
	assert_false(world.armed);
	sweep_go_on(*state);
	expect_calls("C");
}

static void without_lines_it_sleeps_until_the_next(void **state)
{
	wait_idle(*state, 1234);
	assert_true(world.armed);
	assert_int_equal(world.armed_ms, 1234);
	sweep_on_wake(*state);
	expect_calls("C");
	assert_false(world.armed);
}

static void with_nothing_planned_it_sleeps_a_minute(void **state)
{
	wait_idle(*state, -1);
	assert_int_equal(world.armed_ms, 60000);
}

static void a_notification_ends_the_sleep(void **state)
{
	wait_idle(*state, 5000);
	sweep_on_notify(*state);
	expect_calls("C");
}

static void a_notification_during_a_claim_is_not_lost(void **state)
{
	begin(*state);
	sweep_on_notify(*state);
	expect_calls("");
	answer_claim(0, 5000, false);
	assert_int_equal(world.armed_ms, 0);
	sweep_on_wake(*state);
	expect_calls("fC");
	answer_claim(0, 5000, false);
	assert_int_equal(world.armed_ms, 5000);
}

static void rows_held_by_another_daemon_are_asked_for_slower_and_slower(void **state)
{
	static const int64_t expected[] = {50, 100, 200, 400, 800, 1000, 1000};

	begin(*state);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		answer_claim(0, 0, true);
		assert_int_equal(world.armed_ms, expected[i]);
		sweep_on_wake(*state);
	}
	answer_claim(0, 700, false);
	assert_int_equal(world.armed_ms, 700);
	sweep_on_wake(*state);
	answer_claim(0, 0, true);
	assert_int_equal(world.armed_ms, 50);
}

static void an_answer_of_at_once_without_a_line_does_not_spin(void **state)
{
	begin(*state);
	for (int i = 0; i < 8; i++) {
		answer_claim(0, 0, false);
		assert_int_equal(world.armed_ms, 0);
		sweep_on_wake(*state);
	}
	answer_claim(0, 0, false);
	assert_int_equal(world.armed_ms, 50);
	sweep_on_wake(*state);
	answer_claim(1, 0, false);
	sweep_go_on(*state);
	answer_claim(0, 0, false);
	assert_int_equal(world.armed_ms, 0);
}

static void a_conflict_is_retried_on_the_same_connection(void **state)
{
	struct sweep_facts facts;

	begin(*state);
	fail_claim(STORE_RETRY, "40001");
	assert_true(world.armed);
	assert_int_equal(world.armed_ms, 25);
	sweep_on_notify(*state); /* does not shorten the pause */
	expect_calls("");
	sweep_get_facts(*state, &facts);
	assert_int_not_equal(facts.failing_since_ms, 0);
	sweep_on_wake(*state);
	expect_calls("C");
	answer_claim(0, 10, false);
	sweep_get_facts(*state, &facts);
	assert_int_equal(facts.failing_since_ms, 0);
	assert_int_equal(facts.failures, 1);
	assert_int_equal(facts.passes, 1);
}

static void a_bug_is_retried_ever_slower(void **state)
{
	begin(*state);
	for (int i = 0; i < 12; i++) {
		fail_claim(STORE_BUG, "42883");
		sweep_on_wake(*state);
	}
	fail_claim(STORE_BUG, "42883");
	assert_int_equal(world.armed_ms, 5000);
}

static void the_call_that_failed_is_the_one_repeated(void **state)
{
	struct store_outcome ok = outcome(STORE_OK, "");
	struct store_outcome conflict = outcome(STORE_RETRY, "53300");

	sweep_on_up(*state);
	world.connect(world.arg, &conflict, 0, 0);
	sweep_on_wake(*state);
	world.connect(world.arg, &ok, 7, 1);
	world.done(world.arg, &conflict);
	sweep_on_wake(*state);
	expect_calls("cc"
	             "ll");
}

static void a_schema_of_another_version_is_waited_for(void **state)
{
	struct store_outcome ok = outcome(STORE_OK, "");
	struct sweep_facts facts;

	sweep_on_up(*state);
	world.connect(world.arg, &ok, 7, 99);
	sweep_get_facts(*state, &facts);
	assert_true(facts.failing_since_ms != 0);
	assert_int_equal(facts.failures, 1);
	sweep_on_wake(*state);
	world.connect(world.arg, &ok, 7, 1);
	expect_calls("cc"
	             "l");
}

static void a_server_that_cannot_is_left_to_the_reconnect(void **state)
{
	begin(*state);
	fail_claim(STORE_RECONNECT, "25006");
	assert_false(world.armed);
	sweep_on_down(*state);
	sweep_on_up(*state);
	expect_calls("c");
}

static void a_call_that_cannot_be_sent_is_tried_again(void **state)
{
	wait_idle(*state, 10);
	world.refuse = -ENOMEM;
	sweep_on_wake(*state);
	assert_true(world.armed);
	world.refuse = 0;
	sweep_on_wake(*state);
	expect_calls("CC");
}

static void a_lost_connection_begins_all_over(void **state)
{
	wait_idle(*state, 10);
	sweep_on_down(*state);
	assert_false(world.armed);
	sweep_on_wake(*state);
	sweep_on_notify(*state);
	sweep_go_on(*state);
	expect_calls("");
	begin(*state);
}

static void a_stop_while_idle_is_at_once(void **state)
{
	wait_idle(*state, 10);
	sweep_stop(*state);
	expect_calls("s");
	sweep_on_wake(*state);
	sweep_on_notify(*state);
	sweep_on_down(*state);
	expect_calls("");
}

static void a_stop_during_a_claim_waits_and_sends_nothing(void **state)
{
	begin(*state);
	sweep_stop(*state);
	expect_calls("");
	answer_claim(5, 0, false);
	expect_calls("fs");
}

static void a_stop_during_a_turn_waits_for_the_outbox(void **state)
{
	begin(*state);
	answer_claim(5, 0, false);
	sweep_stop(*state);
	expect_calls("t");
	sweep_go_on(*state);
	expect_calls("s");
}

static void a_stop_ends_with_a_failure_or_a_loss(void **state)
{
	begin(*state);
	sweep_stop(*state);
	fail_claim(STORE_RETRY, "40001");
	expect_calls("s");
	tear_down(state);
	set_up(state);
	begin(*state);
	sweep_stop(*state);
	sweep_on_down(*state);
	expect_calls("s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_connection_is_greeted_listened_on_marked_and_claimed, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(the_instance_is_kept_over_connections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_are_handed_over_and_claimed_again_after_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_lines_it_sleeps_until_the_next, set_up, tear_down),
		cmocka_unit_test_setup_teardown(with_nothing_planned_it_sleeps_a_minute, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_notification_ends_the_sleep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_notification_during_a_claim_is_not_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_held_by_another_daemon_are_asked_for_slower_and_slower, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(an_answer_of_at_once_without_a_line_does_not_spin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_schema_of_another_version_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_conflict_is_retried_on_the_same_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_bug_is_retried_ever_slower, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_call_that_failed_is_the_one_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_server_that_cannot_is_left_to_the_reconnect, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_cannot_be_sent_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lost_connection_begins_all_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_while_idle_is_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_during_a_claim_waits_and_sends_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_during_a_turn_waits_for_the_outbox, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stop_ends_with_a_failure_or_a_loss, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

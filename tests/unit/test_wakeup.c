#include "clock.h"
#include "loop.h"
#include "wakeup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	struct event_base *base;
	struct wakeup *wakeup;
	struct event *marker; /* fires in between, to tell what came first */
	int wakes;
	int wakes_at_marker; /* -1: it has not fired */
	int64_t woken_us;
	int rearm_ms; /* on_wake arms again: -1 no */
	int busy_us;  /* what on_wake burns before */
};

static void on_wake(void *arg)
{
	struct fixture *f = arg;

	f->woken_us = clock_monotonic_us();
	f->wakes++;
	while (clock_monotonic_us() < f->woken_us + f->busy_us)
		continue;
	if (f->rearm_ms >= 0)
		wakeup_arm(f->wakeup, f->rearm_ms * 1000);
}

static void on_marker(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	f->wakes_at_marker = f->wakes;
}

static bool is_woken(void *arg)
{
	return ((struct fixture *)arg)->wakes > 0;
}

static bool is_woken_twice(void *arg)
{
	return ((struct fixture *)arg)->wakes > 1;
}

static bool is_marked(void *arg)
{
	return ((struct fixture *)arg)->wakes_at_marker >= 0;
}

static void mark_in(struct fixture *f, int ms)
{
	struct timeval delay = {.tv_usec = ms * 1000L};

	evtimer_add(f->marker, &delay);
}

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->base = loop_new();
	f->marker = evtimer_new(f->base, on_marker, f);
	f->wakes_at_marker = -1;
	f->rearm_ms = -1;
	*state = f;
	return wakeup_new(f->base, on_wake, f, &f->wakeup);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	wakeup_free(f->wakeup);
	event_free(f->marker);
	event_base_free(f->base);
	test_free(f);
	return 0;
}

static void it_wakes_once_and_never_early(void **state)
{
	struct fixture *f = *state;
	int64_t armed_us = clock_monotonic_us();

	wakeup_arm(f->wakeup, 20 * 1000);
	assert_true(loop_until(f->base, is_woken, f));
	assert_true(f->woken_us - armed_us >= 20000);
	mark_in(f, 40);
	assert_true(loop_until(f->base, is_marked, f));
	assert_int_equal(f->wakes, 1);
}

static void it_wakes_within_a_millisecond(void **state)
{
	struct fixture *f = *state;
	int64_t best_us = INT64_MAX;

	/* The best of many: a busy machine may delay any of them. */
	for (int i = 0; i < 100 && best_us >= 1000; i++) {
		int64_t armed_us = clock_monotonic_us();

		f->wakes = 0;
		wakeup_arm(f->wakeup, 3 * 1000);
		assert_true(loop_until(f->base, is_woken, f));
		assert_true(f->woken_us - armed_us >= 3000);
		if (f->woken_us - armed_us - 3000 < best_us)
			best_us = f->woken_us - armed_us - 3000;
	}
	assert_in_range(best_us, 0, 999);
}

static void an_earlier_time_wins(void **state)
{
	struct fixture *f = *state;

	wakeup_arm(f->wakeup, 50000 * 1000);
	wakeup_arm(f->wakeup, 10 * 1000);
	assert_true(loop_until(f->base, is_woken, f));
}

static void a_later_time_does_not_delay(void **state)
{
	struct fixture *f = *state;

	wakeup_arm(f->wakeup, 10 * 1000);
	wakeup_arm(f->wakeup, 50000 * 1000);
	assert_true(loop_until(f->base, is_woken, f));
	assert_int_equal(f->wakes, 1);
}

static void the_cap_ends_a_longer_sleep(void **state)
{
	struct fixture *f = *state;
	int64_t armed_us = clock_monotonic_us();

	wakeup_set_cap(f->wakeup, 30);
	wakeup_arm(f->wakeup, INT64_MAX);
	assert_true(loop_until(f->base, is_woken, f));
	assert_true(f->woken_us - armed_us >= 30000);
}

static void negative_and_zero_wake_at_once_but_from_the_loop(void **state)
{
	struct fixture *f = *state;

	wakeup_arm(f->wakeup, INT64_MIN);
	assert_int_equal(f->wakes, 0);
	mark_in(f, 500);
	assert_true(loop_until(f->base, is_marked, f));
	assert_int_equal(f->wakes_at_marker, 1);
	wakeup_arm(f->wakeup, 0);
	assert_true(loop_until(f->base, is_woken_twice, f));
}

static void disarmed_it_does_not_wake(void **state)
{
	struct fixture *f = *state;

	wakeup_arm(f->wakeup, 5 * 1000);
	wakeup_disarm(f->wakeup);
	mark_in(f, 40);
	assert_true(loop_until(f->base, is_marked, f));
	assert_int_equal(f->wakes, 0);
}

static void what_it_was_armed_for_is_forgotten_when_disarmed(void **state)
{
	struct fixture *f = *state;

	wakeup_arm(f->wakeup, 1 * 1000);
	wakeup_disarm(f->wakeup);
	wakeup_arm(f->wakeup, 30000 * 1000);
	mark_in(f, 40);
	assert_true(loop_until(f->base, is_marked, f));
	assert_int_equal(f->wakes, 0);
}

static void armed_in_the_callback_it_counts_from_then(void **state)
{
	struct fixture *f = *state;
	int64_t first_us;

	f->rearm_ms = 10;
	f->busy_us = 20000;
	wakeup_arm(f->wakeup, 0);
	assert_true(loop_until(f->base, is_woken, f));
	first_us = f->woken_us;
	f->rearm_ms = -1;
	assert_true(loop_until(f->base, is_woken_twice, f));
	assert_true(f->woken_us - first_us >= 30000);
}

static void nothing_to_free_is_allowed(void **state)
{
	(void)state;
	wakeup_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_wakes_once_and_never_early, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_wakes_within_a_millisecond, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_earlier_time_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_later_time_does_not_delay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_cap_ends_a_longer_sleep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(negative_and_zero_wake_at_once_but_from_the_loop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(disarmed_it_does_not_wake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_it_was_armed_for_is_forgotten_when_disarmed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(armed_in_the_callback_it_counts_from_then, set_up, tear_down),
		cmocka_unit_test(nothing_to_free_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

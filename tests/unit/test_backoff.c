#include "backoff.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void delays_double_up_to_the_cap(void **state)
{
	static const int64_t expected[] = {100, 200, 400, 800, 1000, 1000};
	struct backoff b;

	(void)state;
	backoff_init(&b, 100, 1000);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		/* The random number that gives the whole delay: half of it, of half + 1 possible ones the last. */
		assert_int_equal(backoff_next_ms(&b, (uint32_t)(expected[i] / 2)), expected[i]);
	}
}

static void jitter_lies_between_half_of_and_the_whole_delay(void **state)
{
	bool seen[101] = {false};

	(void)state;
	for (uint32_t random = 0; random < 1000; random++) {
		struct backoff b;
		int64_t delay_ms;

		backoff_init(&b, 100, 1000);
		delay_ms = backoff_next_ms(&b, random);
		assert_in_range(delay_ms, 50, 100);
		seen[delay_ms] = true;
	}
	assert_true(seen[50] && seen[75] && seen[100]);
}

static void the_largest_random_number_stays_in_range(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 3, 1000);
	assert_in_range(backoff_next_ms(&b, UINT32_MAX), 2, 3);
}

static void no_delay_is_zero(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 1, 1);
	for (uint32_t random = 0; random < 5; random++)
		assert_int_equal(backoff_next_ms(&b, random), 1);
}

static void a_first_delay_at_the_cap_stays_there(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 7, 7);
	for (int i = 0; i < 3; i++)
		assert_in_range(backoff_next_ms(&b, (uint32_t)i), 4, 7);
}

static void an_enormous_cap_does_not_overflow(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, INT64_MAX / 2, INT64_MAX);
	for (int i = 0; i < 4; i++)
		assert_true(backoff_next_ms(&b, 0) > 0);
}

static void reset_begins_again_with_the_first_delay(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 100, 1000);
	for (int i = 0; i < 5; i++)
		backoff_next_ms(&b, 0);
	backoff_reset(&b);
	assert_int_equal(backoff_next_ms(&b, 0), 50);
	assert_int_equal(backoff_next_ms(&b, 0), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_double_up_to_the_cap),
		cmocka_unit_test(jitter_lies_between_half_of_and_the_whole_delay),
		cmocka_unit_test(the_largest_random_number_stays_in_range),
		cmocka_unit_test(no_delay_is_zero),
		cmocka_unit_test(a_first_delay_at_the_cap_stays_there),
		cmocka_unit_test(an_enormous_cap_does_not_overflow),
		cmocka_unit_test(reset_begins_again_with_the_first_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unicode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_becomes(const char *text, const char *expected)
{
	char copy[64];
	size_t length = strlen(text);

	assert_true(length < sizeof(copy));
	memcpy(copy, text, length + 1);
	unicode_make_printable(copy, length);
	assert_string_equal(copy, expected);
}

static void text_stays_as_it_is(void **state)
{
	(void)state;
	assert_becomes("", "");
	assert_becomes("database \"lost\" %s \\", "database \"lost\" %s \\");
	assert_becomes("石家庄 é 𠀀", "石家庄 é 𠀀");
}

static void control_characters_become_spaces(void **state)
{
	(void)state;
	assert_becomes("a\nb\tc\r\x1B[31m\x7F", "a b c  [31m ");
}

static void what_nobody_sees_becomes_a_mark_for_each_byte(void **state)
{
	(void)state;
	assert_becomes("a\u202Eb\u2066c\u200Fd", "a???b???c???d");
	assert_becomes("\xC2\x9B"
	               "31m\u2028\u00AD\uFEFF",
	               "??31m????????");
}

static void what_is_no_utf8_becomes_marks(void **state)
{
	(void)state;
	assert_becomes("\xFF(\xC3(", "?(?(");
	assert_becomes("\xED\xA0\x80", "???"); /* half of a surrogate pair */
	assert_becomes("\xC0\xAF", "??");      /* a slash, too long */
	assert_becomes("cut \xE7\x9F", "cut ??");
}

static void a_zero_byte_is_no_end(void **state)
{
	char text[] = "a\0\x1B";

	(void)state;
	unicode_make_printable(text, 3);
	assert_string_equal(text, "a  ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_as_it_is),
		cmocka_unit_test(control_characters_become_spaces),
		cmocka_unit_test(what_nobody_sees_becomes_a_mark_for_each_byte),
		cmocka_unit_test(what_is_no_utf8_becomes_marks),
		cmocka_unit_test(a_zero_byte_is_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

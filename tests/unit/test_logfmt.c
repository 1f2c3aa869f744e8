#include "logfmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_value(const char *key, const char *value, size_t length, const char *expected)
{
	struct logfmt line;

	logfmt_begin(&line);
	logfmt_add(&line, key, value, length);
	assert_string_equal(line.text, expected);
	assert_int_equal(line.length, strlen(expected));
}

#define ASSERT_MSG(value, expected) assert_value("msg", value, sizeof(value) - 1, "msg=" expected)
#define ASSERT_OTHER(value, expected) assert_value("key", value, sizeof(value) - 1, "key=" expected)

static void pairs_stand_in_the_order_added(void **state)
{
	struct logfmt line;

	(void)state;
	logfmt_begin(&line);
	assert_string_equal(line.text, "");
	logfmt_add_string(&line, "event", "alert");
	logfmt_add_number(&line, "days_left", -3);
	logfmt_add_string(&line, "msg", "two words");
	assert_string_equal(line.text, "event=alert days_left=-3 msg=\"two words\"");
	assert_int_equal(line.length, strlen(line.text));
}

static void the_bare_characters_stand_bare(void **state)
{
	(void)state;
	ASSERT_OTHER("azAZ09-._:/+@", "azAZ09-._:/+@");
}

static void every_other_printable_ascii_character_is_quoted(void **state)
{
	static const char others[] = " !#$%&'()*,;<=>?[]^`{|}~";

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(others); i++) {
		char expected[] = {'k', 'e', 'y', '=', '"', others[i], '"', '\0'};

		assert_value("key", &others[i], 1, expected);
	}
}

static void an_empty_value_is_quoted(void **state)
{
	(void)state;
	ASSERT_OTHER("", "\"\"");
}

static void quote_backslash_and_white_space_are_escaped(void **state)
{
	(void)state;
	ASSERT_MSG("a\"b\\c\nd\re\tf", "\"a\\\"b\\\\c\\nd\\re\\tf\"");
}

static void control_characters_are_escaped(void **state)
{
	(void)state;
	ASSERT_MSG("\0\x01\x1B[31m\x7F", "\"\\x00\\x01\\x1B[31m\\x7F\"");
	ASSERT_OTHER("\x1B", "\"\\x1B\"");
	ASSERT_MSG("\xC2\x85", "\"\\u{0085}\"");
}

static void text_stands_as_it_is_only_in_msg(void **state)
{
	(void)state;
	ASSERT_MSG("信访é😀", "\"信访é😀\"");
	ASSERT_OTHER("信é😀", "\"\\u{4FE1}\\u{00E9}\\u{1F600}\"");
}

static void characters_that_do_not_print_are_escaped(void **state)
{
	(void)state;
	ASSERT_MSG("a\u202Eb", "\"a\\u{202E}b\"");
	ASSERT_MSG("\u2066\u2069\u200F\u061C", "\"\\u{2066}\\u{2069}\\u{200F}\\u{061C}\"");
	ASSERT_MSG("\u2028\u2029\u200B\uFEFF\u00AD", "\"\\u{2028}\\u{2029}\\u{200B}\\u{FEFF}\\u{00AD}\"");
	ASSERT_MSG("\U000E0041", "\"\\u{E0041}\"");
}

static void neighbours_of_what_does_not_print_stand(void **state)
{
	(void)state;
	ASSERT_MSG("\u00A0\u200A\u2010\u2027\u202F", "\"\u00A0\u200A\u2010\u2027\u202F\"");
}

static void bytes_that_are_no_utf8_are_escaped_one_by_one(void **state)
{
	(void)state;
	ASSERT_MSG("\x80", "\"\\x80\"");
	ASSERT_MSG("\xFE\xFF", "\"\\xFE\\xFF\"");
	ASSERT_MSG("\xE4\xBF!", "\"\\xE4\\xBF!\"");                          /* cut off */
	ASSERT_MSG("\xE4\xBF", "\"\\xE4\\xBF\"");                            /* cut off at the end */
	ASSERT_MSG("\xC0\xAF", "\"\\xC0\\xAF\"");                            /* overlong "/" */
	ASSERT_MSG("\xE0\x80\xAF", "\"\\xE0\\x80\\xAF\"");                   /* and of three */
	ASSERT_MSG("\xF0\x80\x80\xAF", "\"\\xF0\\x80\\x80\\xAF\"");          /* and of four bytes */
	ASSERT_MSG("\xED\xA0\x80", "\"\\xED\\xA0\\x80\"");                   /* surrogate */
	ASSERT_MSG("\xF4\x90\x80\x80", "\"\\xF4\\x90\\x80\\x80\"");          /* U+110000 */
	ASSERT_MSG("\xF8\x88\x80\x80\x80", "\"\\xF8\\x88\\x80\\x80\\x80\""); /* five bytes */
}

static void the_ends_of_utf8_ranges_stand(void **state)
{
	(void)state;
	ASSERT_MSG("\xC3\x80", "\"\u00C0\"");
	ASSERT_MSG("\xED\x9F\xBF\xEE\x80\x80", "\"\uD7FF\uE000\"");
	ASSERT_MSG("\xF4\x8F\xBF\xBD", "\"\U0010FFFD\"");
}

static void a_key_cannot_forge_a_pair(void **state)
{
	(void)state;
	assert_value("a b=\n\xC3", "x", 1, "a_b___=x");
}

/* A line whose text is `length` bytes of "a=x…". */
static void fill(struct logfmt *line, size_t length)
{
	static char value[LOGFMT_MAX];

	memset(value, 'x', sizeof(value));
	logfmt_begin(line);
	logfmt_add(line, "a", value, length - 2);
	assert_int_equal(line->length, length);
}

static void a_value_that_just_fits_is_not_cut(void **state)
{
	struct logfmt line;

	(void)state;
	fill(&line, LOGFMT_MAX - 1);
	assert_null(strchr(line.text, '.'));
	fill(&line, LOGFMT_MAX - 1 - strlen(" msg=\"b c\""));
	logfmt_add_string(&line, "msg", "b c");
	assert_int_equal(line.length, LOGFMT_MAX - 1);
	assert_string_equal(line.text + LOGFMT_MAX - 1 - 5, "\"b c\"");
}

static void a_bare_value_that_is_too_long_is_cut_bare(void **state)
{
	static char value[LOGFMT_MAX];
	struct logfmt line;

	(void)state;
	memset(value, 'x', sizeof(value));
	logfmt_begin(&line);
	logfmt_add(&line, "a", value, LOGFMT_MAX - 2);
	assert_int_equal(line.length, LOGFMT_MAX - 1);
	assert_string_equal(line.text + LOGFMT_MAX - 1 - 4, "x...");
}

/* Whatever room is left: the line is in its bounds, quotes are closed, no character and no escape is cut apart. */
static void a_cut_value_stays_whole_at_every_length(void **state)
{
	static const char *const values[] = {"字字字字字字字字", "\n\n\n\n\n\n\n\n\n\n\n\n", "\u202E\u202E\u202E\u202E",
	                                     "\xFF\xFF\xFF\xFF\xFF\xFF"};
	static const char *const units[] = {"字", "\\n", "\\u{202E}", "\\xFF"};

	(void)state;
	for (size_t v = 0; v < 4; v++) {
		for (size_t room = 0; room < 30; room++) {
			size_t start = LOGFMT_MAX - 1 - room;
			struct logfmt line;
			const char *rest;

			fill(&line, start);
			logfmt_add_string(&line, "msg", values[v]);
			assert_true(line.length < LOGFMT_MAX && strlen(line.text) == line.length);
			rest = line.text + start;
			if (room < strlen(" msg=\"...\"")) {
				assert_string_equal(rest, "");
				continue;
			}
			assert_memory_equal(rest, " msg=\"", 6);
			for (rest += 6; strncmp(rest, units[v], strlen(units[v])) == 0;)
				rest += strlen(units[v]);
			if (strcmp(rest, "\"") != 0)
				assert_string_equal(rest, "...\"");
			/* Not cut sooner than it must be. */
			if (strcmp(rest, "...\"") == 0)
				assert_true(line.length + strlen(units[v]) > LOGFMT_MAX - 1);
		}
	}
}

static void a_pair_without_room_for_its_key_is_left_out(void **state)
{
	struct logfmt line;
	char before[LOGFMT_MAX];

	(void)state;
	fill(&line, LOGFMT_MAX - 4);
	memcpy(before, line.text, sizeof(before));
	logfmt_add_string(&line, "key", "value");
	assert_string_equal(line.text, before);
	assert_int_equal(line.length, LOGFMT_MAX - 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_stand_in_the_order_added),
		cmocka_unit_test(the_bare_characters_stand_bare),
		cmocka_unit_test(every_other_printable_ascii_character_is_quoted),
		cmocka_unit_test(an_empty_value_is_quoted),
		cmocka_unit_test(quote_backslash_and_white_space_are_escaped),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(text_stands_as_it_is_only_in_msg),
		cmocka_unit_test(characters_that_do_not_print_are_escaped),
		cmocka_unit_test(neighbours_of_what_does_not_print_stand),
		cmocka_unit_test(bytes_that_are_no_utf8_are_escaped_one_by_one),
		cmocka_unit_test(the_ends_of_utf8_ranges_stand),
		cmocka_unit_test(a_key_cannot_forge_a_pair),
		cmocka_unit_test(a_value_that_just_fits_is_not_cut),
		cmocka_unit_test(a_bare_value_that_is_too_long_is_cut_bare),
		cmocka_unit_test(a_cut_value_stays_whole_at_every_length),
		cmocka_unit_test(a_pair_without_room_for_its_key_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

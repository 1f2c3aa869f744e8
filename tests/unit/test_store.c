#include "store.h"

#include "clock.h"
#include "pgconn.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <cmocka.h>

/* --- a connection that remembers what was sent and answers what the test gives it --- */

static struct {
	int send_result;
	char sql[256];
	char values[4][128]; /* "(null)" for NULL */
	int count;
	bool binary;
	pgconn_result_fn on_result;
	void *arg;
	char dropped[8];
	const char *sqlstate; /* of the error that the next answer is */
} wire;

int pgconn_send(struct pgconn *conn, const struct pgconn_statement *statement, pgconn_result_fn on_result, void *arg)
{
	(void)conn;
	if (wire.send_result < 0)
		return wire.send_result;
	snprintf(wire.sql, sizeof(wire.sql), "%s", statement->sql);
	wire.count = statement->count;
	wire.binary = statement->binary;
	for (int i = 0; i < statement->count; i++)
		snprintf(wire.values[i], sizeof(wire.values[i]), "%s",
		         statement->values[i] ? statement->values[i] : "(null)");
	wire.on_result = on_result;
	wire.arg = arg;
	return 0;
}

void pgconn_drop(struct pgconn *conn, const char *sqlstate)
{
	(void)conn;
	snprintf(wire.dropped, sizeof(wire.dropped), "%s", sqlstate);
}

char *PQresultErrorField(const PGresult *result, int field)
{
	(void)result;
	return field == PG_DIAG_SQLSTATE ? (char *)(uintptr_t)wire.sqlstate : NULL;
}

/* --- what store said --- */

static struct {
	int calls;
	struct store_outcome outcome;
	int64_t instance;
	int version;
	struct store_batch *batch;
	struct store_table *table;
} said;

static void on_done(void *arg, const struct store_outcome *outcome)
{
	(void)arg;
	said.calls++;
	said.outcome = *outcome;
}

static void on_connected(void *arg, const struct store_outcome *outcome, int64_t instance, int schema_version)
{
	on_done(arg, outcome);
	said.instance = instance;
	said.version = schema_version;
}

static void on_claimed(void *arg, const struct store_outcome *outcome, struct store_batch *batch)
{
	on_done(arg, outcome);
	said.batch = batch;
}

static void on_table(void *arg, const struct store_outcome *outcome, struct store_table *table)
{
	on_done(arg, outcome);
	said.table = table;
}

static int set_up(void **state)
{
	struct store *store = NULL;

	memset(&wire, 0, sizeof(wire));
	memset(&said, 0, sizeof(said));
	if (store_new(NULL, &store) < 0)
		return -1;
	*state = store;
	return 0;
}

static int tear_down(void **state)
{
	store_batch_free(said.batch);
	store_table_free(said.table);
	store_free(*state);
	return 0;
}

/* --- answers --- */

static int64_t now_us;

int64_t clock_monotonic_us(void)
{
	return now_us;
}

static const Oid claim_types[] = {2950, 21, 1009, 20, 20, 16, 16};
static const Oid line_types[] = {2950, 21, 1009, 20};
static const Oid connect_types[] = {20, 23};

static PGresult *new_result(const Oid *types, int count, int format)
{
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	PGresAttDesc columns[8] = {0};
	char name[] = "c";

	for (int i = 0; i < count; i++) {
		columns[i].name = name;
		columns[i].typid = types[i];
		columns[i].format = format;
	}
	assert_true(PQsetResultAttrs(result, count, columns));
	return result;
}

static void set_value(PGresult *result, int row, int column, const void *bytes, size_t length)
{
	char *copy = NULL;

	if (bytes != NULL) {
		copy = test_malloc(length + 1);
		memcpy(copy, bytes, length);
	}
	assert_true(PQsetvalue(result, row, column, copy, bytes != NULL ? (int)length : -1));
	test_free(copy);
}

static void set_null(PGresult *result, int row, int column)
{
	set_value(result, row, column, NULL, 0);
}

/* A line: id of sixteen times `byte`, severity, fields as given, 258 microseconds late. */
static void add_line(PGresult *result, unsigned char byte, const void *fields, size_t length)
{
	unsigned char id[16];
	int row = PQntuples(result);

	memset(id, byte, sizeof(id));
	set_value(result, row, 0, id, sizeof(id));
	set_value(result, row, 1, (unsigned char[]){0, 3}, 2);
	set_value(result, row, 2, fields, length);
	set_value(result, row, 3, (unsigned char[]){0, 0, 0, 0, 0, 0, 1, 2}, 8);
}

/* The last row of a claim; next_in_us of one byte is enough, -1 is NULL. */
static void end_claim(PGresult *result, bool to_send, int next_in_us, bool blocked)
{
	unsigned char next[8] = {[7] = (unsigned char)next_in_us};
	int row = PQntuples(result);

	set_null(result, row, 0);
	set_value(result, row, 4, next_in_us >= 0 ? next : NULL, sizeof(next));
	set_value(result, row, 5, (unsigned char[]){blocked}, 1);
	set_value(result, row, 6, (unsigned char[]){to_send}, 1);
}

/* One without lines. */
static PGresult *new_claim(bool to_send, int next_in_us, bool blocked)
{
	PGresult *result = new_result(claim_types, 7, 1);

	end_claim(result, to_send, next_in_us, blocked);
	return result;
}

/* A text[] of one dimension in binary format, built up element by element. */
struct array {
	unsigned char bytes[4096];
	size_t length;
};

static void add_int32(struct array *a, int32_t value)
{
	uint32_t v = (uint32_t)value;

	for (int shift = 24; shift >= 0; shift -= 8)
		a->bytes[a->length++] = (unsigned char)(v >> shift);
}

static void add_text(struct array *a, const char *text)
{
	add_int32(a, text != NULL ? (int32_t)strlen(text) : -1);
	for (; text != NULL && *text != '\0'; text++)
		a->bytes[a->length++] = (unsigned char)*text;
}

static void begin_array(struct array *a, int32_t count)
{
	a->length = 0;
	add_int32(a, 1);
	add_int32(a, 0);
	add_int32(a, 25);
	add_int32(a, count);
	add_int32(a, 1);
}

static void ask_claim(struct store *store)
{
	assert_int_equal(store_claim(store, 7, 1000, "zh", on_claimed, NULL), 0);
}

static void answer(PGresult *result)
{
	wire.on_result(wire.arg, result);
	assert_int_equal(said.calls, 1);
}

/* A claim whose lines are these. */
static void claim_lines(struct store *store, PGresult *lines)
{
	ask_claim(store);
	said.calls = 0;
	wire.on_result(wire.arg, new_claim(true, 0, true));
	assert_int_equal(said.calls, 0);
	answer(lines);
}

/* --- tests --- */

static void calls_bind_their_arguments(void **state)
{
	struct store *store = *state;
	const struct store_id ids[] = {{"a"}, {"b"}};

	assert_int_equal(store_connect(store, 0, "host", 42, "1.0", on_connected, NULL), 0);
	assert_string_equal(wire.values[0], "(null)");
	assert_string_equal(wire.values[1], "host");
	assert_string_equal(wire.values[2], "42");
	assert_string_equal(wire.values[3], "1.0");
	assert_int_equal(store_connect(store, 9, "host", 42, "1.0", on_connected, NULL), 0);
	assert_string_equal(wire.values[0], "9");
	ask_claim(store);
	assert_true(wire.binary);
	assert_string_equal(wire.values[0], "7");
	assert_string_equal(wire.values[1], "1000");
	assert_string_equal(wire.values[2], "zh");
	wire.on_result(wire.arg, new_claim(true, 0, false));
	assert_true(wire.binary);
	assert_string_equal(wire.values[0], "7");
	assert_string_equal(wire.values[1], "zh");
	assert_int_equal(store_mark(store, 7, ids, 2, on_done, NULL), 0);
	assert_string_equal(wire.values[1], "{a,b}");
	assert_int_equal(store_listen(store, on_done, NULL), 0);
	assert_int_equal(wire.count, 0);
}

static void a_call_that_cannot_be_sent_says_so(void **state)
{
	wire.send_result = -ENOTCONN;
	assert_int_equal(store_listen(*state, on_done, NULL), -ENOTCONN);
	assert_int_equal(said.calls, 0);
}

static void the_instance_is_read(void **state)
{
	PGresult *result = new_result(connect_types, 2, 1);

	set_value(result, 0, 0, (unsigned char[]){0, 0, 0, 0, 0, 0, 1, 2}, 8);
	set_value(result, 0, 1, (unsigned char[]){0, 0, 0, 5}, 4);
	assert_int_equal(store_connect(*state, 0, "h", 1, "v", on_connected, NULL), 0);
	answer(result);
	assert_int_equal(said.outcome.verdict, STORE_OK);
	assert_int_equal(said.instance, 258);
	assert_int_equal(said.version, 5);
}

static void an_instance_of_another_type_is_a_bug(void **state)
{
	PGresult *result = new_result((Oid[]){25, 23}, 2, 1);

	set_value(result, 0, 0, "12345678", 8);
	set_value(result, 0, 1, (unsigned char[]){0, 0, 0, 5}, 4);
	assert_int_equal(store_connect(*state, 0, "h", 1, "v", on_connected, NULL), 0);
	answer(result);
	assert_int_equal(said.outcome.verdict, STORE_BUG);
	assert_string_equal(said.outcome.sqlstate, "");
}

static void lines_are_read(void **state)
{
	PGresult *result = new_result(line_types, 4, 1);
	struct store_line line;
	struct array a;

	begin_array(&a, 6);
	add_text(&a, "event");
	add_text(&a, "alert");
	add_text(&a, "gone");
	add_text(&a, NULL);
	add_text(&a, "msg");
	add_text(&a, "");
	add_line(result, 0xab, a.bytes, a.length);
	claim_lines(*state, result);
	assert_int_equal(said.outcome.verdict, STORE_OK);
	assert_int_equal(store_batch_count(said.batch), 1);
	assert_true(store_batch_next(said.batch).planned);
	assert_true(store_batch_next(said.batch).blocked);
	assert_int_equal(store_batch_line(said.batch, 0, &line), 0);
	assert_string_equal(line.id.text, "abababab-abab-abab-abab-abababababab");
	assert_int_equal(line.severity, 3);
	assert_int_equal(line.late_us, 258);
	now_us += 1000;
	assert_int_equal(store_batch_line(said.batch, 0, &line), 0);
	assert_int_equal(line.late_us, 1258);
	now_us -= 2000;
	assert_int_equal(store_batch_line(said.batch, 0, &line), 0);
	assert_int_equal(line.late_us, 0);
	assert_int_equal(line.pair_count, 2);
	assert_string_equal(line.pairs[0].key, "event");
	assert_memory_equal(line.pairs[0].value, "alert", line.pairs[0].length);
	assert_string_equal(line.pairs[1].key, "msg");
	assert_int_equal(line.pairs[1].length, 0);
}

/* A few come with the claim itself. */
static void lines_of_a_claim_are_read(void **state)
{
	PGresult *result = new_result(claim_types, 7, 1);
	struct store_line line;
	struct array a;

	begin_array(&a, 2);
	add_text(&a, "event");
	add_text(&a, "alert");
	add_line(result, 1, a.bytes, a.length);
	add_line(result, 2, a.bytes, a.length);
	end_claim(result, true, 9, false);
	ask_claim(*state);
	answer(result);
	assert_int_equal(said.outcome.verdict, STORE_OK);
	assert_int_equal(store_batch_count(said.batch), 2);
	assert_int_equal(store_batch_next(said.batch).next_in_us, 9);
	assert_int_equal(store_batch_line(said.batch, 1, &line), 0);
	assert_string_equal(line.id.text, "02020202-0202-0202-0202-020202020202");
	assert_int_equal(line.pair_count, 1);
}

static void nothing_planned_is_not_zero(void **state)
{
	ask_claim(*state);
	answer(new_claim(false, -1, false));
	assert_int_equal(store_batch_count(said.batch), 0);
	assert_false(store_batch_next(said.batch).planned);
	assert_false(store_batch_next(said.batch).blocked);
}

/* What was claimed is in the outbox, under our instance: the next claim finds it. */
static void lines_that_cannot_be_fetched_are_claimed_again(void **state)
{
	ask_claim(*state);
	wire.sqlstate = "53200";
	wire.on_result(wire.arg, new_claim(true, 0, false));
	answer(PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR));
	assert_int_equal(said.outcome.verdict, STORE_RETRY);
	assert_string_equal(said.outcome.call, "outbox_lines");
	assert_null(said.batch);

	said.calls = 0;
	ask_claim(*state);
	wire.send_result = -ENOMEM;
	answer(new_claim(true, 0, false));
	assert_int_equal(said.outcome.verdict, STORE_RETRY);
	assert_null(said.batch);

	said.calls = 0;
	wire.send_result = 0;
	ask_claim(*state);
	wire.send_result = -ENOTCONN; /* on_down tells */
	wire.on_result(wire.arg, new_claim(true, 0, false));
	assert_int_equal(said.calls, 0);
}

static void lines_that_others_have_taken_are_none(void **state)
{
	claim_lines(*state, new_result(line_types, 4, 1));
	assert_int_equal(said.outcome.verdict, STORE_OK);
	assert_int_equal(store_batch_count(said.batch), 0);
}

static void a_line_that_cannot_be_read_leaves_the_others(void **state)
{
	PGresult *result = new_result(line_types, 4, 1);
	struct store_line line;
	struct array good;

	begin_array(&good, 2);
	add_text(&good, "event");
	add_text(&good, "alert");
	add_line(result, 1, "junk", 4);
	add_line(result, 2, good.bytes, good.length);
	claim_lines(*state, result);
	assert_int_equal(store_batch_line(said.batch, 0, &line), -EBADMSG);
	assert_string_equal(line.id.text, "01010101-0101-0101-0101-010101010101");
	assert_int_equal(store_batch_line(said.batch, 1, &line), 0);
}

/* Cuts a good array at each byte, and sets each byte of it to each of some values: nothing but an answer may come of it
 * (under the sanitizers: no access outside). */
static void broken_fields_are_refused_and_do_no_harm(void **state)
{
	static const unsigned char evil[] = {0, 1, 2, 3, 0x7f, 0x80, 0xfe, 0xff};
	struct store_line line;
	struct array a;

	begin_array(&a, 4);
	add_text(&a, "event");
	add_text(&a, "alert");
	add_text(&a, "msg");
	add_text(&a, "text");
	for (size_t i = 0; i < a.length; i++) {
		for (size_t j = 0; j <= sizeof(evil); j++) {
			PGresult *result = new_result(line_types, 4, 1);
			unsigned char kept = a.bytes[i];

			if (j < sizeof(evil))
				a.bytes[i] = evil[j];
			add_line(result, 1, a.bytes, j < sizeof(evil) ? a.length : i);
			a.bytes[i] = kept;
			claim_lines(*state, result);
			if (store_batch_line(said.batch, 0, &line) == 0)
				assert_in_range(line.pair_count, 1, 2);
			if (j == sizeof(evil))
				assert_int_equal(store_batch_line(said.batch, 0, &line), -EBADMSG);
			store_batch_free(said.batch);
			said.batch = NULL;
		}
	}
}

static void too_many_pairs_are_refused(void **state)
{
	PGresult *result = new_result(line_types, 4, 1);
	struct store_line line;
	struct array a;

	begin_array(&a, 2 * (STORE_PAIRS_MAX + 1));
	for (int i = 0; i < STORE_PAIRS_MAX + 1; i++) {
		add_text(&a, "k");
		add_text(&a, "v");
	}
	add_line(result, 1, a.bytes, a.length);
	claim_lines(*state, result);
	assert_int_equal(store_batch_line(said.batch, 0, &line), -EBADMSG);
}

static void refuse(void **state, PGresult *result)
{
	ask_claim(*state);
	said.calls = 0;
	answer(result);
	assert_int_equal(said.outcome.verdict, STORE_BUG);
	assert_null(said.batch);
}

static void a_malformed_claim_is_a_bug(void **state)
{
	PGresult *result;

	refuse(state, new_result(claim_types, 7, 1)); /* no row */
	refuse(state, new_result(claim_types, 6, 1)); /* a column too few */
	result = new_result(claim_types, 7, 0);       /* text format */
	set_value(result, 0, 6, "f", 1);
	refuse(state, result);
	result = new_claim(false, 0, false); /* a line without an id */
	end_claim(result, true, 0, false);
	refuse(state, result);
	result = new_claim(false, 0, false); /* blocked is too long */
	set_value(result, 0, 5, "ab", 2);
	refuse(state, result);
	result = new_claim(false, 0, false); /* nobody knows whether there are lines */
	set_null(result, 0, 6);
	refuse(state, result);
	result = new_claim(false, 0, false); /* a negative delay */
	set_value(result, 0, 4, (unsigned char[]){0xff, 0, 0, 0, 0, 0, 0, 0}, 8);
	refuse(state, result);
	refuse(state, PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK));
}

static void refuse_lines(void **state, PGresult *lines)
{
	claim_lines(*state, lines);
	assert_int_equal(said.outcome.verdict, STORE_BUG);
	assert_null(said.batch);
}

static void malformed_lines_are_a_bug(void **state)
{
	PGresult *result;

	refuse_lines(state, new_result(line_types, 2, 1)); /* a column too few */
	result = new_result(line_types, 4, 0);             /* text format */
	add_line(result, 1, "", 0);
	refuse_lines(state, result);
	result = new_result(line_types, 4, 1); /* no id */
	add_line(result, 1, "", 0);
	set_null(result, 0, 0);
	refuse_lines(state, result);
	refuse_lines(state, PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK));
}

static void the_sqlstate_says_what_to_do(void **state)
{
	static const struct {
		const char *sqlstate;
		enum store_verdict verdict;
	} cases[] = {
		{"08006", STORE_RECONNECT}, {"57P01", STORE_RECONNECT}, {"57P03", STORE_RECONNECT},
		{"25006", STORE_RECONNECT}, {"40001", STORE_RETRY},     {"40P01", STORE_RETRY},
		{"55P03", STORE_RETRY},     {"53100", STORE_RETRY},     {"53200", STORE_RETRY},
		{"57014", STORE_RETRY},     {"42883", STORE_BUG},       {"22P02", STORE_BUG},
		{"P0001", STORE_BUG},       {"XX000", STORE_BUG},       {NULL, STORE_RECONNECT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&said, 0, sizeof(said));
		wire.dropped[0] = '\0';
		wire.sqlstate = cases[i].sqlstate;
		ask_claim(*state);
		answer(PQmakeEmptyPGresult(NULL, PGRES_FATAL_ERROR));
		assert_int_equal(said.outcome.verdict, cases[i].verdict);
		assert_string_equal(said.outcome.sqlstate, cases[i].sqlstate != NULL ? cases[i].sqlstate : "");
		assert_string_equal(said.outcome.call, "claim_due");
		assert_string_equal(wire.dropped, cases[i].verdict == STORE_RECONNECT ? said.outcome.sqlstate : "");
	}
}

static void a_table_is_read_as_text(void **state)
{
	PGresult *result = new_result((Oid[]){25, 16}, 2, 0);

	set_value(result, 0, 0, "x", 1);
	set_null(result, 0, 1);
	assert_int_equal(store_check(*state, on_table, NULL), 0);
	assert_false(wire.binary);
	answer(result);
	assert_int_equal(store_table_rows(said.table), 1);
	assert_int_equal(store_table_columns(said.table), 2);
	assert_string_equal(store_table_cell(said.table, 0, 0), "x");
	assert_string_equal(store_table_cell(said.table, 0, 1), "");
}

static void this_schema_and_the_next_one_fit(void **state)
{
	(void)state;
	assert_false(store_fits(STORE_SCHEMA - 1));
	assert_true(store_fits(STORE_SCHEMA));
	assert_true(store_fits(STORE_SCHEMA + 1));
	assert_false(store_fits(STORE_SCHEMA + 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_schema_and_the_next_one_fit),
		cmocka_unit_test_setup_teardown(calls_bind_their_arguments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_call_that_cannot_be_sent_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_instance_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_instance_of_another_type_is_a_bug, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_of_a_claim_are_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_planned_is_not_zero, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_that_cannot_be_fetched_are_claimed_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lines_that_others_have_taken_are_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_that_cannot_be_read_leaves_the_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(broken_fields_are_refused_and_do_no_harm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_pairs_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_malformed_claim_is_a_bug, set_up, tear_down),
		cmocka_unit_test_setup_teardown(malformed_lines_are_a_bug, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_sqlstate_says_what_to_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_table_is_read_as_text, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

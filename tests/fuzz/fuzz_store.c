/*
 * fuzz_store -- whatever a line's column of fields holds, its lines are read within its bytes and make printable lines.
 * Input: the text[] of one line in PostgreSQL's binary format.
 */
#include "logfmt.h"
#include "pgconn.h"
#include "store.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <libpq-fe.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- a connection that only takes note of whom to answer --- */

static pgconn_result_fn answer;
static void *answer_arg;

int pgconn_send(struct pgconn *conn, const struct pgconn_statement *statement, pgconn_result_fn on_result, void *arg)
{
	(void)conn;
	(void)statement;
	answer = on_result;
	answer_arg = arg;
	return 0;
}

void pgconn_drop(struct pgconn *conn, const char *sqlstate)
{
	(void)conn;
	(void)sqlstate;
}

/* --- its answer --- */

/* The columns of claim_due: one line, and the last row. */
static PGresult *claimed(const uint8_t *fields, size_t size)
{
	static char name[] = "a";
	static const Oid types[] = {2950, 21, 1009, 20, 20, 16, 16};
	PGresAttDesc columns[7] = {0};
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	char id[16] = {0}, severity[2] = {0, 3}, number[8] = {0}, yes[1] = {1};

	for (int i = 0; i < 7; i++) {
		columns[i].name = name;
		columns[i].typid = types[i];
		columns[i].format = 1;
	}
	assert(PQsetResultAttrs(result, 7, columns));
	assert(PQsetvalue(result, 0, 0, id, sizeof id) && PQsetvalue(result, 0, 1, severity, sizeof severity));
	assert(PQsetvalue(result, 0, 2, (char *)(uintptr_t)fields, (int)size));
	assert(PQsetvalue(result, 0, 3, number, sizeof number));
	assert(PQsetvalue(result, 1, 4, number, sizeof number));
	assert(PQsetvalue(result, 1, 5, yes, sizeof yes) && PQsetvalue(result, 1, 6, yes, sizeof yes));
	return result;
}

static void on_claimed(void *arg, const struct store_outcome *outcome, struct store_batch *batch)
{
	struct store_line line;
	struct logfmt text;

	(void)arg;
	assert(outcome->verdict == STORE_OK && store_batch_count(batch) == 1);
	if (store_batch_line(batch, 0, &line) == 0) {
		assert(line.pair_count > 0 && line.pair_count <= STORE_PAIRS_MAX);
		logfmt_begin(&text);
		for (size_t i = 0; i < line.pair_count; i++)
			logfmt_add(&text, line.pairs[i].key, line.pairs[i].value, line.pairs[i].length);
		for (size_t i = 0; i < text.length; i++)
			assert((unsigned char)text.text[i] >= ' ' && text.text[i] != 0x7F);
	}
	store_batch_free(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *store;

	assert(store_new(NULL, &store) == 0);
	assert(store_claim(store, 1, 10, "en", on_claimed, NULL) == 0);
	answer(answer_arg, claimed(data, size));
	store_free(store);
	return 0;
}

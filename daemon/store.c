#include "store.h"

#include "clock.h"
#include "pgconn.h"
#include "pgvalue.h"

#include <errno.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From pg_type; they never change. */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT_ARRAY = 1009,
	OID_UUID = 2950,
};

/* Of lines; a claim has them, too, and in its last row the others. */
enum column {
	LINE_ID,
	LINE_SEVERITY,
	LINE_FIELDS,
	LINE_LATE_US,
	LINE_COLUMNS,
	CLAIM_NEXT_IN_US = LINE_COLUMNS,
	CLAIM_BLOCKED,
	CLAIM_TO_SEND,
	CLAIM_COLUMNS,
};

#define SEVERITY_ERROR 3

static const char sql_connect[] =
	"select instance, schema_version from letterwatch.daemon_connect($1::bigint, $2::text, $3::int, $4::text)";
static const char sql_listen[] = "listen letterwatch_due";
/* 4 ms ahead of what comes next: the time of a round trip and of what the database does before it looks what is due. Up to 8 lines
 * come at once: they find room between it and us, read or not. */
static const char sql_claim[] = "select line_id, severity, fields, late_us, next_in_us, blocked, to_send"
				" from letterwatch.claim_due($1::bigint, $2::int, $3::text, 4000, 8)";
static const char sql_lines[] =
	"select line_id, severity, fields, late_us from letterwatch.outbox_lines($1::bigint, $2::text)";
static const char sql_mark[] = "select letterwatch.mark_emitted($1::bigint, $2::uuid[])";
static const char sql_disconnect[] = "select letterwatch.daemon_disconnect($1::bigint)";
static const char sql_status[] = "select instance, host, started_at, last_pass_at, state, next_event_at, pending"
				 " from letterwatch.daemon_status order by instance";
#define TEXT_OF(number) #number
#define CHECK_SETUP(schema) "select what, ok, detail from letterwatch.check_setup(" TEXT_OF(schema) ")"
static const char sql_check[] = CHECK_SETUP(STORE_SCHEMA);
static const char sql_metrics[] = "select name, label, value from letterwatch.metrics()";

/* Which one it is, the result function knows that is given to pgconn. */
union callback {
	store_done_fn done;
	store_connect_fn connect;
	store_claim_fn claim;
	store_table_fn table;
};

struct store {
	struct pgconn *conn;
	const char *call; /* in flight, for the outcome */
	union callback fn;
	void *arg;
	int64_t asked_us; /* clock_monotonic_us() */

	/* Of a claim, until its lines have come. */
	int64_t instance;
	char language[8];
	struct store_next next;
};

struct store_batch {
	PGresult *result;
	size_t count;
	int64_t asked_us;
	struct store_next next;
};

struct store_table {
	PGresult *result;
};

/* --- values --- */

/* Not NULL and of this many bytes. */
static bool has_size(const PGresult *result, int row, int column, int size)
{
	return !PQgetisnull(result, row, column) && PQgetlength(result, row, column) == size;
}

static bool copy_key(const char *bytes, size_t length, char *key)
{
	if (!bytes || length == 0 || length > STORE_KEY_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_", bytes[i]) || !bytes[i])
			return false;
	memcpy(key, bytes, length);
	key[length] = '\0';
	return true;
}

/* One key and its value; a pair whose value is NULL is left out. */
static bool take_pair(struct pgvalue_texts *c, struct store_line *line)
{
	struct store_pair *pair = &line->pairs[line->pair_count];
	const char *key;
	size_t key_length;

	if (!pgvalue_take_text(c, &key, &key_length) || !copy_key(key, key_length, pair->key))
		return false;
	if (!pgvalue_take_text(c, &pair->value, &pair->length))
		return false;
	if (pair->value)
		line->pair_count++;
	return true;
}

static bool take_pairs(struct pgvalue_texts c, struct store_line *line)
{
	int32_t count;

	line->pair_count = 0;
	if (!pgvalue_take_head(&c, &count) || count % 2 || count == 0 || count / 2 > STORE_PAIRS_MAX)
		return false;
	for (int32_t i = 0; i < count / 2; i++)
		if (!take_pair(&c, line))
			return false;
	return line->pair_count > 0;
}

/* --- outcomes --- */

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* An error without SQLSTATE is libpq's own, of a connection that cannot be relied on. */
static enum store_verdict judge(const char *sqlstate)
{
	static const char *const reconnect[] = {"08", "57P0", "25006"};
	static const char *const retry[] = {"40", "55P03", "53", "57014"};

	if (!*sqlstate)
		return STORE_RECONNECT;
	for (size_t i = 0; i < sizeof reconnect / sizeof *reconnect; i++)
		if (begins(sqlstate, reconnect[i]))
			return STORE_RECONNECT;
	for (size_t i = 0; i < sizeof retry / sizeof *retry; i++)
		if (begins(sqlstate, retry[i]))
			return STORE_RETRY;
	return STORE_BUG;
}

static void examine(struct store *store, const PGresult *result, struct store_outcome *ret_outcome)
{
	ExecStatusType status = PQresultStatus(result);
	const char *sqlstate;

	*ret_outcome = (struct store_outcome){.verdict = STORE_OK, .call = store->call};
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return;
	sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	snprintf(ret_outcome->sqlstate, sizeof ret_outcome->sqlstate, "%s", sqlstate ? sqlstate : "");
	ret_outcome->verdict = judge(ret_outcome->sqlstate);
	if (ret_outcome->verdict == STORE_RECONNECT)
		pgconn_drop(store->conn, ret_outcome->sqlstate);
}

static bool has_columns(const PGresult *result, const Oid *types, int count)
{
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQnfields(result) != count)
		return false;
	for (int i = 0; i < count; i++)
		if (PQftype(result, i) != types[i] || PQfformat(result, i) != 1)
			return false;
	return true;
}

/* --- calls --- */

static int ask(struct store *store, const char *call, const struct pgconn_statement *statement,
               pgconn_result_fn on_result, union callback fn, void *arg)
{
	int64_t asked_us = clock_monotonic_us();
	int r = pgconn_send(store->conn, statement, on_result, store);

	if (r < 0)
		return r;
	store->asked_us = asked_us;
	store->call = call;
	store->fn = fn;
	store->arg = arg;
	return 0;
}

static void on_done(void *arg, PGresult *result)
{
	struct store *store = arg;
	struct store_outcome outcome;

	examine(store, result, &outcome);
	PQclear(result);
	store->fn.done(store->arg, &outcome);
}

static bool read_instance(const PGresult *result, int64_t *ret_instance, int *ret_version)
{
	static const Oid types[] = {OID_INT8, OID_INT4};

	if (!has_columns(result, types, 2) || PQntuples(result) != 1)
		return false;
	if (!has_size(result, 0, 0, 8) || !has_size(result, 0, 1, 4))
		return false;
	*ret_instance = pgvalue_int64(PQgetvalue(result, 0, 0));
	*ret_version = pgvalue_int32(PQgetvalue(result, 0, 1));
	return *ret_instance != 0; /* 0 is how we say that we have none */
}

static void on_connected(void *arg, PGresult *result)
{
	struct store *store = arg;
	struct store_outcome outcome;
	int64_t instance = 0;
	int version = 0;

	examine(store, result, &outcome);
	if (outcome.verdict == STORE_OK && !read_instance(result, &instance, &version))
		outcome.verdict = STORE_BUG;
	PQclear(result);
	store->fn.connect(store->arg, &outcome, instance, version);
}

static const Oid column_types[CLAIM_COLUMNS] = {
	OID_UUID, OID_INT2, OID_TEXT_ARRAY, OID_INT8, OID_INT8, OID_BOOL, OID_BOOL,
};

/* The first `count` rows are lines with an id; their fields are looked at when they are sent, so that one line that cannot be
 * understood does not hold up the others. */
static bool has_lines(const PGresult *result, int count)
{
	for (int i = 0; i < count; i++)
		if (!has_size(result, i, LINE_ID, 16))
			return false;
	return true;
}

static bool read_claim(const PGresult *result, bool *ret_to_send, struct store_next *ret_next)
{
	struct store_next next = {.planned = false};
	int last = PQntuples(result) - 1;

	if (!has_columns(result, column_types, CLAIM_COLUMNS) || last < 0 || !has_lines(result, last))
		return false;
	if (!has_size(result, last, CLAIM_TO_SEND, 1) || !has_size(result, last, CLAIM_BLOCKED, 1))
		return false;
	next.blocked = *PQgetvalue(result, last, CLAIM_BLOCKED) != 0;
	next.planned = !PQgetisnull(result, last, CLAIM_NEXT_IN_US);
	if (next.planned && !has_size(result, last, CLAIM_NEXT_IN_US, 8))
		return false;
	if (next.planned)
		next.next_in_us = pgvalue_int64(PQgetvalue(result, last, CLAIM_NEXT_IN_US));
	*ret_to_send = *PQgetvalue(result, last, CLAIM_TO_SEND) != 0;
	*ret_next = next;
	return next.next_in_us >= 0;
}

/* The end of a claim: with the first `count` rows of `lines`, which become the batch's. */
static void give_batch(struct store *store, struct store_outcome *outcome, PGresult *lines, int count)
{
	struct store_batch *batch = malloc(sizeof *batch);

	if (batch) {
		*batch = (struct store_batch){
			.result = lines, .count = (size_t)count, .asked_us = store->asked_us, .next = store->next};
	} else {
		outcome->verdict = STORE_RETRY;
		PQclear(lines);
	}
	store->fn.claim(store->arg, outcome, batch);
}

static void on_lines(void *arg, PGresult *result)
{
	struct store *store = arg;
	struct store_outcome outcome;

	examine(store, result, &outcome);
	if (outcome.verdict == STORE_OK &&
	    !(has_columns(result, column_types, LINE_COLUMNS) && has_lines(result, PQntuples(result))))
		outcome.verdict = STORE_BUG;
	if (outcome.verdict == STORE_OK) {
		give_batch(store, &outcome, result, PQntuples(result));
		return;
	}
	PQclear(result);
	store->fn.claim(store->arg, &outcome, NULL);
}

static int ask_lines(struct store *store)
{
	char instance_text[24];
	const char *const values[] = {instance_text, store->language};
	const struct pgconn_statement statement = {.sql = sql_lines, .count = 2, .values = values, .binary = true};

	snprintf(instance_text, sizeof instance_text, "%lld", (long long)store->instance);
	return ask(store, "outbox_lines", &statement, on_lines, store->fn, store->arg);
}

static void on_claimed(void *arg, PGresult *result)
{
	struct store *store = arg;
	struct store_outcome outcome;
	bool to_send = false;
	int r;

	examine(store, result, &outcome);
	if (outcome.verdict == STORE_OK && !read_claim(result, &to_send, &store->next))
		outcome.verdict = STORE_BUG;
	if (outcome.verdict == STORE_OK && (!to_send || PQntuples(result) > 1)) {
		give_batch(store, &outcome, result, PQntuples(result) - 1);
		return;
	}
	PQclear(result);
	if (outcome.verdict == STORE_OK) {
		r = ask_lines(store);
		if (r == 0 || r == -ENOTCONN) /* on_down follows */
			return;
		outcome.verdict = STORE_RETRY;
	}
	store->fn.claim(store->arg, &outcome, NULL);
}

static void on_table(void *arg, PGresult *result)
{
	struct store *store = arg;
	struct store_outcome outcome;
	struct store_table *table = NULL;

	examine(store, result, &outcome);
	if (outcome.verdict == STORE_OK) {
		table = malloc(sizeof *table);
		if (table)
			table->result = result;
		else
			outcome.verdict = STORE_RETRY;
	}
	if (!table)
		PQclear(result);
	store->fn.table(store->arg, &outcome, table);
}

int store_new(struct pgconn *conn, struct store **ret)
{
	struct store *store = calloc(1, sizeof *store);

	if (!store)
		return -ENOMEM;
	store->conn = conn;
	*ret = store;
	return 0;
}

void store_free(struct store *store)
{
	free(store);
}

int store_connect(struct store *store, int64_t instance, const char *host, int pid, const char *version,
                  store_connect_fn fn, void *arg)
{
	char instance_text[24], pid_text[16];
	const char *const values[] = {instance ? instance_text : NULL, host, pid_text, version};
	const struct pgconn_statement statement = {.sql = sql_connect, .count = 4, .values = values, .binary = true};

	snprintf(instance_text, sizeof instance_text, "%lld", (long long)instance);
	snprintf(pid_text, sizeof pid_text, "%d", pid);
	return ask(store, "daemon_connect", &statement, on_connected, (union callback){.connect = fn}, arg);
}

bool store_fits(int schema_version)
{
	return schema_version == STORE_SCHEMA || schema_version == STORE_SCHEMA + 1;
}

int store_listen(struct store *store, store_done_fn fn, void *arg)
{
	const struct pgconn_statement statement = {.sql = sql_listen};

	return ask(store, "listen", &statement, on_done, (union callback){.done = fn}, arg);
}

int store_claim(struct store *store, int64_t instance, int batch, const char *language, store_claim_fn fn, void *arg)
{
	char instance_text[24], batch_text[16];
	const char *const values[] = {instance_text, batch_text, store->language};
	const struct pgconn_statement statement = {.sql = sql_claim, .count = 3, .values = values, .binary = true};

	store->instance = instance;
	snprintf(store->language, sizeof store->language, "%s", language);
	snprintf(instance_text, sizeof instance_text, "%lld", (long long)instance);
	snprintf(batch_text, sizeof batch_text, "%d", batch);
	return ask(store, "claim_due", &statement, on_claimed, (union callback){.claim = fn}, arg);
}

/* "{id,id,...}": no id needs quoting. */
static char *array_literal(const struct store_id *ids, size_t count)
{
	char *text = malloc(count * sizeof ids->text + 3);
	char *out = text;

	if (!text)
		return NULL;
	*out++ = '{';
	for (size_t i = 0; i < count; i++) {
		if (i)
			*out++ = ',';
		out = stpcpy(out, ids[i].text);
	}
	memcpy(out, "}", 2);
	return text;
}

int store_mark(struct store *store, int64_t instance, const struct store_id *ids, size_t count, store_done_fn fn,
               void *arg)
{
	char instance_text[24];
	char *array = array_literal(ids, count);
	const char *const values[] = {instance_text, array};
	const struct pgconn_statement statement = {.sql = sql_mark, .count = 2, .values = values};
	int r;

	if (!array)
		return -ENOMEM;
	snprintf(instance_text, sizeof instance_text, "%lld", (long long)instance);
	r = ask(store, "mark_emitted", &statement, on_done, (union callback){.done = fn}, arg);
	free(array);
	return r;
}

int store_disconnect(struct store *store, int64_t instance, store_done_fn fn, void *arg)
{
	char instance_text[24];
	const char *const values[] = {instance_text};
	const struct pgconn_statement statement = {.sql = sql_disconnect, .count = 1, .values = values};

	snprintf(instance_text, sizeof instance_text, "%lld", (long long)instance);
	return ask(store, "daemon_disconnect", &statement, on_done, (union callback){.done = fn}, arg);
}

static int ask_table(struct store *store, const char *call, const char *sql, store_table_fn fn, void *arg)
{
	const struct pgconn_statement statement = {.sql = sql};

	return ask(store, call, &statement, on_table, (union callback){.table = fn}, arg);
}

int store_status(struct store *store, store_table_fn fn, void *arg)
{
	return ask_table(store, "daemon_status", sql_status, fn, arg);
}

int store_check(struct store *store, store_table_fn fn, void *arg)
{
	return ask_table(store, "check_setup", sql_check, fn, arg);
}

int store_metrics(struct store *store, store_table_fn fn, void *arg)
{
	return ask_table(store, "metrics", sql_metrics, fn, arg);
}

/* --- answers --- */

size_t store_batch_count(const struct store_batch *batch)
{
	return batch->count;
}

struct store_next store_batch_next(const struct store_batch *batch)
{
	return batch->next;
}

int store_batch_line(const struct store_batch *batch, size_t i, struct store_line *ret_line)
{
	const PGresult *result = batch->result;
	int row = (int)i;
	struct pgvalue_texts fields = {0};

	pgvalue_uuid(PQgetvalue(result, row, LINE_ID), ret_line->id.text);
	ret_line->severity =
		has_size(result, row, LINE_SEVERITY, 2) ? pgvalue_int16(PQgetvalue(result, row, LINE_SEVERITY)) : -1;
	if (ret_line->severity < 0 || ret_line->severity > 7)
		ret_line->severity = SEVERITY_ERROR;
	ret_line->late_us = clock_monotonic_us() - batch->asked_us;
	if (has_size(result, row, LINE_LATE_US, 8))
		ret_line->late_us += pgvalue_int64(PQgetvalue(result, row, LINE_LATE_US));
	if (ret_line->late_us < 0) /* the clock was set back */
		ret_line->late_us = 0;
	if (!PQgetisnull(result, row, LINE_FIELDS)) {
		fields.at = PQgetvalue(result, row, LINE_FIELDS);
		fields.left = (size_t)PQgetlength(result, row, LINE_FIELDS);
	}
	return take_pairs(fields, ret_line) ? 0 : -EBADMSG;
}

void store_batch_free(struct store_batch *batch)
{
	if (!batch)
		return;
	PQclear(batch->result);
	free(batch);
}

size_t store_table_rows(const struct store_table *table)
{
	return (size_t)PQntuples(table->result);
}

size_t store_table_columns(const struct store_table *table)
{
	return (size_t)PQnfields(table->result);
}

const char *store_table_name(const struct store_table *table, size_t column)
{
	return PQfname(table->result, (int)column);
}

const char *store_table_cell(const struct store_table *table, size_t row, size_t column)
{
	return PQgetvalue(table->result, (int)row, (int)column);
}

void store_table_free(struct store_table *table)
{
	if (!table)
		return;
	PQclear(table->result);
	free(table);
}

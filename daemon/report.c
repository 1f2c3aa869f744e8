#include "report.h"

#include "conf.h"
#include "pgconn.h"
#include "store.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHECK_COLUMNS 3 /* what, ok, detail */

struct report {
	struct event_base *base;
	struct pgconn *pgconn;
	struct store *store;
	struct event *limit;
	bool is_check; /* or --status */
	bool ok;
};

static void say(struct report *r, bool ok, const char *what, const char *detail)
{
	printf("%-4s %s%s%s\n", ok ? "ok" : "FAIL", what, *detail ? ": " : "", detail);
	r->ok = r->ok && ok;
}

static void done(struct report *r)
{
	event_base_loopbreak(r->base);
}

/* What an admin has to do about it. */
static const char *explain(const struct store_outcome *outcome)
{
	if (!strcmp(outcome->sqlstate, "42501"))
		return "the role may not use it: grant letterwatch_daemon to it";
	if (!strncmp(outcome->sqlstate, "42", 2) || !strcmp(outcome->sqlstate, "3F000"))
		return "the schema is missing or older: run sql/install.sql";
	return "the database could not answer";
}

static void say_failure(struct report *r, const struct store_outcome *outcome)
{
	char detail[200];

	snprintf(detail, sizeof detail, "%s (%s, sqlstate %s)", explain(outcome), outcome->call,
	         outcome->sqlstate[0] ? outcome->sqlstate : "none");
	say(r, false, "schema letterwatch", detail);
}

static void print_check(struct report *r, const struct store_table *table)
{
	if (store_table_columns(table) != CHECK_COLUMNS) {
		say(r, false, "schema letterwatch", "check_setup() is of another version");
		return;
	}
	for (size_t row = 0; row < store_table_rows(table); row++)
		say(r, *store_table_cell(table, row, 1) == 't', store_table_cell(table, row, 0),
		    store_table_cell(table, row, 2));
}

/* One line a column: each daemon is a paragraph. */
static void print_status(const struct store_table *table)
{
	int width = 0;

	for (size_t column = 0; column < store_table_columns(table); column++)
		if ((int)strlen(store_table_name(table, column)) > width)
			width = (int)strlen(store_table_name(table, column));
	for (size_t row = 0; row < store_table_rows(table); row++) {
		if (row)
			putchar('\n');
		for (size_t column = 0; column < store_table_columns(table); column++)
			printf("%-*s  %s\n", width, store_table_name(table, column),
			       store_table_cell(table, row, column));
	}
	if (store_table_rows(table) == 0)
		puts("no daemon is known to the database");
}

static void on_table(void *arg, const struct store_outcome *outcome, struct store_table *table)
{
	struct report *r = arg;

	if (outcome->verdict != STORE_OK)
		say_failure(r, outcome);
	else if (r->is_check)
		print_check(r, table);
	else
		print_status(table);
	store_table_free(table);
	done(r);
}

static void on_up(void *arg)
{
	struct report *r = arg;
	int error;

	if (r->is_check)
		say(r, true, "database connection", "");
	error = r->is_check ? store_check(r->store, on_table, r) : store_status(r->store, on_table, r);
	if (error < 0 && error != -ENOTCONN) {
		say(r, false, "database query", strerror(-error));
		done(r);
	}
}

static void on_down(void *arg, const struct pgconn_trouble *trouble)
{
	struct report *r = arg;

	say(r, false, "database connection", trouble->message[0] ? trouble->message : trouble->what);
	done(r);
}

static void on_notify(void *arg)
{
	(void)arg;
}

static uint32_t no_jitter(void *arg)
{
	(void)arg;
	return 0;
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	say(arg, false, "database", "no answer in 10 s");
	done(arg);
}

static int open_report(struct report *r, const struct conf *conf)
{
	static const struct pgconn_callbacks callbacks = {on_up, on_down, on_notify, no_jitter};
	static const struct timeval limit = {.tv_sec = REPORT_LIMIT_MS / 1000};
	int error;

	r->limit = evtimer_new(r->base, on_limit, r);
	if (!r->limit || event_add(r->limit, &limit) != 0)
		return -ENOMEM;
	error = pgconn_new(r->base, conf->conninfo, &callbacks, r, &r->pgconn);
	if (error < 0)
		return error;
	return store_new(r->pgconn, &r->store);
}

static void close_report(struct report *r)
{
	store_free(r->store);
	pgconn_free(r->pgconn);
	if (r->limit)
		event_free(r->limit);
}

static void run(struct report *r, const struct conf *conf)
{
	int error = open_report(r, conf);

	if (error < 0) {
		say(r, false, "start", strerror(-error));
	} else {
		pgconn_start(r->pgconn);
		event_base_dispatch(r->base);
	}
	close_report(r);
}

/* 0, or a positive errno. */
static int try_socket(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		error = errno;
	close(fd);
	return error;
}

static void check_syslog(struct report *r, const char *path)
{
	char detail[256];
	int error = try_socket(path, SOCK_DGRAM);

	if (error == EPROTOTYPE)
		error = try_socket(path, SOCK_STREAM);
	snprintf(detail, sizeof detail, "%s%s%s", path, error ? ": " : "", error ? strerror(error) : "");
	say(r, error == 0, "syslog socket", detail);
}

bool report_check(struct event_base *base, const struct conf *conf)
{
	struct report r = {.base = base, .is_check = true, .ok = true};

	run(&r, conf);
	check_syslog(&r, conf->syslog_socket);
	return r.ok;
}

bool report_status(struct event_base *base, const struct conf *conf)
{
	struct report r = {.base = base, .ok = true};

	run(&r, conf);
	return r.ok;
}

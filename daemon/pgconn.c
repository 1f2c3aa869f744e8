#include "pgconn.h"

#include "backoff.h"
#include "log.h"
#include "timer.h"
#include "unicode.h"

#include <errno.h>
#include <event2/event.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RETRY_FIRST_MS 50
#define RETRY_CAP_MS 1000 /* part of the promise: lines within 2 s after the database is back */
#define PARAMS_MAX 12

enum pgconn_state {
	PGCONN_CLOSED, /* not started; pgconn_start() -> CONNECTING */
	PGCONN_CONNECTING, /* PQconnectPoll() waits for the socket; its verdict -> READY or PAUSED, the attempt's timer -> PAUSED */
	PGCONN_READY,    /* connected, nothing asked; pgconn_send() -> BUSY */
	PGCONN_BUSY,     /* a statement is in flight; its last result -> ANSWERED, its timer -> PAUSED */
	PGCONN_ANSWERED, /* the result is here; the next turn of the loop hands it over -> READY */
	PGCONN_PAUSED,   /* no connection; the retry timer -> CONNECTING */
};

/* What the next turn of the loop has to tell, in this order. */
enum news {
	NEWS_DOWN = 1,
	NEWS_UP = 2,
	NEWS_NOTIFY = 4,
	NEWS_ANSWER = 8,
};

struct pgconn {
	struct event_base *base;
	struct pgconn_callbacks callbacks;
	void *arg;
	char *conninfo;
	char *options; /* our settings, then those of the conninfo */

	enum pgconn_state state;
	PGconn *pq;
	struct event *io;    /* the socket; READ is armed for the life of the connection */
	struct event *timer; /* of the attempt, the statement or the pause, by state */
	struct event *later; /* tells the news */
	short watched;       /* what io is armed for */
	ino_t socket_inode;  /* of the attempt: the number of a socket is used again, its inode is not */
	struct backoff backoff;

	unsigned news;
	struct pgconn_trouble trouble;
	char notice_sqlstate[6]; /* of a FATAL that came while nothing was asked */
	PGresult *result;
	pgconn_result_fn on_result;
	void *result_arg;
};

static void connect_begin(struct pgconn *conn);

static const char *state_name(enum pgconn_state state)
{
	switch (state) {
	case PGCONN_CLOSED:
		return "closed";
	case PGCONN_CONNECTING:
		return "connecting";
	case PGCONN_READY:
		return "ready";
	case PGCONN_BUSY:
		return "busy";
	case PGCONN_ANSWERED:
		return "answered";
	case PGCONN_PAUSED:
		return "paused";
	}
	return "?";
}

static void set_state(struct pgconn *conn, enum pgconn_state state)
{
	log_debug("connection state from=%s to=%s", state_name(conn->state), state_name(state));
	conn->state = state;
}

static void tell_later(struct pgconn *conn, enum news news)
{
	conn->news |= (unsigned)news;
	event_active(conn->later, EV_TIMEOUT, 0);
}

static void on_io(evutil_socket_t fd, short what, void *arg);

static void unwatch(struct pgconn *conn)
{
	event_del(conn->io);
	conn->watched = 0;
}

/* libpq may have closed the socket and opened another of the same number: the event is always made anew. */
static void watch(struct pgconn *conn, short what)
{
	unwatch(conn);
	event_assign(conn->io, conn->base, PQsocket(conn->pq), (short)(what | EV_PERSIST), on_io, conn);
	event_add(conn->io, NULL);
	conn->watched = what;
}

static void close_connection(struct pgconn *conn)
{
	unwatch(conn);
	event_del(conn->timer);
	PQclear(conn->result);
	conn->result = NULL;
	PQfinish(conn->pq);
	conn->pq = NULL;
	conn->news = 0;
}

/* The first line, without what would end a quoted value; later lines may be a DETAIL with row values. */
static void copy_first_line(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; n + 1 < size && text[n] && text[n] != '\n'; n++)
		out[n] = text[n] == '"' || text[n] == '\\' ? '\'' : text[n];
	out[n] = '\0';
	unicode_make_printable(out, n);
}

/* Every way to lose a connection or an attempt ends here. */
static void lost(struct pgconn *conn, const char *what, const char *sqlstate, int64_t retry_ms)
{
	struct pgconn_trouble *t = &conn->trouble;

	t->was_up = pgconn_is_up(conn);
	t->what = what;
	t->retry_ms = retry_ms;
	snprintf(t->sqlstate, sizeof t->sqlstate, "%s", sqlstate ? sqlstate : conn->notice_sqlstate);
	t->message[0] = '\0';
	if (!t->was_up && conn->pq)
		copy_first_line(t->message, sizeof t->message, PQerrorMessage(conn->pq));
	close_connection(conn);
	set_state(conn, PGCONN_PAUSED);
	timer_set_ms(conn->timer, retry_ms);
	tell_later(conn, NEWS_DOWN);
}

static void fail(struct pgconn *conn, const char *what, const char *sqlstate)
{
	lost(conn, what, sqlstate, backoff_next_ms(&conn->backoff, conn->callbacks.random(conn->arg)));
}

/* Replaces libpq's receiver, which prints to stderr: a notice may hold row values. A FATAL that comes while nothing is asked
 * arrives as a notice; of it the SQLSTATE is kept. */
static void on_notice(void *arg, const PGresult *notice)
{
	struct pgconn *conn = arg;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);

	if (severity && sqlstate && (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC")))
		snprintf(conn->notice_sqlstate, sizeof conn->notice_sqlstate, "%s", sqlstate);
}

static void drain_notifies(struct pgconn *conn)
{
	PGnotify *notify;

	while ((notify = PQnotifies(conn->pq))) {
		PQfreemem(notify);
		tell_later(conn, NEWS_NOTIFY);
	}
}

/* --- connecting --- */

static ino_t socket_inode(const struct pgconn *conn)
{
	struct stat st;

	return fstat(PQsocket(conn->pq), &st) == 0 ? st.st_ino : 0;
}

/* Each address of each host gets the whole time: with one timer for all, a host that swallows packets would keep us from ever
 * reaching the second. */
static void restart_timer_on_new_socket(struct pgconn *conn)
{
	ino_t inode = socket_inode(conn);

	if (inode == conn->socket_inode)
		return;
	conn->socket_inode = inode;
	timer_set_ms(conn->timer, PGCONN_ATTEMPT_MS);
}

static void connect_done(struct pgconn *conn)
{
	event_del(conn->timer);
	if (PQsetnonblocking(conn->pq, 1) != 0) {
		fail(conn, "connection cannot be made non-blocking", NULL);
		return;
	}
	set_state(conn, PGCONN_READY);
	watch(conn, EV_READ);
	tell_later(conn, NEWS_UP);
	drain_notifies(conn);
}

static void connect_go_on(struct pgconn *conn)
{
	unwatch(conn);
	switch (PQconnectPoll(conn->pq)) {
	case PGRES_POLLING_READING:
		restart_timer_on_new_socket(conn);
		watch(conn, EV_READ);
		break;
	case PGRES_POLLING_WRITING:
	case PGRES_POLLING_ACTIVE: /* not used by libpq any more */
		restart_timer_on_new_socket(conn);
		watch(conn, EV_WRITE);
		break;
	case PGRES_POLLING_OK:
		connect_done(conn);
		break;
	case PGRES_POLLING_FAILED:
		fail(conn, "connection attempt failed", NULL);
		break;
	}
}

/* Later values win, and what the conninfo gives wins over all but `options`, which holds it already. */
static PGconn *connect_start(const struct pgconn *conn)
{
	const char *const keywords[PARAMS_MAX] = {
		"fallback_application_name",
		"client_encoding",
		"keepalives_idle",
		"keepalives_interval",
		"keepalives_count",
		"tcp_user_timeout",
		"dbname",
		"options",
		NULL,
	};
	const char *const values[PARAMS_MAX] = {
		"letterwatchd", "UTF8", "10", "5", "3", "1500", conn->conninfo, conn->options, NULL,
	};

	return PQconnectStartParams(keywords, values, 1);
}

static void connect_begin(struct pgconn *conn)
{
	set_state(conn, PGCONN_CONNECTING);
	conn->notice_sqlstate[0] = '\0';
	conn->pq = connect_start(conn);
	if (!conn->pq || PQstatus(conn->pq) == CONNECTION_BAD) {
		fail(conn, "connection cannot be begun", NULL);
		return;
	}
	PQsetNoticeReceiver(conn->pq, on_notice, conn);
	conn->socket_inode = 0;
	restart_timer_on_new_socket(conn);
	watch(conn, EV_WRITE);
}

/* --- connected --- */

/* While not all is written libpq has to read as well, or both sides wait for each other. */
static void flush(struct pgconn *conn)
{
	short want;
	int left = PQflush(conn->pq);

	if (left < 0) {
		fail(conn, "connection lost", NULL);
		return;
	}
	want = left > 0 ? EV_READ | EV_WRITE : EV_READ;
	if (want != conn->watched)
		watch(conn, want);
}

static bool is_error(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
}

/* Of several results the first error counts, or else the last. */
static void keep_result(struct pgconn *conn, PGresult *result)
{
	if (conn->result && is_error(conn->result)) {
		PQclear(result);
		return;
	}
	PQclear(conn->result);
	conn->result = result;
}

static void answered(struct pgconn *conn)
{
	event_del(conn->timer);
	set_state(conn, PGCONN_ANSWERED);
	if (conn->result && !is_error(conn->result))
		backoff_reset(&conn->backoff);
	tell_later(conn, NEWS_ANSWER);
}

/* True if the last result of the statement is here. */
static bool collect_results(struct pgconn *conn)
{
	PGresult *result;

	while (!PQisBusy(conn->pq)) {
		result = PQgetResult(conn->pq);
		if (!result)
			return true;
		keep_result(conn, result);
	}
	return false;
}

/* A connection that broke has also made an error of the statement's result: its SQLSTATE says why. The statement itself is
 * not answered then, since what the server did is not known. */
static void serve(struct pgconn *conn)
{
	bool alive = PQconsumeInput(conn->pq) == 1;
	bool complete = conn->state == PGCONN_BUSY && collect_results(conn);
	const char *sqlstate = NULL;

	drain_notifies(conn);
	if (!alive || PQstatus(conn->pq) != CONNECTION_OK) {
		if (conn->result)
			sqlstate = PQresultErrorField(conn->result, PG_DIAG_SQLSTATE);
		fail(conn, "connection lost", sqlstate);
		return;
	}
	if (complete)
		answered(conn);
	flush(conn);
}

/* --- events --- */

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct pgconn *conn = arg;

	(void)fd;
	(void)what;
	if (conn->state == PGCONN_CONNECTING)
		connect_go_on(conn);
	else
		serve(conn);
}

static void timed_out(struct pgconn *conn)
{
	switch (conn->state) {
	case PGCONN_CONNECTING:
		fail(conn, "connection attempt timed out", NULL);
		break;
	case PGCONN_BUSY:
		fail(conn, "statement timed out", NULL);
		break;
	case PGCONN_PAUSED:
		connect_begin(conn);
		break;
	case PGCONN_CLOSED:
	case PGCONN_READY:
	case PGCONN_ANSWERED:
		break;
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	timed_out(arg);
}

static void hand_over_result(struct pgconn *conn)
{
	PGresult *result = conn->result;
	pgconn_result_fn on_result = conn->on_result;

	conn->result = NULL;
	conn->on_result = NULL;
	set_state(conn, PGCONN_READY);
	on_result(conn->result_arg, result);
}

/* One piece of news a turn: after the callback there may be no connection object any more. */
static void tell(struct pgconn *conn)
{
	struct pgconn_trouble trouble = conn->trouble;
	unsigned first = conn->news & -conn->news;

	conn->news &= ~first;
	if (conn->news)
		event_active(conn->later, EV_TIMEOUT, 0);
	if (first == NEWS_DOWN)
		conn->callbacks.on_down(conn->arg, &trouble);
	else if (first == NEWS_UP)
		conn->callbacks.on_up(conn->arg);
	else if (first == NEWS_NOTIFY)
		conn->callbacks.on_notify(conn->arg);
	else if (first == NEWS_ANSWER)
		hand_over_result(conn);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	tell(arg);
}

/* --- outside --- */

/* libpq's parser tells bad text from lack of memory by its message only, which is the C locale's: nobody calls setlocale(). */
static int parse_conninfo(const char *conninfo, PQconninfoOption **ret_parsed)
{
	char *message = NULL;
	bool no_memory;

	*ret_parsed = PQconninfoParse(conninfo, &message);
	if (*ret_parsed)
		return 0;
	no_memory = !message || strstr(message, "out of memory");
	PQfreemem(message);
	return no_memory ? -ENOMEM : -EINVAL;
}

/* The settings that the claim relies on, whatever database and role say; later ones win, so the conninfo's (or those of the
 * environment, as libpq has it) come last. */
static int make_options(const char *conninfo, char **ret_options)
{
	static const char ours[] =
		"-c statement_timeout=" PGCONN_SERVER_TIMEOUT
		" -c idle_session_timeout=0 -c client_min_messages=error -c default_transaction_isolation=read\\ committed"
		" -c jit=off";
	PQconninfoOption *parsed = NULL;
	const char *theirs = getenv("PGOPTIONS");
	int r = parse_conninfo(conninfo, &parsed);

	if (r < 0)
		return r;
	for (PQconninfoOption *o = parsed; o->keyword; o++)
		if (!strcmp(o->keyword, "options") && o->val)
			theirs = o->val;
	r = asprintf(ret_options, "%s%s%s", ours, theirs ? " " : "", theirs ? theirs : "");
	PQconninfoFree(parsed);
	return r < 0 ? -ENOMEM : 0;
}

int pgconn_check_conninfo(const char *conninfo)
{
	PQconninfoOption *parsed = NULL;
	int r = parse_conninfo(conninfo, &parsed);

	PQconninfoFree(parsed);
	return r;
}

void pgconn_set_patience(struct pgconn *conn, int64_t first_ms, int64_t cap_ms)
{
	backoff_init(&conn->backoff, first_ms, cap_ms);
}

int pgconn_new(struct event_base *base, const char *conninfo, const struct pgconn_callbacks *callbacks, void *arg,
               struct pgconn **ret)
{
	struct pgconn *conn = calloc(1, sizeof *conn);
	int r = -ENOMEM;

	if (!conn)
		return -ENOMEM;
	conn->base = base;
	conn->callbacks = *callbacks;
	conn->arg = arg;
	backoff_init(&conn->backoff, RETRY_FIRST_MS, RETRY_CAP_MS);
	conn->io = event_new(base, -1, 0, on_io, conn);
	conn->timer = evtimer_new(base, on_timer, conn);
	conn->later = evtimer_new(base, on_later, conn);
	conn->conninfo = strdup(conninfo);
	if (!conn->io || !conn->timer || !conn->later || !conn->conninfo)
		goto out;
	r = make_options(conninfo, &conn->options);
	if (r < 0)
		goto out;
	*ret = conn;
	conn = NULL;
out:
	pgconn_free(conn);
	return r;
}

void pgconn_free(struct pgconn *conn)
{
	if (!conn)
		return;
	if (conn->pq)
		close_connection(conn);
	if (conn->io)
		event_free(conn->io);
	if (conn->timer)
		event_free(conn->timer);
	if (conn->later)
		event_free(conn->later);
	free(conn->conninfo);
	free(conn->options);
	free(conn);
}

void pgconn_start(struct pgconn *conn)
{
	if (conn->state == PGCONN_CLOSED)
		connect_begin(conn);
}

int pgconn_set_conninfo(struct pgconn *conn, const char *conninfo)
{
	char *options = NULL;
	char *copy;
	int r;

	if (!strcmp(conninfo, conn->conninfo))
		return 0;
	r = make_options(conninfo, &options);
	if (r < 0)
		return r;
	copy = strdup(conninfo);
	if (!copy) {
		free(options);
		return -ENOMEM;
	}
	free(conn->conninfo);
	free(conn->options);
	conn->conninfo = copy;
	conn->options = options;
	backoff_reset(&conn->backoff);
	if (conn->state != PGCONN_CLOSED)
		lost(conn, "connection settings changed", "", 0);
	return 0;
}

int pgconn_send(struct pgconn *conn, const struct pgconn_statement *statement, pgconn_result_fn on_result, void *arg)
{
	if (!pgconn_is_up(conn))
		return -ENOTCONN;
	if (conn->state != PGCONN_READY)
		return -EBUSY;
	if (PQsendQueryParams(conn->pq, statement->sql, statement->count, NULL, statement->values, NULL, NULL,
	                      statement->binary) != 1) {
		fail(conn, "connection lost", NULL);
		return -ENOTCONN;
	}
	conn->on_result = on_result;
	conn->result_arg = arg;
	set_state(conn, PGCONN_BUSY);
	timer_set_ms(conn->timer, PGCONN_STATEMENT_MS);
	flush(conn);
	return 0;
}

void pgconn_drop(struct pgconn *conn, const char *sqlstate)
{
	if (pgconn_is_up(conn))
		fail(conn, "connection given up", sqlstate);
}

bool pgconn_is_up(const struct pgconn *conn)
{
	return conn->state == PGCONN_READY || conn->state == PGCONN_BUSY || conn->state == PGCONN_ANSWERED;
}

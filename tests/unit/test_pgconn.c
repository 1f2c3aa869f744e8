/* pgconn against a libpq that plays a script: each PQ function below does what `play` says. The limits are shortened, so the
 * module is included here instead of linked. */
#include "pgconn.h"

#undef PGCONN_ATTEMPT_MS
#undef PGCONN_STATEMENT_MS
#define PGCONN_ATTEMPT_MS 150
#define PGCONN_STATEMENT_MS 150
#include "../../daemon/pgconn.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#include <cmocka.h>

#define STEPS 8
#define LIMIT_MS 3000

/* --- the script --- */

static struct {
	PostgresPollingStatusType polls[STEPS]; /* answers of PQconnectPoll(), of all attempts, then OK */
	int poll_count;
	bool new_socket[STEPS]; /* before that answer: closes the socket and opens another under the same number */
	int flushes[STEPS];     /* answers of PQflush(), then 0 */
	int flush_count;
	int notifies; /* to be drained */
	int results;  /* of the statement, then NULL; complete once `readable` bytes are consumed */
	bool busy;
	bool broken; /* PQconsumeInput() fails */
	bool refuses_sends;
	bool bad_at_start;
	const char *sqlstate;

	int attempts;
	int finished;
	int sends;
	int socket;
	int peer;
	PQnoticeReceiver receiver;
	void *receiver_arg;
} play;

static void open_sockets(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	play.socket = fds[0];
	play.peer = fds[1];
}

static void close_sockets(void)
{
	if (play.socket >= 0)
		close(play.socket);
	if (play.peer >= 0)
		close(play.peer);
	play.socket = play.peer = -1;
}

static void replace_socket(void)
{
	int number = play.socket;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	close(play.peer);
	assert_int_equal(dup2(fds[0], number), number);
	close(fds[0]);
	play.peer = fds[1];
}

/* Something came from the server. */
static void make_readable(void)
{
	assert_int_equal(write(play.peer, "x", 1), 1);
}

PGconn *PQconnectStartParams(const char *const *keywords, const char *const *values, int expand)
{
	(void)keywords;
	(void)values;
	(void)expand;
	play.attempts++;
	open_sockets();
	return (PGconn *)&play;
}

PostgresPollingStatusType PQconnectPoll(PGconn *pq)
{
	char bytes[16];

	(void)pq;
	while (read(play.socket, bytes, sizeof(bytes)) > 0)
		;
	if (play.poll_count == STEPS)
		return PGRES_POLLING_OK;
	if (play.new_socket[play.poll_count])
		replace_socket();
	return play.polls[play.poll_count++];
}

void PQfinish(PGconn *pq)
{
	if (pq == NULL)
		return;
	play.finished++;
	close_sockets();
}

int PQsocket(const PGconn *pq)
{
	(void)pq;
	return play.socket;
}

ConnStatusType PQstatus(const PGconn *pq)
{
	(void)pq;
	return play.broken || play.bad_at_start ? CONNECTION_BAD : CONNECTION_OK;
}

char *PQerrorMessage(const PGconn *pq)
{
	static char text[] = "server \"x\" refused\nDETAIL: a secret";

	(void)pq;
	return text;
}

PQnoticeReceiver PQsetNoticeReceiver(PGconn *pq, PQnoticeReceiver receiver, void *arg)
{
	(void)pq;
	play.receiver = receiver;
	play.receiver_arg = arg;
	return NULL;
}

int PQsetnonblocking(PGconn *pq, int on)
{
	(void)pq;
	assert_int_equal(on, 1);
	return 0;
}

int PQsendQueryParams(PGconn *pq, const char *sql, int count, const Oid *types, const char *const *values,
                      const int *lengths, const int *formats, int result_format)
{
	(void)pq, (void)sql, (void)count, (void)types, (void)values, (void)lengths, (void)formats, (void)result_format;
	play.sends++;
	play.busy = true;
	return !play.refuses_sends;
}

int PQflush(PGconn *pq)
{
	(void)pq;
	return play.flush_count == STEPS ? 0 : play.flushes[play.flush_count++];
}

int PQconsumeInput(PGconn *pq)
{
	char bytes[16];

	(void)pq;
	while (read(play.socket, bytes, sizeof(bytes)) > 0)
		play.busy = false;
	if (play.broken)
		play.busy = false;
	return !play.broken;
}

int PQisBusy(PGconn *pq)
{
	(void)pq;
	return play.busy;
}

PGresult *PQgetResult(PGconn *pq)
{
	(void)pq;
	if (play.results == 0)
		return NULL;
	play.results--;
	return PQmakeEmptyPGresult(NULL, play.sqlstate != NULL ? PGRES_FATAL_ERROR : PGRES_COMMAND_OK);
}

PGnotify *PQnotifies(PGconn *pq)
{
	(void)pq;
	return play.notifies-- > 0 ? calloc(1, sizeof(PGnotify)) : (play.notifies = 0, NULL);
}

void PQfreemem(void *memory)
{
	free(memory);
}

char *PQresultErrorField(const PGresult *result, int field)
{
	static char fatal[] = "FATAL";

	(void)result;
	if (field == PG_DIAG_SEVERITY_NONLOCALIZED)
		return fatal;
	return (char *)(uintptr_t)play.sqlstate;
}

/* --- what pgconn tells --- */

static struct {
	struct event_base *base;
	struct pgconn *conn;
	int ups;
	int downs;
	int notifies;
	int answers;
	bool failed; /* the answer was an error */
	bool free_in_callback;
	struct pgconn_trouble trouble;
} told;

static void free_if_asked(void)
{
	if (!told.free_in_callback)
		return;
	pgconn_free(told.conn);
	told.conn = NULL;
}

static void on_up(void *arg)
{
	(void)arg;
	told.ups++;
	free_if_asked();
}

static void on_down(void *arg, const struct pgconn_trouble *trouble)
{
	(void)arg;
	told.downs++;
	told.trouble = *trouble;
	free_if_asked();
}

static void on_notify(void *arg)
{
	(void)arg;
	told.notifies++;
	free_if_asked();
}

static void on_answer(void *arg, struct pg_result *result)
{
	(void)arg;
	told.answers++;
	told.failed = PQresultStatus(result) != PGRES_COMMAND_OK;
	PQclear(result);
	free_if_asked();
}

static uint32_t no_jitter(void *arg)
{
	(void)arg;
	return 0;
}

/* Turns the loop until the count is reached; fails after LIMIT_MS. */
static void wait_for(const int *count, int wanted)
{
	int64_t end_ms = clock_ms() + LIMIT_MS;

	while (*count < wanted) {
		struct timeval moment = {.tv_usec = 10000};

		assert_true(clock_ms() < end_ms);
		event_base_loopexit(told.base, &moment);
		event_base_dispatch(told.base);
	}
}

static void turn_for(int64_t ms)
{
	struct timeval moment = {.tv_usec = ms * 1000};

	event_base_loopexit(told.base, &moment);
	event_base_dispatch(told.base);
}

static int set_up(void **state)
{
	static const struct pgconn_callbacks callbacks = {on_up, on_down, on_notify, no_jitter};

	(void)state;
	memset(&play, 0, sizeof(play));
	memset(&told, 0, sizeof(told));
	play.poll_count = play.flush_count = STEPS;
	play.socket = play.peer = -1;
	told.base = event_base_new();
	return told.base == NULL || pgconn_new(told.base, "dbname=x", &callbacks, NULL, &told.conn) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	pgconn_free(told.conn);
	assert_int_equal(play.finished, play.attempts);
	event_base_free(told.base);
	return 0;
}

/* The answers of PQconnectPoll(), from the end of the script: what follows is OK. */
static void script_polls(int count, const PostgresPollingStatusType *polls)
{
	play.poll_count = STEPS - count;
	memcpy(play.polls + play.poll_count, polls, (size_t)count * sizeof(*polls));
}

static void connect_it(void)
{
	pgconn_start(told.conn);
	wait_for(&told.ups, 1);
}

static void send_it(void)
{
	static const struct pgconn_statement statement = {.sql = "select 1"};

	play.results = 1;
	assert_int_equal(pgconn_send(told.conn, &statement, on_answer, NULL), 0);
}

/* --- tests --- */

static void a_conninfo_is_checked(void **state)
{
	(void)state;
	assert_int_equal(pgconn_check_conninfo("host=/tmp dbname=x"), 0);
	assert_int_equal(pgconn_check_conninfo("postgresql:///x"), 0);
	assert_int_equal(pgconn_check_conninfo("service=x"), 0);
	assert_int_equal(pgconn_check_conninfo("password=a secret"), -EINVAL);
}

static void it_connects_and_says_so_once(void **state)
{
	(void)state;
	connect_it();
	turn_for(30);
	assert_int_equal(told.ups, 1);
	assert_int_equal(told.downs, 0);
	assert_true(pgconn_is_up(told.conn));
}

static void a_socket_number_used_again_is_watched_anew(void **state)
{
	static const PostgresPollingStatusType polls[] = {PGRES_POLLING_WRITING, PGRES_POLLING_READING};

	(void)state;
	script_polls(2, polls);
	play.new_socket[STEPS - 1] = true;
	pgconn_start(told.conn);
	turn_for(30);
	assert_int_equal(told.ups, 0);
	make_readable(); /* on the new socket; epoll knows it only if the event was made anew */
	wait_for(&told.ups, 1);
	assert_int_equal(play.attempts, 1);
}

static void an_attempt_that_fails_is_repeated(void **state)
{
	static const PostgresPollingStatusType polls[] = {PGRES_POLLING_FAILED, PGRES_POLLING_FAILED};

	(void)state;
	script_polls(2, polls);
	connect_it();
	assert_int_equal(told.downs, 2);
	assert_false(told.trouble.was_up);
	assert_int_equal(told.trouble.retry_ms, 50);                     /* the second: half of 100 */
	assert_string_equal(told.trouble.message, "server 'x' refused"); /* the first line, quotes replaced */
	assert_int_equal(play.attempts, 3);
}

static void an_attempt_that_cannot_begin_is_repeated(void **state)
{
	(void)state;
	play.bad_at_start = true;
	pgconn_start(told.conn);
	wait_for(&told.downs, 2);
	play.bad_at_start = false;
	wait_for(&told.ups, 1);
}

static void a_slow_attempt_is_given_up(void **state)
{
	static const PostgresPollingStatusType polls[] = {PGRES_POLLING_READING};

	(void)state;
	script_polls(1, polls);
	pgconn_start(told.conn);
	wait_for(&told.downs, 1);
	assert_string_equal(told.trouble.what, "connection attempt timed out");
	wait_for(&told.ups, 1);
}

static void each_socket_of_an_attempt_has_the_whole_time(void **state)
{
	static const PostgresPollingStatusType polls[] = {PGRES_POLLING_READING, PGRES_POLLING_READING};

	(void)state;
	script_polls(2, polls);
	play.new_socket[STEPS - 1] = true;
	pgconn_start(told.conn);
	turn_for(100);
	make_readable(); /* the second address, after 100 of 150 ms */
	turn_for(100);
	assert_int_equal(told.downs, 0);
	make_readable();
	wait_for(&told.ups, 1);
	assert_int_equal(play.attempts, 1);
}

static void a_statement_is_answered_one_turn_later(void **state)
{
	(void)state;
	connect_it();
	send_it();
	turn_for(20);
	assert_int_equal(told.answers, 0);
	make_readable();
	wait_for(&told.answers, 1);
	assert_false(told.failed);
	send_it(); /* and the next may be sent */
	make_readable();
	wait_for(&told.answers, 2);
}

static void only_one_statement_is_in_flight(void **state)
{
	static const struct pgconn_statement statement = {.sql = "select 2"};

	(void)state;
	assert_int_equal(pgconn_send(told.conn, &statement, on_answer, NULL), -ENOTCONN);
	connect_it();
	send_it();
	assert_int_equal(pgconn_send(told.conn, &statement, on_answer, NULL), -EBUSY);
	assert_int_equal(play.sends, 1);
}

static void what_is_not_written_at_once_is_flushed(void **state)
{
	static const int flushes[] = {1, 1, 0};

	(void)state;
	connect_it();
	play.flush_count = STEPS - 3;
	memcpy(play.flushes + play.flush_count, flushes, sizeof(flushes));
	send_it();
	wait_for(&play.flush_count, STEPS);
	turn_for(20);
	assert_int_equal(play.flush_count, STEPS);
	make_readable();
	wait_for(&told.answers, 1);
}

static void a_notification_is_told_when_idle(void **state)
{
	(void)state;
	connect_it();
	play.notifies = 3;
	make_readable();
	wait_for(&told.notifies, 1);
	turn_for(20);
	assert_int_equal(told.notifies, 1);
	assert_int_equal(play.notifies, 0);
}

static void a_notification_that_comes_with_a_result_is_told(void **state)
{
	(void)state;
	connect_it();
	send_it();
	play.notifies = 1;
	make_readable();
	wait_for(&told.answers, 1);
	assert_int_equal(told.notifies, 1);
}

static void a_loss_when_idle_is_seen_with_its_sqlstate(void **state)
{
	static char sqlstate[] = "57P01";
	PGresult *notice = PQmakeEmptyPGresult(NULL, PGRES_NONFATAL_ERROR);

	(void)state;
	connect_it();
	play.sqlstate = sqlstate;
	play.receiver(play.receiver_arg, notice);
	PQclear(notice);
	play.broken = true;
	make_readable();
	wait_for(&told.downs, 1);
	assert_true(told.trouble.was_up);
	assert_string_equal(told.trouble.sqlstate, "57P01");
	assert_string_equal(told.trouble.message, "");
	play.broken = false;
	wait_for(&told.ups, 2);
}

static void a_loss_in_a_statement_answers_nothing(void **state)
{
	static char sqlstate[] = "57P02";

	(void)state;
	connect_it();
	send_it();
	play.broken = true;
	play.sqlstate = sqlstate;
	make_readable();
	wait_for(&told.downs, 1);
	assert_string_equal(told.trouble.sqlstate, "57P02");
	play.broken = false;
	wait_for(&told.ups, 2);
	assert_int_equal(told.answers, 0);
}

static void a_statement_that_takes_too_long_loses_the_connection(void **state)
{
	(void)state;
	connect_it();
	send_it();
	wait_for(&told.downs, 1);
	assert_string_equal(told.trouble.what, "statement timed out");
	wait_for(&told.ups, 2);
	assert_int_equal(told.answers, 0);
}

static void a_send_that_fails_loses_the_connection(void **state)
{
	static const struct pgconn_statement statement = {.sql = "select 1"};

	(void)state;
	connect_it();
	play.refuses_sends = true;
	assert_int_equal(pgconn_send(told.conn, &statement, on_answer, NULL), -ENOTCONN);
	assert_int_equal(told.downs, 0); /* not inside our call */
	wait_for(&told.downs, 1);
}

static void an_error_is_an_answer_and_the_delay_stays(void **state)
{
	static char sqlstate[] = "42883";

	(void)state;
	connect_it();
	play.sqlstate = sqlstate;
	send_it();
	make_readable();
	wait_for(&told.answers, 1);
	assert_true(told.failed);
	for (int i = 1; i <= 3; i++) { /* up and down without a success: no faster and faster */
		pgconn_drop(told.conn, "25006");
		wait_for(&told.downs, i);
		assert_string_equal(told.trouble.sqlstate, "25006");
		assert_int_equal(told.trouble.retry_ms, 25 << (i - 1));
		wait_for(&told.ups, i + 1);
	}
}

static void another_conninfo_connects_anew(void **state)
{
	(void)state;
	connect_it();
	assert_int_equal(pgconn_set_conninfo(told.conn, "password=a b"), -EINVAL);
	assert_true(pgconn_is_up(told.conn));
	assert_int_equal(pgconn_set_conninfo(told.conn, "dbname=y options='-c x=y'"), 0);
	wait_for(&told.ups, 2);
	assert_int_equal(told.downs, 1);
	assert_non_null(strstr(told.conn->options, "statement_timeout=15s"));
	assert_non_null(strstr(told.conn->options, " -c x=y"));
}

static void every_callback_may_free(void **state)
{
	static const PostgresPollingStatusType failed[] = {PGRES_POLLING_FAILED};

	for (int round = 0; round < 4; round++) {
		if (round > 0) {
			tear_down(state);
			set_up(state);
		}
		told.free_in_callback = round < 2;
		if (round == 1)
			script_polls(1, failed);
		pgconn_start(told.conn);
		wait_for(round == 1 ? &told.downs : &told.ups, 1);
		if (round < 2)
			continue;
		told.free_in_callback = true;
		if (round == 2)
			send_it();
		else
			play.notifies = 1;
		make_readable();
		wait_for(round == 2 ? &told.answers : &told.notifies, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_conninfo_is_checked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_connects_and_says_so_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_socket_number_used_again_is_watched_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_attempt_that_fails_is_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_attempt_that_cannot_begin_is_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slow_attempt_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_socket_of_an_attempt_has_the_whole_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_statement_is_answered_one_turn_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_one_statement_is_in_flight, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_written_at_once_is_flushed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_notification_is_told_when_idle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_notification_that_comes_with_a_result_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_loss_when_idle_is_seen_with_its_sqlstate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_loss_in_a_statement_answers_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_statement_that_takes_too_long_loses_the_connection, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(a_send_that_fails_loses_the_connection, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_error_is_an_answer_and_the_delay_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_conninfo_connects_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_callback_may_free, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "loop.h"
#include "syslogger.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 100000 /* more lines than any receiver's queue holds */

struct fixture {
	struct event_base *base;
	struct syslogger *syslogger;
	char directory[32];
	char path[64];
	char other_path[64];
	char text[8192]; /* what the receiver got last */
	int ready;       /* calls of on_ready */
	bool is_marked;
};

static void on_ready(void *arg)
{
	((struct fixture *)arg)->ready++;
}

static bool is_ready(void *arg)
{
	return ((struct fixture *)arg)->ready > 0;
}

static bool is_marked(void *arg)
{
	return ((struct fixture *)arg)->is_marked;
}

static void on_marker(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	((struct fixture *)arg)->is_marked = true;
}

/* Turns the loop for a while, to see that something does not happen in it. */
static void loop_for(struct fixture *f, int ms)
{
	struct timeval delay = {.tv_usec = ms * 1000L};

	f->is_marked = false;
	event_base_once(f->base, -1, EV_TIMEOUT, on_marker, f, &delay);
	assert_true(loop_until(f->base, is_marked, f));
}

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	*state = f;
	snprintf(f->directory, sizeof(f->directory), "/tmp/lw-syslogger.XXXXXX");
	if (mkdtemp(f->directory) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/log", f->directory);
	snprintf(f->other_path, sizeof(f->other_path), "%s/other", f->directory);
	f->base = loop_new();
	return syslogger_new(f->base, f->path, LOG_LOCAL0, "watch", on_ready, f, &f->syslogger);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	syslogger_free(f->syslogger);
	event_base_free(f->base);
	unlink(f->path);
	unlink(f->other_path);
	rmdir(f->directory);
	test_free(f);
	return 0;
}

/* A receiver at `path`, in place of what was there. */
static int receiver_new(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static enum syslogger_result send_text(struct fixture *f, const char *text)
{
	return syslogger_send(f->syslogger, LOG_ERR, text, strlen(text));
}

/* What the receiver has got, after the header; NULL if nothing. A local socket delivers before send returns. */
static const char *received(struct fixture *f, int fd)
{
	ssize_t length = recv(fd, f->text, sizeof(f->text) - 1, 0);
	const char *colon;

	if (length < 0)
		return NULL;
	f->text[length] = '\0';
	colon = strstr(f->text, "]: ");
	return colon != NULL ? colon + 3 : f->text;
}

/* Sends until the kernel takes no more; returns how many lines it took. */
static int fill(struct fixture *f)
{
	for (int i = 0; i < MANY; i++) {
		char text[32];

		snprintf(text, sizeof(text), "line=%d", i);
		switch (send_text(f, text)) {
		case SYSLOGGER_SENT:
			break;
		case SYSLOGGER_FULL:
			return i;
		case SYSLOGGER_GONE:
			fail_msg("gone after %d lines: %s", i, strerror(syslogger_last_errno(f->syslogger)));
		}
	}
	fail_msg("never full");
	return 0;
}

static void a_line_has_the_header_of_syslog(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);
	char expected[2][128];

	/* The second may change while we send: then the line has the time of one of the two. */
	for (int i = 0; i < 2; i++) {
		time_t now = time(NULL);
		char stamp[32];

		strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", localtime(&now));
		snprintf(expected[i], sizeof(expected[i]), "<131>%s watch[%d]: event=x msg=\"信\"", stamp,
		         (int)getpid());
		if (i == 0)
			assert_int_equal(send_text(f, "event=x msg=\"信\""), SYSLOGGER_SENT);
	}
	assert_non_null(received(f, receiver));
	if (strcmp(f->text, expected[0]) != 0)
		assert_string_equal(f->text, expected[1]);
	assert_int_equal(f->ready, 0);
	assert_int_equal(syslogger_last_errno(f->syslogger), 0);
	close(receiver);
}

static void severity_and_facility_make_the_priority(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	for (int severity = LOG_EMERG; severity <= LOG_DEBUG; severity++) {
		int priority = -1;

		assert_int_equal(syslogger_send(f->syslogger, severity, "x", 1), SYSLOGGER_SENT);
		received(f, receiver);
		assert_int_equal(sscanf(f->text, "<%d>", &priority), 1);
		assert_int_equal(priority, LOG_LOCAL0 + severity);
	}
	close(receiver);
}

static void only_length_bytes_are_sent(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	assert_int_equal(syslogger_send(f->syslogger, LOG_ERR, "abcdef", 3), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "abc");
	close(receiver);
}

static void full_is_told_at_once_and_ready_after_the_drain(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);
	int taken = fill(f);

	assert_int_equal(syslogger_last_errno(f->syslogger), EAGAIN);
	assert_int_equal(send_text(f, "again"), SYSLOGGER_FULL);
	loop_for(f, 50);
	assert_int_equal(f->ready, 0);
	for (int i = 0; i < taken; i++) {
		char expected[32];

		snprintf(expected, sizeof(expected), "line=%d", i);
		assert_string_equal(received(f, receiver), expected);
	}
	assert_null(received(f, receiver));
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "after"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "after");
	loop_for(f, 20);
	assert_int_equal(f->ready, 1);
	close(receiver);
}

static void a_line_sent_while_full_takes_away_no_on_ready(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	fill(f);
	while (received(f, receiver) != NULL)
		continue;
	assert_int_equal(send_text(f, "before the loop turns"), SYSLOGGER_SENT);
	assert_int_equal(f->ready, 0);
	assert_true(loop_until(f->base, is_ready, f));
	close(receiver);
}

static void absent_is_gone_and_ready_when_it_appears(void **state)
{
	struct fixture *f = *state;
	int receiver;

	assert_int_equal(send_text(f, "x"), SYSLOGGER_GONE);
	assert_int_equal(syslogger_last_errno(f->syslogger), ENOENT);
	loop_for(f, 300);
	assert_int_equal(f->ready, 0);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "x");
	loop_for(f, 20);
	assert_int_equal(f->ready, 1);
	close(receiver);
}

static void gone_it_waits_for_its_backoff(void **state)
{
	struct fixture *f = *state;
	int receiver;

	assert_int_equal(send_text(f, "x"), SYSLOGGER_GONE);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_int_equal(send_text(f, "x"), SYSLOGGER_GONE);
	assert_null(received(f, receiver));
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	close(receiver);
}

static void a_dead_receiver_is_gone(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	close(receiver);
	assert_int_equal(send_text(f, "y"), SYSLOGGER_GONE);
	assert_int_equal(syslogger_last_errno(f->syslogger), ECONNREFUSED);
}

static void a_replaced_receiver_gets_the_next_line(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	close(receiver);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_int_equal(send_text(f, "y"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "y");
	close(receiver);
}

static void a_receiver_that_dies_full_is_noticed(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	fill(f);
	close(receiver);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "y"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "y");
	close(receiver);
}

static void a_line_to_the_successor_of_a_full_receiver_takes_away_no_on_ready(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	fill(f);
	close(receiver);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_int_equal(send_text(f, "before the loop turns"), SYSLOGGER_SENT);
	assert_true(loop_until(f->base, is_ready, f));
	close(receiver);
}

static void a_receiver_that_hangs_full_and_is_replaced_is_left(void **state)
{
	struct fixture *f = *state;
	int hanging = receiver_new(f->path, SOCK_DGRAM);
	int receiver;

	fill(f);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "y"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "y");
	close(receiver);
	close(hanging);
}

static void a_stream_receiver_gets_lines_that_end(void **state)
{
	struct fixture *f = *state;
	int listener = receiver_new(f->path, SOCK_STREAM);
	int receiver;

	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	receiver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(receiver >= 0);
	assert_string_equal(received(f, receiver), "x\n");
	assert_int_equal(send_text(f, "y"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "y\n");
	close(receiver);
	assert_int_equal(send_text(f, "z"), SYSLOGGER_SENT); /* connected again */
	receiver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(receiver >= 0);
	assert_string_equal(received(f, receiver), "z\n");
	close(receiver);
	close(listener);
}

/* Reads all there is; returns the number of newlines, after checking that line i of the stream is "line=i". */
static int drain_stream(int fd)
{
	FILE *file = fdopen(dup(fd), "r");
	char line[256];
	int lines = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		int number = -1;

		assert_int_equal(sscanf(strstr(line, "]: "), "]: line=%d\n", &number), 1);
		assert_int_equal(number, lines);
		lines++;
	}
	fclose(file);
	return lines;
}

static void a_full_stream_is_full_and_no_line_is_cut(void **state)
{
	struct fixture *f = *state;
	int listener = receiver_new(f->path, SOCK_STREAM);
	int taken = fill(f);
	int receiver = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	assert_true(receiver >= 0);
	loop_for(f, 20);
	assert_int_equal(f->ready, 0);
	assert_int_equal(drain_stream(receiver), taken);
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "after"), SYSLOGGER_SENT);
	close(receiver);
	close(listener);
}

static void a_path_that_no_address_holds_is_gone(void **state)
{
	struct fixture *f = *state;
	char path[256];

	snprintf(path, sizeof(path), "/%0200d", 0);
	assert_int_equal(syslogger_set(f->syslogger, path, LOG_LOCAL0, "watch"), 0);
	assert_int_equal(send_text(f, "x"), SYSLOGGER_GONE);
	assert_int_equal(syslogger_last_errno(f->syslogger), ENAMETOOLONG);
}

static void settings_change_with_the_next_line(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);
	int other = receiver_new(f->other_path, SOCK_DGRAM);

	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	assert_int_equal(syslogger_set(f->syslogger, f->path, LOG_DAEMON, "other"), 0);
	assert_int_equal(send_text(f, "y"), SYSLOGGER_SENT);
	assert_string_equal(received(f, receiver), "x");
	assert_string_equal(received(f, receiver), "y");
	assert_memory_equal(f->text, "<27>", 4);
	assert_non_null(strstr(f->text, " other["));
	assert_int_equal(syslogger_set(f->syslogger, f->other_path, LOG_DAEMON, "other"), 0);
	assert_int_equal(send_text(f, "z"), SYSLOGGER_SENT);
	assert_null(received(f, receiver));
	assert_string_equal(received(f, other), "z");
	close(receiver);
	close(other);
}

static void whoever_waits_is_told_when_the_new_path_takes_lines(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);
	int other = receiver_new(f->other_path, SOCK_DGRAM);

	fill(f);
	assert_int_equal(syslogger_set(f->syslogger, f->other_path, LOG_LOCAL0, "watch"), 0);
	assert_true(loop_until(f->base, is_ready, f));
	assert_int_equal(send_text(f, "x"), SYSLOGGER_SENT);
	assert_string_equal(received(f, other), "x");
	close(receiver);
	close(other);
}

static void freed_while_it_waits_it_calls_nobody(void **state)
{
	struct fixture *f = *state;
	int receiver = receiver_new(f->path, SOCK_DGRAM);

	fill(f);
	syslogger_free(f->syslogger);
	f->syslogger = NULL;
	close(receiver);
	loop_for(f, 20);
	assert_int_equal(f->ready, 0);
	syslogger_free(NULL);
}

static void free_in_on_ready(void *arg)
{
	struct fixture *f = arg;

	syslogger_free(f->syslogger);
	f->syslogger = NULL;
	f->ready++;
}

static void it_may_be_freed_in_on_ready(void **state)
{
	struct fixture *f = *state;
	int receiver;

	syslogger_free(f->syslogger);
	assert_int_equal(syslogger_new(f->base, f->path, LOG_LOCAL0, "watch", free_in_on_ready, f, &f->syslogger), 0);
	assert_int_equal(send_text(f, "x"), SYSLOGGER_GONE);
	receiver = receiver_new(f->path, SOCK_DGRAM);
	assert_true(loop_until(f->base, is_ready, f));
	close(receiver);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_has_the_header_of_syslog),
		TEST(severity_and_facility_make_the_priority),
		TEST(only_length_bytes_are_sent),
		TEST(full_is_told_at_once_and_ready_after_the_drain),
		TEST(a_line_sent_while_full_takes_away_no_on_ready),
		TEST(absent_is_gone_and_ready_when_it_appears),
		TEST(gone_it_waits_for_its_backoff),
		TEST(a_dead_receiver_is_gone),
		TEST(a_replaced_receiver_gets_the_next_line),
		TEST(a_receiver_that_dies_full_is_noticed),
		TEST(a_line_to_the_successor_of_a_full_receiver_takes_away_no_on_ready),
		TEST(a_receiver_that_hangs_full_and_is_replaced_is_left),
		TEST(a_stream_receiver_gets_lines_that_end),
		TEST(a_full_stream_is_full_and_no_line_is_cut),
		TEST(a_path_that_no_address_holds_is_gone),
		TEST(settings_change_with_the_next_line),
		TEST(whoever_waits_is_told_when_the_new_path_takes_lines),
		TEST(freed_while_it_waits_it_calls_nobody),
		TEST(it_may_be_freed_in_on_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

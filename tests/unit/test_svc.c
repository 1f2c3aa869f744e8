#include "svc.h"

#include "clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char directory[32];
	char path[64];
	char text[1024]; /* the last message */
	int fd;          /* where systemd would listen */
};

static int set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(f->directory, sizeof(f->directory), "/tmp/lw-svc.XXXXXX");
	if (mkdtemp(f->directory) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/notify", f->directory);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->path);
	f->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	*state = f;
	return f->fd < 0 || bind(f->fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	       setenv("NOTIFY_SOCKET", f->path, 1) != 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	close(f->fd);
	unlink(f->path);
	rmdir(f->directory);
	test_free(f);
	return 0;
}

/* The message that has come; "" if none: sending to a local socket does not wait, nor need we. */
static const char *message(struct fixture *f)
{
	ssize_t length = recv(f->fd, f->text, sizeof(f->text) - 1, 0);

	f->text[length > 0 ? length : 0] = '\0';
	return f->text;
}

static void ready_stopping_and_watchdog_are_told(void **state)
{
	struct fixture *f = *state;

	svc_ready();
	assert_string_equal(message(f), "READY=1");
	svc_stopping();
	assert_string_equal(message(f), "STOPPING=1");
	svc_watchdog();
	assert_string_equal(message(f), "WATCHDOG=1");
	assert_string_equal(message(f), "");
}

static void reloading_carries_the_monotonic_time(void **state)
{
	struct fixture *f = *state;
	int64_t before_us = clock_monotonic_us();
	long long told_us = 0;

	svc_reloading();
	assert_int_equal(sscanf(message(f), "RELOADING=1\nMONOTONIC_USEC=%lld", &told_us), 1);
	assert_true(told_us >= before_us && told_us <= clock_monotonic_us());
}

static void status_is_formatted(void **state)
{
	struct fixture *f = *state;

	svc_status("%d waiting, %s", 3, "syslog gone");
	assert_string_equal(message(f), "STATUS=3 waiting, syslog gone");
}

static void a_newline_in_a_status_begins_no_other_assignment(void **state)
{
	struct fixture *f = *state;

	svc_status("a\nREADY=1");
	assert_string_equal(message(f), "STATUS=a READY=1");
}

static void a_long_status_is_cut(void **state)
{
	struct fixture *f = *state;

	svc_status("%0600d", 0);
	assert_int_equal(strlen(message(f)), strlen("STATUS=") + 511);
}

static void without_a_socket_nothing_happens(void **state)
{
	struct fixture *f = *state;

	unsetenv("NOTIFY_SOCKET");
	svc_ready();
	svc_status("x");
	assert_string_equal(message(f), "");
}

static void the_watchdog_is_pinged_at_half_its_time(void **state)
{
	char pid[16];

	(void)state;
	setenv("WATCHDOG_USEC", "150000000", 1);
	assert_int_equal(svc_watchdog_interval_ms(), 75000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(svc_watchdog_interval_ms(), 75000);
	setenv("WATCHDOG_USEC", "1", 1);
	assert_int_equal(svc_watchdog_interval_ms(), 1);
}

static void a_watchdog_that_is_not_wanted_has_no_interval(void **state)
{
	(void)state;
	assert_int_equal(svc_watchdog_interval_ms(), 0);
	setenv("WATCHDOG_USEC", "nonsense", 1);
	assert_int_equal(svc_watchdog_interval_ms(), 0);
	setenv("WATCHDOG_USEC", "150000000", 1);
	setenv("WATCHDOG_PID", "1", 1); /* it is another process's */
	assert_int_equal(svc_watchdog_interval_ms(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ready_stopping_and_watchdog_are_told),
		TEST(reloading_carries_the_monotonic_time),
		TEST(status_is_formatted),
		TEST(a_newline_in_a_status_begins_no_other_assignment),
		TEST(a_long_status_is_cut),
		TEST(without_a_socket_nothing_happens),
		TEST(the_watchdog_is_pinged_at_half_its_time),
		TEST(a_watchdog_that_is_not_wanted_has_no_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

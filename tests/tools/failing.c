/* Preloaded, makes one allocation or one new descriptor fail: the FAIL_ALLOCATION-th or FAIL_DESCRIPTOR-th of the process. Says on
 * stderr that it did; at the end, how many there were. For tests/t/36-scarcity.t. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

struct thing {
	const char *name;
	long count;
	long fails; /* 0: none */
};

static struct thing allocation = {.name = "allocation"};
static struct thing descriptor = {.name = "descriptor"};
static int counting; /* not while the program is loaded */

/* Nothing here may allocate. */
static void say(const char *what, const struct thing *thing)
{
	char text[100];
	int length = snprintf(text, sizeof text, "failing: %s %s %ld\n", what, thing->name, thing->count);

	(void)!write(STDERR_FILENO, text, (size_t)length);
}

static int fails(struct thing *thing)
{
	if (!counting || ++thing->count != thing->fails)
		return 0;
	say("no", thing);
	return 1;
}

static void set(struct thing *thing, const char *variable)
{
	const char *value = getenv(variable);

	thing->fails = value ? atol(value) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	set(&allocation, "FAIL_ALLOCATION");
	set(&descriptor, "FAIL_DESCRIPTOR");
	counting = 1;
}

__attribute__((destructor)) static void end(void)
{
	say("in all", &allocation);
	say("in all", &descriptor);
}

void *malloc(size_t size)
{
	if (fails(&allocation)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (fails(&allocation)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	if (fails(&allocation)) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, size);
}

int socket(int domain, int type, int protocol)
{
	if (fails(&descriptor)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	if (fails(&descriptor)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_socketpair, domain, type, protocol, fds);
}

int epoll_create1(int flags)
{
	if (fails(&descriptor)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_epoll_create1, flags);
}

int pipe2(int fds[2], int flags)
{
	if (fails(&descriptor)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_pipe2, fds, flags);
}

int eventfd(unsigned int value, int flags)
{
	if (fails(&descriptor)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_eventfd2, value, flags);
}

int timerfd_create(int clock, int flags)
{
	if (fails(&descriptor)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_timerfd_create, clock, flags);
}

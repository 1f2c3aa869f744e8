#include "syslogger.h"

#include "backoff.h"
#include "timer.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FIRST_RETRY_MS 50
#define RETRY_CAP_MS 1000
#define FULL_CHECK_S 1
#define HEADER_SIZE 128

enum syslogger_state {
	SYSLOGGER_CLOSED,       /* no socket; the next send opens it */
	SYSLOGGER_OPEN,         /* connected; a send that fails moves us on */
	SYSLOGGER_WAITING_FULL, /* connected, the receiver's queue is full; its next read, or its end, moves us to OPEN */
	SYSLOGGER_WAITING_GONE, /* no socket; the retry timer connects, and moves us to OPEN when that works */
};

struct syslogger {
	struct event_base *base;
	char *path;
	char *ident;
	int facility;
	void (*on_ready)(void *arg);
	void *arg;

	enum syslogger_state state;
	int fd;       /* -1: none */
	int type;     /* SOCK_DGRAM, or SOCK_STREAM where the receiver has that */
	dev_t device; /* of the socket file that we are connected to, and */
	ino_t inode;  /* its inode: another one means another receiver */
	struct event *writable;
	struct event *retry;
	struct backoff backoff;
	int last_errno;
};

static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_retry(evutil_socket_t fd, short what, void *arg);

/* The one place where the state changes: what each state waits for is armed, and nothing else. */
static void set_state(struct syslogger *s, enum syslogger_state state)
{
	static const struct timeval full_check = {.tv_sec = FULL_CHECK_S};

	event_del(s->writable);
	event_del(s->retry);
	s->state = state;
	switch (state) {
	case SYSLOGGER_CLOSED:
	case SYSLOGGER_OPEN:
		break;
	case SYSLOGGER_WAITING_FULL:
		event_assign(s->writable, s->base, s->fd, EV_WRITE, on_writable, s);
		if (event_add(s->writable, &full_check) != 0)
			timer_set_ms(s->retry, 0);
		break;
	case SYSLOGGER_WAITING_GONE:
		timer_set_ms(s->retry, backoff_next_ms(&s->backoff, arc4random()));
		break;
	}
}

static void close_socket(struct syslogger *s)
{
	event_del(s->writable);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* 0, or a positive errno with no socket open. */
static int connect_as(struct syslogger *s, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error = 0;

	if (strlen(s->path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->path);
	s->type = type;
	s->fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || connect(s->fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		error = errno;
		close_socket(s);
	}
	return error;
}

/* 0, or a positive errno. */
static int open_socket(struct syslogger *s)
{
	struct stat st = {0};
	int error;

	(void)stat(s->path, &st); /* before the connect: what is replaced in between is seen by the next check */
	s->device = st.st_dev;
	s->inode = st.st_ino;
	error = connect_as(s, SOCK_DGRAM);
	if (error == EPROTOTYPE)
		error = connect_as(s, SOCK_STREAM);
	return error;
}

static bool is_replaced(const struct syslogger *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 && (st.st_dev != s->device || st.st_ino != s->inode);
}

/* Connects after a wait, and tells the caller; called last, since the caller may do anything then. */
static void reopen(struct syslogger *s)
{
	int error;

	close_socket(s);
	error = open_socket(s);
	if (error != 0) {
		s->last_errno = error;
		set_state(s, SYSLOGGER_WAITING_GONE);
		return;
	}
	set_state(s, SYSLOGGER_OPEN);
	s->on_ready(s->arg);
}

static void ready(struct syslogger *s)
{
	set_state(s, SYSLOGGER_OPEN);
	s->on_ready(s->arg);
}

/* A receiver that hangs may have been replaced at its path while it still holds our socket: then it never drains. */
static void check_full(struct syslogger *s)
{
	if (is_replaced(s))
		reopen(s);
	else
		set_state(s, SYSLOGGER_WAITING_FULL);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	if ((what & EV_WRITE) != 0)
		ready(arg);
	else
		check_full(arg);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	reopen(arg);
}

int syslogger_new(struct event_base *base, const char *path, int facility, const char *ident,
                  void (*on_ready)(void *arg), void *arg, struct syslogger **ret)
{
	struct syslogger *s = calloc(1, sizeof(*s));
	int result = -ENOMEM;

	if (s == NULL)
		goto out;
	s->base = base;
	s->fd = -1;
	s->facility = facility;
	s->on_ready = on_ready;
	s->arg = arg;
	backoff_init(&s->backoff, FIRST_RETRY_MS, RETRY_CAP_MS);
	s->path = strdup(path);
	s->ident = strdup(ident);
	s->writable = event_new(base, -1, EV_WRITE, on_writable, s);
	s->retry = evtimer_new(base, on_retry, s);
	if (s->path == NULL || s->ident == NULL || s->writable == NULL || s->retry == NULL)
		goto out;
	*ret = s;
	s = NULL;
	result = 0;
out:
	syslogger_free(s);
	return result;
}

void syslogger_free(struct syslogger *s)
{
	if (s == NULL)
		return;
	if (s->writable != NULL)
		event_free(s->writable); /* before its descriptor is closed */
	if (s->retry != NULL)
		event_free(s->retry);
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	free(s->ident);
	free(s);
}

/* Written by hand: strftime's month names would follow the locale. */
static size_t write_header(const struct syslogger *s, int severity, char out[HEADER_SIZE])
{
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm tm = {0};
	int length;

	localtime_r(&now, &tm);
	length = snprintf(out, HEADER_SIZE, "<%d>%s %2d %02d:%02d:%02d %s[%d]: ", s->facility | LOG_PRI(severity),
	                  months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, s->ident, (int)getpid());
	return length < HEADER_SIZE ? (size_t)length : HEADER_SIZE - 1;
}

/* 0, or a positive errno. */
static int send_line(struct syslogger *s, int severity, const char *text, size_t length)
{
	char header[HEADER_SIZE];
	size_t header_length = write_header(s, severity, header);
	struct iovec parts[] = {
		{.iov_base = header, .iov_len = header_length},
		{.iov_base = (void *)(uintptr_t)text, .iov_len = length},
		{.iov_base = (char[]){'\n'}, .iov_len = s->type == SOCK_STREAM ? 1 : 0},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = sizeof(parts) / sizeof(parts[0])};
	ssize_t sent;

	do
		sent = sendmsg(s->fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno;
	/* A stream that took part of a line would join the rest to the next: only a new connection separates them. */
	return (size_t)sent == header_length + length + parts[2].iov_len ? 0 : EPIPE;
}

/* A receiver that was replaced is found by connecting again, once, before the line counts as not sent. */
static int send_or_reconnect(struct syslogger *s, int severity, const char *text, size_t length)
{
	int error = s->fd >= 0 ? send_line(s, severity, text, length) : ENOTCONN;

	if (error == 0 || error == EAGAIN)
		return error;
	close_socket(s);
	error = open_socket(s);
	return error == 0 ? send_line(s, severity, text, length) : error;
}

enum syslogger_result syslogger_send(struct syslogger *s, int severity, const char *text, size_t length)
{
	int error;

	if (s->state == SYSLOGGER_WAITING_GONE)
		return SYSLOGGER_GONE;
	error = send_or_reconnect(s, severity, text, length);
	if (error == 0) {
		backoff_reset(&s->backoff);
		/* Whoever waits is still owed an on_ready; the socket to wait for may be another one now. */
		set_state(s, s->state == SYSLOGGER_WAITING_FULL ? SYSLOGGER_WAITING_FULL : SYSLOGGER_OPEN);
		return SYSLOGGER_SENT;
	}
	s->last_errno = error;
	if (s->fd >= 0 && error == EAGAIN) {
		set_state(s, SYSLOGGER_WAITING_FULL);
		return SYSLOGGER_FULL;
	}
	close_socket(s);
	set_state(s, SYSLOGGER_WAITING_GONE);
	return SYSLOGGER_GONE;
}

int syslogger_last_errno(const struct syslogger *s)
{
	return s->last_errno;
}

/* The socket at the old path is nothing to wait for any more; whoever waits is told as soon as the new one is connected. */
static void leave_old_path(struct syslogger *s)
{
	bool is_waited_for = s->state == SYSLOGGER_WAITING_FULL || s->state == SYSLOGGER_WAITING_GONE;

	close_socket(s);
	backoff_reset(&s->backoff);
	set_state(s, is_waited_for ? SYSLOGGER_WAITING_GONE : SYSLOGGER_CLOSED);
}

int syslogger_set(struct syslogger *s, const char *path, int facility, const char *ident)
{
	char *new_path = strdup(path);
	char *new_ident = strdup(ident);
	bool is_moved = strcmp(path, s->path) != 0;

	if (new_path == NULL || new_ident == NULL) {
		free(new_path);
		free(new_ident);
		return -ENOMEM;
	}
	free(s->path);
	free(s->ident);
	s->path = new_path;
	s->ident = new_ident;
	s->facility = facility;
	if (is_moved)
		leave_old_path(s);
	return 0;
}

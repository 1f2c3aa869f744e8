/*
 * syslogger -- a non-blocking datagram socket to the local syslog receiver.
 * Owns:  the socket, the classic header (the format of glibc's syslog(3)), when to connect again.
 * Never: queues or drops a line: what the kernel has not taken is still the caller's.
 */
#ifndef LETTERWATCH_SYSLOGGER_H
#define LETTERWATCH_SYSLOGGER_H

#include <stddef.h>

struct event_base;
struct syslogger;

enum syslogger_result {
	SYSLOGGER_SENT, /* the kernel has the line */
	SYSLOGGER_FULL, /* the receiver does not read; on_ready is called when it may be tried again */
	SYSLOGGER_GONE, /* no receiver; tried again after a backoff of at most 1 s, then on_ready is called */
};

/*
 * `path`, `facility` and `ident` are copied. Nothing is opened yet: the receiver may be away at the start.
 * `on_ready` is called from the loop, once after each FULL or GONE. 0, or -ENOMEM.
 */
int syslogger_new(struct event_base *base, const char *path, int facility, const char *ident,
                  void (*on_ready)(void *arg), void *arg, struct syslogger **ret) __attribute__((warn_unused_result));
void syslogger_free(struct syslogger *s);

/* Sends "<PRI>Mmm dd hh:mm:ss IDENT[PID]: TEXT" as one datagram; `severity` 0 to 7 as in <syslog.h>. A stream socket at the
 * path (EPROTOTYPE) gets the same line with a final newline. EMSGSIZE cannot come of a line of logfmt and counts as GONE. */
enum syslogger_result syslogger_send(struct syslogger *s, int severity, const char *text, size_t length);

/* The errno of the last FULL or GONE; 0 if none. */
int syslogger_last_errno(const struct syslogger *s);

/* Other settings after a reload; closes the socket if the path differs. 0, or -ENOMEM with the old settings kept. */
int syslogger_set(struct syslogger *s, const char *path, int facility, const char *ident)
	__attribute__((warn_unused_result));

#endif

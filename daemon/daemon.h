/*
 * daemon -- all of the running program in one struct.
 * Owns:  every module of the lower layers and the wiring between them; reload, stop, the lines of the daemon's own.
 * Never: knows SQL, sockets or what is due.
 *
 *     pgconn --up/down/notify--> sweep --lines--> outbox --sent and marked--> sweep --next_in_us--> wakeup --> sweep
 *
 * The arrows are callbacks: daemon.c has them below "wiring", and hands them to the modules in new_tools() and new_activities().
 */
#ifndef LETTERWATCH_DAEMON_H
#define LETTERWATCH_DAEMON_H

struct conf;
struct daemon;
struct event_base;

/* `path` (lent) is what a reload reads. 0: *ret is the caller's, and `conf` belongs to it. Negative errno: `conf` stays the
 * caller's. */
int daemon_new(struct event_base *base, const char *path, struct conf *conf, struct daemon **ret)
	__attribute__((warn_unused_result));
void daemon_free(struct daemon *daemon);

/* Until a signal stops it; database and syslog may be away as long as they like. 0, or -EIO if the loop broke. */
int daemon_run(struct daemon *daemon) __attribute__((warn_unused_result));

#endif

/*
 * log -- the daemon's own diagnostics, to stderr.
 * Owns:  the level below which nothing is written.
 * Never: writes an alert (syslogger does), a password, a conninfo or anything about a person; waits for its reader.
 *
 * A line is a fixed phrase, then key=value pairs as in logfmt, and says what happens next:
 *     database lost sqlstate=57P01 retry_ms=412
 * It is printable text: what is not becomes a space or "?".
 * Under systemd (JOURNAL_STREAM names our stderr) each line begins with the "<N>" prefix of sd-daemon(3).
 * A line that stderr does not take at once is dropped, and counted in the next that it takes (log lines lost=N).
 */
#ifndef LETTERWATCH_LOG_H
#define LETTERWATCH_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,   /* an operator has to act */
	LOG_LEVEL_WARNING, /* it heals by itself, but should be seen */
	LOG_LEVEL_INFO,    /* start, stop, reload, connected */
	LOG_LEVEL_DEBUG,   /* changes of state */
};

/* Lines above `level` are dropped from now on. The level at start is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

#include "log.h"

#include "unicode.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_SIZE 1024 /* below PIPE_BUF: a line goes out whole or not at all */

static enum log_level threshold = LOG_LEVEL_INFO;
static unsigned long lost;

static int priority_of(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_INFO:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_ERR;
}

/* The variable is inherited by whatever a service starts, so it counts only if it names the stderr that we have. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(ours, sizeof(ours), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return strcmp(stream, ours) == 0;
}

/* A reader that has stopped must not stop the alerts, so nothing is written that would have to wait. */
static bool write_at_once(const char *text, size_t length)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0 &&
	       write(STDERR_FILENO, text, length) == (ssize_t)length;
}

static bool write_line(enum log_level level, const char *text)
{
	char line[LINE_SIZE];
	size_t length;

	if (is_journal())
		snprintf(line, sizeof(line), "<%d>%s", priority_of(level), text);
	else
		snprintf(line, sizeof(line), "%s", text);
	length = strnlen(line, sizeof(line) - 2);
	/* One event, one line: libpq's messages hold newlines, and what it was given. */
	unicode_make_printable(line, length);
	while (length > 0 && line[length - 1] == ' ')
		length--;
	line[length++] = '\n';
	return write_at_once(line, length);
}

static void report_lost(void)
{
	char text[64];

	snprintf(text, sizeof(text), "log lines lost=%lu", lost);
	if (write_line(LOG_LEVEL_WARNING, text))
		lost = 0;
}

static void log_line(enum log_level level, const char *fmt, va_list args)
{
	char text[LINE_SIZE];

	if (level > threshold)
		return;
	if (lost > 0)
		report_lost();
	vsnprintf(text, sizeof(text), fmt, args);
	if (!write_line(level, text))
		lost++;
}

void log_set_level(enum log_level level)
{
	threshold = level;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(level, fmt, args);
	va_end(args);
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_LEVEL_ERROR, fmt, args);
	va_end(args);
}

void log_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_LEVEL_WARNING, fmt, args);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_LEVEL_INFO, fmt, args);
	va_end(args);
}

void log_debug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(LOG_LEVEL_DEBUG, fmt, args);
	va_end(args);
}

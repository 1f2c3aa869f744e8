/*
 * logfmt -- one line of key=value pairs, safe for syslog.
 * Owns:  order (as added), quoting, escaping, the length limit.
 * Never: knows which keys an event has; those come from the database or from the daemon's own events.
 *
 * A value of ASCII letters, digits and -._:/+@ stands bare; any other is quoted, with \" \\ \n \r \t escaped, other
 * control characters and bytes that are no UTF-8 as \xNN, bidirectional controls and other characters that do not print
 * (Unicode Cc, Cf, Zl, Zp) as \u{NNNN}. Outside "msg", every character beyond ASCII is escaped as \u{NNNN}. Hexadecimal
 * digits are upper case; an empty value is "".
 */
#ifndef LETTERWATCH_LOGFMT_H
#define LETTERWATCH_LOGFMT_H

#include <stddef.h>

#define LOGFMT_MAX 4096 /* bytes of a line with its final NUL; a longer value is cut with "..." at a whole character */

struct logfmt {
	char text[LOGFMT_MAX];
	size_t length; /* without the NUL */
};

void logfmt_begin(struct logfmt *line);

/* Adds key=value. `key` is [a-z0-9_]+, any other byte of it becomes "_"; `length` bytes of `value`, which may hold anything.
 * The line stays whole: what no longer fits is cut inside the value (quotes closed), and a pair of which not even the key
 * fits is left out. */
void logfmt_add(struct logfmt *line, const char *key, const char *value, size_t length);

/* The same for a NUL-terminated string, and for a number. */
void logfmt_add_string(struct logfmt *line, const char *key, const char *value);
void logfmt_add_number(struct logfmt *line, const char *key, long long value);

#endif

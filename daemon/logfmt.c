#include "logfmt.h"

#include "unicode.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CUT_MARK "..."
#define ESCAPED_MAX 16 /* bytes of the longest character as written: \u{10FFFF} and a NUL */

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._:/+@", c) != NULL);
}

static bool is_bare_value(const char *value, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!is_bare(value[i]))
			return false;
	}
	return length > 0;
}

static void escape_byte(unsigned char c, char out[ESCAPED_MAX])
{
	static const char special[] = "\"\\\n\r\t";
	static const char letters[] = "\"\\nrt";
	const char *found = c != '\0' ? strchr(special, c) : NULL;

	if (found != NULL)
		snprintf(out, ESCAPED_MAX, "\\%c", letters[found - special]);
	else
		snprintf(out, ESCAPED_MAX, "\\x%02X", c);
}

/* How many bytes at the start of `text` stand between quotes as they are. */
static size_t plain_run(const char *text, size_t length)
{
	size_t run = 0;

	while (run < length && text[run] >= ' ' && text[run] < 0x7F && text[run] != '"' && text[run] != '\\')
		run++;
	return run;
}

/* Writes the first character of `text` as it stands between quotes; returns how many bytes of `text` it was. */
static size_t write_character(const char *text, size_t length, bool unicode, char out[ESCAPED_MAX])
{
	uint32_t character = 0;
	size_t bytes = unicode_decode(text, length, &character);

	if (bytes <= 1)
		escape_byte((unsigned char)text[0], out); /* ASCII, or no UTF-8 */
	else if (unicode && unicode_is_printable(character))
		snprintf(out, ESCAPED_MAX, "%.*s", (int)bytes, text);
	else
		snprintf(out, ESCAPED_MAX, "\\u{%04X}", character);
	return bytes > 0 ? bytes : 1;
}

/* Whether `length` bytes fit; then they are in the line. */
static bool append(struct logfmt *line, const char *text, size_t length)
{
	if (line->length + length >= LOGFMT_MAX)
		return false;
	memcpy(line->text + line->length, text, length);
	line->length += length;
	line->text[line->length] = '\0';
	return true;
}

static bool append_string(struct logfmt *line, const char *text)
{
	return append(line, text, strlen(text));
}

static void truncate_to(struct logfmt *line, size_t length)
{
	line->length = length;
	line->text[length] = '\0';
}

static bool append_key(struct logfmt *line, const char *key)
{
	size_t start;

	if (line->length > 0 && !append_string(line, " "))
		return false;
	start = line->length;
	if (!append_string(line, key))
		return false;
	for (size_t i = start; i < line->length; i++) {
		char c = line->text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			line->text[i] = '_'; /* a key of a stranger cannot begin another pair */
	}
	return append_string(line, "=");
}

/* Appends the value as far as `end` bytes of line allow; returns how many bytes of it. */
static size_t append_characters(struct logfmt *line, const char *value, size_t length, bool unicode, size_t end)
{
	char out[ESCAPED_MAX];
	size_t done = 0;

	while (done < length) {
		size_t room = end > line->length ? end - line->length : 0;
		size_t run = plain_run(value + done, length - done);
		size_t bytes = run < room ? run : room;

		append(line, value + done, bytes);
		done += bytes;
		if (run > room || done == length)
			break;
		bytes = write_character(value + done, length - done, unicode, out);
		if (line->length + strlen(out) > end)
			break;
		append_string(line, out);
		done += bytes;
	}
	return done;
}

/* Writes the value with `quote` around it, cut if it must be; false if there is no room even for that. */
static bool append_value(struct logfmt *line, const char *value, size_t length, bool unicode, const char *quote)
{
	size_t end = LOGFMT_MAX - 1 - strlen(quote);
	size_t start;

	if (!append_string(line, quote))
		return false;
	start = line->length;
	if (append_characters(line, value, length, unicode, end) < length) {
		/* Once more, with room for the mark: only now is it known that the mark is needed. */
		truncate_to(line, start);
		end -= strlen(CUT_MARK);
		append_characters(line, value, length, unicode, end);
		if (!append_string(line, CUT_MARK))
			return false;
	}
	return append_string(line, quote);
}

void logfmt_begin(struct logfmt *line)
{
	truncate_to(line, 0);
}

void logfmt_add(struct logfmt *line, const char *key, const char *value, size_t length)
{
	size_t start = line->length;
	bool bare = is_bare_value(value, length);

	if (!append_key(line, key) || !append_value(line, value, length, strcmp(key, "msg") == 0, bare ? "" : "\""))
		truncate_to(line, start);
}

void logfmt_add_string(struct logfmt *line, const char *key, const char *value)
{
	logfmt_add(line, key, value, strlen(value));
}

void logfmt_add_number(struct logfmt *line, const char *key, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	logfmt_add_string(line, key, text);
}

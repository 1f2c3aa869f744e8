/*
 * fuzz_logfmt -- pairs of any bytes make one printable line, which reads back as they were.
 * Input: pairs, each a byte (its lowest bit: the key is msg), two bytes of length, and that many bytes of value.
 */
#include "logfmt.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nobody's terminal, editor or log reader may see more in a line than text. */
static void check_printable(const struct logfmt *line)
{
	assert(line->length < LOGFMT_MAX && strlen(line->text) == line->length);
	for (size_t i = 0; i < line->length; i++)
		assert((unsigned char)line->text[i] >= ' ' && line->text[i] != 0x7F);
}

static size_t put_utf8(unsigned long character, char *out)
{
	if (character < 0x80) {
		out[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		out[0] = (char)(0xC0 | character >> 6);
		out[1] = (char)(0x80 | (character & 0x3F));
		return 2;
	}
	if (character < 0x10000) {
		out[0] = (char)(0xE0 | character >> 12);
		out[1] = (char)(0x80 | (character >> 6 & 0x3F));
		out[2] = (char)(0x80 | (character & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | character >> 18);
	out[1] = (char)(0x80 | (character >> 12 & 0x3F));
	out[2] = (char)(0x80 | (character >> 6 & 0x3F));
	out[3] = (char)(0x80 | (character & 0x3F));
	return 4;
}

/* Undoes one escape at `text`, just behind its backslash; returns where it ends. */
static const char *unescape(const char *text, char *out, size_t *length)
{
	static const char from[] = "\"\\nrt", to[] = "\"\\\n\r\t";
	const char *found = strchr(from, *text);
	char *end;

	if (*text == 'x') {
		char digits[3] = {text[1], text[2], '\0'};

		out[(*length)++] = (char)strtoul(digits, &end, 16);
		assert(*end == '\0');
		return text + 3;
	}
	if (*text == 'u') {
		assert(text[1] == '{');
		*length += put_utf8(strtoul(text + 2, &end, 16), out + *length);
		assert(*end == '}');
		return end + 1;
	}
	assert(*text && found);
	out[(*length)++] = to[found - from];
	return text + 1;
}

/* Reads the value at `text` as a reader of logfmt would; returns where it ends. */
static const char *read_value(const char *text, char *out, size_t *ret_length)
{
	bool quoted = *text == '"';

	*ret_length = 0;
	if (quoted)
		text++;
	while (*text && *text != (quoted ? '"' : ' ')) {
		if (*text == '\\') {
			assert(quoted);
			text = unescape(text + 1, out, ret_length);
		} else {
			assert(quoted || *text != '"');
			out[(*ret_length)++] = *text++;
		}
	}
	if (quoted)
		assert(*text++ == '"');
	return text;
}

/* What was added last stands at `at` in the line, whole or cut. */
static void check_pair(const struct logfmt *line, size_t at, const char *key, const uint8_t *value, size_t length)
{
	static char back[LOGFMT_MAX];
	const char *text = line->text + at;
	size_t back_length;

	if (at == line->length)
		return; /* not even the key had room */
	if (at > 0)
		assert(*text++ == ' ');
	assert(strncmp(text, key, strlen(key)) == 0);
	text += strlen(key);
	assert(*text++ == '=');
	assert(*read_value(text, back, &back_length) == '\0');
	if (back_length == length && memcmp(back, value, length) == 0)
		return;
	assert(line->length >= LOGFMT_MAX - 32); /* only a full line cuts, at a whole character */
	assert(back_length >= 3 && memcmp(back + back_length - 3, "...", 3) == 0);
	assert(back_length - 3 <= length && memcmp(back, value, back_length - 3) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct logfmt line;

	logfmt_begin(&line);
	while (size >= 3) {
		const char *key = data[0] & 1 ? "msg" : "office";
		size_t length = (size_t)data[1] << 8 | data[2];
		size_t at = line.length;

		data += 3;
		size -= 3;
		length = length < size ? length : size;
		logfmt_add(&line, key, (const char *)data, length);
		check_printable(&line);
		check_pair(&line, at, key, data, length);
		data += length;
		size -= length;
	}
	return 0;
}

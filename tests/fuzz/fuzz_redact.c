/*
 * fuzz_redact -- no connection string that libpq understands is shown with a password that it holds. A byte 1 of the input stands for a
 * word that comes about nowhere by itself: where libpq takes it for a part of a password, it must not be shown.
 */
#include "redact.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#define MARK "Zq7Xj9Kp"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_secret(const PQconninfoOption *option)
{
	return option->dispchar[0] == '*' || strstr(option->keyword, "password");
}

/* The bytes as a string, with MARK in place of the first byte 1. */
static char *with_mark(const uint8_t *data, size_t size)
{
	const uint8_t *one = memchr(data, 1, size);
	size_t before = one ? (size_t)(one - data) : size;
	char *text = calloc(1, size + sizeof MARK);

	assert(text);
	memcpy(text, data, before);
	if (one) {
		memcpy(text + before, MARK, sizeof MARK - 1);
		memcpy(text + before + sizeof MARK - 1, one + 1, size - before - 1);
	}
	return text;
}

/* Whether libpq takes MARK, which stands there once, for a part of something secret. */
static bool hides_mark(const char *conninfo)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, &message);
	const char *mark = strstr(conninfo, MARK);
	bool hides = false;

	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (is_secret(o) && o->val && strstr(o->val, MARK))
			hides = true;
	PQconninfoFree(options);
	PQfreemem(message);
	return hides && mark && !strstr(mark + 1, MARK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *conninfo = with_mark(data, size);
	char *shown = NULL;
	size_t shown_size;
	FILE *out = open_memstream(&shown, &shown_size);

	assert(out);
	redact_conninfo(conninfo, out);
	fclose(out);
	if (hides_mark(conninfo))
		assert(!strstr(shown, MARK));
	free(shown);
	free(conninfo);
	return 0;
}

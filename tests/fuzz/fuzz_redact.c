/*
 * fuzz_redact -- no connection string that libpq understands is shown with a password that it holds.
 */
#include "redact.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_secret(const PQconninfoOption *option)
{
	return option->dispchar[0] == '*' || strstr(option->keyword, "password");
}

/* A password that also stands elsewhere, be it across two values, is no secret. */
static bool is_elsewhere(const char *conninfo, const PQconninfoOption *options, const PQconninfoOption *secret)
{
	const char *first = strstr(conninfo, secret->val);

	for (const PQconninfoOption *o = options; o->keyword; o++) {
		char written[64];

		snprintf(written, sizeof written, "%s=", o->keyword);
		if (strstr(written, secret->val) || (o != secret && o->val && strstr(o->val, secret->val)))
			return true;
	}
	return (first && strstr(first + 1, secret->val)) || strstr("postgresql://********", secret->val);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *conninfo = strndup((const char *)data, size);
	char *shown = NULL, *message = NULL;
	size_t shown_size;
	FILE *out = open_memstream(&shown, &shown_size);
	PQconninfoOption *options;

	assert(conninfo && out);
	redact_conninfo(conninfo, out);
	fclose(out);
	options = PQconninfoParse(conninfo, &message);
	for (const PQconninfoOption *o = options; o && o->keyword; o++)
		if (is_secret(o) && o->val && strlen(o->val) >= 3 && !is_elsewhere(conninfo, options, o))
			assert(!strstr(shown, o->val));
	PQconninfoFree(options);
	PQfreemem(message);
	free(shown);
	free(conninfo);
	return 0;
}

#include "redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define MASK "********"
#define SPACES " \t\n\v\f\r" /* what libpq skips: isspace() */

/* Whether libpq takes a password, or something as good as one, by this keyword. In a URI a keyword may be written with
 * %XX, which hides what it is. */
static bool is_secret(const char *keyword, size_t length)
{
	static const char *const secrets[] = {"password", "secret", "scram_", "%"};

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (memmem(keyword, length, secrets[i], strlen(secrets[i])) != NULL)
			return true;
	}
	return false;
}

/* The length of a value of a conninfo, as libpq reads it: quoted or up to a space, a backslash before any character. */
static size_t value_length(const char *text)
{
	bool quoted = text[0] == '\'';
	size_t i = quoted ? 1 : 0;

	while (text[i] != '\0' && (quoted ? text[i] != '\'' : !isspace((unsigned char)text[i])))
		i += text[i] == '\\' && text[i + 1] != '\0' ? 2 : 1;
	return i + (quoted && text[i] == '\'' ? 1 : 0);
}

static void print_pairs(const char *text, FILE *out)
{
	while (*text != '\0') {
		size_t keyword = strcspn(text, "=" SPACES);
		size_t equals = keyword + strspn(text + keyword, SPACES);
		size_t value = equals + 1;
		size_t end;

		if (text[equals] != '=') { /* libpq will refuse it, and what stands there may be anything */
			fputs(MASK, out);
			return;
		}
		value += strspn(text + value, SPACES);
		end = value + value_length(text + value);
		if (is_secret(text, keyword))
			fprintf(out, "%.*s" MASK, (int)value, text);
		else
			fprintf(out, "%.*s", (int)end, text);
		text += end;
		end = strspn(text, SPACES);
		fprintf(out, "%.*s", (int)end, text);
		text += end;
	}
}

static void print_query(const char *text, FILE *out)
{
	size_t end = strcspn(text, "?");

	fprintf(out, "%.*s", (int)end, text);
	for (text += end; *text != '\0'; text += end) {
		size_t value = strcspn(text, "=");

		end = 1 + strcspn(text + 1, "&"); /* text is at the ? or & before a parameter */
		if (value < end && is_secret(text, value))
			fprintf(out, "%.*s=" MASK, (int)value, text);
		else
			fprintf(out, "%.*s", (int)end, text);
	}
}

/* USER:PASSWORD@ is looked for up to the last @ before the path: a password that should have been escaped may hold one. */
static void print_uri(const char *uri, FILE *out)
{
	const char *authority = strstr(uri, "://") + strlen("://");
	size_t length = strcspn(authority, "/");
	const char *first = strchr(authority, '@');
	const char *at = memrchr(authority, '@', length);
	const char *colon = at != NULL ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
	const char *shown = colon != NULL ? first : authority;

	if (first == NULL)
		print_query(uri, out);
	else if (at == NULL || memchr(shown, '?', (size_t)(at - shown)) != NULL)
		/* Perhaps a password with a slash or a question mark, or a query with an @. */
		fprintf(out, "%.*s" MASK, (int)(authority - uri), uri);
	else {
		fprintf(out, "%.*s%s", (int)((colon != NULL ? colon : at) - uri), uri, colon != NULL ? ":" MASK : "");
		print_query(at, out);
	}
}

void redact_conninfo(const char *conninfo, FILE *out)
{
	if (strncmp(conninfo, "postgresql://", 13) == 0 || strncmp(conninfo, "postgres://", 11) == 0)
		print_uri(conninfo, out);
	else
		print_pairs(conninfo, out);
}

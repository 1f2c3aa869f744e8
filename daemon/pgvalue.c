#include "pgvalue.h"

#include <endian.h>
#include <string.h>

#define OID_TEXT 25 /* from pg_type; it never changes */

int16_t pgvalue_int16(const char *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof v);
	return (int16_t)be16toh(v);
}

int32_t pgvalue_int32(const char *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof v);
	return (int32_t)be32toh(v);
}

int64_t pgvalue_int64(const char *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof v);
	return (int64_t)be64toh(v);
}

void pgvalue_uuid(const char *bytes, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	char *out = ret_text;

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[(unsigned char)bytes[i] >> 4];
		*out++ = digits[(unsigned char)bytes[i] & 15];
	}
	*out = '\0';
}

static bool take_int32(struct pgvalue_texts *texts, int32_t *ret)
{
	if (texts->left < 4)
		return false;
	*ret = pgvalue_int32(texts->at);
	texts->at += 4;
	texts->left -= 4;
	return true;
}

bool pgvalue_take_text(struct pgvalue_texts *texts, const char **ret_bytes, size_t *ret_length)
{
	int32_t length;

	if (!take_int32(texts, &length) || length < -1)
		return false;
	if (length == -1) {
		*ret_bytes = NULL;
		*ret_length = 0;
		return true;
	}
	if ((size_t)length > texts->left)
		return false;
	*ret_bytes = texts->at;
	*ret_length = (size_t)length;
	texts->at += length;
	texts->left -= (size_t)length;
	return true;
}

bool pgvalue_take_head(struct pgvalue_texts *texts, int32_t *ret_count)
{
	int32_t dimensions, has_null, type, count, lower_bound;

	if (!take_int32(texts, &dimensions) || !take_int32(texts, &has_null) || !take_int32(texts, &type) ||
	    type != OID_TEXT)
		return false;
	if (dimensions == 0) {
		*ret_count = 0;
		return true;
	}
	if (dimensions != 1 || !take_int32(texts, &count) || !take_int32(texts, &lower_bound) || count < 0)
		return false;
	*ret_count = count;
	return true;
}

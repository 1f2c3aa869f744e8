/*
 * pgvalue -- reads values in PostgreSQL's binary format.
 * Owns:  byte order, the form of a uuid and of a text[].
 * Never: reads beyond the bytes that it is given, or knows what a value is for.
 */
#ifndef LETTERWATCH_PGVALUE_H
#define LETTERWATCH_PGVALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int16_t pgvalue_int16(const char *at);
int32_t pgvalue_int32(const char *at);
int64_t pgvalue_int64(const char *at);

/* Of 16 bytes, into 37: 36 characters and a NUL. */
void pgvalue_uuid(const char *bytes, char *ret_text);

/* What is left of a text[] of one dimension or none. */
struct pgvalue_texts {
	const char *at;
	size_t left;
};

/* Both are false if the bytes are no text[]. `texts` begins with the whole value; *ret_count elements follow its head. */
bool pgvalue_take_head(struct pgvalue_texts *texts, int32_t *ret_count);
/* The next element; NULL has a *ret_bytes of NULL. */
bool pgvalue_take_text(struct pgvalue_texts *texts, const char **ret_bytes, size_t *ret_length);

#endif

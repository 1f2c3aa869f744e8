/*
 * unicode -- what bytes say as UTF-8, and which characters a reader can see.
 * Owns:  the list of characters that do not print.
 * Never: decides what stands in their place in a line of key=value pairs (logfmt does).
 */
#ifndef LETTERWATCH_UNICODE_H
#define LETTERWATCH_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the character at `text` apart; returns its bytes, or 0 if what stands there is no UTF-8. `length` is at least 1. */
size_t unicode_decode(const char *text, size_t length, uint32_t *ret_character);

/* False for Unicode Cc, Cf, Zl and Zp, and for the bytes that ASCII calls control characters. */
bool unicode_is_printable(uint32_t character);

/* What does not print becomes a space where it is ASCII, otherwise "?" for each byte, as does what is no UTF-8. */
void unicode_make_printable(char *text, size_t length);

#endif

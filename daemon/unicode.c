#include "unicode.h"

#include <string.h>

/* Unicode Cc, Cf, Zl and Zp; ascending. A bidirectional control can make a line read other than it is. */
static const struct range {
	uint32_t first;
	uint32_t last;
} unprintable[] = {
	{0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x0600, 0x0605},   {0x061C, 0x061C},
	{0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x180E, 0x180E},
	{0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},
	{0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
	{0xE0000, 0xE007F},
};

/* How many bytes a character has whose first byte is `lead`; 0: none begins so. */
static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xC0)
		return 0;
	if (lead < 0xE0)
		return 2;
	if (lead < 0xF0)
		return 3;
	return lead < 0xF8 ? 4 : 0;
}

size_t unicode_decode(const char *text, size_t length, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* anything below has a shorter form */
	static const unsigned char lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	size_t bytes = sequence_length((unsigned char)text[0]);
	uint32_t character;

	if (bytes == 0 || bytes > length)
		return 0;
	character = (unsigned char)text[0] & lead_mask[bytes];
	for (size_t i = 1; i < bytes; i++) {
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | ((unsigned char)text[i] & 0x3F);
	}
	if (character < least[bytes] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		return 0;
	*ret_character = character;
	return bytes;
}

bool unicode_is_printable(uint32_t character)
{
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
		if (character >= unprintable[i].first && character <= unprintable[i].last)
			return false;
	}
	return true;
}

/* Makes the first character printable; returns its bytes. */
static size_t make_first_printable(char *text, size_t length)
{
	uint32_t character = 0;
	size_t bytes = unicode_decode(text, length, &character);

	if (bytes == 0)
		*text = '?';
	else if (!unicode_is_printable(character))
		memset(text, bytes == 1 ? ' ' : '?', bytes);
	return bytes > 0 ? bytes : 1;
}

void unicode_make_printable(char *text, size_t length)
{
	size_t done = 0;

	while (done < length)
		done += make_first_printable(text + done, length - done);
}

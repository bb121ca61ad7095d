/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_data.h"

#include <string.h>

#include "asm_bytes.h"

/* Width 0: a string. Others, which have no bytes here, have 16. */
static const struct {
	const char *name;
	uint8_t width;
} directives[] = {
	{ ".byte", 1 }, { ".2byte", 2 }, { ".word", 2 }, { ".value", 2 }, { ".short", 2 },
	{ ".hword", 2 }, { ".4byte", 4 }, { ".int", 4 }, { ".long", 4 }, { ".8byte", 8 },
	{ ".quad", 8 }, { ".ascii", 0 }, { ".octa", 16 }, { ".asciz", 16 },
	{ ".string", 16 }, { ".zero", 16 }, { ".fill", 16 }, { ".skip", 16 },
	{ ".space", 16 }, { ".org", 16 }, { ".float", 16 }, { ".double", 16 },
};

/* The width of this statement's values, or -1 if it is no data. */
static int find_width(const struct asm_view *v, const struct asm_stmt *s)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
		if (asm_match_stmt(v, s, directives[i].name, ""))
			return directives[i].width;
	return -1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * One character of a string, or -1: itself; \x0f, \017, or a backslash, quote or
 * letter behind a backslash that is not looked at here.
 */
static int read_character(const char *text, size_t size, size_t *at)
{
	int value = 0, digits = 0;

	if (text[*at] != '\\')
		return (unsigned char)text[(*at)++];
	(*at)++;
	if (*at < size && (text[*at] | 0x20) == 'x') {
		for ((*at)++; *at < size && hex_digit(text[*at]) >= 0; digits++)
			value = (value * 16 + hex_digit(text[(*at)++])) & 0xff;
		return digits ? value : -1;
	}
	for (; *at < size && digits < 3 && text[*at] >= '0' && text[*at] <= '7'; digits++)
		value = value * 8 + text[(*at)++] - '0';
	return digits ? value & 0xff : -1;
}

/*	.ascii "\x0f\x01\xca"	one string	*/
static size_t parse_string(const char *text, size_t size, uint8_t *bytes)
{
	size_t at = 0, count = 0;

	while (at < size && asm_is_blank(text[at]))
		at++;
	if (size < at + 2 || text[at] != '"' || text[size - 1] != '"')
		return 0;
	for (at++, size--; at < size; count++) {
		int c = text[at] == '"' || count == ASM_BYTES_MAX ? -1 :
			read_character(text, size, &at);

		if (c < 0)
			return 0;
		bytes[count] = c;
	}
	return count;
}

bool asm_data_bytes(const struct asm_view *v, const struct asm_stmt *s,
		    uint8_t *bytes, size_t *count)
{
	const char *operands = v->text + s->start + s->word;
	size_t size = s->end - s->start - s->word, n;
	int width = find_width(v, s);
	uint8_t more[ASM_BYTES_MAX];

	if (width < 0 || width > 8 || s->braces || s->odd)
		return false;
	n = width ? asm_bytes_parse(operands, size, width, more) :
		    parse_string(operands, size, more);
	if (!n || *count + n > ASM_BYTES_MAX)
		return false;
	memcpy(bytes + *count, more, n);
	*count += n;
	return true;
}

/*
 *	.byte 0		.asciz "text"	.quad f
 * but not a list that is a whole sensitive instruction.
 */
bool asm_data_is(const struct asm_view *v, const struct asm_stmt *s)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0;

	return find_width(v, s) >= 0 &&
	       (!asm_data_bytes(v, s, bytes, &count) ||
		!asm_bytes_match(v->mode64, bytes, count));
}

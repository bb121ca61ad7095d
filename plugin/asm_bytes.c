/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_bytes.h"

#include <string.h>
#include <strings.h>

#include "insns.h"
#include "../runtime-stubs/insn/match.h"

/* A length that no list of bytes has. */
enum { TOO_LONG = 2 * ASM_BYTES_MAX };

/* Bytes of ModRM, SIB and displacement with 32-bit or 64-bit addresses. */
static size_t modrm_length(const uint8_t *modrm, size_t left)
{
	uint8_t mod = modrm[0] >> 6, rm = modrm[0] & 7, base = rm;
	size_t length = 1;

	if (mod == 3)
		return length;
	if (rm == 4) {
		if (left < 2)
			return TOO_LONG;
		base = modrm[1] & 7;
		length++;
	}
	if (mod == 1)
		return length + 1;
	return length + (mod == 2 || base == 5 ? 4 : 0);
}

/* The same with 16-bit addresses (an address-size prefix in 32-bit code). */
static size_t modrm_length_16(const uint8_t *modrm)
{
	uint8_t mod = modrm[0] >> 6, rm = modrm[0] & 7;

	if (mod == 3)
		return 1;
	return 1 + (mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0);
}

/* The encoding of op with this opcode byte. */
static const struct previrt_enc *find_encoding(int op, uint8_t opcode)
{
	for (unsigned i = 0; i < previrt_enc_count; i++)
		if (previrt_encs[i].op == op && previrt_encs[i].opcode == opcode)
			return &previrt_encs[i];
	return NULL;
}

static size_t immediate_length(const struct previrt_enc *enc, bool word)
{
	switch (enc->op) {
	case PREVIRT_OP_in:
	case PREVIRT_OP_out:
		return enc->opcode < 0xe8 ? 1 : 0;	/* E4..E7 ib, EC..EF dx */
	case PREVIRT_OP_int:
	case PREVIRT_OP_hreset:
		return 1;
	case PREVIRT_OP_lret:
		return enc->opcode == 0xca ? 2 : 0;	/* CA iw, CB */
	}
	if (!enc->map && (enc->opcode == 0xea || enc->opcode == 0x9a))
		return word ? 4 : 6;			/* ptr16:16, ptr16:32 */
	return 0;
}

static bool is_register_move(int op)
{
	return op == PREVIRT_OP_mov_from_cr || op == PREVIRT_OP_mov_to_cr ||
	       op == PREVIRT_OP_mov_from_dr || op == PREVIRT_OP_mov_to_dr;
}

int asm_bytes_match(bool mode64, const uint8_t *bytes, size_t count)
{
	const struct previrt_enc *enc;
	size_t length, prefixes;
	bool addr16;
	int op;

	if (!count || count > ASM_BYTES_MAX)
		return 0;
	op = previrt_match_bytes(mode64, bytes, count, &length);
	if (!op)
		return 0;
	enc = find_encoding(op, bytes[length - 1]);
	if (!enc)
		return 0;
	prefixes = length - 1 - (enc->map > 1 ? 2 : enc->map);
	addr16 = !mode64 && memchr(bytes, 0x67, prefixes);
	if (enc->modrm != PREVIRT_MODRM_none) {
		if (length == count)
			return 0;
		/* MOV CR and MOV DR take any mod field as a register. */
		if (is_register_move(op))
			length++;
		else if (addr16)
			length += modrm_length_16(bytes + length);
		else
			length += modrm_length(bytes + length, count - length);
	}
	length += immediate_length(enc, memchr(bytes, 0x66, prefixes) != NULL);
	return length == count ? op : 0;
}

/* One number of at most limit at *at, which moves behind it; false: there is none. */
static bool parse_number(const char *text, size_t size, size_t *at, uint64_t limit,
			 uint64_t *value)
{
	unsigned base = 10;
	size_t i = *at, first;

	if (i < size && text[i] == '0') {
		char x = i + 1 < size ? text[i + 1] | 0x20 : 0;

		base = x == 'x' ? 16 : x == 'b' ? 2 : 8;
		i += base == 8 ? 0 : 2;
	}
	*value = 0;
	for (first = i; i < size; i++) {
		char c = text[i];
		unsigned digit = c >= '0' && c <= '9' ? c - '0' :
			(c | 0x20) >= 'a' && (c | 0x20) <= 'f' ?
			(c | 0x20) - 'a' + 10 : 99;

		if (digit >= base)
			break;
		if (*value > (limit - digit) / base)
			return false;
		*value = *value * base + digit;
	}
	*at = i;
	return i != first;
}

static size_t skip_blanks(const char *text, size_t size, size_t at)
{
	while (at < size && (text[at] == ' ' || text[at] == '\t'))
		at++;
	return at;
}

size_t asm_bytes_parse(const char *text, size_t size, unsigned width, uint8_t *bytes)
{
	const uint64_t limit = ~0ull >> (64 - 8 * width);
	size_t count = 0, at = 0;

	for (;;) {
		uint64_t value;

		at = skip_blanks(text, size, at);
		if (!parse_number(text, size, &at, limit, &value) ||
		    count + width > ASM_BYTES_MAX)
			return 0;
		for (unsigned i = 0; i < width; i++)
			bytes[count++] = (uint8_t)(value >> 8 * i);
		at = skip_blanks(text, size, at);
		if (at == size)
			return count;
		if (text[at++] != ',')
			return 0;
	}
}

/*
 * modes: bit 0: 64-bit code, bit 1: 32-bit code. The first name of a byte is
 * the one written. ds and the like may stand before any instruction; as pads
 * of a site they are the gas macros' own business.
 */
static const struct {
	const char *name;
	uint8_t byte, modes;
} prefixes[] = {
	{ "rep", 0xf3, 3 }, { "repe", 0xf3, 3 }, { "repz", 0xf3, 3 },
	{ "repne", 0xf2, 3 }, { "repnz", 0xf2, 3 }, { "lock", 0xf0, 3 },
	{ "data16", 0x66, 3 }, { "addr32", 0x67, 1 }, { "addr16", 0x67, 2 },
	{ "rex64", 0x48, 1 }, { "rex.w", 0x48, 1 },
	{ "es", 0x26, 3 }, { "cs", 0x2e, 3 }, { "ss", 0x36, 3 },
	{ "ds", 0x3e, 3 }, { "fs", 0x64, 3 }, { "gs", 0x65, 3 },
};

enum { PREFIXES = sizeof(prefixes) / sizeof(prefixes[0]) };

const char *asm_prefix_name(bool mode64, uint8_t byte)
{
	for (unsigned i = 0; i < PREFIXES; i++)
		if (prefixes[i].byte == byte && (prefixes[i].modes & (mode64 ? 1 : 2)))
			return prefixes[i].name;
	return NULL;
}

int asm_prefix_byte(bool mode64, const char *name, size_t size)
{
	for (unsigned i = 0; i < PREFIXES; i++)
		if (strlen(prefixes[i].name) == size &&
		    (prefixes[i].modes & (mode64 ? 1 : 2)) &&
		    !strncasecmp(prefixes[i].name, name, size))
			return prefixes[i].byte;
	return -1;
}

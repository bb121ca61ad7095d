/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See guess.h for the contracts. */
#include "guess.h"
#include <ctype.h>
#include <string.h>

#define GUESS_MOST 4096         /* instructions read at one place */
#define TEXT_LEAST 4u           /* characters, the nought included */

#define MB1_MAGIC 0x1badb002u
#define MB1_SIZE  12u           /* magic, flags, checksum */
#define MB1_ADDRESSES (1u << 16)        /* flags: five addresses follow */
#define MB1_VIDEO (1u << 2)     /* flags: four words about the display follow those */
#define MB2_MAGIC 0xe85250d6u
#define MB2_SIZE  16u           /* magic, architecture, length, checksum */

unsigned int guess_bits(enum decode_mode mode)
{
	return mode == DECODE_64 ? 64 : mode == DECODE_32 ? 32 : 16;
}

/* Its opcode's first byte, behind prefixes. */
static uint8_t guess_opcode(const uint8_t *p, size_t len, enum decode_mode mode)
{
	static const uint8_t prefixes[] = { 0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26,
					    0x64, 0x65 };

	while (len > 1 && (memchr(prefixes, *p, sizeof(prefixes)) ||
		       (mode == DECODE_64 && (*p & 0xf0) == 0x40))) {
		p++;
		len--;
	}
	return *p;
}

struct guess guess_read(const struct section *s, uint64_t from, uint64_t to,
			enum decode_mode mode)
{
	struct guess guess = { .mode = mode, .stop = from };
	struct decoded insn;
	uint8_t opcode;

	while (guess.stop < to && guess.insns < GUESS_MOST) {
		size_t offset = guess.stop - s->addr;

		if (!decode_one(mode, s->data + offset, to - guess.stop, guess.stop, &insn) ||
		    insn.zeros) {
			guess.bad = true;
			break;
		}
		guess.insns++;
		opcode = insn.op ? guess_opcode(s->data + offset, insn.len, mode) : 0;
		guess.sensitive += insn.op != 0;
		guess.noughts += !s->data[offset];
		guess.wide += opcode == 0x0f;
		guess.strong += opcode == 0x0f || opcode == 0xfa || opcode == 0xfb ||
				opcode == 0xf4;
		guess.stop += insn.len;
		if (!insn.ends)
			continue;
		guess.ended = true;
		if (!insn.branch || insn.target < guess.stop || insn.target >= to)
			break;
		guess.ended = false;
		guess.stop = insn.target;
	}
	return guess;
}

bool guess_printable(uint8_t byte)
{
	return isprint(byte) || (byte && strchr("\t\n\r\033", byte));
}

bool guess_text(const struct section *s, uint64_t from, uint64_t to, uint64_t *end)
{
	const uint8_t *p = s->data + (from - s->addr);
	uint64_t n = 0;

	while (from + n < to && guess_printable(p[n]))
		n++;
	*end = from + n + 1;
	return from + n < to && !p[n] && n + 1 >= TEXT_LEAST;
}

uint64_t guess_header(const struct section *s, uint64_t at, const char **what)
{
	const uint8_t *p = s->data + (at - s->addr);
	uint64_t room = s->addr + s->size - at, size;

	if (room >= MB1_SIZE && get32(p) == MB1_MAGIC &&
	    !(uint32_t)(get32(p) + get32(p + 4) + get32(p + 8))) {
		*what = "a Multiboot header";
		size = MB1_SIZE + (get32(p + 4) & MB1_ADDRESSES ? 20 : 0);
		size += get32(p + 4) & MB1_VIDEO ? (size == MB1_SIZE ? 36 : 16) : 0;
		return size < room ? size : room;
	}
	if (room >= MB2_SIZE && get32(p) == MB2_MAGIC && get32(p + 8) >= MB2_SIZE &&
	    !(uint32_t)(get32(p) + get32(p + 4) + get32(p + 8) + get32(p + 12))) {
		*what = "a Multiboot2 header";
		return get32(p + 8) < room ? get32(p + 8) : room;
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Do bytes read as code? For bytes of which nothing else tells what they are.
 *
 * Code is read from its first byte until execution does not go on. Data hardly
 * ever ends so: text has no byte of a jump or return, tables have pairs of
 * noughts, and much of what else there is is no instruction.
 */
#ifndef PREVIRT_CLI_GUESS_H
#define PREVIRT_CLI_GUESS_H
#include "decode.h"
#include "image.h"

struct guess {
	enum decode_mode mode;
	bool ended;             /* read to where execution does not go on */
	bool bad;               /* no instruction, or one of noughts, came first */
	unsigned int insns, sensitive;
	unsigned int wide;      /* sensitive ones of two bytes of opcode and more */
	unsigned int strong;    /* these, and cli, sti and hlt */
	unsigned int noughts;   /* that begin with 00, an ADD of a byte: hardly any in code,
				 * each in a table of numbers of three bytes */
	uint64_t stop;          /* behind what was read */
};

/* Read [@from, @to) of @s as @mode. Jumps ahead inside are followed. */
struct guess guess_read(const struct section *s, uint64_t from, uint64_t to,
			enum decode_mode mode);

/* Bits of a mode in a message: 64, 32 or 16. */
unsigned int guess_bits(enum decode_mode mode);

bool guess_printable(uint8_t byte);

/* No code has so many printable bytes and a nought, among them ins or outs. */
#define GUESS_TEXT_LONG 12u

/* Is it text: printable to a terminating nought? *@end: behind that. */
bool guess_text(const struct section *s, uint64_t from, uint64_t to, uint64_t *end);

/*
 * Size of a boot loader's header at @at, and what it is in *@what; 0: none.
 * Multiboot 0.6.96, 3.1.1; Multiboot2 2.0, 3.1.1.
 */
uint64_t guess_header(const struct section *s, uint64_t at, const char **what);

#endif

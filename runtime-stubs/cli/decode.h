/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Decodes one instruction with Zydis and asks runtime-stubs/insn whether it is
 * sensitive. The only file that names Zydis is decode.c.
 */
#ifndef PREVIRT_CLI_DECODE_H
#define PREVIRT_CLI_DECODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_mode { DECODE_64, DECODE_32, DECODE_16, DECODE_DATA };

struct decoded {
	uint64_t target;        /* of a direct branch, if branch is set, or of lea */
	uint8_t len;            /* bytes, prefixes included */
	uint8_t op;             /* enum previrt_op; 0: not sensitive */
	uint8_t pads;           /* leading prefixes of the kind used as padding */
	bool branch;
	bool call;              /* a near call */
	bool far_jump;          /* a jump to an immediate far address */
	bool ends;              /* execution does not go on behind it */
	bool zeros;             /* two bytes of noughts, "add %al,(%rax)" */
	bool address;           /* lea of a place relative to it; target is that */
	bool nop;               /* does nothing at all */
	bool stack;             /* push or pop of an operand */
	bool segment_matters;   /* its segment prefix changes the address */
};

/*
 * Decode at @p, of which @size bytes may be read, as code at @addr. False if
 * the bytes are no instruction; @out is zeroed then.
 */
bool decode_one(enum decode_mode mode, const uint8_t *p, size_t size,
		uint64_t addr, struct decoded *out);

/* What an instruction does to memory, other than the stack by push or call. */
struct decoded_access {
	bool reads, writes;
	bool string;            /* movs, stos, with any prefix */
	unsigned int width;     /* bytes of one access */
};

/* False if the bytes at @p are no instruction, or one that has no such access. */
bool decode_access(enum decode_mode mode, const uint8_t *p, size_t size,
		   struct decoded_access *out);

#endif

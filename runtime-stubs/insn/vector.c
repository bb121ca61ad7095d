/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Moves between memory and an XMM register, by legacy encodings (SDM volume 2). */
#include "decode.h"
#include "vector.h"

enum { LOAD = 1, STORE = 2, HIGH = 4, CLEAR = 8 };

static const struct {
	uint8_t opcode, prefix;	/* of map 1; 66, F2, F3 or 0 */
	uint8_t size;		/* bytes; 0: 4, or 8 by REX.W */
	uint8_t flags;
} rows[] = {
	{ 0x10, 0, 16, LOAD }, { 0x10, 0x66, 16, LOAD },	/* movups, movupd */
	{ 0x10, 0xf3, 4, LOAD | CLEAR }, { 0x10, 0xf2, 8, LOAD | CLEAR },	/* movss, movsd */
	{ 0x11, 0, 16, STORE }, { 0x11, 0x66, 16, STORE },
	{ 0x11, 0xf3, 4, STORE }, { 0x11, 0xf2, 8, STORE },
	{ 0x12, 0, 8, LOAD }, { 0x12, 0x66, 8, LOAD },		/* movlps, movlpd */
	{ 0x13, 0, 8, STORE }, { 0x13, 0x66, 8, STORE },
	{ 0x16, 0, 8, LOAD | HIGH }, { 0x16, 0x66, 8, LOAD | HIGH },	/* movhps, movhpd */
	{ 0x17, 0, 8, STORE | HIGH }, { 0x17, 0x66, 8, STORE | HIGH },
	{ 0x28, 0, 16, LOAD }, { 0x28, 0x66, 16, LOAD },	/* movaps, movapd */
	{ 0x29, 0, 16, STORE }, { 0x29, 0x66, 16, STORE },
	{ 0x2b, 0, 16, STORE }, { 0x2b, 0x66, 16, STORE },	/* movntps, movntpd */
	{ 0x6e, 0x66, 0, LOAD | CLEAR }, { 0x7e, 0x66, 0, STORE },	/* movd, movq */
	{ 0x7e, 0xf3, 8, LOAD | CLEAR }, { 0xd6, 0x66, 8, STORE },	/* movq */
	{ 0x6f, 0x66, 16, LOAD }, { 0x6f, 0xf3, 16, LOAD },	/* movdqa, movdqu */
	{ 0x7f, 0x66, 16, STORE }, { 0x7f, 0xf3, 16, STORE },
	{ 0xe7, 0x66, 16, STORE }, { 0xf0, 0xf2, 16, LOAD },	/* movntdq, lddqu */
};

int vector_find(struct insn_operation *o, const struct previrt_insn_bytes *match)
{
	uint8_t prefix = match->rep ? match->rep : match->p66 ? 0x66 : 0;

	for (unsigned i = 0; match->map == 1 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].opcode != match->opcode || rows[i].prefix != prefix)
			continue;
		o->what = OPERATION_VECTOR;
		o->size = rows[i].size ? rows[i].size : o->insn.osize == 8 ? 8 : 4;
		o->load = !!(rows[i].flags & LOAD);
		o->store = !!(rows[i].flags & STORE);
		o->high = !!(rows[i].flags & HIGH);
		o->clears = !!(rows[i].flags & CLEAR);
		return 1;
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Which bytes around a SYSCALL can be a jump (patch.c has their forms). */
#include "patch.h"
#include <string.h>

#define PATCH_BEFORE 9u		/* bytes that may tell that b8 is no opcode */

/* Is b8 at @at, with @before bytes in front of it in its page, the opcode of a mov? It is none
   behind a prefix, and none as a displacement. */
static int patch_is_mov(const uint8_t *at, unsigned before)
{
	if (before < PATCH_BEFORE || (at[-1] & 0xf0) == 0x40 || at[-1] == 0x0f || at[-1] == 0x66)
		return 0;
	for (int i = -2; i >= -3; i--)		/* opcode, ModRM, perhaps SIB */
		if ((at[i + 1] & 0xc0) == 0x40 &&
		    (at[i] == 0xc7 || at[i] == 0x81 || at[i] == 0x69 || at[i] == 0xf7))
			return 0;
	return 1;
}

enum patch_form patch_form(const uint8_t *code, unsigned offset, uint64_t number)
{
	uint32_t immediate;

	if (code[offset] != 0x0f || code[offset + 1] != 0x05)
		return 0;
	if (offset + 2 + PATCH_COMPARE_SIZE <= BACKEND_PAGE &&
	    code[offset + 2] == 0x48 && code[offset + 3] == 0x3d)
		return PATCH_COMPARE;
	if (offset < PATCH_JUMP - 2 || code[offset - 5] != 0xb8 ||
	    !patch_is_mov(code + offset - 5, offset - 5))
		return 0;
	memcpy(&immediate, code + offset - 4, sizeof(immediate));
	return immediate == number ? PATCH_NUMBER : 0;
}

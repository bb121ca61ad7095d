/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code that a kernel maps for user mode (Linux: its vDSO) and that reads the number of its
 * processor as the limit of a segment:
 *
 *	mov $selector,%source; lsl %source,%number
 *
 * In a process of a host the descriptor is the host's. A moved kernel has one processor, so
 * the second instruction becomes "xor %number,%number; nop", with the same ZF.
 * LIMIT: registers of the first eight alone, as compilers take them there.
 */
#include "inner.h"
#include <string.h>

#define MOV 0xb8u		/* and the register */
#define SIZE 8u			/* mov, of 5 bytes, and lsl */

static void processor_code(struct relocator *r, uint8_t *code, size_t size, uint32_t selector)
{
	for (size_t i = 0; i + SIZE <= size; i++) {
		uint8_t *lsl = code + i + 5, modrm = lsl[2], number = modrm >> 3 & 7;

		if ((code[i] & 0xf8) != MOV || relocator_get32(code + i + 1) != selector ||
		    lsl[0] != 0x0f || lsl[1] != 0x03 || modrm != (0xc0 | number << 3 | (code[i] & 7)))
			continue;
		lsl[0] = 0x31;
		lsl[1] = (uint8_t)(0xc0 | number << 3 | number);
		lsl[2] = 0x90;
		r->counts.processors++;
	}
}

void relocator_processors(struct relocator *r, const struct relocator_file *f)
{
	for (size_t i = 0; i < f->symbol_count; i++) {
		const Elf64_Sym *s = &f->symbols[i];

		if (ELF64_ST_TYPE(s->st_info) != STT_OBJECT || s->st_value < r->low ||
		    s->st_value >= r->high || s->st_size > r->high - s->st_value)
			continue;
		for (size_t k = 0; k < r->facts->count; k++)
			if (r->facts->facts[k].kind == RELOCATOR_FACT_PROCESSOR &&
			    relocator_is(&r->facts->facts[k], relocator_symbol(f, s)))
				processor_code(r, r->image + (s->st_value - r->low), s->st_size,
					       (uint32_t)r->facts->facts[k].number);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* insn/fields against Zydis: all code of the kernel, and random bytes. */
#include "relocate.h"
#include "../../../runtime-stubs/insn/fields.h"
#include <stdio.h>
#include <stdlib.h>

static const struct relocator nothing;

/* Not in fields.h: 3DNow!, whose opcode comes last; XOP; extrq and insertq; what only
   Knights Corner had. */
static bool left_out(const ZydisDecodedInstruction *insn)
{
	return insn->encoding == ZYDIS_INSTRUCTION_ENCODING_3DNOW ||
	       insn->encoding == ZYDIS_INSTRUCTION_ENCODING_XOP ||
	       insn->mnemonic == ZYDIS_MNEMONIC_JKZD ||
	       insn->mnemonic == ZYDIS_MNEMONIC_JKNZD ||
	       insn->mnemonic == ZYDIS_MNEMONIC_EXTRQ ||
	       insn->mnemonic == ZYDIS_MNEMONIC_INSERTQ;
}

/* Returns the length by Zydis, 0 if it is no instruction. */
static unsigned compare(const uint8_t *bytes, size_t size, uint64_t at)
{
	ZydisDecodedInstruction insn;
	struct insn_fields f;
	unsigned immediate;

	if (!decode(bytes, size, &insn, NULL))
		return 0;
	if (left_out(&insn))
		return insn.length;
	immediate = (insn.raw.imm[0].size + insn.raw.imm[1].size) / 8u;
	if (!insn_fields(&f, bytes, size) || f.len != insn.length ||
	    f.opcode != insn.opcode || f.disp_size != insn.raw.disp.size / 8 ||
	    (f.disp_size && f.disp_at != insn.raw.disp.offset) || f.imm_size != immediate ||
	    (f.imm_size && f.imm_at != insn.raw.imm[0].offset))
		wrong(&nothing, at, "fields differ from those that Zydis finds");
	if (insn_fields(&f, bytes, insn.length - 1u))
		wrong(&nothing, at, "an instruction that is cut off is said to be whole");
	return insn.length;
}

static unsigned random_bytes(void)
{
	static const uint8_t prefixes[] = { 0x66, 0xf2, 0xf3, 0x48, 0x41, 0x4f, 0x65, 0x2e, 0xf0,
					    0x67, 0xc4, 0xc5, 0x62 };
	uint8_t bytes[15];
	unsigned at = 0;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(random() >> 7);
	while (!(random() & 3) && at < 4)
		bytes[at++] = prefixes[(unsigned)random() % sizeof(prefixes)];
	if (random() & 1)
		bytes[at++] = 0x0f;
	return compare(bytes, sizeof(bytes), 0) != 0;
}

void test_fields(void)
{
	unsigned long found = 0, tried = 0;

	for (unsigned i = 0; i < kernel.header->e_shnum; i++) {
		const Elf64_Shdr *s = &kernel.sections[i];
		uint64_t end = s->sh_addr + s->sh_size;

		for (uint64_t at = s->sh_addr; is_code(s) && at < end; found++) {
			unsigned length = *linked(at) == 0xcc ? 1 :
					  compare(linked(at), end - at, at);

			at += length ? length : 1;
		}
	}
	srandom(1);
	for (unsigned i = 0; i < 300000; i++)
		tried += random_bytes();
	printf("fields: %lu instructions, and %lu random ones\n", found, tried);
}

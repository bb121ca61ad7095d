/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The moved image, decoded once more by another decoder: boundaries are as before, each
 * instruction that was rewritten in place refers to where it referred, moved, and
 * nothing refers to the linked image. The table of sites still tells sites.
 */
#include "relocate.h"
#include <stdio.h>
#include <string.h>

struct relocator moved_high;
#define USER_END 0x800000000000u	/* of the kernel as it is linked */
#define UPPER_HALF 0xffff800000000000u
static unsigned in_place, out_of_line, limits, starts, touched_sites, words;

static uint64_t moved_value(uint64_t at)
{
	int32_t value;

	memcpy(&value, linked(at), 4);
	return (uint64_t)(int64_t)value + moved_high.delta;
}

/* Where a reference of the instruction at @at begins; 0 if none does. */
static unsigned reference(uint64_t at, unsigned length)
{
	for (unsigned k = 1; k < length; k++)
		if (kernel.references[at + k - kernel.low] == 32)
			return k;
	return 0;
}

/* What it refers to, moved: by a relocation, or by a number in the area of modules. */
static uint64_t referred(uint64_t at, const ZydisDecodedInstruction *was)
{
	if (reference(at, was->length))
		return moved_value(at + reference(at, was->length));
	starts++;
	return (uint64_t)(int64_t)(int32_t)was->raw.imm[0].value.u + MODULES - MODULES_LINKED;
}

static void check_in_place(uint64_t at, const ZydisDecodedInstruction *was,
			   const ZydisDecodedInstruction *now)
{
	uint64_t value = referred(at, was), target, literal = 0, length = was->length;

	target = at + moved_high.delta + now->length + (uint64_t)now->raw.disp.value;
	if (target - moved_high.outline_at < moved_high.outline_size)
		memcpy(&literal, moved_high.outline + (target - moved_high.outline_at), 8);
	if (now->raw.modrm.mod || now->raw.modrm.rm != 5 ||
	    (target != value && literal != value))
		wrong(&moved_high, at, "refers to something else");
	if (now->length != length &&
	    (now->length != length - 1u || moved_high.image[at + length - 1 - kernel.low] != 0x90))
		wrong(&moved_high, at, "has another length");
	in_place++;
}

static void check_out_of_line(uint64_t at, unsigned length, const ZydisDecodedInstruction *now)
{
	starts += !reference(at, length);
	const uint8_t *bytes = moved_high.image + (at - kernel.low);
	uint64_t target = at + moved_high.delta + 5 + now->raw.imm[0].value.u;

	if (bytes[0] != 0xe9 || target < moved_high.outline_at ||
	    target >= moved_high.outline_at + moved_high.code_used)
		wrong(&moved_high, at, "no jump to code out of line");
	for (unsigned k = 5; k < length; k++)
		if (bytes[k] != 0xcc)
			wrong(&moved_high, at, "no trap behind the jump");
	out_of_line++;
}

/* Does it hold an address of the image as it was linked? As a number, the lowest may be
   there: Linux tells how far it was moved from it; and a mask is none. */
static void check_left(uint64_t at, const ZydisDecodedInstruction *now)
{
	bool number = at >= kernel.low && !reference(at, now->length);
	uint64_t disp = (uint64_t)now->raw.disp.value, imm = now->raw.imm[0].value.u;
	bool relative = !now->raw.modrm.mod && now->raw.modrm.rm == 5;
	bool mask = number && (now->mnemonic == ZYDIS_MNEMONIC_TEST || now->mnemonic == ZYDIS_MNEMONIC_AND);

	if ((now->raw.disp.size == 32 && !relative && disp >= kernel.low && disp < kernel.high) ||
	    (now->raw.imm[0].size == 32 && !now->raw.imm[0].is_relative && !mask &&
	     now->operand_width == 64 &&
	     (uint64_t)(int64_t)(int32_t)imm >= kernel.low + number &&
	     (uint64_t)(int64_t)(int32_t)imm < kernel.high))
		wrong(&moved_high, at, "refers to the image as it was linked");
}

static void check_one(uint64_t at, const ZydisDecodedInstruction *was)
{
	const uint8_t *bytes = moved_high.image + (at - kernel.low);
	ZydisDecodedInstruction now;

	if (!decode(bytes, 15, &now, NULL)) {
		wrong(&moved_high, at, "is no instruction any more");
		return;
	}
	check_left(at, &now);
	switch (relocator_touched(&moved_high, at, was->length)) {
	case RELOCATOR_IN_PLACE:
		check_in_place(at, was, &now);
		return;
	case RELOCATOR_OUT_OF_LINE:
		check_out_of_line(at, was->length, &now);
		return;
	}
	if (reference(at, was->length))
		wrong(&moved_high, at, "has a reference and was not rewritten");
	if (now.length != was->length && at + moved_high.delta != moved_high.loader_at)
		wrong(&moved_high, at, "has another length");
	if (!memcmp(bytes, linked(at), was->length))
		return;
	if (kernel.references[at + was->raw.imm[0].offset - kernel.low] == 64) {
		if (memcmp(bytes, linked(at), was->raw.imm[0].offset) ||
		    now.raw.imm[0].value.u != was->raw.imm[0].value.u + moved_high.delta)
			wrong(&moved_high, at, "has another word");
		return;
	}
	if (at + moved_high.delta == moved_high.loader_at && !memcmp(bytes, "\x0f\x0b", 2))
		return;
	limits++;
	/* Two words of 32 bits are written as one number: of 0x8000 and 0x8000, say. */
	if (was->raw.imm[0].size == 64 && was->raw.imm[0].value.u > USER_END &&
	    was->raw.imm[0].value.u < UPPER_HALF)
		wrong(&moved_high, at, "a number beyond user addresses was changed");
	if (was->raw.imm[0].size != 64 && was->raw.imm[0].size != 8)
		wrong(&moved_high, at, "was changed");
}

static void check_outline(void)
{
	ZydisDecodedInstruction insn;

	for (size_t at = 0; at < moved_high.code_used; at += insn.length) {
		if (!decode(moved_high.outline + at, moved_high.code_used - at, &insn, NULL)) {
			wrong(&moved_high, at, "no instruction, out of line");
			return;
		}
		check_left(at, &insn);
	}
}

/* Words that hold addresses: moved, but for distances of per-CPU data, which are 0 at the start. */
static void check_words(void)
{
	for (uint64_t at = kernel.low; at + 8 <= kernel.high; at++) {
		uint64_t was, now;

		if (kernel.references[at - kernel.low] != 64)
			continue;
		memcpy(&was, linked(at), 8);
		memcpy(&now, moved_high.image + (at - kernel.low), 8);
		words++;
		if (now != was + moved_high.delta && (now || !kernel.per_cpu || !is_of_distances(at)))
			wrong(&moved_high, at, "is another word");
	}
}

static void report(unsigned long instructions, unsigned long sites)
{
	const struct relocator_counts *c = &moved_high.counts;

	printf("moved: %u references (%u kept), %u words (%u kept), %lu instructions\n",
	       c->references, c->references_unchanged, c->words, c->words_unchanged, instructions);
	printf("in place %u: mov to lea %u, to load %u, op %u, absolute %u\n", in_place, c->lea,
	       c->load, c->operand, c->absolute);
	printf("out of line %u: store %u, table %u, lea %u, op %u, push %u, jump %u, call %u; "
	       "%u with push and pop, %u bytes, %u literals\n", out_of_line, c->out_store,
	       c->out_table, c->out_lea, c->out_compare, c->out_push, c->out_jump, c->out_call,
	       c->out_pushing, c->code_bytes, c->literals);
	printf("limits: %u numbers, %u parts, %u shifts; %u are something else; %u addresses, "
	       "%u of modules\n", c->limits, c->limits_parts, c->limits_shift, c->limits_other,
	       c->numbers, c->starts);
	printf("per-CPU: %u references, %u addresses by gs alone, %u words of distances\n", c->per_cpu,
	       c->per_cpu_numbers, c->per_cpu_words);
	printf("words: %u looked at\n", words);
	printf("sites: %lu, of them %u rewritten in place\n", sites, touched_sites);
}

void test_decode(void)
{
	const struct relocator_counts *c = &moved_high.counts;
	unsigned long instructions = 0, by_gs = 0, sites;

	move(&moved_high, 0x4000c0000000 + kernel.low - kernel.facts.kernel_map,
	     0x400080000000, false);
	for (unsigned i = 0; i < kernel.header->e_shnum; i++) {
		const Elf64_Shdr *s = &kernel.sections[i];
		uint64_t end = s->sh_addr + s->sh_size;

		for (uint64_t at = s->sh_addr; is_code(s) && at < end; instructions++) {
			ZydisDecodedInstruction insn;

			if (!decode(linked(at), end - at, &insn, NULL)) {
				at++;
				continue;
			}
			by_gs += !!(insn.attributes & ZYDIS_ATTRIB_HAS_SEGMENT_GS);
			check_one(at, &insn);
			at += insn.length;
		}
	}
	check_outline();
	check_words();
	sites = check_sites(&moved_high, &touched_sites);
	if (limits != c->limits + c->limits_parts + c->limits_shift + c->numbers)
		wrong(&moved_high, 0, "another number of limits than it says");
	if (c->processors != 1)
		wrong(&moved_high, 0, "the vDSO's number of the processor is the host's");
	if (starts != c->starts || !starts || !moved_high.loader_at)
		wrong(&moved_high, 0, "another number of modules' addresses than it says");
	if (kernel.per_cpu_numbers != c->per_cpu_numbers)
		wrong(&moved_high, 0, "another number of addresses by gs than it says");
	if (by_gs != c->by_gs)
		wrong(&moved_high, 0, "another number of instructions by gs than it says");
	report(instructions, sites);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Both forms of each rewritten instruction are run, on this processor, with the same
 * registers and memory. The image is moved to an address below 2 GiB, where the first
 * form reaches as well, with a displacement that is corrected. What they must agree on:
 * registers, flags, the stack, the memory they write, or the address they fault at.
 */
#define _GNU_SOURCE
#include "relocate.h"
#include "step.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PLACE 0x20000000ull
#define OUTLINE 0x1f000000ull
#define SCRATCH 0x10000000ull	/* memory for pointers */
#define SCRATCH_SIZE 0x20000ull
#define STACK (SCRATCH + 0x18000)
#define WINDOW 640		/* bytes of memory that are compared */
#define STACK_WINDOW 256	/* above the stack pointer, and so many below it */

static struct relocator moved;
static unsigned long runs, faults, compared, skipped;

struct memory {
	uint8_t *window;	/* what the instruction refers to, if that is mapped */
	uint8_t bytes[WINDOW], stack[2 * STACK_WINDOW];
};

static bool mapped(uint64_t at)
{
	return at - PLACE <= kernel.high - kernel.low - WINDOW ||
	       at - SCRATCH <= SCRATCH_SIZE - WINDOW;
}

static void save(struct memory *m)
{
	if (m->window)
		memcpy(m->bytes, m->window, WINDOW);
	memcpy(m->stack, (void *)(STACK - STACK_WINDOW), sizeof(m->stack));
}

static void restore(const struct memory *m)
{
	if (m->window)
		memcpy(m->window, m->bytes, WINDOW);
	memcpy((void *)(STACK - STACK_WINDOW), m->stack, sizeof(m->stack));
}

/* What lies below the stack pointer is nobody's. */
static void forget(const struct step *step)
{
	uint64_t from = STACK - STACK_WINDOW, size = step->registers[REG_RSP] - from;

	if (!step->fault && size <= 2 * STACK_WINDOW)
		memset((void *)from, 0, size);
}

static uint64_t random_register(unsigned kind)
{
	uint64_t value = (uint64_t)random() << 31 ^ (uint64_t)random();

	switch (kind) {
	case 0: return value & 0xff8;			/* an index */
	case 1: return SCRATCH + (value & 0xfff8);	/* a pointer */
	case 2: return value & 1 ? (value >> 8) & 0xff : -(value & 0xff8);
	}
	return value & 0x7ffffffffffull;
}

/* Where the operand in memory is, with these registers; 0 if there is none. */
static uint64_t operand_address(const uint8_t *bytes, uint64_t at, const struct step *step)
{
	static const int order[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
				     REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11,
				     REG_R12, REG_R13, REG_R14, REG_R15 };
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisRegisterContext context = { { 0 } };
	ZydisDecodedInstruction insn;
	ZyanU64 address;

	for (unsigned i = 0; i < 16; i++)
		context.values[ZYDIS_REGISTER_RAX + i] = step->registers[order[i]];
	if (!decode(bytes, 15, &insn, operands))
		return 0;
	for (unsigned i = 0; i < insn.operand_count_visible; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(&insn, &operands[i], at, &context,
							    &address)))
			return address;
	return 0;
}

static bool same(const struct step *a, const struct step *b, const struct memory *ma,
		 const struct memory *mb)
{
	if (a->fault || b->fault)
		return a->fault == b->fault && a->fault_address == b->fault_address;
	for (int i = REG_R8; i <= REG_RSP; i++)
		if (a->registers[i] != b->registers[i])
			return false;
	if ((a->registers[REG_EFL] ^ b->registers[REG_EFL]) & STEP_FLAGS ||
	    a->registers[REG_RIP] != b->registers[REG_RIP])
		return false;
	return !memcmp(ma->stack, mb->stack, sizeof(ma->stack)) &&
	       (!ma->window || !memcmp(ma->bytes, mb->bytes, WINDOW));
}

/* The first form as it is at this place: false if it does not reach. */
static bool first_form(uint8_t *bytes, uint64_t at, unsigned length)
{
	memcpy(bytes, linked(at), length);
	for (unsigned k = 1; k < length; k++) {
		int32_t field;

		if (kernel.references[at + k - kernel.low] != 32)
			continue;
		memcpy(&field, bytes + k, 4);
		if ((uint64_t)(int64_t)field + moved.delta > INT32_MAX)
			return false;
		field = (int32_t)((uint32_t)field + (uint32_t)moved.delta);
		memcpy(bytes + k, &field, 4);
	}
	return true;
}

static void run(uint64_t at, const uint8_t *first, unsigned length, unsigned kind)
{
	uint8_t *place = moved.image + (at - kernel.low), second[16];
	struct memory before = { 0 }, after[2] = { { 0 }, { 0 } };
	struct step steps[2] = { { .at = at + moved.delta, .length = length } };
	uint64_t address;

	for (int i = REG_R8; i <= REG_RSP; i++)
		steps[0].registers[i] = random_register(kind < 3 ? kind : (unsigned)random() & 3);
	steps[0].registers[REG_RSP] = STACK;
	steps[0].registers[REG_EFL] = (uint64_t)random();
	steps[1] = steps[0];
	steps[1].from = OUTLINE;
	steps[1].to = OUTLINE + moved.code_used;
	address = operand_address(first, steps[0].at, &steps[0]) - WINDOW / 2;
	before.window = mapped(address) ? (uint8_t *)address : NULL;
	after[0].window = after[1].window = before.window;
	memcpy(second, place, length);
	memcpy(place, first, length);
	save(&before);
	step_run(&steps[0]);
	forget(&steps[0]);
	save(&after[0]);
	restore(&before);
	memcpy(place, second, length);
	if (before.window)
		save(&before);	/* with the second form, where it lies there */
	step_run(&steps[1]);
	forget(&steps[1]);
	save(&after[1]);
	restore(&before);
	runs++;
	faults += steps[0].fault != 0;
	if (steps[1].steps >= 60 || !same(&steps[0], &steps[1], &after[0], &after[1]))
		wrong(&moved, at, "does not do what it did");
}

static void try_one(uint64_t at, unsigned length)
{
	uint8_t first[16];

	/* Segment registers are this program's own. */
	if (*linked(at) == 0x8e || !first_form(first, at, length)) {
		skipped++;
		return;
	}
	compared++;
	for (unsigned kind = 0; kind < 4; kind++)
		run(at, first, length, kind);
}

void test_execute(void)
{
	if (mmap((void *)SCRATCH, SCRATCH_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)SCRATCH)
		err(2, "memory at %llx", SCRATCH);
	move(&moved, PLACE, OUTLINE, true);
	for (uint64_t i = 0; i < SCRATCH_SIZE; i += 4)
		*(uint32_t *)(SCRATCH + i) = (uint32_t)random();
	step_init();
	for (unsigned i = 0; i < kernel.header->e_shnum; i++) {
		const Elf64_Shdr *s = &kernel.sections[i];
		uint64_t end = s->sh_addr + s->sh_size;

		for (uint64_t at = s->sh_addr; is_code(s) && at < end;) {
			ZydisDecodedInstruction insn;
			unsigned length = decode(linked(at), end - at, &insn, NULL) ?
					  insn.length : 1;

			if (relocator_touched(&moved, at, length))
				try_one(at, length);
			at += length;
		}
	}
	printf("executed: %lu instructions in both forms, %lu runs, %lu with a fault; "
	       "%lu do not reach\n", compared, runs, faults, skipped);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The processor: an interpreter of what small guests do, in 64-bit code. Sensitive
 * instructions that were not rewritten trap. LIMIT: no x87 and SSE but what
 * saves and restores their registers, no multiplication and division, breakpoints, 32-bit
 * code.
 */
#include "fake.h"
#include "interpret.h"
#include "../backend.h"
#include "../../cpu/device.h"
#include "../../mmu/mmu.h"
#include "../../rewriter/limits.h"
#include "../../wedge/entry.h"
#include "insns.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_INSTRUCTION_NS 20u
#define cpu (&previrt_cpu)

uint64_t fake_steps;

/* Every way into the wedge: with the guest's IF, and the dirty bits as they are. */
static void step_enter(void)
{
	cpu->rflags = fake_if ? cpu->rflags & ~(uint64_t)FLAG_IF : cpu->rflags | FLAG_IF;
	fake_if = 1;
	fake_memory_notice();
}

void fake_settle(void)
{
	step_enter();
}

static _Noreturn void step_raise(unsigned vector, uint32_t error, uint64_t address)
{
	step_enter();
	wedge_exception(vector, error, address);
}

/* What rewritten sites write to, of the wedge's. */
static uint8_t *step_own(uint64_t va, unsigned size)
{
	if (cpu->user || size != 1)
		return NULL;
	return va == (uint64_t)&fake_if || va == (uint64_t)&cpu->gs_swapped ? (uint8_t *)va : NULL;
}

static void step_access(uint64_t va, void *buffer, unsigned size, uint32_t access)
{
	uint64_t address;
	uint32_t error;
	uint8_t *own = step_own(va, size);

	if (own) {
		memcpy(access & PF_W ? own : buffer, access & PF_W ? buffer : own, 1);
		return;
	}
	access |= cpu->user ? PF_U : 0;
	if (fake_access(va, buffer, size, access, &address, &error))
		step_raise(VECTOR_PF, error, address);
}

uint64_t step_load(uint64_t va, unsigned size)
{
	uint64_t value = 0;

	step_access(va, &value, size, 0);
	return value;
}

/* All of it is there before a byte is written. */
void step_store(uint64_t va, unsigned size, uint64_t value)
{
	uint64_t last = va + size - 1, gpa;
	uint32_t error, access = PF_W | (cpu->user ? PF_U : 0);

	if (last >> 12 != va >> 12 && fake_translate(last & ~4095ull, access, &gpa, &error))
		step_raise(VECTOR_PF, error, last & ~4095ull);
	step_access(va, &value, size, PF_W);
}

static int step_is_high(const struct step *s, unsigned reg)
{
	return s->size == 1 && !s->rex && reg >= 4 && reg < 8;
}

static uint64_t step_mask(uint64_t value, unsigned size)
{
	return size == 8 ? value : value & ((1ull << 8 * size) - 1);
}

static uint64_t step_reg(const struct step *s, unsigned reg)
{
	return step_mask(step_is_high(s, reg) ? cpu->r[reg - 4] >> 8 : cpu->r[reg], s->size);
}

static void step_set_reg(const struct step *s, unsigned reg, uint64_t value)
{
	if (step_is_high(s, reg))
		cpu->r[reg - 4] = (cpu->r[reg - 4] & ~0xff00ull) | (value & 0xff) << 8;
	else
		cpu_set_register(cpu, reg, value, s->size);
}

static uint64_t step_va(const struct step *s)
{
	return cpu_operand_address(cpu, &s->insn, s->next);
}

static uint64_t step_rm(const struct step *s)
{
	return s->insn.is_memory ? step_load(step_va(s), s->size) : step_reg(s, s->insn.rm);
}

static void step_set_rm(const struct step *s, uint64_t value)
{
	if (s->insn.is_memory)
		step_store(step_va(s), s->size, value);
	else
		step_set_reg(s, s->insn.rm, value);
}

static void step_push(uint64_t value)
{
	step_store(cpu->r[RSP] - 8, 8, value);
	cpu->r[RSP] -= 8;
}

static uint64_t step_pop(void)
{
	uint64_t value = step_load(cpu->r[RSP], 8);

	cpu->r[RSP] += 8;
	return value;
}

/* What an operation makes of two values; flags count once all could be stored. */
static void step_operate(const struct step *s, unsigned what, uint64_t first, uint64_t second,
			 uint8_t count, int to_register)
{
	uint64_t flags = cpu->rflags;
	uint64_t result = cpu_operate(what, s->size, first, second, count, &flags);

	if (what == OPERATION_CMP || what == OPERATION_TEST || what == OPERATION_BT)
		;
	else if (to_register)
		step_set_reg(s, s->insn.reg, result);
	else
		step_set_rm(s, result);
	cpu->rflags = flags;
}

static int step_arithmetic(struct step *s)
{
	unsigned op = s->insn.opcode, what = op >> 3 & 7;

	switch (op & 7) {
	case 0: case 1: step_operate(s, what, step_rm(s), step_reg(s, s->insn.reg), 0, 0); break;
	case 2: case 3: step_operate(s, what, step_reg(s, s->insn.reg), step_rm(s), 0, 1); break;
	case 4: case 5:
		s->insn.reg = RAX;
		step_operate(s, what, step_reg(s, RAX), s->insn.imm, 0, 1);
		break;
	default: return 0;
	}
	return 1;
}

static int step_string(struct step *s)
{
	int64_t by = cpu->rflags & FLAG_DF ? -(int64_t)s->size : (int64_t)s->size;
	unsigned what = s->insn.opcode & 0xfe;

	if (s->insn.rep && !cpu->r[RCX])
		return 1;
	if (what == 0xa4)
		step_store(cpu->r[RDI], s->size, step_load(cpu->r[RSI], s->size));
	else if (what == 0xaa)
		step_store(cpu->r[RDI], s->size, step_reg(s, RAX));
	else
		step_set_reg(s, RAX, step_load(cpu->r[RSI], s->size));
	cpu->r[RSI] += what == 0xaa ? 0 : by;
	cpu->r[RDI] += what == 0xac ? 0 : by;
	if (s->insn.rep && --cpu->r[RCX])
		s->next = cpu->rip;
	return 1;
}

/* F6, F7; FE, FF. */
static int step_unary(struct step *s)
{
	unsigned group = s->insn.reg & 7;
	uint64_t value;

	if (s->insn.opcode < 0xfe) {
		if (group > 3)
			return 0;
		step_operate(s, group < 2 ? OPERATION_TEST : group == 2 ? OPERATION_NOT : OPERATION_NEG,
			     step_rm(s), s->insn.imm, 0, 0);
		return 1;
	}
	if (group < 2) {
		step_operate(s, group ? OPERATION_DEC : OPERATION_INC, step_rm(s), 0, 0, 0);
		return 1;
	}
	if (s->insn.opcode == 0xfe || (group != 2 && group != 4 && group != 6))
		return 0;
	s->size = 8;
	value = step_rm(s);
	if (group != 4)
		step_push(group == 2 ? s->next : value);
	if (group != 6)
		s->next = value;
	return 1;
}

static int step_move(struct step *s)
{
	switch (s->insn.opcode) {
	case 0x88: case 0x89: step_set_rm(s, step_reg(s, s->insn.reg)); return 1;
	case 0x8a: case 0x8b: step_set_reg(s, s->insn.reg, step_rm(s)); return 1;
	case 0x8c: step_set_rm(s, cpu->seg[s->insn.reg & 7]); return 1;
	case 0x8d: step_set_reg(s, s->insn.reg, step_va(s)); return 1;
	case 0xc6: case 0xc7: step_set_rm(s, s->insn.imm); return 1;
	case 0x63:
		step_set_reg(s, s->insn.reg, s->insn.is_memory ? (uint64_t)(int32_t)step_load(step_va(s), 4)
							       : (uint64_t)(int32_t)cpu->r[s->insn.rm]);
		return 1;
	case 0x86: case 0x87: {
		uint64_t value = step_rm(s);

		step_set_rm(s, step_reg(s, s->insn.reg));
		step_set_reg(s, s->insn.reg, value);
		return 1;
	}
	}
	return 0;
}

static int step_jump(struct step *s)
{
	uint8_t op = s->insn.opcode;

	switch (op) {
	case 0xc3: s->next = step_pop(); return 1;
	case 0xe8: step_push(s->next); break;
	case 0xe9: case 0xeb: break;
	case 0xe2:
		if (!--cpu->r[RCX])
			return 1;
		break;
	default:
		if (!s->map && (op & 0xf0) != 0x70)
			return 0;
		if (!cpu_condition(op, cpu->rflags))
			return 1;
	}
	s->next += s->insn.imm;
	return 1;
}

static int step_one_byte(struct step *s)
{
	uint8_t op = s->insn.opcode;

	if (op < 0x40)
		return step_arithmetic(s);
	if (op < 0x58)
		return op < 0x50 ? 0 : (step_push(cpu->r[s->insn.rm]), 1);
	if (op < 0x60)
		return cpu_set_register(cpu, s->insn.rm, step_pop(), 8), 1;
	if (op >= 0xb0 && op < 0xc0)
		return step_set_reg(s, s->insn.rm, s->insn.imm), 1;
	switch (op) {
	case 0x68: case 0x6a: step_push(s->insn.imm); return 1;
	case 0x80: case 0x81: case 0x83:
		step_operate(s, s->insn.reg & 7, step_rm(s), s->insn.imm, 0, 0);
		return 1;
	case 0x84: case 0x85:
		step_operate(s, OPERATION_TEST, step_rm(s), step_reg(s, s->insn.reg), 0, 0);
		return 1;
	case 0xa8: case 0xa9:
		step_operate(s, OPERATION_TEST, step_reg(s, RAX), s->insn.imm, 0, 0);
		return 1;
	case 0x8f: {
		uint64_t value = step_load(cpu->r[RSP], 8);

		cpu->r[RSP] += 8;	/* also for the address */
		step_set_rm(s, value);
		return 1;
	}
	case 0x90: return 1;
	case 0xc0: case 0xc1: case 0xd0: case 0xd1: case 0xd2: case 0xd3:
		step_operate(s, OPERATION_ROL + (s->insn.reg & 7), step_rm(s), 0,
			     op < 0xd0 ? s->insn.imm : op < 0xd2 ? 1 : cpu->r[RCX], 0);
		return 1;
	case 0xa4: case 0xa5: case 0xaa: case 0xab: case 0xac: case 0xad: return step_string(s);
	case 0xf6: case 0xf7: case 0xfe: case 0xff: return step_unary(s);
	case 0xfc: cpu->rflags &= ~(uint64_t)FLAG_DF; return 1;
	case 0xfd: cpu->rflags |= FLAG_DF; return 1;
	}
	return step_move(s) || step_jump(s);
}

/* Bit operations; of memory beyond the operand by its number in a register. */
static void step_bit(struct step *s)
{
	int by_number = s->insn.opcode == 0xba;
	unsigned what = OPERATION_BT + ((by_number ? s->insn.reg : s->insn.opcode >> 3) & 3);
	uint64_t bit = by_number ? s->insn.imm : cpu->r[s->insn.reg];

	if (s->insn.is_memory && !by_number)
		s->insn.disp += ((int64_t)bit >> 3) & -(int64_t)s->size;
	step_operate(s, what, step_rm(s), bit & (8 * s->size - 1), 0, 0);
}

static void step_xadd(struct step *s)
{
	uint64_t memory = step_rm(s), value = step_reg(s, s->insn.reg);

	step_operate(s, OPERATION_ADD, memory, value, 0, 0);
	step_set_reg(s, s->insn.reg, memory);
}

static void step_cpuid(void)
{
	uint32_t regs[4];

	backend_cpuid(cpu->r[RAX], cpu->r[RCX], regs);
	cpu->r[RAX] = regs[0];
	cpu->r[RBX] = regs[1];
	cpu->r[RCX] = regs[2];
	cpu->r[RDX] = regs[3];
}

static int step_two_bytes(struct step *s)
{
	uint8_t op = s->insn.opcode;
	unsigned size = s->size;
	uint64_t value;

	if (op == 0x0b)
		step_raise(VECTOR_UD, 0, 0);
	if (op == 0x1f)
		return 1;
	if (op == 0xa2)
		return step_cpuid(), 1;
	if (op == 0xae)
		return s->insn.is_memory && step_xstate(s, step_va(s));
	if (op == 0xc0 || op == 0xc1)
		return step_xadd(s), 1;
	if ((op & 0xf0) == 0x80)
		return step_jump(s);
	if ((op & 0xf0) == 0x40) {
		value = step_rm(s);
		step_set_reg(s, s->insn.reg, cpu_condition(op, cpu->rflags) ? value : step_reg(s, s->insn.reg));
		return 1;
	}
	if ((op & 0xf0) == 0x90)
		return step_set_rm(s, cpu_condition(op, cpu->rflags)), 1;
	if (op == 0xa3 || op == 0xab || op == 0xb3 || op == 0xbb || op == 0xba)
		return step_bit(s), 1;
	if (op == 0xb6 || op == 0xb7 || op == 0xbe || op == 0xbf) {
		s->size = op & 1 ? 2 : 1;
		value = step_rm(s);
		if (op >= 0xbe)
			value = (int64_t)(value << (64 - 8 * s->size)) >> (64 - 8 * s->size);
		cpu_set_register(cpu, s->insn.reg, value, size);
		return 1;
	}
	return 0;
}

/* A call or jump through a slot, as rewritten sites have it: does not return then. */
static void step_slot(const struct step *s)
{
	uint64_t va = step_va(s), call = va - (uint64_t)previrt_call_slots,
		 jump = va - (uint64_t)previrt_jump_slots;

	if (cpu->user || s->map || s->insn.opcode != 0xff || !s->insn.is_memory)
		return;
	if ((s->insn.reg & 7) == 2 && call < 8 * REWRITER_CALLS) {
		step_enter();
		cpu->rip = s->next;
		wedge_call(call / 8);
	}
	if ((s->insn.reg & 7) == 4 && jump < 8 * REWRITER_JUMPS) {
		step_enter();
		wedge_jump(jump / 8);
	}
}

/* Instructions that lead to the wedge by themselves, and those that trap. */
static void step_sensitive(const uint8_t *bytes, size_t size)
{
	struct insn insn;

	if (!insn_decode(&insn, bytes, size, 1))
		return;
	switch (insn.op) {
	case PREVIRT_OP_syscall:
		if (!cpu->user)
			break;
		step_enter();
		cpu->rip += insn.len;
		wedge_syscall(0);
	case PREVIRT_OP_int:
		step_enter();
		cpu->rip += insn.len;
		wedge_software_interrupt(insn.opcode == 0xcc ? 3 : insn.imm & 0xff);
	case PREVIRT_OP_cpuid:
	case PREVIRT_OP_mov_from_sreg:
		if (cpu->user)
			return;
	}
	step_raise(VECTOR_GP, 0, 0);
}

static size_t step_fetch(uint8_t bytes[INSN_MAX])
{
	uint32_t error, access = PF_I | (cpu->user ? PF_U : 0);
	size_t here = BACKEND_PAGE - cpu->rip % BACKEND_PAGE, size = here < INSN_MAX ? here : INSN_MAX;
	uint64_t address, gpa;

	if (fake_translate(cpu->rip, access, &gpa, &error))
		step_raise(VECTOR_PF, error, cpu->rip);
	memcpy(bytes, backend_guest(gpa), size);
	/* Behind the page's end only if the instruction is cut off. */
	if (size < INSN_MAX && !fake_access(cpu->rip + size, bytes + size, INSN_MAX - size, access,
					    &address, &error))
		return INSN_MAX;
	return size;
}

void fake_step(void)
{
	uint64_t trap = cpu->rflags & FLAG_TF;
	uint8_t bytes[INSN_MAX];
	struct step s;
	size_t size;

	fake_steps++;
	fake_now += FAKE_INSTRUCTION_NS;
	if (!fake_if && fake_event_waits()) {
		step_enter();
		wedge_event();
	}
	size = step_fetch(bytes);
	if (!step_decode(&s, bytes, size) && size < INSN_MAX)
		step_raise(VECTOR_PF, PF_I | (cpu->user ? PF_U : 0), cpu->rip + size);
	step_slot(&s);
	step_sensitive(bytes, size);
	if (!(s.map ? step_two_bytes(&s) : step_one_byte(&s))) {
		printf("BAD fake back-end: no interpretation of %02x %02x %02x %02x at %lx\n",
		       bytes[0], bytes[1], bytes[2], bytes[3], cpu->rip);
		exit(1);
	}
	cpu->rip = s.next;
	cpu->rflags &= ~(uint64_t)FLAG_RF;
	if (trap) {
		fake_hardware.debug[6] = DR6_BS;
		step_raise(VECTOR_DB, 0, 0);
	}
}

static void step_all(void *last)
{
	while (fake_steps < *(uint64_t *)last)
		fake_step();
}

void fake_run(uint64_t steps)
{
	uint64_t last = fake_steps + steps;

	while (fake_ended < 0 && fake_steps < last)
		fake_try(step_all, &last);
}

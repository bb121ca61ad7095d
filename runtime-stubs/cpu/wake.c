/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * An interpreter for a processor that was woken, until the guest's page tables are loaded. The
 * firmware starts it in 64-bit code with identity mapping. The kernel switches to 32 bits
 * without paging, chooses its tables, and switches back. No hypervisor runs such code, so
 * these few instructions are interpreted.
 *
 * ACPI 6.4, 5.2.12.19 (the mailbox). LIMIT: flat segments; of the instructions
 * that are not sensitive those below, as Linux's trampoline_64.S has them.
 */
#include "cpu.h"
#include "insns.h"
#include "../iface/memory.h"
#include <string.h>

#define STEPS_MOST 256
#define DESC_LONG (1ull << 53)
#define FLAG_CHANGED (FLAG_CF | FLAG_ZF)

struct wake {
	struct cpu *cpu;
	int mode64;		/* of the code that is interpreted */
	int done;		/* 64-bit code again */
};

/* Reads @size bytes at a physical address. Returns 0, or -1 if that is not memory. */
static int wake_read(uint64_t at, void *to, size_t size)
{
	if (at + size > backend_low_bytes || at + size < at)
		return -1;
	memcpy(to, backend_guest(at), size);
	return 0;
}

static int wake_jump(struct wake *w, uint64_t offset, uint16_t selector)
{
	uint64_t d;

	if (wake_read(w->cpu->gdt.base + (selector & ~7u), &d, sizeof(d)))
		return -1;
	w->cpu->rip = offset;
	w->cpu->seg[SEG_CS] = selector;
	w->done = !w->mode64 && (d & DESC_LONG);
	w->mode64 = !!(d & DESC_LONG);
	return 0;
}

static int wake_far(struct wake *w, const struct insn *insn, uint64_t next)
{
	uint32_t offset = insn->imm;
	uint16_t selector = insn->imm >> 32;

	if (insn->osize != 4)
		return -1;
	if (insn->is_memory) {
		uint64_t at = cpu_operand_address(w->cpu, insn, next);

		if (wake_read(at, &offset, sizeof(offset)) ||
		    wake_read(at + sizeof(offset), &selector, sizeof(selector)))
			return -1;
	}
	return wake_jump(w, offset, selector);
}

static int wake_table(struct wake *w, const struct insn *insn, uint64_t next)
{
	struct cpu_table *table = insn->op == PREVIRT_OP_lidt ? &w->cpu->idt : &w->cpu->gdt;
	uint64_t at = cpu_operand_address(w->cpu, insn, next);

	table->base = 0;
	return wake_read(at, &table->limit, sizeof(table->limit)) ||
	       wake_read(at + sizeof(table->limit), &table->base, w->mode64 ? 8 : 4) ? -1 : 0;
}

static int wake_control(struct cpu *cpu, const struct insn *insn)
{
	uint64_t *const registers[] = { &cpu->cr0, NULL, &cpu->cr2, &cpu->cr3, &cpu->cr4 };

	if (insn->reg > 4 || !registers[insn->reg])
		return -1;
	if (insn->op == PREVIRT_OP_mov_to_cr)
		*registers[insn->reg] = cpu_held_bits(cpu, insn->reg, cpu->r[insn->rm]);
	else
		cpu->r[insn->rm] = *registers[insn->reg];
	return 0;
}

static int wake_msr(struct cpu *cpu, int write)
{
	uint64_t value = (uint32_t)cpu->r[RAX] | cpu->r[RDX] << 32;

	if (write)
		return cpu_wrmsr(cpu, cpu->r[RCX], value);
	if (cpu_rdmsr(cpu, cpu->r[RCX], &value))
		return -1;
	cpu->r[RAX] = (uint32_t)value;
	cpu->r[RDX] = value >> 32;
	return 0;
}

static int wake_sensitive(struct wake *w, const struct insn *insn)
{
	uint64_t next = w->cpu->rip + insn->len;
	int bad = -1;

	switch (insn->op) {
	case PREVIRT_OP_ljmp:
		return wake_far(w, insn, next);
	case PREVIRT_OP_lidt:
	case PREVIRT_OP_lgdt:
		bad = wake_table(w, insn, next);
		break;
	case PREVIRT_OP_mov_to_cr:
	case PREVIRT_OP_mov_from_cr:
		bad = wake_control(w->cpu, insn);
		break;
	case PREVIRT_OP_rdmsr:
	case PREVIRT_OP_wrmsr:
		bad = wake_msr(w->cpu, insn->op == PREVIRT_OP_wrmsr);
		break;
	case PREVIRT_OP_mov_to_sreg:
		if (!insn->is_memory && insn->reg < SEGS && insn->reg != SEG_CS) {
			w->cpu->seg[insn->reg] = w->cpu->r[insn->rm];
			bad = 0;
		}
		break;
	case PREVIRT_OP_cli:
		bad = 0;
		break;
	}
	w->cpu->rip = next;
	return bad;
}

static void wake_flags(struct cpu *cpu, int carry, int zero)
{
	cpu->rflags = (cpu->rflags & ~(uint64_t)FLAG_CHANGED) | (carry ? FLAG_CF : 0) |
		      (zero ? FLAG_ZF : 0);
}

/* An operand in a register, or in memory at a 32-bit address (mod 0, rm 5). */
struct operand {
	int reg, bytes;		/* -1: in memory; of the ModRM and what follows */
	uint64_t value;
};

static int wake_operand(struct wake *w, const uint8_t *modrm, struct operand *o)
{
	uint32_t at, value;

	if (*modrm >> 6 == 3) {
		*o = (struct operand){ *modrm & 7, 1, (uint32_t)w->cpu->r[*modrm & 7] };
		return 0;
	}
	if ((*modrm & 0xc7) != 5 || w->mode64)
		return -1;
	memcpy(&at, modrm + 1, sizeof(at));
	if (wake_read(at, &value, sizeof(value)))
		return -1;
	*o = (struct operand){ -1, 5, value };
	return 0;
}

/* 0F BA /4, /5: bt, bts with a number. */
static int wake_bit(struct wake *w, const uint8_t *p)
{
	unsigned kind = p[2] >> 3 & 7, bit;
	struct operand o;

	if (wake_operand(w, p + 2, &o) || (kind != 4 && (kind != 5 || o.reg < 0)))
		return -1;
	bit = p[2 + o.bytes] & 31;
	if (kind == 5)
		cpu_set_register(w->cpu, o.reg, o.value | 1u << bit, 4);
	wake_flags(w->cpu, o.value >> bit & 1, w->cpu->rflags & FLAG_ZF);
	w->cpu->rip += 3 + o.bytes;
	return 0;
}

/* 8B mov, 3B cmp with a register; 81 /0, 83 /0 add with a number. */
static int wake_arithmetic(struct wake *w, const uint8_t *p)
{
	struct cpu *cpu = w->cpu;
	unsigned reg = p[1] >> 3 & 7;
	struct operand o;
	uint32_t number;

	if (wake_operand(w, p + 1, &o))
		return -1;
	cpu->rip += 1 + o.bytes;
	if (*p == 0x8b) {
		cpu_set_register(cpu, reg, o.value, 4);
	} else if (*p == 0x3b) {
		wake_flags(cpu, (uint32_t)cpu->r[reg] < o.value, (uint32_t)cpu->r[reg] == o.value);
	} else {
		if (reg || o.reg < 0)
			return -1;
		memcpy(&number, p + 2, sizeof(number));
		if (*p == 0x83)
			number = (int8_t)number;
		number += o.value;
		wake_flags(cpu, number < o.value, !number);
		cpu_set_register(cpu, o.reg, number, 4);
		cpu->rip += *p == 0x83 ? 1 : sizeof(number);
	}
	return 0;
}

/* B8+r mov with a number, 4 bytes or (66) 2; A1 mov from memory into eax. */
static int wake_move(struct wake *w, const uint8_t *p)
{
	int size = 4, prefix = *p == 0x66;
	uint32_t number = 0;

	p += prefix;
	size -= 2 * prefix;
	if ((*p & 0xf8) == 0xb8) {
		memcpy(&number, p + 1, size);
		cpu_set_register(w->cpu, *p & 7, number, size);
		w->cpu->rip += prefix + 1 + size;
		return 0;
	}
	memcpy(&number, p + 1, sizeof(number));
	if (*p != 0xa1 || prefix || w->mode64 || wake_read(number, &number, sizeof(number)))
		return -1;
	cpu_set_register(w->cpu, RAX, number, 4);
	w->cpu->rip += 5;
	return 0;
}

/* 72 to 75: jc, jnc, jz, jnz; EB: jmp. */
static int wake_branch(struct cpu *cpu, const uint8_t *p)
{
	int taken = 1;

	if (*p != 0xeb)
		taken = !!(cpu->rflags & (*p < 0x74 ? FLAG_CF : FLAG_ZF)) != (*p & 1);
	cpu->rip += 2;
	if (taken)
		cpu->rip += (int8_t)p[1];
	return 0;
}

static int wake_step(struct wake *w)
{
	uint8_t bytes[INSN_MAX];
	struct insn insn;

	if (wake_read(w->cpu->rip, bytes, sizeof(bytes)))
		return -1;
	if (insn_decode(&insn, bytes, sizeof(bytes), w->mode64))
		return wake_sensitive(w, &insn);
	switch (*bytes) {
	case 0x0f:
		return bytes[1] == 0xba ? wake_bit(w, bytes) : -1;
	case 0x8b: case 0x3b: case 0x81: case 0x83:
		return wake_arithmetic(w, bytes);
	case 0x72: case 0x73: case 0x74: case 0x75: case 0xeb:
		return wake_branch(w->cpu, bytes);
	}
	return wake_move(w, bytes);
}

/* In 64-bit code, FF 25: an indirect jump. It is interpreted as well, because the guest's new
   tables may not map the code that jumps: Linux uses a part of its direct map for it, which
   is at another place in a kernel that was moved. */
static void wake_leave(struct cpu *cpu)
{
	uint8_t bytes[6];
	int32_t distance;
	uint64_t to;

	if (wake_read(cpu->rip, bytes, sizeof(bytes)) || bytes[0] != 0xff || bytes[1] != 0x25)
		return;
	memcpy(&distance, bytes + 2, sizeof(distance));
	if (!wake_read(cpu->rip + sizeof(bytes) + distance, &to, sizeof(to)))
		cpu->rip = to;
}

int cpu_wake(struct cpu *cpu, uint64_t vector)
{
	struct wake w = { .cpu = cpu, .mode64 = 1 };

	cpu->rip = vector;
	for (int i = 0; i < STEPS_MOST && !w.done; i++) {
		uint64_t at = cpu->rip;

		if (wake_step(&w)) {
			cpu->rip = at;
			return -1;
		}
	}
	if (w.done)
		wake_leave(cpu);
	return w.done ? 0 : -1;
}

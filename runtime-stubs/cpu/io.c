/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* IN, OUT, INS, OUTS: the ports are those of the models of devices. */
#include "cpu.h"
#include "insns.h"
#include "../board/board.h"

/* Elements of a repeated instruction before interrupts are looked for. */
#define STRING_MOST 256u

/* E4-E7, EC-EF; 6C-6F: bit 0 clear means a byte, bit 1 means out. */
static int io_size(const struct insn *insn)
{
	if (!(insn->opcode & 1))
		return 1;
	return insn->osize == 2 ? 2 : 4;
}

static uint16_t io_port(const struct cpu *cpu, const struct insn *insn)
{
	return insn->opcode & 8 ? (uint16_t)cpu->r[RDX] : (uint16_t)insn->imm;
}

/* A set bit of the I/O permission bitmap denies; the bits of all ports of the access count. */
static int io_is_allowed(struct cpu *cpu, uint16_t port, const struct insn *insn)
{
	struct cpu_fault ignored;
	uint16_t base, bits;
	uint8_t user = cpu->user;
	int bad;

	cpu->user = 0;
	bad = cpu->tr_limit < 103 || cpu_read(cpu, cpu->tr_base + 102, &base, 2, &ignored) ||
	      base + port / 8 + 1u > cpu->tr_limit ||
	      cpu_read(cpu, cpu->tr_base + base + port / 8, &bits, 2, &ignored);
	cpu->user = user;
	return !bad && !(bits >> port % 8 & ((1u << io_size(insn)) - 1));
}

/* SDM volume 1, 18.5. */
int cpu_user_may(struct cpu *cpu, const struct insn *insn)
{
	int all = (cpu->rflags & FLAG_IOPL) == FLAG_IOPL;

	switch (insn->op) {
	case PREVIRT_OP_cli:
	case PREVIRT_OP_sti:
		return all;
	case PREVIRT_OP_ins:
	case PREVIRT_OP_outs:
		return all || io_is_allowed(cpu, cpu->r[RDX], insn);
	case PREVIRT_OP_in:
	case PREVIRT_OP_out:
		return all || io_is_allowed(cpu, io_port(cpu, insn), insn);
	}
	return 0;
}

/* One element; the registers move only when it is done. */
static enum cpu_result io_string_step(struct cpu *cpu, const struct insn *insn,
				      struct cpu_fault *fault)
{
	int size = io_size(insn), out = insn->opcode & 2;
	int reg = out ? RSI : RDI;
	uint64_t va = cpu->r[reg];
	uint32_t value = 0;

	if (insn->asize == 4)
		va = (uint32_t)va;
	if (out && insn->segment == INSN_FS)
		va += cpu->fs_base;
	if (out && insn->segment == INSN_GS)
		va += *cpu_gs_base(cpu, 0);
	if (out) {
		if (cpu_read(cpu, va, &value, size, fault))
			return CPU_FAULT;
		bus_write_port(&board_vm.bus, cpu->r[RDX], size, value);
	} else {
		/* A read may change the device: no fault may come after it. */
		if (cpu_may_write(cpu, va, size, fault))
			return CPU_FAULT;
		value = bus_read_port(&board_vm.bus, cpu->r[RDX], size);
		if (cpu_write(cpu, va, &value, size, fault))
			return CPU_FAULT;
	}
	cpu_set_register(cpu, reg, cpu->r[reg] + (cpu->rflags & FLAG_DF ? -size : size),
			 insn->asize);
	return CPU_NEXT;
}

static enum cpu_result io_string(struct cpu *cpu, const struct insn *insn,
				 struct cpu_fault *fault)
{
	unsigned left = cpu->rflags & FLAG_TF ? 1 : STRING_MOST;

	if (!insn->rep)
		return io_string_step(cpu, insn, fault);
	while (insn->asize == 4 ? (uint32_t)cpu->r[RCX] : cpu->r[RCX]) {
		if (!left-- || cpu->watched)
			return CPU_AGAIN;
		if (io_string_step(cpu, insn, fault) == CPU_FAULT)
			return CPU_FAULT;
		cpu_set_register(cpu, RCX, cpu->r[RCX] - 1, insn->asize);
	}
	return CPU_NEXT;
}

enum cpu_result cpu_emulate_io(struct cpu *cpu, const struct insn *insn,
			       struct cpu_fault *fault)
{
	switch (insn->op) {
	case PREVIRT_OP_in:
		cpu_set_register(cpu, RAX, bus_read_port(&board_vm.bus, io_port(cpu, insn),
							 io_size(insn)), io_size(insn));
		return CPU_NEXT;
	case PREVIRT_OP_out:
		bus_write_port(&board_vm.bus, io_port(cpu, insn), io_size(insn), cpu->r[RAX]);
		return CPU_NEXT;
	case PREVIRT_OP_ins:
	case PREVIRT_OP_outs:
		return io_string(cpu, insn, fault);
	}
	return CPU_UNKNOWN;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * LIMIT: selectors, bases and control registers are read alone; further vector registers are
 * not shown.
 */
#include "registers.h"
#include <string.h>

#define CORE "org.gnu.gdb.i386.core"
#define SSE "org.gnu.gdb.i386.sse"
#define SEGMENTS "org.gnu.gdb.i386.segments"
#define CONTROL "org.previrt.control"

#define WORD(name) { name, "int64", 8, NULL }
#define HALF(name) { name, "int32", 4, NULL }
#define X87(n) { "st" #n, "i387_ext", 10, NULL }
#define XMM(n) { "xmm" #n, "vec128", 16, NULL }
#define XMM4(a, b, c, d) XMM(a), XMM(b), XMM(c), XMM(d)

enum { RIP = 16, EFLAGS, SELECTORS, ST = 24, X87_CONTROL = 32, XMM = 40, MXCSR = 56, FS_BASE,
	GS_BASE, CONTROLS };

const struct gdb_register registers_table[] = {
	{ "rax", "int64", 8, CORE }, WORD("rbx"), WORD("rcx"), WORD("rdx"), WORD("rsi"), WORD("rdi"),
	{ "rbp", "data_ptr", 8, NULL }, { "rsp", "data_ptr", 8, NULL },
	WORD("r8"), WORD("r9"), WORD("r10"), WORD("r11"), WORD("r12"), WORD("r13"), WORD("r14"),
	WORD("r15"), { "rip", "code_ptr", 8, NULL }, HALF("eflags"),
	HALF("cs"), HALF("ss"), HALF("ds"), HALF("es"), HALF("fs"), HALF("gs"),
	X87(0), X87(1), X87(2), X87(3), X87(4), X87(5), X87(6), X87(7),
	HALF("fctrl"), HALF("fstat"), HALF("ftag"), HALF("fiseg"), HALF("fioff"), HALF("foseg"),
	HALF("fooff"), HALF("fop"),
	{ "xmm0", "vec128", 16, SSE }, XMM(1), XMM(2), XMM(3), XMM4(4, 5, 6, 7), XMM4(8, 9, 10, 11),
	XMM4(12, 13, 14, 15), HALF("mxcsr"),
	{ "fs_base", "int64", 8, SEGMENTS }, WORD("gs_base"),
	{ "cr0", "int64", 8, CONTROL }, WORD("cr2"), WORD("cr3"), WORD("cr4"), WORD("cr8"),
	WORD("efer"), WORD("kernel_gs_base"),
};
const unsigned registers_count = sizeof(registers_table) / sizeof(registers_table[0]);

/* FXSAVE's area. SDM volume 1, 10.5.1. */
static struct {
	uint16_t control, status;
	uint8_t tag, reserved;
	uint16_t opcode;
	uint64_t instruction, operand;
	uint32_t mxcsr, mask;
	uint8_t st[8][16], xmm[16][16], rest[96];
} __attribute__((aligned(16))) state;

void registers_take_state(void)
{
	__asm__ volatile("fxsave64 %0" : "=m"(state));
}

void registers_give_state(void)
{
	__asm__ volatile("fxrstor64 %0" : : "m"(state));
}

/* Two bits for each physical register, by the one of FXSAVE's: 3: it is empty. */
static uint32_t registers_tags(void)
{
	uint32_t tags = 0;

	for (unsigned i = 0; i < 8; i++)
		if (!(state.tag >> i & 1))
			tags |= 3u << 2 * i;
	return tags;
}

static uint64_t registers_x87_control(unsigned n)
{
	switch (n) {
	case 0: return state.control;
	case 1: return state.status;
	case 2: return registers_tags();
	case 4: return (uint32_t)state.instruction;
	case 6: return (uint32_t)state.operand;
	case 7: return state.opcode;
	default: return 0;
	}
}

static int registers_read_state(unsigned n, uint8_t *to)
{
	uint64_t value;

	if (n < X87_CONTROL) {
		memcpy(to, state.st[n - ST], 10);
	} else if (n >= XMM && n < MXCSR) {
		memcpy(to, state.xmm[n - XMM], 16);
	} else {
		value = n == MXCSR ? state.mxcsr : registers_x87_control(n - X87_CONTROL);
		memcpy(to, &value, 4);
	}
	return 0;
}

/* gdb's order is not that of the instruction set. */
static const uint8_t order[16] = { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15 };
static const uint8_t selectors[SEGS] = { SEG_CS, SEG_SS, SEG_DS, SEG_ES, SEG_FS, SEG_GS };

static uint64_t registers_value(struct cpu *cpu, unsigned n)
{
	const uint64_t controls[] = { cpu->cr0, cpu->cr2, cpu->cr3, cpu->cr4, cpu->cr8, cpu->efer,
				      *cpu_gs_base(cpu, 1) };

	if (n < RIP)
		return cpu->r[order[n]];
	if (n == RIP)
		return cpu->rip;
	if (n == EFLAGS)
		return cpu->rflags;
	if (n < ST)
		return cpu->seg[selectors[n - SELECTORS]];
	if (n == FS_BASE)
		return cpu->fs_base;
	return n == GS_BASE ? *cpu_gs_base(cpu, 0) : controls[n - CONTROLS];
}

int registers_read(struct cpu *cpu, unsigned n, int running, uint8_t *to)
{
	uint64_t value;

	if (n >= ST && n <= MXCSR)
		return running ? registers_read_state(n, to) : -1;
	value = registers_value(cpu, n);
	memcpy(to, &value, registers_table[n].bytes);
	return 0;
}

static int registers_write_state(unsigned n, const uint8_t *from)
{
	uint32_t value;

	if (n < X87_CONTROL) {
		memcpy(state.st[n - ST], from, 10);
		return 0;
	}
	if (n >= XMM && n < MXCSR) {
		memcpy(state.xmm[n - XMM], from, 16);
		return 0;
	}
	memcpy(&value, from, sizeof(value));
	if (n != MXCSR || (value & ~state.mask))	/* FXRSTOR would raise #GP */
		return -1;
	state.mxcsr = value;
	return 0;
}

int registers_write(struct cpu *cpu, unsigned n, const uint8_t *from)
{
	uint64_t value = 0;

	if (n >= ST && n <= MXCSR)
		return registers_write_state(n, from);
	if (n > EFLAGS)
		return -1;
	memcpy(&value, from, registers_table[n].bytes);
	if (n < RIP)
		cpu->r[order[n]] = value;
	else if (n == RIP)
		cpu->rip = value;
	else	/* what user mode could set itself */
		cpu->rflags = (cpu->rflags & ~(uint64_t)0xcd5) | (value & 0xcd5);
	return 0;
}

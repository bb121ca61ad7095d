/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Which sites take the short ways of fast.S, and what those rely on. */
#include "xenpv.h"
#include "short.h"
#include "../backend.h"
#include "../../cpu/cpu.h"
#include "../../wedge/entry.h"
#include "insns.h"

#define JUMPS 6			/* as many as fast.S has */
#define FIRST_IRET 2
#define NEEDED_MASK (FLAG_IF | FLAG_DF | SHORT_UNUSUAL)
#define FIRST_INSN 9u		/* more than the bytes of the first instruction there */
#define KERNEL_FLAGS 0x200cd5ull	/* what real flags a system call may bring */

extern const uint64_t xenpv_fast_sreg[6][16], xenpv_fast_sreg16[6][16],
	xenpv_fast_cr[4][16];
extern const uint64_t xenpv_fast_jumps[JUMPS];
extern uint64_t xenpv_slow_jumps[JUMPS];
extern uint64_t xenpv_gdt_now, xenpv_gdt_known, xenpv_gdt_written;
extern uint64_t xenpv_syscall_target, xenpv_syscall_flags, xenpv_sysret_cs, xenpv_sysret_ss;
extern uint32_t xenpv_gdt_words, xenpv_syscall_segments;
extern uint8_t xenpv_syscall_known;

static uint16_t jump_slots[JUMPS];

uint64_t xenpv_fast_call(const struct insn *insn)
{
	if (insn->is_memory)
		return 0;
	if (insn->osize == 2)
		return insn->op == PREVIRT_OP_mov_from_sreg && (insn->reg & 7) < SEGS ?
		       xenpv_fast_sreg16[insn->reg & 7][insn->rm] : 0;
	switch (insn->op) {
	case PREVIRT_OP_mov_from_sreg:
		return (insn->reg & 7) < SEGS ? xenpv_fast_sreg[insn->reg & 7][insn->rm] : 0;
	case PREVIRT_OP_mov_from_cr:
		if (insn->reg == 0)
			return xenpv_fast_cr[0][insn->rm];
		if (insn->reg >= 2 && insn->reg <= 4)
			return xenpv_fast_cr[insn->reg - 1][insn->rm];
	}
	return 0;
}

void backend_jump_slot(unsigned slot, const struct insn *insn)
{
	int is_iret = insn->op == PREVIRT_OP_iret;

	if (insn->osize != 8 || (!is_iret && insn->op != PREVIRT_OP_sysret))
		return;
	for (unsigned i = is_iret ? FIRST_IRET : 0; i < (is_iret ? JUMPS : FIRST_IRET); i++) {
		if (xenpv_slow_jumps[i])
			continue;
		jump_slots[i] = slot;
		xenpv_slow_jumps[i] = previrt_jump_slots[slot];
		previrt_jump_slots[slot] = xenpv_fast_jumps[i];
		return;
	}
}

int xenpv_fast_jump_at(uint64_t rip)
{
	for (unsigned i = 0; i < JUMPS; i++)
		if (rip - xenpv_fast_jumps[i] < FIRST_INSN)
			return jump_slots[i];
	return -1;
}

void backend_syscall_changed(void)
{
	xenpv_syscall_known = 0;
	backend_slow_user = 1;
}

void xenpv_sysret_learn(const struct cpu *cpu)
{
	xenpv_sysret_cs = ((cpu->star >> 48) + 16) | 3;
	xenpv_sysret_ss = ((cpu->star >> 48) + 8) | 3;
}

void xenpv_syscall_learn(const struct cpu *cpu)
{
	uint16_t cs = cpu->star >> 32 & ~3u;

	if (!(cpu->efer & EFER_SCE) || (cpu->sfmask & NEEDED_MASK) != NEEDED_MASK)
		return;
	xenpv_syscall_target = cpu->lstar;
	xenpv_syscall_flags = KERNEL_FLAGS & ~cpu->sfmask;
	xenpv_syscall_segments = cs | (uint32_t)(cs + 8) << 16;
	xenpv_syscall_known = 1;
}

void backend_watch_gdt(const void *now, const void *known, size_t size,
		       const uint8_t *written)
{
	static const uint64_t unequal[2] = { 0, 1 };
	static const uint8_t always = 0x40;

	xenpv_gdt_now = (uint64_t)(now ? now : &unequal[0]);
	xenpv_gdt_known = (uint64_t)(now ? known : &unequal[1]);
	xenpv_gdt_words = now ? size / 8 : 1;
	xenpv_gdt_written = (uint64_t)(now && written ? written : &always);
}

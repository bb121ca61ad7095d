/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The choice of user.inc's code for jump sites and system calls, and the variables it reads. */
#include "fastpath.h"
#include "flags.h"
#include "../wedge/entry.h"
#include "insns.h"

#define JUMPS 6			/* as many as user.inc has */
#define FIRST_IRET 2
#define NEEDED_MASK (FLAG_IF | FLAG_DF | FASTPATH_UNUSUAL)
#define FIRST_INSN 9u		/* the first instruction there has fewer bytes */
#define KERNEL_FLAGS 0x200cd5ull	/* real flags that the kernel may have after SYSCALL */

extern const uint64_t fastpath_jumps[JUMPS];
extern uint64_t fastpath_slow_jumps[JUMPS];
extern uint64_t fastpath_syscall_lstar, fastpath_syscall_flags, fastpath_sysret_cs, fastpath_sysret_ss;
extern uint32_t fastpath_syscall_segments;
extern const char fastpath_syscall_some_flags[], fastpath_syscall_unknown[];

static uint16_t jump_slots[JUMPS];

void backend_jump_slot(unsigned slot, const struct insn *insn)
{
	int is_iret = insn->op == PREVIRT_OP_iret;

	if (insn->osize != 8 || (!is_iret && insn->op != PREVIRT_OP_sysret))
		return;
	for (unsigned i = is_iret ? FIRST_IRET : 0; i < (is_iret ? JUMPS : FIRST_IRET); i++) {
		if (fastpath_slow_jumps[i])
			continue;
		jump_slots[i] = slot;
		fastpath_slow_jumps[i] = previrt_jump_slots[slot];
		previrt_jump_slots[slot] = fastpath_jumps[i];
		return;
	}
}

int fastpath_jump_at(uint64_t rip)
{
	for (unsigned i = 0; i < JUMPS; i++)
		if (rip - fastpath_jumps[i] < FIRST_INSN)
			return jump_slots[i];
	return -1;
}

void fastpath_syscall_init(struct cpu *cpu)
{
	cpu->derived.syscall_unknown = (uint64_t)fastpath_syscall_unknown;
	cpu_syscall_changed(cpu);
}

void fastpath_sysret_learn(const struct cpu *cpu)
{
	fastpath_sysret_cs = ((cpu->star >> 48) + 16) | 3;
	fastpath_sysret_ss = ((cpu->star >> 48) + 8) | 3;
}

void fastpath_syscall_learn(struct cpu *cpu)
{
	uint16_t cs = cpu->star >> 32 & ~3u;

	if (!(cpu->efer & EFER_SCE) || (cpu->sfmask & NEEDED_MASK) != NEEDED_MASK)
		return;
	fastpath_syscall_lstar = cpu->lstar;
	fastpath_syscall_flags = KERNEL_FLAGS & ~cpu->sfmask;
	fastpath_syscall_segments = cs | (uint32_t)(cs + 8) << 16;
	cpu->derived.syscall_target = fastpath_syscall_flags ? (uint64_t)fastpath_syscall_some_flags : cpu->lstar;
}

/* The work before user mode (requests_vcpu.work), from user.inc. */
void fastpath_settle_user(void)
{
	fastpath_lock();
	wedge_settle_user();
	fastpath_unlock();
}

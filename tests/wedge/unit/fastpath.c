/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The fast path's routines for flags (fastpath/flags.S), one instruction at a time by
 * ptrace. At each boundary the guest is thought interrupted: what fastpath_interrupted
 * makes of it must be the state before the guest's instruction or the state behind it, in
 * registers, flags, stack and interrupt flag.
 */
#define _GNU_SOURCE
#include "../../../runtime-stubs/fastpath/fastpath.h"
#include "../../../runtime-stubs/fastpath/flags.h"
#include "../../../runtime-stubs/rewriter/limits.h"
#include "insns.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK 0x11000000ul
#define STACK_SIZE 8192ul
#define RETURN 0x4444000ul	/* behind the call; nothing is there */
#define CALL 8u
#define SITE (RETURN - CALL)
#define SLOW_WAY 0x4555000ul
#define ARITHMETIC 0xcd5ul
#define MAX_STEPS 64
#define WORDS (4 + FLAGS_STACK_WORDS)

extern const uint64_t fastpath_flags_entries[];
extern const char fastpath_flags_start[], fastpath_flags_end[];
extern uint64_t fastpath_flags_slow[], fastpath_flags_rax, fastpath_flags_rcx, fastpath_flags_return;

struct guest {			/* all that can be seen */
	uint64_t r[16], rip, flags;
	int interrupts;		/* IF */
	uint64_t stack[WORDS];	/* from two words below the site's rsp on */
};

static unsigned passed, failed, boundaries;
static pid_t child;

static void fail(int routine, uint64_t rip, const char *why)
{
	printf("BAD routine %d at +%lx: %s\n", routine, rip - (uint64_t)fastpath_flags_start, why);
	failed++;
}

/* One slot for each routine, as the rewriter would have them. */
static void announce(void)
{
	static const struct { uint8_t op; int many; } ops[] = {
		{ PREVIRT_OP_sti, 0 }, { PREVIRT_OP_pushf, 0 }, { PREVIRT_OP_popf, 0 },
		{ PREVIRT_OP_pushf_pop, 1 }, { PREVIRT_OP_push_popf, 1 },
	};
	unsigned slot = 0;

	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		for (int reg = 0; reg < (ops[i].many ? 16 : 1); reg++) {
			struct insn insn = { .op = ops[i].op, .osize = 4, .opcode = 0x50, .rm = reg };

			backend_call_slot(slot++, &insn, 0, CALL, CALL);
		}
	for (int word = 0; word < FLAGS_STACK_WORDS; word++) {
		struct insn insn = { .op = PREVIRT_OP_pushf_pop, .osize = 4, .opcode = 0x8f,
			.is_memory = 1, .base = RSP, .index = INSN_NO_REG, .asize = 8,
			.disp = 8 * word };

		backend_call_slot(slot++, &insn, 0, CALL, CALL);
	}
	for (int i = 0; i < FLAGS_ROUTINES; i++)
		fastpath_flags_slow[i] = SLOW_WAY;
}

static void copy_in(void *address, size_t size)
{
	struct iovec here = { address, size }, there = { address, size };

	if (process_vm_readv(child, &here, 1, &there, 1, 0) != (ssize_t)size)
		exit((printf("BAD the child's memory\n"), 1));
}

static void copy_out(void *address, size_t size)
{
	struct iovec here = { address, size }, there = { address, size };

	if (process_vm_writev(child, &here, 1, &there, 1, 0) != (ssize_t)size)
		exit((printf("BAD the child's memory\n"), 1));
}

static void from_ptrace(struct guest *g, const struct user_regs_struct *u)
{
	const uint64_t r[16] = { u->rax, u->rcx, u->rdx, u->rbx, u->rsp, u->rbp, u->rsi, u->rdi,
		u->r8, u->r9, u->r10, u->r11, u->r12, u->r13, u->r14, u->r15 };

	memcpy(g->r, r, sizeof(r));
	g->rip = u->rip;
	g->flags = u->eflags;
}

static void to_ptrace(const struct guest *g, struct user_regs_struct *u)
{
	u->rax = g->r[0]; u->rcx = g->r[1]; u->rdx = g->r[2]; u->rbx = g->r[3];
	u->rsp = g->r[4]; u->rbp = g->r[5]; u->rsi = g->r[6]; u->rdi = g->r[7];
	u->r8 = g->r[8]; u->r9 = g->r[9]; u->r10 = g->r[10]; u->r11 = g->r[11];
	u->r12 = g->r[12]; u->r13 = g->r[13]; u->r14 = g->r[14]; u->r15 = g->r[15];
	u->rip = g->rip;
	u->eflags = g->flags | 0x202;
	u->orig_rax = -1;
}

static uint64_t visible_flags(const struct guest *g)
{
	return (g->flags & ARITHMETIC) | 2 | (g->interrupts ? FLAG_IF : 0);
}

static int is_popf(int routine)
{
	return routine == FLAGS_POPF ||
	       (routine >= FLAGS_PUSH_POPF && routine < FLAGS_PUSHF_POP_STACK);
}

/* The guest behind its instruction. */
static struct guest behind(int routine, const struct guest *before)
{
	struct guest g = *before;
	uint64_t value;

	g.rip = RETURN;
	if (routine == FLAGS_STI) {
		g.interrupts = 1;
		return g;
	}
	if (routine == FLAGS_PUSHF) {
		g.r[RSP] -= 8;
		g.stack[1] = visible_flags(before);
		return g;
	}
	if (routine >= FLAGS_PUSHF_POP && routine < FLAGS_PUSH_POPF) {
		g.r[routine - FLAGS_PUSHF_POP] = visible_flags(before);
		return g;
	}
	if (routine >= FLAGS_PUSHF_POP_STACK) {
		g.stack[2 + routine - FLAGS_PUSHF_POP_STACK] = visible_flags(before);
		return g;
	}
	if (routine == FLAGS_POPF) {
		value = g.stack[2];
		g.r[RSP] += 8;
	} else {
		value = g.r[routine - FLAGS_PUSH_POPF];
	}
	g.flags = value;
	g.interrupts = !!(value & FLAG_IF);
	return g;
}

/* Words below the stack pointer are nobody's; TF is the one who steps's. */
static const char *differs(const struct guest *a, const struct guest *b)
{
	for (int i = 0; i < 16; i++)
		if ((a->r[i] ^ b->r[i]) & ~(uint64_t)FLAG_TF)
			return "a register";
	if (a->rip != b->rip)
		return "rip";
	if ((a->flags ^ b->flags) & ARITHMETIC)
		return "a flag";
	if (a->interrupts != b->interrupts)
		return "the interrupt flag";
	for (int i = 0; i < WORDS; i++)
		if (STACK + STACK_SIZE / 2 - 16 + 8 * i >= b->r[RSP] &&
		    (a->stack[i] ^ b->stack[i]) & ~(uint64_t)FLAG_TF)
			return "the stack";
	return NULL;
}

static void read_stack(struct guest *g)
{
	memcpy(g->stack, (void *)(STACK + STACK_SIZE / 2 - 16), sizeof(g->stack));
}

/* What the fast path makes of a guest that is stopped within a routine. */
static void interrupted(int routine, const struct user_regs_struct *u, const struct guest *before,
			const struct guest *after)
{
	struct guest now;
	struct cpu cpu = { 0 };
	const char *why;

	copy_in((void *)STACK, STACK_SIZE);
	copy_in(&fastpath_masked, 1);
	copy_in(&fastpath_flags_rax, 8);
	copy_in(&fastpath_flags_rcx, 8);
	copy_in(&fastpath_flags_return, 8);
	from_ptrace(&now, u);
	memcpy(cpu.r, now.r, sizeof(cpu.r));
	cpu.rip = now.rip;
	cpu.rflags = (now.flags & ~(uint64_t)FLAG_IF) | (fastpath_masked ? 0 : FLAG_IF);
	if (fastpath_interrupted(&cpu) != CALL) {
		fail(routine, u->rip, "is in no routine");
		return;
	}
	memcpy(now.r, cpu.r, sizeof(now.r));
	now.rip = cpu.rip;
	now.flags = cpu.rflags;
	now.interrupts = !!(cpu.rflags & FLAG_IF);
	read_stack(&now);
	boundaries++;
	/* popf's value may have replaced the flags already: they are dead before it. */
	if (now.rip == SITE && is_popf(routine))
		now.flags = before->flags;
	/* So may the word that pushf; pop writes to. */
	if (now.rip == SITE && routine >= FLAGS_PUSHF_POP_STACK)
		now.stack[2 + routine - FLAGS_PUSHF_POP_STACK] =
			before->stack[2 + routine - FLAGS_PUSHF_POP_STACK];
	/* While they are held back no event comes, and the flag is not final. */
	if (fastpath_masked)
		now.interrupts = (now.rip == SITE ? before : after)->interrupts;
	why = differs(&now, now.rip == SITE ? before : after);
	if (why)
		fail(routine, u->rip, why);
}

static void run(int routine, int interrupts, int pending, uint64_t value)
{
	struct user_regs_struct u;
	struct guest before = { .flags = 0x8d7, .rip = SITE, .interrupts = interrupts }, after;
	uint64_t *stack = (uint64_t *)(STACK + STACK_SIZE / 2);
	int status, steps;

	for (int i = 0; i < 16; i++)
		before.r[i] = 0x1111111111111111ul * i;
	before.r[RSP] = (uint64_t)stack;
	if (is_popf(routine) && routine != FLAGS_POPF)
		before.r[routine - FLAGS_PUSH_POPF] = value;
	memset((void *)STACK, 0x5a, STACK_SIZE);
	stack[0] = value;
	read_stack(&before);
	after = behind(routine, &before);
	stack[-1] = RETURN;
	fastpath_pending = pending;
	fastpath_masked = !interrupts;
	copy_out((void *)STACK, STACK_SIZE);
	copy_out(&fastpath_masked, 1);
	copy_out(&fastpath_pending, 1);
	ptrace(PTRACE_GETREGS, child, NULL, &u);
	to_ptrace(&before, &u);
	u.rsp -= 8;
	u.rip = fastpath_flags_entries[routine];
	ptrace(PTRACE_SETREGS, child, NULL, &u);
	for (steps = 0; steps < MAX_STEPS && u.rip != RETURN && u.rip != SLOW_WAY; steps++) {
		interrupted(routine, &u, &before, &after);
		ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
		waitpid(child, &status, 0);
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
			exit((printf("BAD routine %d: the child ended\n", routine), 1));
		ptrace(PTRACE_GETREGS, child, NULL, &u);
	}
	copy_in((void *)STACK, STACK_SIZE);
	copy_in(&fastpath_masked, 1);
	before.rip = SLOW_WAY;
	before.r[RSP] -= 8;
	before.stack[1] = RETURN;
	{
		struct guest now;
		const struct guest *wanted = u.rip == RETURN ? &after : &before;
		const char *why;

		from_ptrace(&now, &u);
		read_stack(&now);
		now.interrupts = u.rip == RETURN ? !fastpath_masked : wanted->interrupts;
		if (u.rip == SLOW_WAY && is_popf(routine))
			now.flags = before.flags;
		why = differs(&now, wanted);
		if (why)
			fail(routine, u.rip, why);
	}
	passed++;
}

int main(void)
{
	static const uint64_t values[] = { 0x246, 0x893, 0xad7, 0x44246, 0x3202, 0x4002 };

	if (mmap((void *)STACK, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		 MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		return 2;
	announce();
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	for (int routine = 0; routine < FLAGS_ROUTINES; routine++) {
		if (routine == FLAGS_PUSHF_POP + RSP || routine == FLAGS_PUSH_POPF + RSP)
			continue;
		for (int state = 0; state < 4; state++)
			for (unsigned v = 0; v < sizeof(values) / sizeof(values[0]); v++)
				run(routine, state & 1, state >> 1, values[v]);
	}
	kill(child, SIGKILL);
	printf("fastpath: %u runs, %u boundaries, %u failed\n", passed, boundaries, failed);
	return failed != 0 || boundaries < 4500;
}

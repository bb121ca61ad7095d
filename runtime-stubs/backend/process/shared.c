/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode in the supervisor's own process (--trust=shared): no stub, no hand-over. What
 * is mapped of the lower half for the guest's kernel is what user mode has; an event is a
 * signal, as one of the kernel's is.
 *
 * Invariants: the base of fs is user mode's throughout, for sites do not go by it; that of
 * gs while process_in_user is set. User mode's vector state is the processor's throughout.
 *
 * LIMIT: user mode can read and write the guest's kernel and the wedge.
 */
#include "patch.h"
#include "../../cpu/breakpoints.h"
#include "../../host/base.h"
#include "../../host/xstate.h"
#include <linux/audit.h>
#include <linux/signal.h>

#define NO_VECTOR 256u		/* a system call, or an event */

uint8_t process_in_user;
static uint64_t shared_fault;		/* the page fault that the kernel was told of; 0: none */
static uint32_t shared_access;
static uint8_t shared_gs;		/* the base of gs is user mode's */
static struct breakpoints_step shared_step;
static uint8_t shared_kernels;		/* some page of the lower half may be the kernel's alone */
static uint64_t shared_flags;		/* user mode's, with those that are virtual */
static uint64_t shared_met;		/* by its last step, bits of DR6 */

void process_shared_walk(unsigned root, uint64_t va, struct maps_walk *walk)
{
	maps_walk_tables(root, va, walk);
	if (process_in_user)
		breakpoints_limit(&shared_step, &previrt_cpu, va, walk);
	else if (walk->leaf && !(walk->rights & *walk->leaf & PTE_U))
		shared_kernels = 1;
}

/* LIMIT: where the host has no instructions for it, each is a call of the host's: a program
   whose base is 0 finds the kernel's. */
static void shared_load_gs(void)
{
	shared_gs = host_fsgsbase || process_user_base[1];
	if (shared_gs)
		host_base_set(1, process_user_base[1]);
}

static _Noreturn void shared_go(struct cpu *cpu)
{
	int is_64 = cpu_code_is_64(cpu);

	process_patch_resume(cpu);
	shared_flags = cpu->rflags;
	process_in_user = 1;
	process_maps[0].user = 1;
	if (shared_kernels || (cpu->dr[7] & DR7_ENABLED)) {	/* what the kernel has been given */
		shared_kernels = 0;
		process_maps[0].generation = 0;
		maps_sync(&process_maps[0], maps_kernel_root);
	}
	shared_load_gs();
	__asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es" : : "r"(is_64 ? 0 : HOST_SS));
	process_go(cpu->rip, is_64 ? HOST_CS : HOST_CS32, process_user_flags(cpu) | FLAG_IF,
		   cpu->r[RSP]);
}

void process_shared_enter(struct cpu *cpu)
{
	/* The kernel has mended what user mode has faulted at: mapped before the next fault. */
	if (shared_fault)
		process_fill(&process_maps[0], maps_user_root, shared_fault, shared_access);
	shared_fault = 0;
	shared_step = (struct breakpoints_step){ .resumes = !!(cpu->rflags & FLAG_RF) };
	shared_met = 0;
	shared_go(cpu);
}

/* 1: it has ended, and nothing was met. */
static int shared_stepped(struct cpu *cpu, int done)
{
	shared_met = breakpoints_end(&shared_step, cpu, done);
	return done && !shared_met;
}

void process_shared_leave(void)
{
	if (!process_in_user)
		return;
	process_in_user = process_maps[0].user = 0;
	if (shared_step.on)		/* an event on the way to user mode */
		shared_stepped(&previrt_cpu, 0);
	if (!shared_gs)
		return;
	process_user_base[1] = host_base_get(1);
	host_base_set(1, process_kernel_gs);
}

/* A page fault that only the host's mappings have brought about: 1: it is mended. */
static int shared_fills(uint64_t va, uint32_t access)
{
	if (!backend_is_upper(va) && process_fill(&process_maps[0], maps_user_root, va, access))
		return 1;
	shared_fault = va;
	shared_access = access;
	return 0;
}

static int shared_goes_on(struct cpu *cpu, const struct stub_frame *frame, unsigned *vector)
{
	int goes_on = 0;

	if (*vector == VECTOR_PF)
		shared_met = breakpoints_fault(&shared_step, cpu, frame->address, frame->error);
	if (shared_met)
		*vector = VECTOR_DB;
	if (*vector == VECTOR_PF)
		goes_on = shared_fills(frame->address, frame->error & (FAULT_W | FAULT_I));
	if (!goes_on && shared_step.on)
		goes_on = shared_stepped(cpu, *vector == VECTOR_DB);
	shared_step.resumes = 0;
	return goes_on;
}

static _Noreturn void shared_trap(const struct stub_frame *frame, unsigned vector)
{
	switch (vector) {
	case VECTOR_BP:
	case VECTOR_OF:
		wedge_software_interrupt(vector);
	case VECTOR_DB:
		process_debug_status = shared_met ? shared_met : frame->rflags & FLAG_TF ? DR6_BS : 0;
	}
	wedge_exception(vector, frame->error, frame->address);
}

static void shared_take(struct cpu *cpu, const struct stub_frame *frame)
{
	/* The other parts are as after reset: the handler's. */
	host_xstate_load((const void *)frame->fpu, process_parts);
	for (unsigned i = 0; i < 16; i++)
		cpu->r[frame_order[i]] = frame->r[i];
	process_user_took(cpu, frame->rip, frame->cs, frame->rflags);
}

void process_shared_call(uint64_t rip)
{
	struct cpu *cpu = &previrt_cpu;
	uint64_t real = cpu->rflags;

	cpu->rflags = shared_flags;
	process_user_took(cpu, rip, HOST_CS, real);
	process_shared_leave();
	wedge_syscall(0);
}

void process_shared_signal(const struct stub_frame *frame)
{
	struct cpu *cpu = &previrt_cpu;
	int is_event = process_signal_is_event(frame->signal), is_call = frame->signal == SIGSYS;
	unsigned vector = is_event || is_call ? NO_VECTOR : frame->vector;

	shared_take(cpu, frame);
	if (!is_event && frame->code <= 0)
		process_signal_stray(frame->signal);
	if (shared_goes_on(cpu, frame, &vector))
		shared_go(cpu);
	process_shared_leave();
	if (is_event) {
		process_pending = 1;
		wedge_event();
	}
	if (!is_call)
		shared_trap(frame, vector);
	if (frame->architecture == AUDIT_ARCH_X86_64) {
		process_patch_count(cpu);
		wedge_syscall(0);
	}
	process_user_syscall32();
}

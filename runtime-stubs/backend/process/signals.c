/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Traps and events of the guest's kernel: signals of the host, and sites. The host's
 * frame (frame.h) has the guest's registers.
 *
 * Invariants: no signal is held back, ever. One that meets the guest does not return:
 * the wedge goes on from struct cpu. One that meets the wedge returns to it.
 */
#include "patch.h"
#include "../../cpu/cpu.h"
#include "../../host/base.h"
#include "../../host/processors.h"
#include "../../host/xstate.h"
#include "../../insn/operation.h"
#include "../../rewriter/limits.h"
#include "../../wedge/print.h"
#include "../../wedge/wedge.h"
#include <linux/audit.h>
#include <linux/signal.h>

#define STUB_SIZE 15u			/* bytes of a slot's code in entry.S */

/* Flags of the guest's kernel that the processor has while it runs (REAL_ONCE: for one instruction).
   The others (VIRTUAL_FLAGS) are in signals_virtual_flags; IF is the byte that sites write. */
#define REAL_IN_KERNEL (0xcd5u | FLAG_TF | 1u << 21)
#define REAL_ONCE FLAG_RF
#define VIRTUAL_FLAGS (FLAG_IOPL | FLAG_NT | FLAG_AC)

extern char process_text_end[], process_critical_start[], process_critical_end[], process_iret[];
extern char process_call_stubs[], process_jump_stubs[], process_stack[];
extern uint32_t process_slot;
extern uint16_t process_masked;		/* a site writes both bytes */
extern uint64_t process_frame[5];
void process_signal_handler(void);
void process_signal_return(void);
_Noreturn void process_resume(void);
_Noreturn void process_call_entered(void);
_Noreturn void process_jump_entered(void);
_Noreturn void process_event_entered(void);
extern char signals_read_fs[];		/* the instruction below that does */

static _Noreturn void signals_wrong_fs(void)
{
	wedge_stop("the guest's kernel has changed fs by what is not in its table of sites");
}

/* Sites go by it. One that goes by another touches nothing that is mapped, if the base
   is 0; what else it does, this sees at the next signal: by what is there, for to ask the host
   for the base is a call, and dear where that is a guest itself. */
static void signals_check_fs(void)
{
	uint64_t first = process_sites[0];

	if (backend_fs_base)
		__asm__ volatile(".globl signals_read_fs\n"
				 "signals_read_fs: movq %%fs:0, %0" : "=r"(first));
	if (first != process_sites[0])
		signals_wrong_fs();
}

void process_signal_entered(struct stub_frame *frame);

static VCPU_LOCAL uint64_t signals_virtual_flags;
/* The last page fault of the guest's kernel; 0: it is mapped. */
static VCPU_LOCAL uint64_t signals_fault;
static VCPU_LOCAL uint32_t signals_access;

static const uint8_t handled[] = {
	SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGALRM, SIGIO, PROCESS_GONE,
};

/* Its address, also for those who read the wedge's file. */
const uint64_t previrt_if_byte = (uint64_t)&process_masked;
uint64_t backend_fs_base = (uint64_t)process_sites, backend_near_slots = WEDGE_NEAR;
uint64_t backend_sites_offset;

uint64_t backend_if_byte(void)
{
	return previrt_if_byte + backend_sites_offset;
}

static void signals_kernel_flags(struct cpu *cpu)
{
	cpu->user = 0;
	cpu->rflags = (cpu->rflags & (REAL_IN_KERNEL | REAL_ONCE)) | FLAG_FIXED | signals_virtual_flags |
		      (process_masked ? 0 : FLAG_IF);
}

void process_call_entered(void)
{
	struct cpu *cpu = &previrt_cpu;

	process_vcpu_back();
	signals_kernel_flags(cpu);
	cpu->rip = *(const uint64_t *)cpu->r[RSP];	/* the processor has just pushed it */
	cpu->r[RSP] += 8;
	wedge_call(process_slot);
}

void process_jump_entered(void)
{
	process_vcpu_back();
	signals_kernel_flags(&previrt_cpu);
	wedge_jump(process_slot);
}

/* struct cpu is complete. */
void process_event_entered(void)
{
	process_vcpu_back();
	process_shared_leave();
	wedge_event();
}

/* The host's kernel has saved the vector state and given the handler another. */
static void signals_take(struct cpu *cpu, const struct stub_frame *frame)
{
	host_xstate_load((const void *)frame->fpu, HOST_XSTATE_ALL);
	for (unsigned i = 0; i < 16; i++)
		cpu->r[frame_order[i]] = frame->r[i];
	cpu->rip = frame->rip;
	cpu->rflags = frame->rflags;
	signals_kernel_flags(cpu);
}

/* A single step went into the code behind a site: the site is carried out as a whole,
   and the step ends behind it. */
static void signals_step_into_site(struct cpu *cpu)
{
	uint64_t call = cpu->rip - (uint64_t)process_call_stubs;
	uint64_t jump = cpu->rip - (uint64_t)process_jump_stubs;

	if (call < STUB_SIZE * (uint64_t)REWRITER_CALLS) {
		cpu->rip = *(const uint64_t *)cpu->r[RSP];
		cpu->r[RSP] += 8;
		wedge_call(call / STUB_SIZE);
	}
	if (jump < STUB_SIZE * (uint64_t)REWRITER_JUMPS)
		wedge_jump(jump / STUB_SIZE);
}

/*
 * The kernel's first accesses to user mode's pages, since these roots were loaded, are carried
 * out, for where processes take turns each page that is mapped costs more. Moves alone: they
 * need not be atomic.
 */
static int signals_carries_out(struct cpu *cpu, uint64_t address, uint32_t access)
{
	struct cpu_fault fault = { 0 };
	struct insn_operation o;
	uint8_t bytes[INSN_MAX];

	if (process_carried == PROCESS_CARRIED || backend_is_upper(address) || (access & FAULT_I) ||
	    (cpu->rflags & FLAG_TF) || (cpu->dr[7] & DR7_ENABLED))
		return 0;
	process_carried++;
	if (!insn_decode_operation(&o, bytes, cpu_fetch(cpu, bytes), 1) ||
	    o.what < OPERATION_MOV || o.what > OPERATION_MOVSX || o.insn.segment != INSN_NO_SEG ||
	    cpu_access_device(cpu, &o, cpu->rip + o.insn.len, &fault) != CPU_NEXT)
		return 0;
	cpu->rip += o.insn.len;
	cpu->rflags &= ~(uint64_t)FLAG_RF;
	return 1;
}

static _Noreturn void signals_page_fault(struct cpu *cpu, uint32_t error, uint64_t address)
{
	uint32_t access = error & (FAULT_W | FAULT_I);

	if (signals_carries_out(cpu, address, access) || process_kernel_fill(address, access))
		backend_enter(cpu);
	signals_fault = address;
	signals_access = access;
	wedge_exception(VECTOR_PF, error & ~FAULT_U, address);
}

/* A trap of the processor. */
static _Noreturn void signals_trap(struct cpu *cpu, const struct stub_frame *frame)
{
	uint8_t vector = frame->vector;

	switch (vector) {
	case VECTOR_PF:
		signals_page_fault(cpu, frame->error, frame->address);
	case VECTOR_BP:
	case VECTOR_OF:
		wedge_software_interrupt(vector);
	case VECTOR_DB:
		process_debug_status = frame->rflags & FLAG_TF ? DR6_BS : 0;
	}
	wedge_exception(vector, frame->error, 0);
}

/* SIGSYS: the guest's kernel has executed a system-call instruction of the host's (filter.c),
   which its own machine does not have: the instruction is decoded. */
static _Noreturn void signals_syscall(struct cpu *cpu, const struct stub_frame *frame)
{
	if (frame->architecture != AUDIT_ARCH_X86_64)
		wedge_software_interrupt(0x80);
	cpu->rip -= 2;
	wedge_exception(VECTOR_UD, 0, 0);	/* to be decoded */
}

int process_signal_is_event(int signal)
{
	return signal == SIGALRM || signal == SIGIO;
}

/* A signal interrupts the wedge. */
static void signals_in_wedge(struct stub_frame *frame)
{
	int is_critical = frame->rip >= (uint64_t)process_critical_start &&
			  frame->rip < (uint64_t)process_critical_end;

	if (process_signal_is_event(frame->signal)) {
		process_pending = 1;
		if (is_critical) {
			host_xstate_load((const void *)frame->fpu, HOST_XSTATE_ALL);
			process_event_entered();
		}
		if (process_stub)
			stub_interrupt(process_stub);
		return;
	}
	if (frame->vector == VECTOR_PF && (frame->error & FAULT_W) && process_wedge_write(frame->address))
		return;
	if (frame->rip == (uint64_t)signals_read_fs)
		signals_wrong_fs();
	if (frame->rip == (uint64_t)process_iret) {	/* iretq into the guest has faulted */
		process_vcpu_back();
		process_shared_leave();
		wedge_exception(VECTOR_GP, 0, 0);
	}
	if (frame->vector == VECTOR_DB) {
		process_vcpu_back();
		signals_take(&previrt_cpu, frame);
		signals_step_into_site(&previrt_cpu);
	}
	wedge_print("previrt: signal %d in the wedge: vector %lu error %lx rip %lx rsp %lx "
		    "address %lx\n", frame->signal, frame->vector, frame->error, frame->rip,
		    frame->r[15], frame->address);
	wedge_stop("the wedge has failed");
}

void process_signal_stray(int signal)
{
	wedge_print("previrt: signal %d from outside\n", signal);
	wedge_stop("the wedge was sent a signal");
}

void process_signal_entered(struct stub_frame *frame)
{
	struct cpu *cpu = &previrt_cpu;

	process_vcpu_signal(frame->signal);
	if (process_in_user)
		process_patch_signal(frame);
	if (frame->rip >= WEDGE_BASE && frame->rip < (uint64_t)process_text_end) {
		signals_in_wedge(frame);
		return;
	}
	process_vcpu_back();
	if (process_in_user)
		process_shared_signal(frame);
	signals_take(cpu, frame);
	signals_check_fs();
	if (process_signal_is_event(frame->signal)) {
		process_pending = 1;
		wedge_event();
	}
	if (frame->code <= 0)
		process_signal_stray(frame->signal);
	if (frame->signal == SIGSYS)
		signals_syscall(cpu, frame);
	signals_trap(cpu, frame);
}

void process_go(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp)
{
	process_frame[0] = rip;
	process_frame[1] = cs;
	process_frame[2] = rflags;
	process_frame[3] = rsp;
	process_frame[4] = HOST_SS;
	host_processor_leave(HOST_IN_GUEST);
	process_resume();
}

void backend_enter(struct cpu *cpu)
{
	if (cpu->user && wedge_wants_shared)
		process_shared_enter(cpu);
	if (cpu->user)
		process_user_enter(cpu);
	if (signals_fault)
		process_kernel_fill(signals_fault, signals_access);
	signals_fault = 0;
	signals_virtual_flags = cpu->rflags & VIRTUAL_FLAGS;
	process_masked = !(cpu->rflags & FLAG_IF);
	process_go(cpu->rip, HOST_CS, (cpu->rflags & (REAL_IN_KERNEL | REAL_ONCE)) | FLAG_FIXED | FLAG_IF,
		   cpu->r[RSP]);
}

void process_signals_init(void)
{
	struct { uint64_t start, flags, size; } stack = {
		(uint64_t)process_stack, 0, WEDGE_STACK_SIZE,
	};
	struct stub_action action = {
		(uint64_t)process_signal_handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER,
		(uint64_t)process_signal_return, 0,
	};

	process_must("a stack for signals",
		     sys_call(__NR_sigaltstack, (uint64_t)&stack, 0, 0, 0));
	for (unsigned i = 0; i < sizeof(handled) - (backend_vcpus == 1); i++)
		process_must("a signal's handler",
			     sys_call(__NR_rt_sigaction, handled[i], (uint64_t)&action, 0,
				      sizeof(action.mask)));
}

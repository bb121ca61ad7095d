/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The main path: the guest enters the wedge by a site, an exception or an event (wedge_*);
 * that is handled, pending interrupts are delivered, and the guest is resumed (run_resume).
 */
#include "entry.h"
#include "tables.h"
#include "wedge.h"
#include "print.h"
#include "insns.h"
#include "../iface/events.h"
#include "../iface/fastpath.h"
#include "../iface/memory.h"
#include "../iface/processor.h"
#include "../iface/vcpu.h"
#include "../board/board.h"
#include "../board/mailbox.h"
#include "../mmu/mmu.h"

/* Before user mode runs: brings hardware and shadow up to date with what user mode can see. The next
   return may take the fast path if nothing changes until then. */
static void run_before_user(struct cpu *cpu)
{
	cpu_sync_gdt(cpu);
	if (requests_vcpu.work)
		wedge_settle_user();
	mmu_before_user();
	/* Without SCE, SYSRET raises #UD: it must take the slow path. After an NMI, IRET must. */
	requests_vcpu.slow = cpu->in_nmi || !(cpu->efer & EFER_SCE);
}

/* The wedge works for @cause. */
static void run_entered(unsigned cause)
{
	wedge_cause(cause);
	if (wedge_debugger)
		wedge_debugger->entered(&previrt_cpu);
}

/* Is the trap a debugger's? */
static int run_debugged(unsigned vector)
{
	return wedge_debugger && wedge_debugger->trapped(&previrt_cpu, vector);
}

/* Takes events. Returns 1 if the guest is to go on at once, for a debugger's sake. */
static int run_events(void)
{
	int event = backend_events();

	if (event)
		board_run();
	return wedge_debugger && wedge_debugger->goes_on(&previrt_cpu, event);
}

static void run_nmi(void)
{
	static const struct cpu_fault nmi = { .vector = VECTOR_NMI };

	if (previrt_cpu.in_nmi || !board_take_nmi())
		return;
	previrt_cpu.in_nmi = 1;
	requests_vcpu.slow = 1;		/* IRET must take the slow path */
	wedge_deliver(&nmi, 0);
}

static _Noreturn void run_resume(void)
{
	struct cpu *cpu = &previrt_cpu;

	tables_check_room();
	/* Here, as an interrupt may be delivered before user mode runs, perhaps each time. */
	if (cpu->user)
		mmu_user_seen();
	for (;;) {
		int vector;

		if (run_events())
			break;
		if (backend_vcpus > 1)
			run_nmi();
		if (!board_interrupt_waits())
			break;
		if (!(cpu->rflags & FLAG_IF)) {
			backend_remind();
			break;
		}
		vector = board_interrupt();
		if (vector < 0)
			break;
		wedge_vcpu.counters.interrupts++;
		if (cpu_deliver_interrupt(cpu, vector))
			wedge_stop("triple fault on an interrupt");
	}
	if (cpu->user)
		run_before_user(cpu);
	backend_enter(cpu);
}

static void run_halt(void)
{
	int off = !(previrt_cpu.rflags & FLAG_IF);

	wedge_vm.vcpus_off += off;
	if (off && wedge_vm.vcpus_off == 1 + wedge_vm.vcpus_woken)
		wedge_stop("halted with interrupts off");
	board_run();
	while (!(off ? 0 : board_interrupt_waits()) && !board_nmi_waits()) {
		if (off && mailbox_woken_again()) {
			wedge_vm.vcpus_off--;
			previrt_cpu.in_nmi = 0;
			wedge_running_started();
		}
		mmu_halts();
		backend_wait();
		mmu_goes_on();
		if (run_events())
			break;
		board_run();
	}
	wedge_vm.vcpus_off -= off;
}

/* Emulates @insn, which is at @at. @end: where the guest goes on after it. */
static void run_emulate(const struct insn *insn, uint64_t at, uint64_t end)
{
	struct cpu_fault fault = { 0 };
	struct cpu *cpu = &previrt_cpu;
	uint64_t stepping;
	unsigned changes = mmu_vm.upper_changes;

	run_entered(previrt_insns[insn->op].cls);
	cpu->watched = 0;
	stepping = cpu->rflags & FLAG_TF;
	wedge_vcpu.counters.emulated[previrt_insns[insn->op].cls]++;
	switch (cpu_emulate(cpu, insn, at, at + insn->len, &fault)) {
	case CPU_NEXT:
		cpu->rip = end;
		if (insn->op == PREVIRT_OP_hlt || insn->op == PREVIRT_OP_sti_hlt)
			run_halt();
		if (insn->op == PREVIRT_OP_mov_to_cr && insn->rm != RSP &&
		    (insn->reg == 3 || insn->reg == 4))
			tables_check(changes);
		break;
	case CPU_JUMPED:
		if (insn->op == PREVIRT_OP_iret)
			previrt_cpu.in_nmi = 0;
		break;
	case CPU_AGAIN:
		break;
	case CPU_FAULT:
		if (insn->op == PREVIRT_OP_rdmsr || insn->op == PREVIRT_OP_wrmsr)
			wedge_refused = (struct wedge_refused){
				at, cpu->r[RCX], insn->op == PREVIRT_OP_wrmsr };
		wedge_deliver(&fault, 0);
		return;
	case CPU_UNKNOWN:
		cpu->rip = at;
		wedge_print("previrt: no emulation of %s\n", previrt_insns[insn->op].name);
		wedge_stop("instruction not supported");
	}
	/* INT n and SYSCALL clear TF before the single step ends, SYSRET may set it; after a
	   load of SS there is no #DB (SDM volume 3, 6.8.3). */
	if (insn->op == PREVIRT_OP_int || insn->op == PREVIRT_OP_sysret ||
	    insn->op == PREVIRT_OP_syscall)
		stepping = cpu->rflags & FLAG_TF;
	if (insn->op == PREVIRT_OP_mov_to_sreg && insn->reg == SEG_SS)
		stepping = 0;
	if (stepping || cpu->watched)
		wedge_debug(!!stepping);
}

/* Carries out @access to device memory, whose site is from @at to @end. */
static void run_device(const struct insn_operation *access, uint64_t at, uint64_t end)
{
	struct cpu_fault fault = { .error = 0 };
	struct cpu *cpu = &previrt_cpu;

	cpu->watched = 0;
	run_entered(CAUSE_DEVICE);
	wedge_vcpu.counters.devices++;
	if (cpu_access_device(cpu, access, at + access->insn.len, &fault) == CPU_FAULT) {
		cpu->rip = at;
		wedge_deliver(&fault, 0);
		return;
	}
	cpu->rip = end;
	if ((cpu->rflags & FLAG_TF) || cpu->watched)
		wedge_debug(!!(cpu->rflags & FLAG_TF));
}

static _Noreturn void run_kind(struct rewriter_kind *kind, uint64_t site)
{
	if (wedge_wants_counts)
		wedge_count_site(site, kind->insn.op);
	if (kind->insn.op == REWRITER_DEVICE) {
		run_device(&kind->access, site, site + kind->size);
		run_resume();
	}
	wedge_vcpu.counters.rewritten[previrt_insns[kind->insn.op].cls]++;
	run_emulate(&kind->insn, site + kind->at, site + kind->size);
	run_resume();
}

void wedge_call(unsigned slot)
{
	struct rewriter_kind *kind = &wedge_rewriter.calls[slot];

	run_kind(kind, previrt_cpu.rip - kind->jump_len);
}

void wedge_jump(unsigned slot)
{
	run_kind(&wedge_rewriter.jumps[slot], wedge_rewriter.jumps[slot].site);
}

/*
 * Emulates the instruction at rip, which has raised #GP or #UD, if it is a sensitive one of the
 * kernel that was not rewritten, or one that user mode may execute. Returns 0 if not.
 */
static int run_trapped(void)
{
	uint8_t bytes[INSN_MAX];
	size_t size = cpu_fetch(&previrt_cpu, bytes);
	struct insn insn;

	if (!insn_decode(&insn, bytes, size, 1))
		return 0;
	/* The guest's processor does not have SVM; the real one may. */
	if (previrt_cpu.user && (previrt_insns[insn.op].cls == PREVIRT_CLASS_svm ||
				 insn.op == PREVIRT_OP_invlpga)) {
		wedge_deliver(&(struct cpu_fault){ .vector = VECTOR_UD }, 0);
		return 1;
	}
	if (previrt_cpu.user && !cpu_user_may(&previrt_cpu, &insn))
		return 0;
	wedge_vcpu.counters.trapped[previrt_insns[insn.op].cls]++;
	run_emulate(&insn, previrt_cpu.rip, previrt_cpu.rip + insn.len);
	return 1;
}

/* The processor raises #XM and #AC by its own CR4.OSXMMEXCPT and CR0.AM, which are set.
   With the guest's OSXMMEXCPT clear, #XM becomes #UD. Returns 1 if the guest's AM is clear:
   #AC is not delivered, and user mode's AC is cleared. SDM volume 3, 2.5. */
static int run_is_unwanted(struct cpu_fault *fault)
{
	if (fault->vector == VECTOR_XM && !(previrt_cpu.cr4 & CR4_OSXMMEXCPT))
		fault->vector = VECTOR_UD;
	if (fault->vector != VECTOR_AC || (previrt_cpu.cr0 & CR0_AM))
		return 0;
	previrt_cpu.rflags &= ~(uint64_t)FLAG_AC;
	return 1;
}

/* #UD: if it is at a site that is too short, handles that and does not return. */
static void run_short_site(void)
{
	int slot = short_site_slot(&previrt_cpu);

	if (slot >= REWRITER_CALLS)
		wedge_jump(slot - REWRITER_CALLS);
	if (slot >= 0)
		wedge_call(slot);
}

void wedge_exception(unsigned vector, uint32_t error, uint64_t address)
{
	struct cpu_fault fault = { .vector = vector, .error = error, .address = address };

	run_entered(vector == VECTOR_PF ? CAUSE_PAGE_FAULT : CAUSE_EXCEPTION);
	wedge_vcpu.counters.exceptions++;
	if (vector == VECTOR_DB && run_debugged(vector))
		run_resume();
	fault.has_error = vector == VECTOR_DF || (vector >= VECTOR_TS && vector <= VECTOR_PF) ||
			  vector == VECTOR_AC;
	if (vector == VECTOR_DB)
		previrt_cpu.dr[6] |= backend_get_debug(6);
	if (run_is_unwanted(&fault))
		run_resume();
	if (vector == VECTOR_UD)
		run_short_site();
	if (vector == VECTOR_PF)
		wedge_page_fault(&fault);
	else if ((vector != VECTOR_GP || !software_refused(&previrt_cpu, error)) &&
		 ((vector != VECTOR_GP && vector != VECTOR_UD) || !run_trapped()))
		wedge_deliver(&fault, 0);
	run_resume();
}

void wedge_software_interrupt(unsigned vector)
{
	run_entered(CAUSE_INT);
	if (vector == VECTOR_BP && run_debugged(vector))
		run_resume();
	software_interrupt(&previrt_cpu, vector);
	run_resume();
}

void wedge_sysenter(void)
{
	struct cpu_fault fault = { 0 };

	run_entered(CAUSE_SYSCALL);
	wedge_vcpu.counters.syscalls++;
	if (cpu_sysenter(&previrt_cpu, &fault) == CPU_FAULT)
		wedge_deliver(&fault, 0);
	run_resume();
}

void wedge_syscall(int compat)
{
	struct cpu_fault fault = { 0 };

	run_entered(CAUSE_SYSCALL);
	wedge_vcpu.counters.syscalls++;
	if (cpu_syscall(&previrt_cpu, compat, &fault) == CPU_FAULT)
		wedge_deliver(&fault, 0);
	run_resume();
}

void wedge_event(void)
{
	run_entered(CAUSE_EVENT);
	wedge_vcpu.counters.events++;
	run_resume();		/* takes the events */
}

void wedge_go(void)
{
	run_resume();
}

void wedge_running_started(void)
{
	wedge_running_begins();
	run_resume();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The wedge at work: from a site, a trap or an event of the guest back to the
 * guest. Knows the parts; they do not know each other.
 */
#include "entry.h"
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

#define MAX_SAME_FAULTS 16
#define RUN_OWED_FILL 0x80u	/* of backend_user_owed; run_prefill */

VCPU_LOCAL struct cpu previrt_cpu;
static VCPU_LOCAL struct { uint64_t address, rip; unsigned generation, count; } last_fault;
static VCPU_LOCAL uint64_t run_prefill;	/* where user mode has faulted last */

static void run_cause(unsigned cause)
{
	if (wedge_wants_counts)
		wedge_count_cause(cause);
}

void run_deliver(const struct cpu_fault *fault, int software)
{
	if (cpu_deliver(&previrt_cpu, fault, software)) {
		wedge_print("previrt: vector %u error %x address %lx cannot be delivered\n",
			    fault->vector, fault->error, fault->address);
		wedge_stop("triple fault");
	}
}

void wedge_settle_user(void)
{
	uint8_t owed = backend_user_owed;

	backend_user_owed = 0;
	if (owed & CPU_OWED_BASES)
		cpu_sync_user_bases(&previrt_cpu);
	if ((owed & RUN_OWED_FILL) && mmu_cached_prefill(run_prefill))
		mmu_prefill(run_prefill);
}

/* What user mode sees of the machine must be there; if nothing changes, the
   next return needs no look. */
static void run_before_user(struct cpu *cpu)
{
	cpu_sync_gdt(cpu);
	if (backend_user_owed)
		wedge_settle_user();
	mmu_before_user();
	/* sysret is undefined without SCE: it must come by here. */
	backend_slow_user = cpu->in_nmi || !(cpu->efer & EFER_SCE);
}

static void run_nmi(void)
{
	static const struct cpu_fault nmi = { .vector = VECTOR_NMI };

	if (previrt_cpu.in_nmi || !board_take_nmi())
		return;
	previrt_cpu.in_nmi = 1;
	backend_slow_user = 1;		/* iret must come by here */
	run_deliver(&nmi, 0);
}

static void run_check_room(void)
{
	if (mmu_out_of_tables)
		wedge_stop("no shadow tables are left for the guest's kernel: give it more memory");
}

static _Noreturn void run_resume(void)
{
	struct cpu *cpu = &previrt_cpu;

	run_check_room();
	/* Also where an interrupt comes first, perhaps each time. */
	if (cpu->user)
		mmu_user_seen();
	for (;;) {
		int vector;

		if (backend_events())
			board_run();
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
		wedge_counters.interrupts++;
		if (cpu_deliver_interrupt(cpu, vector))
			wedge_stop("triple fault on an interrupt");
	}
	if (cpu->user)
		run_before_user(cpu);
	backend_enter(cpu);
}

/* Off, for good but for an NMI. */
static unsigned run_off;

static void run_halt(void)
{
	int off = !(previrt_cpu.rflags & FLAG_IF);

	run_off += off;
	if (off && run_off == vcpus_running)
		wedge_stop("halted with interrupts off");
	board_run();
	while (!(off ? 0 : board_interrupt_waits()) && !board_nmi_waits()) {
		if (off && mailbox_woken_again()) {
			run_off--;
			previrt_cpu.in_nmi = 0;
			wedge_vcpu_started();
		}
		backend_wait();
		backend_events();
		board_run();
	}
	run_off -= off;
}

/*
 * A further processor loses its stack while it gets from the firmware's tables
 * to the kernel's own: nothing is pushed there then, but by sites. Until it has
 * run user mode such a stack is what it was, memory where it is.
 */
static int run_map_stack(void)
{
	uint64_t va = previrt_cpu.r[RSP] - 8;

	return backend_vcpu && !mmu_map_identity(va) ? 0 : -1;
}

/*
 * After a change of page tables the guest's stack must be in the shadow, for
 * the next trap is pushed there. If the guest's tables have neither code nor
 * stack, a processor would triple-fault at once.
 */
static void run_check_tables(unsigned changes)
{
	uint32_t error;

	if (changes == mmu_upper_changes && previrt_cpu.rip >> 63 && previrt_cpu.r[RSP] >> 63)
		return;
	if (mmu_fault(previrt_cpu.rip, PF_I, &error) ||
	    (mmu_fault(previrt_cpu.r[RSP] - 8, PF_W, &error) && run_map_stack())) {
		run_check_room();
		wedge_stop("the new page tables map the guest's code or stack no more");
	}
}

int wedge_fast_invlpg(uint64_t va)
{
	if (va >> 63)
		return -1;
	mmu_invalidate(va);
	return 0;
}

static __attribute__((noinline)) void run_look_again(void)
{
	if (backend_events())
		board_run();
	if (board_interrupt_waits())
		backend_remind();
}

void wedge_find_port(struct wedge_io *io, uint16_t port)
{
	io->window = bus_find_ports(&board_bus, port);
	io->offset = port - io->window->first;
}

/* Of interrupts that may wait afterwards only the 8259's can be new. */
uint64_t wedge_fast_io(const struct wedge_io *io, uint8_t *al, int events)
{
	run_cause(PREVIRT_CLASS_io);
	if (io->out)
		io->window->write(io->window->self, io->offset, 1, *al);
	else
		*al = io->window->read(io->window->self, io->offset, 1);
	if (events || board_bus.interrupt || backend_vcpus > 1)
		run_look_again();
	return 0;
}

void wedge_fast_cr3(uint64_t value, uint64_t rip, uint64_t rsp)
{
	unsigned changes = mmu_upper_changes;

	run_cause(PREVIRT_CLASS_ctlreg);
	cpu_load_cr3(&previrt_cpu, value);
	previrt_cpu.rip = rip;
	previrt_cpu.r[RSP] = rsp;
	run_check_tables(changes);
	run_check_room();
}

/* The instruction that has just ended was a single step, or has met breakpoints. */
static void run_debug(int stepping)
{
	struct cpu_fault step = { .vector = VECTOR_DB };

	previrt_cpu.dr[6] |= (stepping ? DR6_BS : 0) | previrt_cpu.watched;
	previrt_cpu.dr[7] &= ~(uint64_t)DR7_GD;
	run_deliver(&step, 0);
}

/* @end: where the guest goes on behind the instruction. */
static void run_emulate(const struct insn *insn, uint64_t at, uint64_t end)
{
	struct cpu_fault fault = { 0 };
	struct cpu *cpu = &previrt_cpu;
	uint64_t stepping = cpu->rflags & FLAG_TF;
	unsigned changes = mmu_upper_changes;

	cpu->watched = 0;
	run_cause(previrt_insns[insn->op].cls);
	wedge_counters.emulated[previrt_insns[insn->op].cls]++;
	switch (cpu_emulate(cpu, insn, at, at + insn->len, &fault)) {
	case CPU_NEXT:
		cpu->rip = end;
		if (insn->op == PREVIRT_OP_hlt || insn->op == PREVIRT_OP_sti_hlt)
			run_halt();
		if (insn->op == PREVIRT_OP_mov_to_cr && insn->rm != RSP &&
		    (insn->reg == 3 || insn->reg == 4))
			run_check_tables(changes);
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
		run_deliver(&fault, 0);
		return;
	case CPU_UNKNOWN:
		cpu->rip = at;
		wedge_print("previrt: no emulation of %s\n", previrt_insns[insn->op].name);
		wedge_stop("instruction not supported");
	}
	/* The gate of an int, or syscall's mask, takes TF away before the step ends;
	   sysret's TF counts as it sets it; there is no step behind a load of SS (SDM
	   volume 3, 6.8.3). */
	if (insn->op == PREVIRT_OP_int || insn->op == PREVIRT_OP_sysret ||
	    insn->op == PREVIRT_OP_syscall)
		stepping = cpu->rflags & FLAG_TF;
	if (insn->op == PREVIRT_OP_mov_to_sreg && insn->reg == SEG_SS)
		stepping = 0;
	if (stepping || cpu->watched)
		run_debug(!!stepping);
}

static _Noreturn void run_kind(struct rewriter_kind *kind, uint64_t site)
{
	wedge_counters.rewritten[previrt_insns[kind->insn.op].cls]++;
	if (wedge_wants_counts)
		wedge_count_site(site, kind->insn.op);
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
 * A privileged instruction that was not rewritten, or one of user mode that the
 * guest allows: 1 if it was one.
 */
static int run_trapped(void)
{
	uint8_t bytes[INSN_MAX];
	size_t size = cpu_fetch(&previrt_cpu, bytes);
	struct insn insn;

	if (!insn_decode(&insn, bytes, size, 1))
		return 0;
	/* The guest's processor does not have them; the one below may. */
	if (previrt_cpu.user && (previrt_insns[insn.op].cls == PREVIRT_CLASS_svm ||
				 insn.op == PREVIRT_OP_invlpga)) {
		run_deliver(&(struct cpu_fault){ .vector = VECTOR_UD }, 0);
		return 1;
	}
	if (previrt_cpu.user && !cpu_user_may(&previrt_cpu, &insn))
		return 0;
	wedge_counters.trapped[previrt_insns[insn.op].cls]++;
	run_emulate(&insn, previrt_cpu.rip, previrt_cpu.rip + insn.len);
	return 1;
}

/* Nothing is mapped where the guest's tables lead: a device's registers, or nothing? */
static void run_device(struct cpu_fault *fault)
{
	uint64_t va = fault->address;
	struct mmu_walk walk = { 0 };
	uint32_t error;

	previrt_cpu.watched = 0;
	switch (cpu_emulate_device(&previrt_cpu, fault)) {
	case CPU_NEXT:
		if ((previrt_cpu.rflags & FLAG_TF) || previrt_cpu.watched)
			run_debug(!!(previrt_cpu.rflags & FLAG_TF));
		return;
	case CPU_FAULT:
		run_deliver(fault, 0);
		return;
	default:
		if (previrt_cpu.user) {
			/* LIMIT: an instruction that is not carried out there. */
			run_deliver(&(struct cpu_fault){ .vector = VECTOR_GP, .has_error = 1 }, 0);
			return;
		}
		mmu_translate(va, 0, &walk, &error);
		wedge_print("previrt: nothing to map at %lx, guest-physical %lx\n", va, walk.gpa);
		wedge_stop(backend_is_memory(walk.gpa) ? "access to the wedge" :
			   "an access to device memory that is not carried out");
	}
}

static void run_page_fault(struct cpu_fault *fault)
{
	uint32_t access = fault->error & (PF_W | PF_I), error = fault->error;
	int result;

	if (previrt_cpu.user)
		access |= PF_U;
	/* Another address space may well fault at the same place. */
	if (last_fault.address != fault->address || last_fault.rip != previrt_cpu.rip ||
	    last_fault.generation != mmu_generation)
		last_fault.count = 0;
	last_fault.address = fault->address;
	last_fault.rip = previrt_cpu.rip;
	last_fault.generation = mmu_generation;
	result = mmu_fault(fault->address, access, &fault->error);
	if (wedge_wants_counts)
		wedge_count_fault(fault->address, error, previrt_cpu.user, result);
	switch (result) {
	case 0:
		if (++last_fault.count <= MAX_SAME_FAULTS)
			return;
		if (!previrt_cpu.user)
			wedge_stop("a page fault that does not go away");
		/* LIMIT: user mode has no pages in the upper half: it sees a page fault
		   where the guest's tables allow the access. A kernel that finds nothing
		   to mend goes back, and sees a general protection then: no loop. */
		fault->error = access | PF_P;
		if (last_fault.count > MAX_SAME_FAULTS + 1)
			*fault = (struct cpu_fault){ .vector = VECTOR_GP, .has_error = 1 };
		run_deliver(fault, 0);
		return;
	case 1:
		last_fault.count = 0;
		run_device(fault);
		return;
	}
	last_fault.count = 0;
	if (previrt_cpu.user) {
		run_prefill = fault->address;
		backend_user_owed |= RUN_OWED_FILL;
	}
	run_deliver(fault, 0);
}

int wedge_fast_fault(uint64_t address, uint64_t *frame)
{
	uint32_t error, access = (frame[0] & (PF_W | PF_I)) | PF_U;
	int reflect;

	if (last_fault.address == address && last_fault.count &&
	    last_fault.generation == mmu_generation)
		return -1;
	run_cause(CAUSE_PAGE_FAULT);
	reflect = mmu_cached_fault(address, access, &error);
	if (reflect < 0)
		return -1;
	if (wedge_wants_counts)
		wedge_count_fault(address, frame[0], 1, reflect ? -1 : 0);
	if (!reflect) {
		last_fault.address = address;
		last_fault.rip = frame[1];
		last_fault.generation = mmu_generation;
		last_fault.count = 1;
	} else {
		frame[0] = error;
		if (cpu_deliver_user_fault(&previrt_cpu, address, frame))
			return -1;
		last_fault.count = 0;
		run_prefill = address;
		backend_user_owed |= RUN_OWED_FILL;
	}
	wedge_counters.exceptions++;
	return reflect;
}

/* Exceptions that the guest has not asked for; hardware has the bits set. 1: there is
   none, but user mode's AC is gone. SDM volume 3, 2.5. */
static int run_is_unwanted(struct cpu_fault *fault)
{
	if (fault->vector == VECTOR_XM && !(previrt_cpu.cr4 & CR4_OSXMMEXCPT))
		fault->vector = VECTOR_UD;
	if (fault->vector != VECTOR_AC || (previrt_cpu.cr0 & CR0_AM))
		return 0;
	previrt_cpu.rflags &= ~(uint64_t)FLAG_AC;
	return 1;
}

void wedge_exception(unsigned vector, uint32_t error, uint64_t address)
{
	struct cpu_fault fault = { .vector = vector, .error = error, .address = address };

	run_cause(vector == VECTOR_PF ? CAUSE_PAGE_FAULT : CAUSE_EXCEPTION);
	wedge_counters.exceptions++;
	fault.has_error = vector == VECTOR_DF || (vector >= VECTOR_TS && vector <= VECTOR_PF) ||
			  vector == VECTOR_AC;
	if (vector == VECTOR_DB)
		previrt_cpu.dr[6] |= backend_get_debug(6);
	if (run_is_unwanted(&fault))
		run_resume();
	if (vector == VECTOR_UD)
		short_site_trapped(&previrt_cpu);
	if (vector == VECTOR_PF)
		run_page_fault(&fault);
	else if ((vector != VECTOR_GP || !software_refused(&previrt_cpu, error)) &&
		 ((vector != VECTOR_GP && vector != VECTOR_UD) || !run_trapped()))
		run_deliver(&fault, 0);
	run_resume();
}

void wedge_software_interrupt(unsigned vector)
{
	run_cause(CAUSE_INT);
	software_interrupt(&previrt_cpu, vector);
	run_resume();
}

void wedge_sysenter(void)
{
	struct cpu_fault fault = { 0 };

	run_cause(CAUSE_SYSCALL);
	wedge_counters.syscalls++;
	if (cpu_sysenter(&previrt_cpu, &fault) == CPU_FAULT)
		run_deliver(&fault, 0);
	run_resume();
}

void wedge_syscall(int compat)
{
	struct cpu_fault fault = { 0 };

	run_cause(CAUSE_SYSCALL);
	wedge_counters.syscalls++;
	if (cpu_syscall(&previrt_cpu, compat, &fault) == CPU_FAULT)
		run_deliver(&fault, 0);
	run_resume();
}

void wedge_event(void)
{
	run_cause(CAUSE_EVENT);
	wedge_counters.events++;
	run_resume();		/* asks for events */
}

void wedge_go(void)
{
	run_resume();
}

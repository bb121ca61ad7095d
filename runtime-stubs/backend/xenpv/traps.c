/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Traps, upcalls and system calls: registered with Xen, handed to the wedge. */
#include "xenpv.h"
#include "../../fastpath/flags.h"
#include "../backend.h"
#include "../../cpu/cpu.h"
#include "../../wedge/entry.h"
#include "../../wedge/print.h"
#include "../../rewriter/limits.h"
#include <xen/callback.h>
#include <string.h>

#define TRAP_MASKS 4		/* upcalls are masked on entry */
#define SELECTOR_MASK 0xffffull
#define CALL_STUB 10		/* bytes of a stub in entry.S */
#define JUMP_STUB 15

extern uint64_t xenpv_slot, xenpv_vector, xenpv_error, xenpv_cs, xenpv_ss, xenpv_real_flags;
extern uint8_t xenpv_saved_mask;
extern char xenpv_trap_entries[];
extern char xenpv_call_stubs[], xenpv_jump_stubs[];
extern char xenpv_failsafe_entry[], fastpath_syscall_entry[], fastpath_fault_entry[];
extern char xenpv_text_end[];
_Noreturn void xenpv_resume_masked(void);
_Noreturn void xenpv_resume_open(void);
_Noreturn void xenpv_resume_frame(const uint64_t *frame);

/* Flags user code and the processor share; IF and IOPL are never the real ones. */
#define REAL_IN_KERNEL (0xcd5u | FLAG_TF | 1u << 21)
#define REAL_IN_USER (0xcd5u | FLAG_TF | FLAG_NT | FLAG_RF | FLAG_AC | 1u << 21)

static void traps_set_if(struct cpu *cpu, int on)
{
	cpu->rflags &= ~(uint64_t)(FLAG_IF | FLAG_IOPL);
	if (on)
		cpu->rflags |= FLAG_IF;
}

/*
 * The guest kernel's values of those flags that the processor does not have while the
 * kernel runs (FASTPATH_UNUSUAL but TF; fastpath/flags.h).
 */
static VCPU_LOCAL uint64_t traps_virtual_flags;
/* Not 0 while user mode runs with IOPL above 0 or with IF 0: its IOPL, and FLAG_FIXED. The
   fast path is not taken then. Xen has user mode's IF where the kernel's is. */
static VCPU_LOCAL uint64_t traps_user_virtual_flags;

static void traps_kernel_flags(struct cpu *cpu, int on)
{
	traps_set_if(cpu, on);
	cpu->rflags |= traps_virtual_flags;
}

/* Selectors that user mode may have loaded; the wedge has not changed them yet. */
static void traps_note_selectors(struct cpu *cpu)
{
	uint16_t ds, es, fs, gs;
	uint8_t user = cpu->user;

	__asm__ volatile("movw %%ds, %0\nmovw %%es, %1\nmovw %%fs, %2\nmovw %%gs, %3"
			 : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	if (ds == cpu->loaded[SEG_DS] && es == cpu->loaded[SEG_ES] &&
	    fs == cpu->loaded[SEG_FS] && gs == cpu->loaded[SEG_GS])
		return;
	cpu->user = 0;		/* descriptors are read with the kernel's rights */
	cpu_note_selector(cpu, SEG_DS, ds);
	cpu_note_selector(cpu, SEG_ES, es);
	cpu_note_selector(cpu, SEG_FS, fs);
	cpu_note_selector(cpu, SEG_GS, gs);
	cpu->user = user;
}

/* fastpath/user.inc leaves user mode's selectors loaded. */
void fastpath_look_at_selectors(void)
{
	if (!fastpath_stale_selectors)
		return;
	fastpath_stale_selectors = 0;
	traps_note_selectors(&previrt_cpu);
}

uint64_t fastpath_call_stub(unsigned slot)
{
	return (uint64_t)xenpv_call_stubs + CALL_STUB * slot;
}

void xenpv_call_entered(void)
{
	struct cpu *cpu = &previrt_cpu;

	backend_lock();
	traps_kernel_flags(cpu, !xenpv_saved_mask);
	fastpath_look_at_selectors();
	wedge_call(xenpv_slot);
}

/* The instruction of a call site has been carried out. */
void xenpv_behind_entered(void)
{
	backend_lock();
	traps_kernel_flags(&previrt_cpu, 1);
	fastpath_look_at_selectors();
	wedge_go();
}

void xenpv_jump_entered(void)
{
	backend_lock();
	traps_kernel_flags(&previrt_cpu, !xenpv_saved_mask);
	fastpath_look_at_selectors();
	wedge_jump(xenpv_slot);
}

/*
 * A single step of the guest's kernel went into the code behind a site. The
 * site is carried out as a whole, and the step ends behind it. Nothing if that
 * is not where the guest was.
 */
static void traps_step_into_site(struct cpu *cpu)
{
	uint64_t at = cpu->rip;
	int call;

	backend_set_debug(6, backend_get_debug(6) & ~(uint64_t)DR6_BS);
	call = fastpath_interrupted(cpu);
	if (call) {
		int32_t slot;

		cpu->rip += call;
		memcpy(&slot, (const void *)(cpu->rip - sizeof(slot)), sizeof(slot));
		wedge_call(((uint64_t)(int64_t)slot - (uint64_t)previrt_call_slots) / 8);
	}
	if (at - (uint64_t)xenpv_call_stubs < CALL_STUB * (uint64_t)REWRITER_CALLS) {
		cpu->rip = *(const uint64_t *)cpu->r[RSP];
		cpu->r[RSP] += 8;
		wedge_call((at - (uint64_t)xenpv_call_stubs) / CALL_STUB);
	}
	if (at - (uint64_t)xenpv_jump_stubs < JUMP_STUB * (uint64_t)REWRITER_JUMPS)
		wedge_jump((at - (uint64_t)xenpv_jump_stubs) / JUMP_STUB);
	call = fastpath_jump_at(at);
	if (call >= 0)
		wedge_jump(call);
}

/* An exception or event came at an address of the wedge: finds where the guest was. */
static void traps_in_site(struct cpu *cpu)
{
	if (xenpv_vector == VECTOR_DB && (cpu->rflags & FLAG_TF))
		traps_step_into_site(cpu);
	if (!fastpath_interrupted(cpu)) {
		wedge_print("previrt: vector %lu in the wedge at %lx\n", xenpv_vector, cpu->rip);
		wedge_stop("the wedge has failed");
	}
}

/*
 * A page fault of user mode: error code, rip, cs, rflags, rsp, ss. As wedge_fast_fault.
 * A kernel with flags of its own has the slow path.
 */
enum wedge_fast fastpath_fault(uint64_t *frame)
{
	enum wedge_fast result;

	if ((traps_virtual_flags | traps_user_virtual_flags) || frame[3] & FLAG_AC)
		return WEDGE_FAST_NOT;
	frame[2] &= SELECTOR_MASK;
	frame[3] = (frame[3] & ~(uint64_t)FLAG_IOPL) | FLAG_IF;
	fastpath_lock();
	result = wedge_fast_fault(xenpv_vcpu->arch.cr2, frame);
	fastpath_unlock();
	if (result == WEDGE_FAST_DELIVERED)
		fastpath_stale_selectors = 1;
	return result;
}

/* The high half of the slot of cs holds the upcall mask. */
void xenpv_trap_entered(void)
{
	struct cpu *cpu = &previrt_cpu;
	uint16_t cs = xenpv_cs & SELECTOR_MASK;

	backend_lock();
	cpu->user = (cs & 3) == 3;
	if (!cpu->user) {
		traps_kernel_flags(cpu, !(xenpv_cs >> 32 & 0xff));
		fastpath_look_at_selectors();
		if (cpu->rip >= WEDGE_BASE && cpu->rip < (uint64_t)xenpv_text_end)
			traps_in_site(cpu);
	} else {
		fastpath_stale_selectors = 0;
		traps_set_if(cpu, !(xenpv_cs >> 32 & 0xff));
		cpu->rflags |= traps_user_virtual_flags;
		traps_user_virtual_flags = 0;
		cpu->seg[SEG_CS] = cs;
		cpu->seg[SEG_SS] = xenpv_ss;
		traps_note_selectors(cpu);
	}
	/* Xen clears it when it hands the exception on. */
	if (xenpv_vector == VECTOR_NM && (cpu->cr0 & CR0_TS))
		backend_set_ts(1);
	switch (xenpv_vector) {
	case WEDGE_EVENT:
		wedge_event();
	case WEDGE_SYSCALL:
		fastpath_syscall_learn(cpu);
		/* fall through */
	case WEDGE_SYSCALL32:
		wedge_syscall(xenpv_vector == WEDGE_SYSCALL32);
	case WEDGE_SYSENTER:
		wedge_sysenter();
	case WEDGE_FAILSAFE:
		if (!cpu->user)
			wedge_stop("a return to the kernel was refused");
		wedge_exception(VECTOR_GP, 0, 0);
	case VECTOR_BP:
	case 4:
	case 0x80:
		wedge_software_interrupt(xenpv_vector);
	}
	wedge_exception(xenpv_vector, xenpv_error, xenpv_vcpu->arch.cr2);
}

/* An event found the guest's state in struct cpu still. */
void xenpv_event_entered(void)
{
	backend_lock();
	wedge_event();
}

void xenpv_forget_hit(void)
{
	xenpv_call(__HYPERVISOR_set_debugreg, 6, previrt_cpu.dr[6], 0, 0);
}

/* rax, vector, error, rip, cs, rflags, rsp, ss. */
void xenpv_wedge_fault(const uint64_t *frame)
{
	wedge_print("previrt: fault in the wedge: vector %lu error %lx rip %lx rsp %lx cr2 %lx\n",
		    frame[1], frame[2], frame[3], frame[6], xenpv_vcpu->arch.cr2);
	wedge_stop("the wedge has failed");
}

/* Enters the kernel by the hypercall iret: with popf TF would trap too early, and RF is lost. */
static _Noreturn void traps_enter_stepping(struct cpu *cpu, uint64_t *f)
{
	f[0] = cpu->rip;
	f[1] = FLAT_KERNEL_CS64 & ~3u;
	f[2] = (cpu->rflags & (REAL_IN_KERNEL | FLAG_RF | FLAG_IF)) | FLAG_FIXED;
	f[3] = cpu->r[RSP];
	f[4] = FLAT_KERNEL_SS64 & ~3u;
	xenpv_resume_frame(f);
}

void backend_enter(struct cpu *cpu)
{
	/* At the end of the array: the hypercall pushes in front of it. */
	static VCPU_LOCAL uint64_t room[16];
	uint64_t *f = room + 11;

	if (!cpu->user) {
		if (cpu->rflags & FASTPATH_UNUSUAL || traps_virtual_flags) {
			traps_virtual_flags = cpu->rflags & FASTPATH_UNUSUAL & ~FLAG_TF;
			fastpath_forbid(FASTPATH_NOT_WITH_FLAGS, !!traps_virtual_flags);
			if (traps_virtual_flags)
				cpu_syscall_changed(cpu);
		}
		backend_unlock();
		if (cpu->rflags & FLAG_TF || (cpu->rflags & FLAG_RF && cpu->dr[7] & DR7_ENABLED))
			traps_enter_stepping(cpu, f);
		xenpv_real_flags = (cpu->rflags & REAL_IN_KERNEL) | FLAG_FIXED;
		if (cpu->rflags & FLAG_IF)
			xenpv_resume_open();
		xenpv_resume_masked();
	}
	if (!(cpu->seg[SEG_CS] & 4) && !(cpu->seg[SEG_SS] & 4)) {
		fastpath_user_cs = cpu->seg[SEG_CS] | 3;
		fastpath_user_ss = cpu->seg[SEG_SS] | 3;
	}
	fastpath_sysret_learn(cpu);
	if ((cpu->rflags & (FLAG_IOPL | FLAG_IF)) != FLAG_IF) {
		traps_user_virtual_flags = (cpu->rflags & FLAG_IOPL) | FLAG_FIXED;
		cpu_syscall_changed(cpu);
	}
	f[0] = cpu->rip;
	f[1] = cpu->seg[SEG_CS] | 3;
	f[2] = (cpu->rflags & (REAL_IN_USER | FLAG_IF)) | FLAG_FIXED;
	f[3] = cpu->r[RSP];
	f[4] = cpu->seg[SEG_SS] | 3;
	xenpv_calls[__HYPERVISOR_iret]++;
	backend_unlock();
	xenpv_resume_frame(f);
}

/* Its address, also for those who read the wedge's file. */
const uint64_t previrt_if_byte = (uint64_t)&xenpv_vcpu->evtchn_upcall_mask;

/* Sites name the wedge by its addresses. */
uint64_t backend_fs_base, backend_near_slots, backend_sites_offset;

uint64_t backend_if_byte(void)
{
	return previrt_if_byte;
}

static uint64_t traps_entry(unsigned vector)
{
	return (uint64_t)xenpv_trap_entries + vector * WEDGE_ENTRY_SIZE;
}

static void traps_callback(uint16_t type, uint64_t address)
{
	struct callback_register callback = {
		.type = type, .flags = CALLBACKF_mask_events, .address = address,
	};

	xenpv_must("a callback", xenpv_call(__HYPERVISOR_callback_op, CALLBACKOP_register,
					    (uint64_t)&callback, 0, 0));
}

void xenpv_traps_init(void)
{
	static const uint8_t vectors[] = { 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16,
		17, 18, 19, 0x80 };
	static struct trap_info traps[sizeof(vectors) + 1];

	for (unsigned i = 0; i < sizeof(vectors); i++) {
		uint8_t v = vectors[i];

		traps[i].vector = v;
		traps[i].flags = TRAP_MASKS | (v == 3 || v == 4 || v == 0x80 ? 3 : 0);
		traps[i].cs = FLAT_KERNEL_CS64;
		traps[i].address = v == VECTOR_PF ? (uint64_t)fastpath_fault_entry :
						    traps_entry(v);
	}
	xenpv_must("the traps", xenpv_call(__HYPERVISOR_set_trap_table, (uint64_t)traps, 0, 0, 0));
	traps_callback(CALLBACKTYPE_event, traps_entry(WEDGE_EVENT));
	traps_callback(CALLBACKTYPE_failsafe, (uint64_t)xenpv_failsafe_entry);
	traps_callback(CALLBACKTYPE_syscall, (uint64_t)fastpath_syscall_entry);
	traps_callback(CALLBACKTYPE_syscall32, traps_entry(WEDGE_SYSCALL32));
	traps_callback(CALLBACKTYPE_sysenter, traps_entry(WEDGE_SYSENTER));
	fastpath_syscall_init(&previrt_cpu);
	xenpv_must("a stack", xenpv_call(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS64,
					 (uint64_t)backend_stack_top, 0, 0));
}

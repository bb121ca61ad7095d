/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The virtual processor: what the guest's kernel believes to run on.
 *
 * Invariants: while the wedge runs, struct cpu is the whole truth; rflags has
 * the guest's own IF and IOPL. Must not know: which hypervisor is below, how
 * sites were rewritten, devices beyond the ports interface.
 *
 * Intel SDM volume 3, chapters 2 (registers), 5, 6 (interrupts); AMD APM 2.
 */
#ifndef PREVIRT_CPU_H
#define PREVIRT_CPU_H
#include "offsets.h"
#include "../iface/vcpu.h"
#include "../insn/insn.h"
#include <stddef.h>
#include <stdint.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEGS };

#define FLAG_CF (1u << 0)
#define FLAG_ZF (1u << 6)
#define FLAG_TF (1u << 8)
#define FLAG_IF (1u << 9)
#define FLAG_DF (1u << 10)
#define FLAG_IOPL (3u << 12)
#define FLAG_NT (1u << 14)
#define FLAG_RF (1u << 16)
#define FLAG_VM (1u << 17)
#define FLAG_AC (1u << 18)
#define FLAG_FIXED (1u << 1)
#define FLAGS_WRITABLE 0x277fd5u	/* all that popf can change in ring 0 */

#define DR6_BD (1u << 13)
#define DR6_BS (1u << 14)
#define DR7_ENABLED 0xffu
#define DR7_GD (1u << 13)

#define CR0_PE (1u << 0)
#define CR0_MP (1u << 1)
#define CR0_TS (1u << 3)
#define CR0_ET (1u << 4)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_AM (1u << 18)
#define CR0_NW (1u << 29)
#define CR0_CD (1u << 30)
#define CR0_PG (1u << 31)
/* What the processor below has, whatever the guest writes; EM cannot be set. */
#define CR0_HELD (CR0_MP | CR0_ET | CR0_NE | CR0_WP)
#define CR0_KNOWN (CR0_HELD | CR0_PE | CR0_TS | CR0_AM | CR0_NW | CR0_CD | CR0_PG)
#define CR4_TSD (1u << 2)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define CR4_PGE (1u << 7)
#define CR4_PCE (1u << 8)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_OSXSAVE (1u << 18)
/* The same; of OSXSAVE if there is XSAVE. */
#define CR4_HELD (CR4_OSFXSR | CR4_OSXSAVE)
#define CR4_KNOWN (CR4_TSD | CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define XCR0_X87 1u
#define XCR0_SSE 2u
#define XCR0_AVX 4u
#define XCR0_AVX512 0xe0u	/* three parts, enabled together */
#define XSAVE_LEGACY 576u	/* bytes of an area for x87 and SSE alone */
#define EFER_SCE (1u << 0)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NX (1u << 11)

enum {
	VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_NMI = 2, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_UD = 6, VECTOR_NM = 7,
	VECTOR_DF = 8, VECTOR_TS = 10, VECTOR_NP = 11, VECTOR_SS = 12,
	VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_AC = 17, VECTOR_XM = 19,
};

struct cpu_table {
	uint64_t base;
	uint16_t limit;
};

#define CPU_GDT_SHOWN 32		/* descriptors user mode may name */

/*
 * Returns to user mode that need not be looked at as a whole: while the @words words at
 * @now, the guest's GDT, equal those at @known, hardware has its descriptors, and while the
 * byte at @written has PTE_D clear, they do. Without a mapped GDT, @now and @known differ.
 */
struct cpu_gdt_watch {
	const uint64_t *now, *known;
	const uint8_t *written;
	uint32_t words;
};

/* What follows from a processor's state, or was given to hardware. */
struct cpu_derived {
	struct cpu_gdt_watch gdt_watch;		/* segment.c */
	/* Where a fast path sends SYSCALL, and its code for a SYSCALL whose MSRs it does not
	   know; 0: there is no fast path. */
	uint64_t syscall_target, syscall_unknown;
	/* segment.c: the GDT as it was read from the guest, and as hardware has it; ... */
	uint64_t gdt_read[CPU_GDT_SHOWN], gdt_given[CPU_GDT_SHOWN];
	/* ... what user mode has and is to have, loaded when it runs again, for kernels
	   load the same, or several in turn; ... */
	struct { uint16_t selector; uint64_t base; uint8_t changed; } user_gs;
	/* ... a null selector's base is 0 at once to the guest, and to hardware when user
	   mode runs: most kernels write another one first. */
	uint8_t fs_waits;
	/* deliver.c: where the tables are in memory while soft_tlb_vcpu.changes, which
	   @known is one more than, does not change. */
	struct {
		const void *gates;
		const uint64_t *stack;
		unsigned known;
	} tables;
};

/* All of it is state (cpu/state.c), but for what is marked. */
struct cpu {
	uint64_t r[16];
	uint64_t rip, rflags;
	uint16_t seg[SEGS];
	uint16_t loaded[SEGS];		/* what hardware was given for it */
	uint8_t user;			/* privilege level 3 */
	uint8_t gs_swapped;		/* 0: GS_BASE is gs_base[0] */
	/* Bit by number: user mode's descriptor in seg[] is gone from its table, and
	   hardware has a null selector, as loaded[] says. */
	uint8_t stale;
	uint8_t watched;		/* derived: breakpoints met by emulation, as in DR6 */
	uint64_t gs_base[2];		/* [0] hardware's in kernel mode, [1] user's */
	uint64_t fs_base;
	uint64_t cr0, cr2, cr3, cr4, cr8, xcr0, dr[8];
	uint64_t efer, star, lstar, cstar, sfmask, pat, apic_base, tsc_aux;
	uint64_t sysenter[3], misc_enable;
	struct cpu_table gdt, idt;
	uint16_t ldtr, tr;
	uint64_t ldt_base, tr_base;
	uint32_t ldt_limit, tr_limit;
	uint8_t in_nmi;			/* no further NMI before the next iret (SDM volume 3, 6.7.1) */
	struct cpu_derived derived;	/* a reset or a load leaves it */
};

#define CPU_ASSERT(field, offset) \
	_Static_assert(offsetof(struct cpu, field) == offset, #field)
CPU_ASSERT(r[RAX], CPU_RAX);
CPU_ASSERT(r[RSP], CPU_RSP);
CPU_ASSERT(r[R8], CPU_R8);
CPU_ASSERT(r[R15], CPU_R15);
CPU_ASSERT(rip, CPU_RIP);
CPU_ASSERT(rflags, CPU_RFLAGS);
CPU_ASSERT(seg, CPU_SEG);
CPU_ASSERT(user, CPU_USER);
CPU_ASSERT(cr0, CPU_CR0);
CPU_ASSERT(cr2, CPU_CR2);
CPU_ASSERT(cr3, CPU_CR3);
CPU_ASSERT(cr4, CPU_CR4);
CPU_ASSERT(derived.gdt_watch.now, CPU_GDT_NOW);
CPU_ASSERT(derived.gdt_watch.known, CPU_GDT_KNOWN);
CPU_ASSERT(derived.gdt_watch.written, CPU_GDT_WRITTEN);
CPU_ASSERT(derived.gdt_watch.words, CPU_GDT_WORDS);
CPU_ASSERT(derived.syscall_target, CPU_SYSCALL_TARGET);
_Static_assert(offsetof(struct requests_vcpu, slow) == REQUESTS_SLOW &&
	       offsetof(struct requests_vcpu, work) == REQUESTS_SLOW + 1 &&
	       offsetof(struct requests_vcpu, gdt_compares) == REQUESTS_GDT_COMPARES, "requests");

/* The one that runs this code. */
extern struct cpu previrt_cpu;

/*
 * What a step of emulation came to. A FAULT has filled in struct cpu_fault; the
 * guest's state is as before the instruction. AGAIN: a repeated one is not at its
 * end; interrupts and single steps come between.
 */
enum cpu_result { CPU_NEXT, CPU_JUMPED, CPU_FAULT, CPU_AGAIN, CPU_UNKNOWN };

struct cpu_fault {
	uint8_t vector, has_error;
	uint32_t error;
	uint64_t address;		/* of a page fault */
};

/* State after reset as a 64-bit boot loader leaves it. */
void cpu_reset(struct cpu *cpu);

/* The running processor gets what of @cpu's reset state user mode could see. */
void cpu_apply_reset(const struct cpu *cpu);
/* The same of any state, once the guest's tables can be walked (mmu_set_root). */
void cpu_apply(struct cpu *cpu);

/* Saved state: bytes that cpu_save writes, little-endian numbers in the order of
   cpu/state.c; of which version they are. load: non-zero: they cannot be. */
#define CPU_STATE_VERSION 1u
size_t cpu_state_size(void);
void cpu_save(const struct cpu *cpu, uint8_t *to);
int cpu_load(struct cpu *cpu, const uint8_t *from);
/* The same of the running processor's x87, SSE and further registers, which are not in
   struct cpu: the back-end has them. */
#define CPU_XSTATE_VERSION 1u
size_t cpu_xstate_size(void);
void cpu_save_xstate(uint8_t *to);
int cpu_load_xstate(const uint8_t *from);

/*
 * Carry out @insn, which stands at @at and whose site ends at @next. On
 * CPU_NEXT the guest goes on at @next, on CPU_AGAIN at @at, on CPU_JUMPED at cpu->rip.
 */
enum cpu_result cpu_emulate(struct cpu *cpu, const struct insn *insn, uint64_t at,
			    uint64_t next, struct cpu_fault *fault);

/*
 * Processor @cpu, reset, has been woken at @vector: what it does before there
 * are page tables. 0: rip and the control registers are those of 64-bit code;
 * -1: at rip stands what cannot be interpreted.
 */
int cpu_wake(struct cpu *cpu, uint64_t vector);

/* Control register @reg as it is once @value was written to it. */
uint64_t cpu_held_bits(const struct cpu *cpu, unsigned reg, uint64_t value);

/* Parts of cpu_emulate, by what they are about; CPU_UNKNOWN: not theirs. */
enum cpu_result cpu_emulate_flags(struct cpu *, const struct insn *, uint64_t next,
				  struct cpu_fault *);
enum cpu_result cpu_emulate_control(struct cpu *, const struct insn *, uint64_t next,
				    struct cpu_fault *);
enum cpu_result cpu_emulate_segment(struct cpu *, const struct insn *, uint64_t next,
				    struct cpu_fault *);
enum cpu_result cpu_emulate_transfer(struct cpu *, const struct insn *, uint64_t next,
				     struct cpu_fault *);
enum cpu_result cpu_emulate_io(struct cpu *, const struct insn *, struct cpu_fault *);

/*
 * The instruction at cpu->rip, which has touched memory of a device
 * (bus/memory.h): CPU_NEXT with rip behind it, or still at a string instruction that
 * has more elements; CPU_FAULT; or CPU_UNKNOWN when it is none of insn/operation.h or
 * no operand is on a device.
 */
enum cpu_result cpu_emulate_device(struct cpu *cpu, struct cpu_fault *fault);
/*
 * The load or store @access (OPERATION_MOV, MOVZX or MOVSX), whose end is at @next, of
 * device memory or of what was mapped in its place: CPU_NEXT, with rip as it was, or
 * CPU_FAULT.
 */
struct insn_operation;
enum cpu_result cpu_access_device(struct cpu *cpu, const struct insn_operation *access,
				  uint64_t next, struct cpu_fault *fault);

/* May IRET go to user mode with these? CPU_NEXT, or CPU_FAULT. */
enum cpu_result cpu_check_return(struct cpu *cpu, uint16_t cs, uint16_t ss,
				 struct cpu_fault *fault);

/* May user mode do this, of ports or of IF, by its IOPL or the bitmap in the guest's
   TSS? */
int cpu_user_may(struct cpu *cpu, const struct insn *insn);

/* Fill in @fault; give CPU_FAULT. */
enum cpu_result cpu_raise(struct cpu_fault *fault, int vector, uint32_t error);

/*
 * Deliver an exception or interrupt through the guest's IDT; cpu->rip is the
 * address to be pushed. @software: an INT n of so many bytes, which ends there (its
 * gate's DPL counts; a refusal is a fault of the INT); 0: none. What cannot be
 * delivered becomes the fault that this is, or a double fault (SDM volume 3, 6.15).
 * 0, or -1 for a triple fault.
 */
int cpu_deliver(struct cpu *cpu, const struct cpu_fault *fault, int software);
int cpu_deliver_interrupt(struct cpu *cpu, uint8_t vector);
/*
 * The same of a page fault of user mode in few instructions, by an interrupt gate
 * without a stack of its own: 0, or -1, and then nothing has happened and it is
 * for cpu_deliver. @frame: what is pushed, the error code first. rflags stays
 * what it was.
 */
int cpu_deliver_user_fault(struct cpu *cpu, uint64_t address, const uint64_t *frame);
/* idt, tr_base, or their limits are others now. */
void cpu_tables_changed(struct cpu *cpu);

/* The SYSCALL instruction, with rip behind it; @compat: of 32-bit code. CPU_JUMPED,
   or CPU_FAULT with rip at the instruction: #UD while EFER.SCE is 0.
   LIMIT: the instruction is taken to have no prefix; rcx and r11 of user mode are
   lost by then. */
enum cpu_result cpu_syscall(struct cpu *cpu, int compat, struct cpu_fault *fault);
/* An MSR that SYSCALL or SYSRET uses (STAR, LSTAR, SFMASK, EFER) has changed: the next
   return to user mode is by the wedge. */
static inline void cpu_syscall_changed(struct cpu *cpu)
{
	cpu->derived.syscall_target = cpu->derived.syscall_unknown;
	requests_vcpu.slow = 1;
}
/* SYSENTER: CPU_JUMPED, or CPU_FAULT: #GP while its selector is 0. */
enum cpu_result cpu_sysenter(struct cpu *cpu, struct cpu_fault *fault);

/* MSRs and CPUID. Non-zero: #GP. */
int cpu_rdmsr(struct cpu *cpu, uint32_t msr, uint64_t *value);
int cpu_wrmsr(struct cpu *cpu, uint32_t msr, uint64_t value);
void cpu_cpuid(struct cpu *cpu, uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
/* The bits that XCR0 may have; 0: there is no XSAVE. */
uint64_t cpu_xcr0_offered(void);
/* Bytes of XSAVE's area with @parts, bits of XCR0. SDM volume 1, 13.4. */
uint32_t cpu_xsave_size(uint64_t parts, int compacted);

/* Operands. Reads and writes of memory may fault: non-zero, @fault filled in. */
uint64_t cpu_operand_address(const struct cpu *cpu, const struct insn *insn, uint64_t next);
int cpu_read(struct cpu *cpu, uint64_t va, void *to, size_t size, struct cpu_fault *fault);
int cpu_write(struct cpu *cpu, uint64_t va, const void *from, size_t size,
	      struct cpu_fault *fault);
/* Do the guest's tables forbid what cpu_write does (non-zero, @fault filled in)? For what
   must not be done before that is known. */
int cpu_may_write(struct cpu *cpu, uint64_t va, size_t size, struct cpu_fault *fault);
/* SDM volume 1, 3.3.7.1. */
static inline int cpu_is_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}
/* Breakpoint @i of DR7: bytes that it watches from *@at on, and R/W; 0: it is not enabled. */
#define BREAKPOINT_EXECUTE 0u
#define BREAKPOINT_WRITE 1u
#define BREAKPOINT_ACCESS 3u
unsigned cpu_breakpoint(const struct cpu *cpu, unsigned i, unsigned *kind, uint64_t *at);
/* A breakpoint on data at @va, of @size bytes, counts in cpu->watched; cpu_read and
   cpu_write do so. SDM volume 3, 17.2. */
void cpu_watch(struct cpu *cpu, uint64_t va, size_t size, int write);
/* Is what runs 64-bit code (1), or user mode's of 32 bits (0)? */
int cpu_code_is_64(struct cpu *cpu);
/* The bytes at cpu->rip, as many as are mapped; how many. */
size_t cpu_fetch(const struct cpu *cpu, uint8_t bytes[INSN_MAX]);
/* Write a general register as the hardware does: 4 bytes clear the upper half. */
void cpu_set_register(struct cpu *cpu, unsigned reg, uint64_t value, int size);

/* Comparisons of the GDT by the fast path before writes to it are watched. */
#define CPU_GDT_COMPARES 64
/* The user-visible part of the guest's GDT may have changed: load it. */
void cpu_sync_gdt(struct cpu *cpu);
/* Hardware gets the selectors, bases and user mode's descriptors of @cpu. */
void cpu_apply_segments(struct cpu *cpu);
/* User mode's GS (gs_base[1], and @selector for hardware) is another now; its FS
   base is; sync: user mode is about to run, and requests_vcpu.work has this bit. */
#define CPU_WORK_BASES 1u
void cpu_user_gs_changed(struct cpu *cpu, uint16_t selector);
void cpu_load_fs_base(struct cpu *cpu, uint64_t base);
void cpu_sync_user_bases(struct cpu *cpu);
/* Loads of null selectors into es, ds, fs or gs, of user mode's data into gs, writes
   of FS_BASE and KERNEL_GS_BASE, in few instructions. -1: something else, nothing
   has happened. */
int cpu_fast_load(struct cpu *cpu, int which, uint16_t selector);
int cpu_fast_wrmsr(struct cpu *cpu, uint32_t msr, uint64_t value);
#define CPU_CR3_PLAIN 36	/* no bit from here on: each processor has as many */
void cpu_load_cr3(struct cpu *cpu, uint64_t value);
/* User mode has run: what hardware holds in @which now. */
void cpu_note_selector(struct cpu *cpu, int which, uint16_t selector);
/* Before the guest looks at the bases of user mode. */
void cpu_note_user_bases(struct cpu *cpu);
/* GS_BASE as the guest sees it, and the other one. */
uint64_t *cpu_gs_base(struct cpu *cpu, int other);

#endif

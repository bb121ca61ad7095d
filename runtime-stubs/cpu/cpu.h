/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The virtual processor: the processor that the guest's kernel sees.
 *
 * Invariants: while the wedge runs, struct cpu has the guest's whole state but x87, SSE
 * and further extended registers; rflags has the guest's own IF and IOPL. Must not know:
 * which hypervisor is below, how sites were rewritten, devices beyond the ports interface.
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
/* Bits that are always 1 on the real processor, whatever the guest writes. EM cannot be set. */
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
/* The same of CR4; OSXSAVE only if the processor has XSAVE. */
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

#define CPU_GDT_SHOWN 32		/* descriptors of the GDT that user mode can use */

/*
 * Lets the fast path see whether the guest's GDT has changed. Hardware has the GDT's
 * descriptors while the @words words at @now (the guest's) equal those at @known. They are
 * equal while the byte at @written has PTE_D clear. If the GDT is not mapped, @now and
 * @known differ.
 */
struct cpu_gdt_watch {
	const uint64_t *now, *known;
	const uint8_t *written;
	uint32_t words;
};

/* Derived from a processor's state, or a copy of what hardware has. */
struct cpu_derived {
	struct cpu_gdt_watch gdt_watch;		/* segment.c */
	/* The address that the fast path jumps to for SYSCALL, and that of its code for a
	   SYSCALL with unknown MSRs; 0: there is no fast path. */
	uint64_t syscall_target, syscall_unknown;
	/* segment.c: the GDT as it was read from the guest, and as hardware has it. */
	uint64_t gdt_read[CPU_GDT_SHOWN], gdt_loaded[CPU_GDT_SHOWN];
	/* User mode's GS. changed: hardware is loaded with it before user mode runs, as a
	   kernel may load several values, or the same, before that. */
	struct { uint16_t selector; uint64_t base; uint8_t changed; } user_gs;
	/* 1: a null selector in FS has made its base 0, and hardware gets that base before
	   user mode runs: most kernels write another base before that. */
	uint8_t fs_base_pending;
	/* deliver.c: the IDT and the TSS's stack in memory. Valid while @known equals
	   soft_tlb_vcpu.changes plus one. */
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
	uint16_t loaded[SEGS];		/* the selectors that hardware has */
	uint8_t user;			/* privilege level 3 */
	uint8_t gs_swapped;		/* 0: GS_BASE is gs_base[0] */
	/* A bit for each register: the descriptor of user mode's selector in seg[] is not in
	   its table any more, and hardware has the null selector in loaded[]. */
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
	struct cpu_derived derived;	/* not changed by a reset or a load of state */
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

/* The running processor's. */
extern struct cpu previrt_cpu;

/* The result of the emulation of an instruction. */
enum cpu_result {
	CPU_NEXT,	/* carried out; the guest continues behind it */
	CPU_JUMPED,	/* carried out; the guest continues at cpu->rip */
	CPU_FAULT,	/* struct cpu_fault has the exception; the guest's state is unchanged */
	CPU_AGAIN,	/* one iteration of a repeated instruction is carried out, and more are
			   left: interrupts and single steps come in between */
	CPU_UNKNOWN	/* not emulated here; nothing was done */
};

struct cpu_fault {
	uint8_t vector, has_error;
	uint32_t error;
	uint64_t address;		/* of a page fault */
};

/* Sets @cpu to the state in which a 64-bit boot loader enters a kernel. */
void cpu_reset(struct cpu *cpu);

/* Loads hardware with those parts of @cpu's reset state that user mode can see. */
void cpu_apply_reset(const struct cpu *cpu);
/* The same for any state; after mmu_set_root. */
void cpu_apply(struct cpu *cpu);

/* Saved state: little-endian numbers in the order of cpu/state.c. cpu_load returns non-zero
   if a value is not valid. */
#define CPU_STATE_VERSION 1u
size_t cpu_state_size(void);
void cpu_save(const struct cpu *cpu, uint8_t *to);
int cpu_load(struct cpu *cpu, const uint8_t *from);
/* The same for the running processor's x87, SSE and further extended registers, which are not
   in struct cpu but in hardware (backend_read_xstate). */
#define CPU_XSTATE_VERSION 1u
size_t cpu_xstate_size(void);
void cpu_save_xstate(uint8_t *to);
int cpu_load_xstate(const uint8_t *from);

/*
 * Carries out @insn, which is at @at. @next is the end of its site. The guest continues at
 * @next after CPU_NEXT, at @at after CPU_AGAIN, at cpu->rip after CPU_JUMPED.
 */
enum cpu_result cpu_emulate(struct cpu *cpu, const struct insn *insn, uint64_t at,
			    uint64_t next, struct cpu_fault *fault);

/*
 * Interprets the code at physical address @vector, where @cpu, reset, has been woken, until it
 * runs in 64-bit mode. Returns 0, or -1 if an instruction, at cpu->rip, is not supported.
 */
int cpu_wake(struct cpu *cpu, uint64_t vector);

/* Returns the value that control register @reg has after @value was written to it. */
uint64_t cpu_held_bits(const struct cpu *cpu, unsigned reg, uint64_t value);

/* Parts of cpu_emulate, by groups of instructions. CPU_UNKNOWN: not of this group. */
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
 * Carries out the instruction at cpu->rip, which has accessed device memory (bus/memory.h).
 * Returns CPU_NEXT with rip behind it, or with rip unchanged if it is a string instruction
 * with elements left; CPU_FAULT; or CPU_UNKNOWN if insn/operation.h does not have it or no
 * operand is in device memory.
 */
enum cpu_result cpu_emulate_device(struct cpu *cpu, struct cpu_fault *fault);
/*
 * Carries out the load or store @access (OPERATION_MOV, MOVZX or MOVSX), which ends at @next
 * and accesses device memory or memory that is mapped in its place. Returns CPU_NEXT, with
 * rip unchanged, or CPU_FAULT.
 */
struct insn_operation;
enum cpu_result cpu_access_device(struct cpu *cpu, const struct insn_operation *access,
				  uint64_t next, struct cpu_fault *fault);

/* Checks the selectors of an IRET to user mode. Returns CPU_NEXT or CPU_FAULT. */
enum cpu_result cpu_check_return(struct cpu *cpu, uint16_t cs, uint16_t ss,
				 struct cpu_fault *fault);

/* Returns 1 if user mode may execute @insn, which accesses a port or IF, by its IOPL or the I/O
   permission bitmap of the guest's TSS. */
int cpu_user_may(struct cpu *cpu, const struct insn *insn);

/* Fills in @fault. Returns CPU_FAULT. */
enum cpu_result cpu_raise(struct cpu_fault *fault, int vector, uint32_t error);

/*
 * Delivers an exception or interrupt through the guest's IDT; cpu->rip is pushed. @software:
 * the length of the INT n that ends at cpu->rip, or 0 if it is none. For INT n the gate's DPL
 * is checked, and a fault of the delivery is one of the INT itself. If delivery fails, the
 * fault of the delivery, or a double fault, is delivered (SDM volume 3, 6.15). Returns 0, or -1
 * for a triple fault.
 */
int cpu_deliver(struct cpu *cpu, const struct cpu_fault *fault, int software);
int cpu_deliver_interrupt(struct cpu *cpu, uint8_t vector);
/*
 * The fast path of cpu_deliver, for a page fault of user mode and an interrupt gate without
 * IST. @frame: the words to be pushed, the error code first. Does not change rflags. Returns
 * 0, or -1 if nothing was done: the caller uses cpu_deliver.
 */
int cpu_deliver_user_fault(struct cpu *cpu, uint64_t address, const uint64_t *frame);
/* The IDT, the TSS, or one of their limits has changed. */
void cpu_tables_changed(struct cpu *cpu);

/* Carries out SYSCALL; rip is behind it. @compat: from 32-bit code. Returns CPU_JUMPED, or
   CPU_FAULT with rip at the instruction: #UD if EFER.SCE is 0. LIMIT: the instruction is
   assumed to have no prefix, and after a fault user mode's rcx and r11 are lost. */
enum cpu_result cpu_syscall(struct cpu *cpu, int compat, struct cpu_fault *fault);
/* An MSR that SYSCALL or SYSRET uses (STAR, LSTAR, SFMASK, EFER) has changed: the next return
   to user mode takes the slow path. */
static inline void cpu_syscall_changed(struct cpu *cpu)
{
	cpu->derived.syscall_target = cpu->derived.syscall_unknown;
	requests_vcpu.slow = 1;
}
/* Carries out SYSENTER. Returns CPU_JUMPED, or CPU_FAULT: #GP if IA32_SYSENTER_CS is 0. */
enum cpu_result cpu_sysenter(struct cpu *cpu, struct cpu_fault *fault);

/* RDMSR and WRMSR return non-zero if they raise #GP. */
int cpu_rdmsr(struct cpu *cpu, uint32_t msr, uint64_t *value);
int cpu_wrmsr(struct cpu *cpu, uint32_t msr, uint64_t value);
void cpu_cpuid(struct cpu *cpu, uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
/* Returns the bits of XCR0 that may be set; 0: there is no XSAVE. */
uint64_t cpu_xcr0_offered(void);
/* Returns the size in bytes of XSAVE's area for @parts, bits of XCR0. SDM volume 1, 13.4. */
uint32_t cpu_xsave_size(uint64_t parts, int compacted);

/* Memory operands. Reads and writes return non-zero after a fault, which is in @fault. */
uint64_t cpu_operand_address(const struct cpu *cpu, const struct insn *insn, uint64_t next);
int cpu_read(struct cpu *cpu, uint64_t va, void *to, size_t size, struct cpu_fault *fault);
int cpu_write(struct cpu *cpu, uint64_t va, const void *from, size_t size,
	      struct cpu_fault *fault);
/* Returns non-zero, with @fault filled in, if cpu_write would fault. To be called before effects
   that cannot be undone. */
int cpu_may_write(struct cpu *cpu, uint64_t va, size_t size, struct cpu_fault *fault);
/* SDM volume 1, 3.3.7.1. */
static inline int cpu_is_canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}
/* Breakpoint @i of DR7: returns its length, its address in *@at, its R/W field in *@kind. Returns 0
   if it is not enabled. */
#define BREAKPOINT_EXECUTE 0u
#define BREAKPOINT_WRITE 1u
#define BREAKPOINT_ACCESS 3u
unsigned cpu_breakpoint(const struct cpu *cpu, unsigned i, unsigned *kind, uint64_t *at);
/* Notes in cpu->watched the data breakpoints that an access of @size bytes at @va meets.
   cpu_read and cpu_write call it. SDM volume 3, 17.2. */
void cpu_watch(struct cpu *cpu, uint64_t va, size_t size, int write);
/* Returns 1 if the guest runs 64-bit code, 0 if 32-bit code of user mode. */
int cpu_code_is_64(struct cpu *cpu);
/* Reads the bytes at cpu->rip as far as they are mapped. Returns how many. */
size_t cpu_fetch(const struct cpu *cpu, uint8_t bytes[INSN_MAX]);
/* Writes a general register as the processor does: 4 bytes clear the upper half. */
void cpu_set_register(struct cpu *cpu, unsigned reg, uint64_t value, int size);

/* How often the fast path compares the GDT before it relies on the dirty bit (mmu_watch_writes). */
#define CPU_GDT_COMPARES 64
/* Loads hardware with the descriptors of the guest's GDT that user mode can use. */
void cpu_sync_gdt(struct cpu *cpu);
/* Loads hardware with the selectors, bases and user mode's descriptors of @cpu. */
void cpu_apply_segments(struct cpu *cpu);
/* User mode's GS has changed: its base is gs_base[1], and @selector is to be loaded. */
void cpu_user_gs_changed(struct cpu *cpu, uint16_t selector);
/* Sets the base of FS. */
void cpu_load_fs_base(struct cpu *cpu, uint64_t base);
/* To be called before user mode runs, if requests_vcpu.work has this bit: loads hardware with
   user mode's GS and FS base. */
#define CPU_WORK_BASES 1u
void cpu_sync_user_bases(struct cpu *cpu);
/* The fast path of loads of a null selector into es, ds, fs or gs, or of user mode's data
   selector into gs; and of writes of FS_BASE and KERNEL_GS_BASE. Return -1 in any other
   case, with nothing done. */
int cpu_fast_load(struct cpu *cpu, int which, uint16_t selector);
int cpu_fast_wrmsr(struct cpu *cpu, uint32_t msr, uint64_t value);
#define CPU_CR3_PLAIN 36	/* the fast path takes no value with a bit from here on */
void cpu_load_cr3(struct cpu *cpu, uint64_t value);
/* After user mode has run: hardware has @selector in register @which. */
void cpu_note_selector(struct cpu *cpu, int which, uint16_t selector);
/* Before the guest reads the bases of user mode: reads them from hardware. */
void cpu_note_user_bases(struct cpu *cpu);
/* Where the guest's GS_BASE is; with @other, its KERNEL_GS_BASE. */
uint64_t *cpu_gs_base(struct cpu *cpu, int other);

#endif

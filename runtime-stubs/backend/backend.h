/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a wedge needs of a hypervisor: all of it. One folder per hypervisor
 * implements these functions, and the link list of the wedge chooses one.
 *
 * Invariants: nothing here names a hypervisor. Every function is called with
 * interrupts of the hypervisor held back, on the wedge's own stack.
 *
 * Described for authors of back-ends in docs/adding-a-back-end.md.
 */
#ifndef PREVIRT_BACKEND_H
#define PREVIRT_BACKEND_H
#include <stddef.h>
#include <stdint.h>

#define BACKEND_PAGE 4096u
/*
 * The entries of a level-4 table that are the guest kernel's, "the upper half": from
 * FIRST on, below END. It is the upper half of the address space but where a back-end
 * has the kernel run in the lower one (wedge/module.mk).
 */
#ifndef BACKEND_UPPER_FIRST
#define BACKEND_UPPER_FIRST 256u
#define BACKEND_UPPER_END 512u
#endif
#define BACKEND_NO_FRAME (~(uint64_t)0)

struct cpu;
struct insn;

/* A variable that each virtual processor has for itself, at the same address;
   0 at the start. */
#define VCPU_LOCAL __attribute__((section(".bss.vcpu")))

/* Console. Write all of it; read what is there, without waiting. */
void backend_console_write(const char *text, size_t length);
size_t backend_console_read(char *text, size_t size);

/* Time since the start in ns, never going back. */
uint64_t backend_time(void);
/* Have backend_wait end and backend_enter come back at @when ns; 0: never. */
void backend_timer_set(uint64_t when);
/* Give the processor away until the timer or input. */
void backend_wait(void);
/* 1 if something has happened since the last call (timer, input). */
int backend_events(void);
/* An interrupt waits until the guest's IF is set: what sets it must enter the
   wedge. */
void backend_remind(void);

/*
 * Virtual processors, from 0 on; backend_vcpu: the one that runs this. All but
 * the first stand still until they are started, which may fail: that is the end.
 * Only one of them runs the wedge at a time, but for those in backend_wait.
 * kick: have @vcpu come to the wedge (wedge_event), or backend_wait end there.
 */
#define BACKEND_VCPUS_MAX 8
extern unsigned backend_vcpus;
extern unsigned backend_vcpu;		/* VCPU_LOCAL */
void backend_vcpu_start(unsigned vcpu);
/* The @size bytes at @own, which each has for itself, as @vcpu has them. */
void backend_vcpu_read(unsigned vcpu, const void *own, void *to, size_t size);
void backend_kick(unsigned vcpu);

/*
 * Guest-physical memory lies as in a PC: from 0 to backend_low_bytes and, if it is
 * more than BACKEND_LOW_MOST, from BACKEND_HOLE_END to backend_guest_bytes, with
 * the addresses of devices in between (BACKEND_HOLE on). Without a second part
 * backend_guest_bytes is backend_low_bytes.
 * backend_guest: the page's place in the wedge's space, NULL if there is none;
 * what follows in the same frame is contiguous, further frames as well.
 * backend_frame: the machine address of a frame, or BACKEND_NO_FRAME.
 */
#define BACKEND_LOW_MOST (7ull << 29)
#define BACKEND_HOLE (3ull << 30)
#define BACKEND_HOLE_END (4ull << 30)
#define BACKEND_HOLE_FRAMES ((BACKEND_HOLE_END - BACKEND_HOLE) / BACKEND_PAGE)
extern uint8_t *backend_guest_memory;
extern uint64_t backend_low_bytes, backend_guest_bytes;
static inline int backend_is_memory(uint64_t gpa)
{
	return gpa < backend_low_bytes || (gpa >= BACKEND_HOLE_END && gpa < backend_guest_bytes);
}
static inline void *backend_guest(uint64_t gpa)
{
	return backend_is_memory(gpa) ? backend_guest_memory + gpa : NULL;
}
/* The machine frames of both parts, one behind the other. */
extern const uint64_t *backend_frame_numbers;
static inline uint64_t backend_frame(uint64_t gfn)
{
	uint64_t gpa = gfn * BACKEND_PAGE;

	if (gpa < backend_low_bytes)
		return backend_frame_numbers[gfn] * BACKEND_PAGE;
	return backend_is_memory(gpa)
		? backend_frame_numbers[gfn - BACKEND_HOLE_FRAMES] * BACKEND_PAGE
		: BACKEND_NO_FRAME;
}

/*
 * Page tables the processor runs on. A table is named by a small number (0:
 * none); entries are the processor's, with machine addresses. Changes are
 * queued and take effect at the latest at backend_table_commit; get sees them
 * at once. alloc gives an empty table of @level (1 to 3), or 0 when there are
 * none left; free takes one back that no entry refers to any more.
 */
unsigned backend_table_alloc(int level);
void backend_table_free(unsigned table);
void backend_table_set(unsigned table, unsigned index, uint64_t entry);
uint64_t backend_table_get(unsigned table, unsigned index);
/* How many alloc can give. */
unsigned backend_tables_left(void);
/* All 512 entries as they are now; to be read until the next set. */
const uint64_t *backend_table_entries(unsigned table);
uint64_t backend_table_address(unsigned table);
/* The table whose machine address stands in @entry, or 0. */
unsigned backend_table_of(uint64_t entry);
/* The same at once, of a level-1 table through which the processor runs on @va in
   the lower half; @flush: its TLB forgets this page. Gives 0. */
int backend_table_set_page(unsigned table, unsigned index, uint64_t va, uint64_t entry,
			   int flush);
/* Make changes effective; @flush: forget what the TLB holds, too: this
   processor's, or (with BACKEND_FLUSH_ALL) that of each. */
#define BACKEND_FLUSH 1
#define BACKEND_FLUSH_ALL 2
void backend_table_commit(int flush);
/*
 * A level-1 table that maps 512 frames of guest memory from @gfn (a multiple
 * of 512) with all rights, to be referred to by any number of entries; 0 if
 * not all of them are memory.
 */
unsigned backend_table_linear(uint64_t gfn);
/*
 * Level-4 tables come in pairs: of the guest's kernel and of its user mode. The
 * first pair is there from the start; further ones (0, or -1: none left) have
 * what the first has in its upper half now. load: the processor runs on this
 * pair from now on, all changes are effective, the TLB is empty.
 */
unsigned backend_root(int user);
int backend_roots_alloc(unsigned *kernel, unsigned *user);
void backend_load_roots(unsigned kernel, unsigned user);
/*
 * Entries of the linear tables, by frame. The processor sets PTE_D (bit 6) when
 * a frame is written to through them, by guest or wedge; clean clears it, as of
 * the next commit with a flush.
 */
extern const uint64_t *backend_linear;
void backend_frame_clean(uint64_t gfn);
/*
 * A present entry of level 1, as it is read back, is the supervisor's if these of its
 * bits are those: no TLB holds it any more when user mode runs. So is each that was
 * set without PTE_U, whatever the hypervisor makes of that bit, and no other.
 */
extern const uint64_t backend_leaf_mask, backend_leaf_supervisor;
static inline int backend_leaf_is_supervisor(uint64_t entry)
{
	return (entry & backend_leaf_mask) == backend_leaf_supervisor;
}
/* The frame of guest memory whose machine address stands in @entry; a number
   past the end if there is none. */
uint64_t backend_gfn(uint64_t entry);
/* More than any name of a table but the linear ones. */
unsigned backend_table_limit(void);
/* Zeroed memory of the wedge's own, for good. */
void *backend_memory(size_t size);
/* Tables behind an entry of a root that the guest's entries are merged into,
   for the wedge lives there as well; 0: the entry is wholly the guest's. */
unsigned backend_fixed_table(uint64_t va, int level);
/* 1 if the guest can have no mapping at this page-aligned address. */
int backend_va_reserved(uint64_t va);

/* Segments: bases as the guest wants them; selectors of user mode. */
void backend_set_fs_base(uint64_t base);
void backend_set_gs_base(int user, uint64_t base);
/* The base of user mode's fs or gs (as numbered in cpu.h) that hardware has. */
uint64_t backend_user_base(int which);
/* Load the user's gs (the one user mode sees), which clears or loads its base.
   Non-zero: it cannot be. */
int backend_set_gs_selector(uint16_t selector);
/* Load fs, ds or es (as numbered in cpu.h). Non-zero: it cannot be. */
int backend_set_selector(int which, uint16_t selector);
/* User-visible descriptors have changed: @count of them from number 0. */
void backend_set_gdt(const uint64_t *descriptors, unsigned count);
/* The same of the local table, from number @first; load: make @count valid. */
void backend_set_ldt(unsigned first, const uint64_t *descriptors, unsigned count);
void backend_load_ldt(unsigned count);
/* Debug registers 0-3, 6, 7 of the processor; non-zero: refused. */
int backend_set_debug(unsigned reg, uint64_t value);
uint64_t backend_get_debug(unsigned reg);
/* Task-switched flag: 1 has the FPU trap. */
void backend_set_ts(int on);
/* Time-stamp disable: 1 has rdtsc of user mode fault. */
void backend_set_tsd(int on);

/*
 * CPUID of what the hypervisor grants this guest, which may be less than the
 * instruction says: each feature, state and size in it can be used, and none without
 * those that it needs. What the wedge has by itself (PSE, PGE, APIC) need not be there.
 */
void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4]);
/* XCR0 of the processor. Non-zero: refused, and it is as it was. */
int backend_set_xcr0(uint64_t value);
/* The same of TSC_AUX, which RDTSCP and RDPID give. */
int backend_set_tsc_aux(uint32_t value);

/* Where the virtual interrupt flag lives: a byte, 0 when interrupts may come. */
uint64_t backend_if_byte(void);

/*
 * A call slot is in use, for @insn, @at bytes into sites of @size bytes that
 * begin with a call of @call bytes. The back-end may have shorter code than
 * wedge_call for it, with the same effect.
 */
void backend_call_slot(unsigned slot, const struct insn *insn, unsigned at, unsigned size,
		       unsigned call);
/* The same of a jump slot. */
void backend_jump_slot(unsigned slot, const struct insn *insn);

/*
 * Short code on the way to user mode (jump slots) does without the wedge only as
 * long as backend_slow_user is 0: the wedge sets it to 1 when it must see the
 * next return to user mode, and to 0 then; as the @size bytes at @now, the
 * guest's descriptor table, are those at @known (@now NULL: they never are); and
 * as the MSRs of SYSCALL have not changed. The bytes are known to be the same
 * while the bit 40h of the byte @written is clear (NULL: it never is); they are
 * compared backend_gdt_patience times, which counts down, and then the wedge sees
 * the next return.
 */
extern uint8_t backend_slow_user;	/* VCPU_LOCAL, as what follows */
/* wedge_settle_user is to be called before the next return to user mode, unless 0. */
extern uint8_t backend_user_owed;
extern uint8_t backend_gdt_patience;
void backend_watch_gdt(const void *now, const void *known, size_t size,
		       const uint8_t *written);
void backend_syscall_changed(void);
/* System calls that wedge_syscall has not seen. */
extern uint64_t backend_short_syscalls;

/* Run the guest from the state in @cpu. Does not come back; the guest's next
   trap, site or event enters the wedge anew (wedge/entry.h). */
_Noreturn void backend_enter(struct cpu *cpu);

/* How many hypercalls this processor has made so far; what was asked by them, as wedge/counters.c has it. */
uint64_t backend_hypercalls(void);
void backend_print_counters(void);

/* At the end of a run: NULL, or what of the back-end's own code and data is not as
   it must be. The other processors stand still from then on. */
const char *backend_check(void);

/* The end; @how: a value of devices/ends.h. */
_Noreturn void backend_shutdown(int how);

#endif

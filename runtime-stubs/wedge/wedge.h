/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the files of this folder share. */
#ifndef PREVIRT_WEDGE_H
#define PREVIRT_WEDGE_H
#include "../cpu/cpu.h"
#include "../mmu/result.h"
#include "../rewriter/rewriter.h"
#include "bundle.h"
#include "entry.h"
#include "insns.h"

extern struct rewriter wedge_rewriter;

/* What the words of the bundle ask for. */
#define WEDGE_WORD(name, what) extern int wedge_wants_##name;
#include "words.def"
#undef WEDGE_WORD

/* What has happened so far; by class: of the instruction. */
struct wedge_counters {
	uint64_t rewritten[PREVIRT_CLASSES], trapped[PREVIRT_CLASSES], emulated[PREVIRT_CLASSES];
	uint64_t events, interrupts, exceptions, syscalls;
	uint64_t devices;	/* accesses by annotated sites */
};

/* What the wedge itself knows of a processor, and of a machine. All of it is derived, or
   counts. */
struct wedge_vcpu {
	struct { uint64_t address, rip; unsigned generation, count; } last_fault;
	uint64_t prefill;	/* address of the last page fault of user mode that the guest got */
	struct wedge_counters counters;
};
struct wedge_vm {			/* derived */
	unsigned vcpus_woken;	/* further processors that have been started */
	unsigned vcpus_off;	/* processors that only an NMI wakes */
	uint8_t no_gs;		/* nothing in the guest's kernel goes by gs (wedge/bundle.h) */
};
extern struct wedge_vcpu wedge_vcpu;	/* vm.h */
extern struct wedge_vm wedge_vm;

/* Counters by cause (causes.c). A cause is an instruction's class or one of these. */
enum {
	CAUSE_START = PREVIRT_CLASSES, CAUSE_PAGE_FAULT, CAUSE_EXCEPTION, CAUSE_EVENT,
	CAUSE_SYSCALL, CAUSE_INT, CAUSE_DEVICE, CAUSES
};
/* From now on, until the next call, the wedge works for @cause. */
void wedge_count_cause(unsigned cause);
/* What became of a page fault. */
enum {
	FAULT_FILLED_USER, FAULT_FILLED_KERNEL, FAULT_FIRST_WRITE, FAULT_UPPER,
	FAULT_REFLECTED_USER, FAULT_REFLECTED_KERNEL, FAULT_DEVICE, FAULTS
};
/* A page fault with the processor's error code @error came to @result. */
void wedge_count_fault(uint64_t address, uint32_t error, int user, enum mmu_result result);
/* The site at @address has entered C code. */
void wedge_count_site(uint64_t address, unsigned op);
void wedge_print_causes(void);

/* The last access to a model-specific register that was answered by #GP. */
struct wedge_refused {
	uint64_t at;		/* of the instruction; 0: there was none */
	uint32_t msr;
	int write;
};
extern struct wedge_refused wedge_refused;

static inline void wedge_cause(unsigned cause)
{
	if (wedge_wants_counts)
		wedge_count_cause(cause);
}

/* cpu_deliver; a triple fault ends the machine. */
void wedge_deliver(const struct cpu_fault *fault, int software);
/* The instruction that has just ended was a single step, or has met breakpoints. */
void wedge_debug(int stepping);

/* Handles a page fault of the guest, with the processor's error code: the shadow is filled,
   the access to a device is emulated, or the fault is delivered to the guest. */
void wedge_page_fault(struct cpu_fault *fault);

/* A software interrupt that the back-end took for @vector, with rip behind it. */
void software_interrupt(struct cpu *cpu, unsigned vector);
/* #GP with @error at rip. Returns 1 if a software interrupt has raised it, which the
   hypervisor has left to the wedge; that interrupt is delivered then. */
int software_refused(struct cpu *cpu, uint32_t error);

/* Sets what the wake-up mailbox calls. */
void vcpus_init(void);
/* Brings a processor that was started from its wake-up vector into 64-bit code. */
void wedge_running_begins(void);

/* Before board_start: the disks of the bundle, which must stay where it is, and what
   else it has for the board. */
void parts_init(const void *bundle, size_t size);

/* For an invalid opcode at cpu->rip. If that is a site, returns its call slot, with rip behind
   the site, or REWRITER_CALLS plus its jump slot; else -1. */
int short_site_slot(struct cpu *cpu);

/* Where the kernel's loader of modules is replaced (moved/): called for each trap that may be
   its; does not return if it is. Else NULL. */
extern void (*wedge_loader)(struct cpu *cpu);

/* Where a debugger looks at the guest (gdb/); else NULL. */
struct wedge_debugger {
	/* The guest has entered the wedge. */
	void (*entered)(struct cpu *cpu);
	/* #DB, or INT3 with rip behind it. Returns 1 if it is the debugger's and not the guest's. */
	int (*trapped)(struct cpu *cpu, unsigned vector);
	/* Before the guest goes on, or a processor halts; @event: as of backend_events. May wait.
	   Returns 1 if the guest is to go on at once, without an interrupt. */
	int (*goes_on)(struct cpu *cpu, int event);
};
extern const struct wedge_debugger *wedge_debugger;

/* A page of the guest's kernel has become executable: look for a module. */
void modules_code_appeared(uint64_t va);
/* Rewrite what the notes at @va name, of which @copy is a copy. */
void modules_rewrite(uint64_t va, const uint8_t *copy, size_t size);
/* What was relocated in place of the kernel's loader. */
struct modules_moved {
	uint32_t sections;
	uint64_t bytes;		/* out of line */
};
extern struct modules_moved modules_moved;
void modules_print_counters(void);
/* How many tables of modules have been rewritten. */
unsigned modules_loaded(void);

/* Calls backend_call_slot and backend_jump_slot for each slot that is new. */
void wedge_tell_slots(void);

/*
 * The kernel, in this order; each stops the wedge with the reason if it cannot be run.
 * find: where the ELF file @image, which stays there, has to be; its entry point and the
 * end of what it occupies. load: into guest memory. rewrite: the sites there.
 */
void image_find(const uint8_t *image, size_t size, uint64_t *entry, uint64_t *end);
void image_load(const uint8_t *image, size_t size);
void image_rewrite(void);
/* Puts the original bytes of the sites back; rewrites them once more. */
void image_undo(void);
void image_redo(void);

/* The kernel, which is in memory and occupies it up to @kernel_end, is entered at @entry
   by Linux's boot protocol, with what the bundle has for it. */
void linux_start(const void *bundle, size_t size, uint64_t entry, uint64_t kernel_end);

/* Words, board and wake-up mailbox, before the guest is there. Gives the kernel. */
const uint8_t *boot_machine(const void *bundle, size_t size, size_t *length);

/* A table of sites: in the file, and where its first byte is linked. */
struct image_notes {
	const uint8_t *data;
	uint64_t size, align, address;
};

/* The table of the ELF kernel @image, whose headers are good; stops the wedge if
   there is none. */
void image_find_notes(const uint8_t *image, size_t size, struct image_notes *notes);

#endif

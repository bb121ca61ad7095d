/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The fake back-end: the core as a program of the host, for tests. Memory and tables are
 * this program's own, the clock goes by guest instructions, and the processor is an
 * interpreter of a small part of the instruction set (interpret.c) that walks the
 * tables through a TLB which forgets nothing before it must (tlb.c). Everything is
 * deterministic.
 *
 * Shared by its files and by tests that set it up.
 */
#ifndef PREVIRT_FAKE_H
#define PREVIRT_FAKE_H
#include <stddef.h>
#include <stdint.h>

struct cpu;

/* How it is to be; set before fake_memory_init. */
extern unsigned fake_tables;		/* in the pool */
extern int fake_eager;			/* 1: changes of tables are effective at once */
extern uint64_t fake_xcr0;		/* CPUID offers XSAVE with these parts (7); 0: none */

/* @low bytes of guest memory, and nothing in the tables. */
void fake_memory_init(uint64_t low);
/* Changes of tables that are not effective yet become so. */
void fake_memory_apply(void);
/* What was written to guest memory by the wedge or by a test (not by fake_access) shows
   in the dirty bits from now on. */
void fake_memory_notice(void);
/* The entry that the processor sees: of @table, which may be a linear one. */
uint64_t *fake_memory_entry(unsigned table, unsigned index);
/* The table that @entry leads to, linear ones too; 0: none. */
unsigned fake_memory_next(uint64_t entry);
/* An entry of a table was used or written through: accessed and dirty bits. */
void fake_memory_mark(unsigned table, unsigned index, uint64_t bits);
/* The roots in use by each processor, the kernel's and user mode's. */
#define FAKE_VCPUS 2u
extern unsigned fake_roots[FAKE_VCPUS][2];
/* So many: flushes of all processors, entries of tables set, entries read one by one. */
extern unsigned fake_flushes, fake_changes, fake_reads;

/*
 * The processor's access to @va, PF_W, PF_U and PF_I in @access: 0 and the
 * guest-physical address, or the error code of a page fault and -1.
 */
int fake_translate(uint64_t va, uint32_t access, uint64_t *gpa, uint32_t *error);
/* Copies @size bytes between @buffer and @va. -1: a page fault at *@address. */
int fake_access(uint64_t va, void *buffer, size_t size, uint32_t access, uint64_t *address,
		uint32_t *error);
void fake_tlb_flush(void);		/* of the running processor */
void fake_tlb_flush_all(void);
void fake_tlb_flush_page(uint64_t va);

/* Processor @vcpu (below FAKE_VCPUS and backend_vcpus) runs from now on, with what it has for
   itself. They run in turn, at the test's word. */
void fake_on(unsigned vcpu);

/* The clock in ns, the timer of the first processor, and what came in. */
extern uint64_t fake_now, fake_timer;
extern const char *fake_input;		/* what the console has to read */
extern char fake_output[4096];		/* what it was given, at most */
extern size_t fake_output_length;
extern int fake_echo;			/* 1: standard output has it, too */
extern int fake_kicked;			/* the last backend_kick, or -1 */
extern int fake_ended;			/* how the machine has ended, or -1 */
extern uint8_t fake_if;			/* backend_if_byte */
extern int fake_reminded;
/* An event is there that backend_events has not seen. */
int fake_event_waits(void);

#define FAKE_XSTATE 832			/* bytes of an XSAVE area with all that fake_xcr0 can have */

/* Registers of the processor as they were set last. */
extern struct fake_hardware {
	uint64_t fs_base, gs_base[2], debug[8], xcr0, gdt[64], ldt[64];
	uint32_t tsc_aux;
	uint16_t selectors[6];
	unsigned ldt_count;
	int ts, tsd;
} fake_hardware;

/* Calls @does. Returns when @does has returned, or when it has called backend_enter or
   backend_shutdown, which do not return to it. */
void fake_try(void (*does)(void *argument), void *argument);
/* The guest runs for @steps instructions or until it ends. */
void fake_run(uint64_t steps);
extern uint64_t fake_steps;		/* instructions so far */
/* The guest stands still: previrt_cpu has its IF, and functions of the wedge may be called. */
void fake_settle(void);
/* One instruction from the state in previrt_cpu; enters the wedge where it has to. */
void fake_step(void);

#endif

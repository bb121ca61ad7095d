/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the files of the supervisor, which is the wedge as a process of the host. */
#ifndef PREVIRT_PROCESS_H
#define PREVIRT_PROCESS_H
#include "place.h"
#include "sys.h"
#include "../backend.h"
#include "../../wedge/entry.h"

/* Entries of tables and error codes of page faults (SDM volume 3, 4.5 and 4.7). */
#define ENTRY_P (1ull << 0)
#define ENTRY_W (1ull << 1)
#define ENTRY_U (1ull << 2)
#define ENTRY_A (1ull << 5)
#define ENTRY_D (1ull << 6)
#define ENTRY_NX (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define FAULT_W 2u
#define FAULT_U 4u
#define FAULT_I 16u

/* The files that the program is started with (cli/run_process.c). */
#define FILE_CONSOLE 0		/* a socket; both directions */
#define FILE_BUNDLE 3		/* memory, as wedge_start takes it */
#define FILE_FIRST 4		/* the network's, if there is one, and those of disks */

/* From FILE_FIRST on: 0: there is no network; the first disk's, and the one behind the
   last disk's. */
extern struct process_files { int net, disk, disk_end; } process_files;
void process_files_init(const void *bundle, size_t size);
/* The network's file if a frame is waited for, or -1. */
int process_net_waits(void);

/* What the host was asked for. */
enum process_call {
	CALL_MAP, CALL_UNMAP, CALL_PROTECT, CALL_USER, CALL_STUB_MAP, CALL_STUB_UNMAP,
	CALL_STUB_MADE, CALL_BASE, CALL_TIMER, CALL_WAIT, CALL_CONSOLE, PROCESS_CALLS
};
extern uint64_t process_calls[PROCESS_CALLS];

/* The host refuses @what: the end. */
_Noreturn void process_refused(const char *what, long result);
static inline long process_must(const char *what, long result)
{
	if (result < 0)
		process_refused(what, result);
	return result;
}

/* Memory of the wedge's own at @va, empty. */
void process_map_own(uint64_t va, uint64_t size);

/* Guest memory and tables; @wanted bytes. */
void process_memory_init(uint64_t wanted);
void process_tables_init(uint64_t frames);
extern int process_memory_file;
/* The lowest address that the host lets a process have. */
extern uint64_t process_lowest;

/* The tables of a root, walked as the processor does. */
struct process_walk {
	uint64_t *leaf;		/* NULL: there is none */
	uint64_t rights;	/* of all levels: ENTRY_W, ENTRY_U; ENTRY_NX of any */
};
void process_walk(unsigned root, uint64_t va, struct process_walk *walk);
/* Roots that run. */
extern unsigned process_kernel_root, process_user_root;

/*
 * What a process of the host has mapped, as a TLB holds it: a list, in which a page may
 * stand twice. When it is full, all is unmapped.
 */
#define TLB_AROUND 16u		/* pages looked at around a fault */
struct tlb_page {
	uint64_t va;		/* with the rights in its low bits; 0: none */
	uint64_t frame;		/* what is mapped there: a machine address */
};
struct tlb {
	struct tlb_page *pages;
	unsigned room, count;
	uint64_t generation;	/* process_changes when it was looked at last */
	/* 0, or an error of the host, negated. @rights: STUB_READ and so on. */
	long (*map)(struct tlb *tlb, uint64_t va, uint64_t size, unsigned rights, uint64_t frame);
	long (*unmap)(struct tlb *tlb, uint64_t va, uint64_t size);
	uint8_t user;		/* supervisor pages are none of its */
};
/* The access (FAULT_W, FAULT_I) has faulted at @va. 1: it is mapped now; 0: @root does not
   allow it. */
int tlb_fill(struct tlb *tlb, unsigned root, uint64_t va, uint32_t access);
/* Drop what @root does not map any more. */
void tlb_sync(struct tlb *tlb, unsigned root);
/* All is unmapped. */
void tlb_forget(struct tlb *tlb);
/* NULL, or what is mapped and should not be. */
const char *tlb_check(const struct tlb *tlb, unsigned root, uint64_t *va);
/* Something that was present in a table is not, or another. */
extern uint64_t process_changes;
extern struct tlb process_tlb;		/* of the supervisor */

/* A write by the wedge to guest memory at @address: 1: it can be made now. */
int process_wedge_write(uint64_t address);

void process_signals_init(void);
void process_filter_init(void);
/* A signal of the host's timer or console, while @stub runs (NULL: none does). */
struct stub;
extern struct stub *volatile process_stub;
extern uint8_t process_pending;
void process_time_init(void);

/* User mode goes on, with struct cpu; its next event enters the wedge. */
_Noreturn void process_user_enter(struct cpu *cpu);
void process_user_end(void);
const char *process_user_check(uint64_t *va);
void process_set_user_gs(uint64_t base);
/* DR6 of the last exception. */
extern uint64_t process_debug_status;

#endif

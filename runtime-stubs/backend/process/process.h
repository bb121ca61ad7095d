/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the files of the supervisor, which is the wedge as a process of the host. */
#ifndef PREVIRT_PROCESS_H
#define PREVIRT_PROCESS_H
#include "place.h"
#include "../../host/sys.h"
#include "../backend.h"
#include "../../mmu/maps.h"
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
#define FILE_FIRST 4		/* the network's and the shared folder's, if any, and those of disks */

/* From FILE_FIRST on: 0: there is no network, or shared folder; the first disk's, and the
   one behind the last disk's. */
extern struct process_files { int net, share, disk, disk_end; } process_files;
void process_files_init(const void *bundle, size_t size);

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

void process_walk(unsigned root, uint64_t va, struct maps_walk *walk);
/* Roots that run. */
extern unsigned process_kernel_root, process_user_root;

/* Of the supervisor: the lower half, which other roots have otherwise, and the kernel's. */
extern struct maps process_maps[2];
extern uint64_t process_changes[2];	/* of either half: maps.changes */
/* maps_fill, which the host must not refuse. */
int process_fill(struct maps *maps, unsigned root, uint64_t va, uint32_t access);
int process_kernel_fill(uint64_t va, uint32_t access);

/* All slots and what else sites name (entry.S). */
extern uint64_t process_sites[];
/* Instructions read the base of fs, and of gs. */
extern uint8_t process_has_fsgsbase;

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
/* The parts of the vector state that the guest's kernel keeps, bits of XCR0, and the bytes
   of XSAVE's area that they take. */
extern uint64_t process_parts;
extern uint32_t process_parts_size;

#endif

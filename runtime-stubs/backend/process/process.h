/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the files of the supervisor, which is the wedge as a process of the host. */
#ifndef PREVIRT_PROCESS_H
#define PREVIRT_PROCESS_H
#include "place.h"
#include "../../host/sys.h"
#include "../backend.h"
#include "../../mmu/maps/tables.h"
#include "../../mmu/paging.h"
#include "../../wedge/entry.h"

/* Error codes of page faults (SDM volume 3, 4.7). */
#define FAULT_W 2u
#define FAULT_U 4u
#define FAULT_I 16u

/* The files that the program is started with (cli/run_process.c). */
#define FILE_BUNDLE 3		/* memory, as wedge_start takes it */
#define FILE_FIRST 4		/* gdb's, the network's and the shared folder's, if any, and those of disks */

/* From FILE_FIRST on: 0: there is no gdb, network, or shared folder; the first disk's, and the
   one behind the last disk's. */
extern struct process_files { int gdb, net, share, disk, disk_end; } process_files;
void process_files_init(const void *bundle, size_t size);

/* Counters of the host's system calls. */
enum process_call {
	CALL_MAP, CALL_UNMAP, CALL_PROTECT, CALL_USER, CALL_STUB_MAP, CALL_STUB_UNMAP,
	CALL_STUB_MADE, CALL_BASE, CALL_LDT, CALL_TIMER, CALL_WAIT, PROCESS_CALLS
};
extern uint64_t process_calls[PROCESS_CALLS];

/* Ends the run: the host refuses @what. */
_Noreturn void process_refused(const char *what, long result);
static inline long process_must(const char *what, long result)
{
	if (result < 0)
		process_refused(what, result);
	return result;
}

/* Maps zeroed memory of the wedge's own at @va. */
void process_map_own(uint64_t va, uint64_t size);

/* Makes guest memory of @wanted bytes, and its tables. */
void process_memory_init(uint64_t wanted);
void process_memory_own(void);	/* what each processor knows of it */
extern int process_memory_file;
/* The lowest address that the host lets a process have. */
extern uint64_t process_lowest;

/* Of the supervisor: the lower half, which other roots have otherwise, and the kernel's. */
extern struct maps process_maps[2];
/* maps_fill, which the host must not refuse. */
int process_fill(struct maps *maps, unsigned root, uint64_t va, uint32_t access);
int process_kernel_fill(uint64_t va, uint32_t access);
/* Accesses of the kernel to user mode's pages that were carried out, and not mapped, since the
   roots were loaded; that many at most, with --trust=shared and several processors none. */
#define PROCESS_CARRIED 8u
extern unsigned process_carried;

/* All slots and what else sites name (entry.S). */
extern uint64_t process_sites[];
extern char process_sites_end[];
/* A variable of this folder that is one for all processors; else each has its own. */
#define PROCESS_SHARED __attribute__((section(".bss.shared")))
/* Finds out how many processors there are, and makes what they share. Called before all else. */
void process_vcpus_init(const void *bundle, size_t size);
/* Starts the processors' processes and sets their filters. The first one returns. */
void process_vcpus_make(void);
/* The guest was left. 1: mappings were looked at anew. */
int process_vcpu_back(void);
/* Ends the process if @signal tells that another processor has ended. */
void process_vcpu_signal(int signal);
/* Returns 1 if guest frame @gfn is mapped writable nowhere (backend_frame_clean, and a commit). */
int process_memory_is_clean(uint64_t gfn);
/* A write by the wedge to guest memory at @address: 1: it can be made now. */
int process_wedge_write(uint64_t address);

#define PROCESS_GONE SIGUSR1	/* another processor has ended */
void process_signals_init(void);
void process_filter_init(void);
/* A signal of the host's timer or console, while @stub runs (NULL: none does). */
struct stub;
extern struct stub *volatile process_stub;
extern uint8_t process_pending;
void process_time_init(void);

/* Enters the guest; its other registers are in struct cpu. */
_Noreturn void process_go(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp);
int process_signal_is_event(int signal);
_Noreturn void process_signal_stray(int signal);

/* With --trust=shared: not 0 while user mode runs. */
extern uint8_t process_in_user;
struct stub_frame;
_Noreturn void process_shared_enter(struct cpu *cpu);
_Noreturn void process_shared_signal(const struct stub_frame *frame);
void process_shared_leave(void);	/* if it runs */
/* It has made a system call without a signal: struct cpu has its registers, with the real
   flags; @rip is behind it. */
_Noreturn void process_shared_call(uint64_t rip);
extern uint64_t process_patch_calls;	/* how often (patch.c) */
/* maps_walk_tables, with what user mode may have while it runs. */
void process_shared_walk(unsigned root, uint64_t va, struct maps_walk *walk);

extern struct stub_ldt process_ldt;	/* the guest's, for user mode */
/* Bases of fs and gs of user mode's, and the kernel's gs. */
extern uint64_t process_user_base[2], process_kernel_gs;
/* What the host's processor has in its flags for user mode. */
uint64_t process_user_flags(const struct cpu *cpu);
/* The flags with which user mode was left. */
void process_user_took(struct cpu *cpu, uint64_t rip, uint16_t cs, uint64_t rflags);
/* User mode has made a system call as 32-bit code does. */
_Noreturn void process_user_syscall32(void);

/* User mode goes on, with struct cpu; its next event enters the wedge. */
_Noreturn void process_user_enter(struct cpu *cpu);
void process_user_end(void);
const char *process_user_check(uint64_t *va);
/* DR6 of the last exception. */
extern uint64_t process_debug_status;
/* The parts of the vector state that the guest's kernel keeps, bits of XCR0, and the bytes
   of XSAVE's area that they take. */
extern uint64_t process_parts;
extern uint32_t process_parts_size;

#endif

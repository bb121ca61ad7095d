/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the files of this folder: hypercalls, and what Xen has handed over. */
#ifndef PREVIRT_XENPV_H
#define PREVIRT_XENPV_H
#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include "layout.h"

#include "../backend.h"
#include "../../fastpath/fastpath.h"

extern struct start_info *xenpv_start_info;
#define xenpv_shared ((struct shared_info *)WEDGE_SHARED_INFO)
#define xenpv_vcpu ((struct vcpu_info *)WEDGE_VCPU_INFO)

/* Hypercalls so far, by number; entries in the lists of those that take lists. */
#define XENPV_CALLS 64
extern uint64_t xenpv_calls[XENPV_CALLS], xenpv_entries[XENPV_CALLS];

/* Makes a hypercall through the hypercall page. Unused arguments are 0. */
static inline long xenpv_call(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	extern char xenpv_hypercalls[];
	register uint64_t r10 __asm__("r10") = d;
	long result;

	xenpv_calls[number]++;
	if (number == __HYPERVISOR_mmu_update || number == __HYPERVISOR_mmuext_op)
		xenpv_entries[number] += b;
	__asm__ volatile("call *%%rax"
			 : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
			 : "0"(xenpv_hypercalls + 32 * number)
			 : "rcx", "r11", "r8", "r9", "memory");
	return result;
}

/* For a hypercall that must succeed: if it does not, the domain ends with @what. */
_Noreturn void xenpv_refused(const char *what, long result);
static inline void xenpv_must(const char *what, long result)
{
	if (result < 0)
		xenpv_refused(what, result);
}

/* Not 0: the console may have input. */
extern int xenpv_console_has;

/* Processor @vcpu's flags and time lie at the start of this frame from now on. */
void xenpv_vcpu_place(unsigned vcpu, uint64_t mfn);
uint64_t xenpv_first_info_mfn(void);

/* Finds out how many processors there are. Called before all else that takes memory. */
void xenpv_vcpus_count(void);
/* Makes tables, stacks and variables of the other processors. Called after all else that takes memory. */
void xenpv_vcpus_init(void);
/* The frame of processor @vcpu's own table of @level (3, 2) on the way to the
   wedge's image; not of the first one. */
uint64_t xenpv_vcpu_table(unsigned vcpu, int level);
/* Stops all processors but the running one, for good. */
void xenpv_vcpus_stop(void);
/* @wanted: bytes of guest memory; 0: all that can be had. */
void xenpv_memory_init(uint64_t wanted);
int xenpv_roots_alloc(unsigned vcpu, unsigned *kernel, unsigned *user);
/* A page in the window, to be written, or to be read (tables can only be read);
   0: none. */
uint64_t *xenpv_window(uint64_t pfn);
const uint64_t *xenpv_window_read(uint64_t pfn);
/* MMUEXT_* on a frame; @what must work. */
void xenpv_table_op(unsigned cmd, uint64_t mfn, const char *what);
void xenpv_tables_print_counters(void);
/* Tables of the pool by number, from 0 on: the level it is pinned as; -1: no more. */
int xenpv_pool_level(unsigned n, unsigned *table);
/* Notes that the image is as it was linked, for backend_check. */
void xenpv_check_init(void);
void xenpv_traps_init(void);
/* Binds the running processor's kick and timer. */
void xenpv_time_init(void);

extern char backend_stack_top[];

/* Returns the machine frame of a pseudo-physical frame. */
uint64_t xenpv_mfn(uint64_t pfn);
/* Takes a frame for the wedge itself. It is zeroed and mapped nowhere. */
uint64_t xenpv_take_frame(void);

/* First of the frames at WEDGE_LDT: so many for each processor. */
#define LDT_FRAMES 16u
extern uint64_t xenpv_ldt_pfn;

#endif

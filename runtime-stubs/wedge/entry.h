/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where a back-end calls the wedge. Each of these ends in backend_enter or
 * backend_shutdown; struct cpu holds the guest's state when they are called,
 * with IF as the guest has it.
 */
#ifndef PREVIRT_ENTRY_H
#define PREVIRT_ENTRY_H
#include <stddef.h>
#include <stdint.h>

/* What the back-end was given to run (bundle.h). */
_Noreturn void wedge_start(const void *bundle, size_t size);

/* The words that it brings for the wedge (words.def): wedge_wants_NAME, which wedge_start
   would find, too. */
void wedge_read_options(const void *bundle, size_t size);

/* How many bytes of memory the guest is to have, by the same; 0: all there is. */
uint64_t wedge_memory_wanted(const void *bundle, size_t size);

/* A rewritten site: cpu.rip is behind the call, or anything for a jump. */
_Noreturn void wedge_call(unsigned slot);
_Noreturn void wedge_jump(unsigned slot);

/* An exception of the guest; @address: of a page fault. */
_Noreturn void wedge_exception(unsigned vector, uint32_t error, uint64_t address);
/*
 * The same of a page fault of user mode in few instructions (@frame: error code,
 * rip, cs, rflags, rsp, ss), with the kernel's
 * flags nothing but the processor's.
 */
enum wedge_fast {		/* assembly looks at the sign, and whether it is 0 */
	WEDGE_FAST_NOT = -1,	/* nothing has happened: the slow way */
	WEDGE_FAST_GOES_ON,	/* user mode goes on, struct cpu is as it was */
	/* The guest's handler is to run from cpu.rip and cpu.rsp with IF clear and the
	   user's other registers and flags, and what user mode has in its segment registers
	   is not known. */
	WEDGE_FAST_DELIVERED
};
enum wedge_fast wedge_fast_fault(uint64_t address, uint64_t *frame);
/* Before a return to user mode when requests_vcpu.work is not 0. */
void wedge_settle_user(void);
/* invlpg and loads of CR3, with where the guest goes on and its stack then; they
   are done, or -1: nothing has happened. */
int wedge_fast_invlpg(uint64_t va);
void wedge_fast_cr3(uint64_t value, uint64_t rip, uint64_t rsp);
/* in or out of a byte, @al; @events: backend_events may have something. An interrupt
   may wait after that. Gives 0. */
struct wedge_io {
	const struct bus_ports *window;		/* of the port (wedge_find_port) */
	uint16_t offset;			/* in it */
	uint8_t out;
};
void wedge_find_port(struct wedge_io *io, uint16_t port);
uint64_t wedge_fast_io(const struct wedge_io *io, uint8_t *al, int events);
/* INT n, INT3 or INTO that the hypervisor lets by as @vector; rip is behind it. */
_Noreturn void wedge_software_interrupt(unsigned vector);
/* SYSCALL of user mode, rip behind it; @compat: from 32-bit code. SYSENTER of
   user mode: rip and rsp may be anything. */
_Noreturn void wedge_syscall(int compat);
_Noreturn void wedge_sysenter(void);
_Noreturn void wedge_event(void);
/* A further processor runs, for backend_vcpu_start was called. */
_Noreturn void wedge_vcpu_started(void);
/* Nothing has happened: run the guest from the state in struct cpu. */
_Noreturn void wedge_go(void);

/* The guest ends, with @how of devices/ends.h: called by backend_shutdown, before
   anything else. Prints counts, the self-check and the end, and returns @how, or
   ENDS_STOPPED if the wedge's own data is damaged. */
int wedge_ending(int how);

/* A report of the guest's registers and @why, and the end. */
_Noreturn void wedge_stop(const char *why);

/* Pointers to the code of slots, in the wedge's image. */
extern uint64_t previrt_call_slots[], previrt_jump_slots[];

#endif

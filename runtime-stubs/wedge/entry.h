/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where a back-end calls the wedge. When it does, struct cpu holds the guest's state, with
 * the guest's own IF. A _Noreturn function ends in backend_enter or backend_shutdown.
 */
#ifndef PREVIRT_ENTRY_H
#define PREVIRT_ENTRY_H
#include <stddef.h>
#include <stdint.h>

/* Starts the guest that is in @bundle (bundle.h). */
_Noreturn void wedge_start(const void *bundle, size_t size);

/* Reads the options in the bundle that are for the wedge (words.def) into wedge_wants_NAME,
   for a back-end that needs them before wedge_start, which does the same. */
void wedge_read_options(const void *bundle, size_t size);

/* Returns how many bytes of memory the guest is to have by these options; 0: all there is. */
uint64_t wedge_memory_wanted(const void *bundle, size_t size);

/* A rewritten site has called or jumped through slot @slot. After a call cpu.rip is the
   address behind it; after a jump its value is not used. */
_Noreturn void wedge_call(unsigned slot);
_Noreturn void wedge_jump(unsigned slot);

/* The guest has raised an exception; @address is that of a page fault. */
_Noreturn void wedge_exception(unsigned vector, uint32_t error, uint64_t address);
/*
 * wedge_exception for a page fault of user mode, in few instructions. @frame: error code,
 * rip, cs, rflags, rsp, ss. The kernel has none of the flags that keep the fast path out.
 */
enum wedge_fast {		/* assembly looks at the sign, and whether it is 0 */
	WEDGE_FAST_NOT = -1,	/* nothing has happened: the slow path */
	WEDGE_FAST_GOES_ON,	/* user mode goes on, struct cpu is as it was */
	/* The guest's handler is to run from cpu.rip and cpu.rsp with IF clear and the
	   user's other registers and flags, and what user mode has in its segment registers
	   is not known. */
	WEDGE_FAST_DELIVERED
};
enum wedge_fast wedge_fast_fault(uint64_t address, uint64_t *frame);
/* Before a return to user mode when requests_vcpu.work is not 0. */
void wedge_settle_user(void);
/* INVLPG: 0, or -1 if nothing was done and the slow path is to be taken. A load of CR3; @rip
   and @rsp: where the guest goes on, and its stack then. */
int wedge_fast_invlpg(uint64_t va);
void wedge_fast_cr3(uint64_t value, uint64_t rip, uint64_t rsp);
/* IN or OUT of one byte, *@al. @events: 1 if backend_events may return 1. An interrupt may be
   pending afterwards. Returns 0. */
struct wedge_io {
	const struct bus_ports *window;		/* of the port (wedge_find_port) */
	uint16_t offset;			/* in it */
	uint8_t out;
};
void wedge_find_port(struct wedge_io *io, uint16_t port);
uint64_t wedge_fast_io(const struct wedge_io *io, uint8_t *al, int events);
/* An annotated access to device memory by call slot @slot. Before: the guest's general registers
   are in struct cpu, and @behind is the return address. After: so are those that it has
   loaded. @events and the interrupt as for wedge_fast_io. Returns -1 if nothing was done and the
   slow path is to be taken. */
int wedge_fast_device(unsigned slot, uint64_t behind, int events);
/* The guest has executed INT n, INT3 or INTO, which the hypervisor reports as @vector; rip is
   behind the instruction. */
_Noreturn void wedge_software_interrupt(unsigned vector);
/* SYSCALL of user mode, rip behind it; @compat: from 32-bit code. SYSENTER of
   user mode: rip and rsp may be anything. */
_Noreturn void wedge_syscall(int compat);
_Noreturn void wedge_sysenter(void);
_Noreturn void wedge_event(void);
/* A processor that backend_vcpu_start has started runs. */
_Noreturn void wedge_running_started(void);
/* Runs the guest from the state in struct cpu, without an exception or interrupt. */
_Noreturn void wedge_go(void);

/* Called by backend_shutdown, before anything else, with exit status @how
   (devices/exit_status.h). Prints the counters, the result of the self-check and the end.
   Returns @how, or EXIT_STOPPED if the wedge's own data is damaged. */
int wedge_ending(int how);

/* Prints @why and the guest's registers, and ends the machine. */
_Noreturn void wedge_stop(const char *why);

/* Pointers to the code of slots, in the wedge's image. */
extern uint64_t previrt_call_slots[], previrt_jump_slots[];

#endif

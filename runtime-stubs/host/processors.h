/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Processes of a Linux host that are the processors of one machine: forks of the first,
 * which share all of its memory but what each has for itself (VCPU_LOCAL and the like).
 *
 * Defines backend_vcpus and backend_vcpu of iface/vcpu.h, and backend_kick.
 *
 * Invariants: only the process that has the lock runs the wedge. A process that waits for
 * another one spins for a short while and then sleeps. With one processor there is no lock.
 */
#ifndef PREVIRT_HOST_PROCESSORS_H
#define PREVIRT_HOST_PROCESSORS_H
#include <stddef.h>
#include <stdint.h>

/* The memory of this program: what each processor has for itself, which is mapped at @place
   for all, one after the other; and two ranges that they share. All are whole pages. */
struct host_layout {
	char *own, *own_end;
	char *shared[2], *shared_end[2];
	uint64_t place;
};
/* Makes a second mapping of this process's own memory (host_processor_own). @share: what the
   forks share becomes shared memory. Returns 0, or an error of the host, negated; so do the
   next functions. */
long host_processors_layout(const struct host_layout *layout, int share);
/* Adds @size bytes of zeroed shared memory at @va. */
long host_processors_memory(uint64_t va, uint64_t size);
/* Maps the shared memory of @size bytes at @from at @to as well, and replaces what was
   there. */
long host_share_again(uint64_t from, uint64_t size, uint64_t to);
/* Returns the address of @vcpu's variable which the running processor has at @own. The
   address is the same in all processes. */
void *host_processor_own(unsigned vcpu, const void *own);

/* Makes the processes of all processors. Each returns from here; this process is the first.
   @pending: a kick sets it; each has its own. @kick, @gone: the signal of a kick, and the
   one that the first gets when another one ends. */
long host_processors_make(int kick, int gone, uint8_t *pending);
/* Waits until the processor is started (backend_vcpu_start). It holds the lock then. */
void host_processor_await(void);

/* The running processor enters the guest, or sleeps. */
enum host_away { HOST_HERE, HOST_IN_GUEST, HOST_ASLEEP };
void host_processor_leave(enum host_away how);
/* It is back and holds the lock. Returns 1 if its TLB must be flushed
   (host_processors_still). */
int host_processor_enter(void);

/* Stops all other processors until this one releases the lock. The TLB of each is flushed
   when it comes back. */
void host_processors_still(void);

/* The first has got the signal @gone. It does not wait for the process that ended. */
void host_processors_gone(void);
/* Ends all processors, the running one included. The first one's status is @how. */
_Noreturn void host_processors_end(int how);
/* Returns the status with which the machine ends, or -1. A processor that gets a kick checks
   it. */
int host_processors_ending(void);

#endif

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

/* Where memory of this program is: what each processor has for itself, which stands at
   @place for all, one behind the other; and two stretches that they share. Whole pages. */
struct host_layout {
	char *own, *own_end;
	char *shared[2], *shared_end[2];
	uint64_t place;
};
/* Of this process's own there is a second view (host_processor_own) from now on; with @share
   what forks share is shared. 0, or an error of the host, negated; so the next ones. */
long host_processors_layout(const struct host_layout *layout, int share);
/* More of it: @size bytes at @va, empty. */
long host_processors_memory(uint64_t va, uint64_t size);
/* Shared memory of @size bytes at @from is at @to as well, in the place of what was there. */
long host_share_again(uint64_t from, uint64_t size, uint64_t to);
/* The place of @vcpu's variable that the running processor has at @own; the same for all. */
void *host_processor_own(unsigned vcpu, const void *own);

/* All of them are there, and return here; this process is the first. @pending: set by a kick,
   each has its own. The signals: of a kick, and what the first gets when another one ends. */
long host_processors_make(int kick, int gone, uint8_t *pending);
/* It waits to be started (backend_vcpu_start); the lock is its own then. */
void host_processor_await(void);

/* The running processor goes into the guest, or to sleep. */
enum host_away { HOST_HERE, HOST_IN_GUEST, HOST_ASLEEP };
void host_processor_leave(enum host_away how);
/* It is back, and has the lock. 1: its TLB is to be emptied (host_processors_still). */
int host_processor_enter(void);

/* No other one runs the guest until this one gives the lock away; the TLB of each is to be
   emptied before it does. */
void host_processors_still(void);

/* The first has got the signal: who has ended is not waited for. */
void host_processors_gone(void);
/* All of them end, with @how as the first one's status; the running one, too. */
_Noreturn void host_processors_end(int how);
/* -1, or the status that the machine ends with: whoever gets a kick looks at it. */
int host_processors_ending(void);

#endif

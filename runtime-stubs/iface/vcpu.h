/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Virtual processors, numbered from 0. Processor 0 runs from the start, each other one when
 * it has been started. One processor at a time runs the wedge; those in backend_wait
 * (events.h) do not count.
 */
#ifndef PREVIRT_IFACE_VCPU_H
#define PREVIRT_IFACE_VCPU_H
#include <stddef.h>
#include <stdint.h>

struct cpu;

#define BACKEND_VCPUS_MAX 8

/* A variable that each processor has for itself, at the same address; 0 at the start. */
#define VCPU_LOCAL __attribute__((section(".bss.vcpu")))

/* Requests to a processor's next return to user mode, made by the code that changes what
   such a return depends on. A part of struct vcpu (wedge/vm.h). Derived. */
struct requests_vcpu {
	/* Not 0: the return must go through the wedge, which then sets this to 0. */
	uint8_t slow;
	/* Not 0: wedge_settle_user must be called before the return; it sets this to 0. The
	   bits are the wedge's own. */
	uint8_t work;
	/* How many more returns by the fast path may compare the GDT. Each that does so counts
	   this down; a return that finds 0 after that goes through the wedge. */
	uint8_t gdt_compares;
};
extern struct requests_vcpu requests_vcpu;

/* How many there are, 1 to BACKEND_VCPUS_MAX; known before wedge_start. */
extern unsigned backend_vcpus;

/* The number of the running processor. VCPU_LOCAL. */
extern unsigned backend_vcpu;

/* Starts processor @vcpu, which then calls wedge_running_started. Called once for each
   processor. If the hypervisor refuses, the wedge stops with the reason. */
void backend_vcpu_start(unsigned vcpu);

/* Copies processor @vcpu's instance of the VCPU_LOCAL object @own, of @size bytes, to
   @to. */
void backend_vcpu_read(unsigned vcpu, const void *own, void *to, size_t size);

/* Runs the guest from the state in @cpu (previrt_cpu). Does not return: the guest's
   next trap, site or event enters the wedge anew (wedge/entry.h). If IF is set in
   @cpu and an event is pending, the wedge is entered at once. */
_Noreturn void backend_enter(struct cpu *cpu);

/* Returns the address of the byte that holds the virtual interrupt flag, the same for
   each processor: 0 when interrupts may come, else they may not. Rewritten sites
   write it: 1, or with backend_fs_base two bytes that are not 0. */
uint64_t backend_if_byte(void);

/* How rewritten sites name the wedge's slots and variables. 0: by addresses of 32 bits,
   sign-extended. Else by distances from this address, with a prefix of fs, whose base
   it is while the guest's kernel runs. */
extern uint64_t backend_fs_base;

/* Added to the address of each slot and variable that a site names. It is 0 unless the
   back-end has mapped these a second time for the sites. */
extern uint64_t backend_sites_offset;

/* 0, or with backend_fs_base the address of read-only copies of previrt_call_slots and,
   after them, previrt_jump_slots, at most 2 GiB from a kernel that has been moved. */
extern uint64_t backend_near_slots;

#endif

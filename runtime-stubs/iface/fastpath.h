/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fast path: code of the back-end's for sites, system calls and returns to user mode
 * that does its work without the wedge. It is optional: fastpath/none.c defines these
 * for a back-end without one.
 *
 * A return to user mode may do without the wedge while all of these hold:
 * (a) requests_vcpu.slow is 0;
 * (b) requests_vcpu.work is 0, or wedge_settle_user has been called;
 * (c) the guest's GDT is the one that hardware has (struct cpu_gdt_watch in cpu/cpu.h);
 * (d) cpu_syscall_changed was not called since the last return by the wedge.
 */
#ifndef PREVIRT_IFACE_FASTPATH_H
#define PREVIRT_IFACE_FASTPATH_H
#include <stddef.h>
#include <stdint.h>

struct insn;

/* System calls that the fast path has taken: wedge_syscall has not seen them.
   VCPU_LOCAL. */
extern uint64_t backend_fast_syscalls;

/* Call slot @slot (previrt_call_slots) is in use, for @insn, which stands @at bytes into
   sites of @size bytes that begin with a call of @call bytes. The back-end may point the
   slot to code of its own with the same effect as wedge_call. */
void backend_call_slot(unsigned slot, const struct insn *insn, unsigned at, unsigned size,
		       unsigned call);

/* The same of jump slot @slot (previrt_jump_slots) and wedge_jump. */
void backend_jump_slot(unsigned slot, const struct insn *insn);

#endif

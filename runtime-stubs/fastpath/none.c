/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * For back-ends that have no fast path: every site, system call and return to user mode
 * goes through the wedge.
 */
#include "../iface/fastpath.h"
#include "../iface/vcpu.h"

VCPU_LOCAL uint64_t backend_fast_syscalls;

void backend_call_slot(unsigned slot, const struct insn *insn, unsigned at, unsigned size,
		       unsigned call)
{
	(void)slot;
	(void)insn;
	(void)at;
	(void)size;
	(void)call;
}

void backend_jump_slot(unsigned slot, const struct insn *insn)
{
	(void)slot;
	(void)insn;
}

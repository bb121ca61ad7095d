/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The fast path into user mode and out of it, by Xen's iret and its frames. */
#define __ASSEMBLY__
#include "layout.h"
#include <xen/xen.h>

#define IRET xenpv_hypercalls + 32 * __HYPERVISOR_iret
#define slow_fault xenpv_trap_entries + WEDGE_ENTRY_SIZE * 14
#define slow_syscall xenpv_trap_entries + WEDGE_ENTRY_SIZE * WEDGE_SYSCALL

.macro return_to_user
	incq xenpv_calls+8*__HYPERVISOR_iret(%rip)
	pushq $0
	jmp IRET
.endm

#include "../../fastpath/user.inc"

	.text
/*
 * A breakpoint was met by what the wedge has pushed below the guest's stack, or in its
 * code. The guest sees nothing of it: on, past the instruction. On the stack: rax,
 * vector, error, rip, cs, rflags, rsp, ss.
 */
	.globl xenpv_watch_hit
xenpv_watch_hit:
	orl $FLAG_RF, 40(%rsp)
	push_scratch
	cld
	call xenpv_forget_hit
	pop_scratch
	popq %rax
	addq $16, %rsp
	pushq $0
	jmp IRET

	.section .note.GNU-stack, "", @progbits

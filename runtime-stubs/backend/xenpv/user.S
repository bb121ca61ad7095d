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

/* The frame of sysret is that of the hypercall iret (xen/arch-x86_64.h, struct iret_context):
   its flags are 0; page.S has it. The system-call instruction stands here as in Xen's hypercall page. */
#define SYSRET_RAX 0
#define SYSRET_R11 8
#define SYSRET_RCX 16
#define SYSRET_RIP 32
#define SYSRET_RFLAGS 48
#define SYSRET_RSP 56
#define SYSRET(x) fastpath_sysret_frame+SYSRET_##x(%rip)

.macro sysret_to_user
	movq %rax, SYSRET(RAX)
	movq %r11, SYSRET(R11)
	incq xenpv_calls+8*__HYPERVISOR_iret(%rip)
	movl $__HYPERVISOR_iret, %eax
	syscall
.endm

#include "../../fastpath/user.inc"

	.text
/*
 * A data breakpoint was hit by a push of the wedge's below the guest's stack pointer, or in
 * the wedge's code. The guest does not see it: execution goes on past the instruction.
 * On the stack: rax, vector, error, rip, cs, rflags, rsp, ss.
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

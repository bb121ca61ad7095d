/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The page of code in each stub: the start, the handler of all signals, the way back
 * to user code, and one system call on the supervisor's behalf.
 *
 * Invariants: user code can jump to any byte of this page, with any registers. What the
 * host does for it depends on the supervisor alone: it is told of each system call made
 * here, and refuses those that it has not ordered. The code relies on nothing on the stack, and
 * the supervisor on nothing in the region.
 *
 * LIMIT: XSAVE is needed.
 */
#include "layout.h"
#include <asm/unistd.h>

/* A place in the region, as seen from this page. */
#define CONTROL(offset) (STUB_REGION - STUB_CODE) + .Lcode + (offset)(%rip)

	.section .rodata.stub, "a"
	.globl stub_code, stub_handler, stub_answered, stub_xrstor, stub_iret
	.globl stub_go, stub_called, stub_stepped, stub_selectors, stub_selected, stub_code_end
	.balign 64
stub_code:
.Lcode:
/* The start: the steps at %r12, the first of them still in the supervisor's mappings.
   Each leaves its result; one that is not as expected is the end. */
.Lstep:
	mov	STEP_NUMBER(%r12), %rax
	cmp	$STEP_MOVE, %rax
	je	.Lmove
	cmp	$STEP_END, %rax
	je	.Lstarted
	mov	STEP_ARGUMENTS(%r12), %rdi
	mov	STEP_ARGUMENTS + 8(%r12), %rsi
	mov	STEP_ARGUMENTS + 16(%r12), %rdx
	mov	STEP_ARGUMENTS + 24(%r12), %r10
	mov	STEP_ARGUMENTS + 32(%r12), %r8
	mov	STEP_ARGUMENTS + 40(%r12), %r9
	syscall
stub_stepped:
	mov	%rax, STEP_RESULT(%r12)
	xor	STEP_EXPECTED(%r12), %rax
	and	STEP_MASK(%r12), %rax
	jnz	.Lfailed
	add	$STEP_SIZE, %r12
	jmp	.Lstep
.Lmove:
	mov	STEP_ARGUMENTS + 8(%r12), %rax
	mov	STEP_ARGUMENTS(%r12), %r12
	jmp	*%rax
.Lfailed:
	mov	$__NR_exit_group, %eax
	mov	$1, %edi
	syscall
	ud2
.Lstarted:
	mov	CONTROL(CONTROL_FIRST), %rsp
	jmp	.Lresult

/* A signal, on the stack in the region: the frame is at %rsp. */
	.balign 16
stub_handler:
	movw	%ds, CONTROL(CONTROL_HAD)
	movw	%es, CONTROL(CONTROL_HAD + 2)
	movw	%fs, CONTROL(CONTROL_HAD + 4)
	movw	%gs, CONTROL(CONTROL_HAD + 6)
	mov	%rsp, %rdi
	mov	CONTROL(CONTROL_SEQUENCE), %rsi
.Lnotify:
	mov	$STUB_NOTIFY, %eax
	syscall
/* From here to stub_iret user code is on its way: what stands in the frame is all of it. */
stub_answered:
	cmp	$STUB_COMMAND, %rax
	je	.Lcommand
stub_go:
	mov	%rax, %rbp
	/* User code's NT would make iretq fault. */
	pushq	$2
	popfq
	mov	FRAME_FPU(%rbp), %rdi
	mov	$-1, %eax
	mov	%eax, %edx
stub_xrstor:
	xrstor64 (%rdi)
	/* The host may not have a descriptor: one of these faults, and the supervisor is told. A load
	   of what is loaded would change the base. */
stub_selectors:
	movw	CONTROL(CONTROL_LOAD), %ds
	movw	CONTROL(CONTROL_LOAD + 2), %es
	movzwl	CONTROL(CONTROL_LOAD + 4), %eax
	mov	%fs, %ecx
	cmp	%eax, %ecx
	je	1f
	mov	%eax, %fs
1:	movzwl	CONTROL(CONTROL_LOAD + 6), %eax
	mov	%gs, %ecx
	cmp	%eax, %ecx
	je	stub_selected
	mov	%eax, %gs
stub_selected:
	mov	FRAME_R8(%rbp), %r8
	mov	FRAME_R8 + 8(%rbp), %r9
	mov	FRAME_R8 + 16(%rbp), %r10
	mov	FRAME_R8 + 24(%rbp), %r11
	mov	FRAME_R8 + 32(%rbp), %r12
	mov	FRAME_R8 + 40(%rbp), %r13
	mov	FRAME_R8 + 48(%rbp), %r14
	mov	FRAME_R8 + 56(%rbp), %r15
	mov	FRAME_RDI(%rbp), %rdi
	mov	FRAME_RDI + 8(%rbp), %rsi
	mov	FRAME_RBP + 8(%rbp), %rbx
	mov	FRAME_RBP + 16(%rbp), %rdx
	mov	FRAME_RBP + 24(%rbp), %rax
	mov	FRAME_RBP + 32(%rbp), %rcx
	/* A signal from here on lands below both what iretq pops and the frame. */
	lea	-FRAME_IRET(%rbp), %rsp
	mov	FRAME_RBP(%rbp), %rbp
stub_iret:
	iretq

.Lcommand:
	mov	CONTROL(CONTROL_COMMAND), %rax
	mov	CONTROL(CONTROL_COMMAND + 8), %rdi
	mov	CONTROL(CONTROL_COMMAND + 16), %rsi
	mov	CONTROL(CONTROL_COMMAND + 24), %rdx
	mov	CONTROL(CONTROL_COMMAND + 32), %r10
	mov	CONTROL(CONTROL_COMMAND + 40), %r8
	mov	CONTROL(CONTROL_COMMAND + 48), %r9
	syscall
stub_called:
	mov	%rax, %rdx
	mov	CONTROL(CONTROL_THEN), %rax
	cmp	$-4096, %rdx
	ja	.Lresult
	test	%rax, %rax
	jnz	stub_go
.Lresult:
	mov	$STUB_RESULT, %edi
	mov	CONTROL(CONTROL_SEQUENCE), %rsi
	jmp	.Lnotify
stub_code_end:

/* The end of the supervisor's own handler, which is made without a library. */
	.text
	.globl stub_signal_return
stub_signal_return:
	mov	$__NR_rt_sigreturn, %eax
	syscall

	.section .note.GNU-stack, "", @progbits

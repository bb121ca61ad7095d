/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * From the guest's kernel into the wedge, and back.
 *
 * Invariants:
 *  - The wedge runs on one stack, which is the signal stack, too. The frame of a signal
 *    that interrupts the guest is at its top; the frame of one that interrupts the wedge
 *    is below what the wedge has there.
 *  - Nothing but the call instruction of a site writes to the guest's stack.
 *  - struct cpu is complete before C runs, and stays so until the guest runs: a signal
 *    of the timer between process_critical_start and _end finds all of the guest's
 *    state there. Elsewhere in the wedge it sets process_pending, which is read
 *    before the guest goes on.
 *  - FPU and vector registers are the guest's while the wedge runs.
 */
#include "patch.h"
#include "place.h"
#include "../registers.inc"
#include "../../rewriter/limits.h"
#include <asm/unistd.h>

/* The guest's registers are saved but for rax, rsp and flags: on with @function. */
.macro to_c function
	save_other_registers
	movq %rsp, CPU(RSP)
	leaq process_stack_top(%rip), %rsp
	pushfq
	popq CPU(RFLAGS)
	pushq $2		/* no DF, no TF */
	popfq
	xorl %ebp, %ebp
	call \function
	ud2
.endm

	.section .text.start, "ax"
	.globl process_start
process_start:
	movq %rsp, %rdi
	leaq process_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	call process_main
	ud2

	.text
	.balign 16
site_call:
	movq %rax, CPU(RAX)
	to_c process_call_entered
	.balign 16
site_jump:
	movq %rax, CPU(RAX)
	to_c process_jump_entered
	.balign 16
	.globl process_patch_site
process_patch_site:		/* user mode's: patch.c */
	movq %rax, CPU(RAX)
	to_c process_patch_entered

/* Slot n of each kind: no stack is touched. A step into one of them ends here. */
	.globl process_call_stubs, process_jump_stubs, process_patch_stubs
.macro stubs count, to
	.set n, 0
.rept \count
	movl $n, process_slot(%rip)
	.byte 0xe9			/* jmp \to */
	.long \to - . - 4
	.set n, n + 1
.endr
.endm
process_call_stubs:
	stubs REWRITER_CALLS, site_call
process_jump_stubs:
	stubs REWRITER_JUMPS, site_jump
process_patch_stubs:
	stubs PATCH_SITES, process_patch_site
process_stubs_end:
	.if process_stubs_end - process_call_stubs - 15 * (REWRITER_CALLS + REWRITER_JUMPS + PATCH_SITES)
	.error "a stub is not 15 bytes long"
	.endif

.macro slots count, from
	.set n, 0
.rept \count
	.quad \from + 15 * n
	.set n, n + 1
.endr
.endm
/* What sites name, by distances from its start. */
	.section .data.sites, "aw", @progbits
	.balign 4096
	.globl process_sites, previrt_call_slots, previrt_jump_slots, process_masked, process_patch_slots
process_sites:
previrt_call_slots:
	slots REWRITER_CALLS, process_call_stubs
previrt_jump_slots:
	slots REWRITER_JUMPS, process_jump_stubs
process_masked:				/* not 0: no interrupts */
	.skip 8
process_patch_slots:
	slots PATCH_SITES, process_patch_stubs
	.text

/* Into the guest's kernel: process_frame has what iretq pops, struct cpu the rest. */
	.globl process_resume, process_critical_start, process_critical_end, process_iret
process_resume:
	leaq process_frame(%rip), %rsp
process_critical_start:
	cmpb $0, process_pending(%rip)
	jne 1f
	load_registers
process_iret:
	iretq
process_critical_end:
1:	leaq process_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	call process_event_entered
	ud2

/* A signal. C comes back if the wedge goes on where it was. */
	.globl process_signal_handler, process_signal_return
process_signal_handler:
	movq %rsp, %rdi
	subq $8, %rsp
	pushq $2		/* user mode's AC would have the wedge's accesses trap */
	popfq
	xorl %ebp, %ebp
	call process_signal_entered
	addq $16, %rsp
process_signal_return:
	movl $__NR_rt_sigreturn, %eax
	syscall

	.section .bss.vcpu, "aw", @nobits
	.balign 16
	.globl process_slot, process_frame, process_pending, process_stack
process_frame:	.skip 40
process_slot:	.long 0
process_pending: .byte 0
	.section .bss.stack, "aw", @nobits
	.balign 4096
process_stack:
	.skip WEDGE_STACK_SIZE
	.globl process_stack_top
process_stack_top:

	.section .note.GNU-stack, "", @progbits

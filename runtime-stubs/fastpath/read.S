/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code behind the call sites of reads: segment registers, and control registers that
 * only say what they were told.
 *
 * Invariant: it pushes nothing and does nothing that may not happen twice: an event there
 * goes back to the site.
 *
 * On entry the return address stands on the stack.
 */
#include "../cpu/offsets.h"

	.text
	.balign 16
	.globl fastpath_read_start, fastpath_read_end
fastpath_read_start:
/* mov of a segment register: known since the selectors were looked at last. */
.macro mov_sreg seg, name, full, reg
	.balign 16
sreg_\seg\()_\name:
	movzbl fastpath_stale_selectors(%rip), \reg
	jmp *1f(, \full, 8)
	.pushsection .rodata
	.balign 8
1:	.quad 2f, 3f
	.popsection
2:	movzwl previrt_cpu+CPU_SEG+2*\seg(%rip), \reg
	ret
3:	movq %rcx, fastpath_rcx(%rip)
	jmp fastpath_look_first
.endm

/* The same into the low half of a register, whose upper one stays. Each takes
   FASTPATH_ROUTINE bytes; past the first instruction rcx may be what was saved. */
.macro mov_sreg16 seg, name, reg
	.balign 64
sreg16_\seg\()_\name:
	movq %rcx, fastpath_rcx(%rip)
	movzbl fastpath_stale_selectors(%rip), %ecx
	jrcxz 1f
	jmp fastpath_look_first
1:	movq fastpath_rcx(%rip), %rcx
	movw previrt_cpu+CPU_SEG+2*\seg(%rip), \reg
	ret
.endm

.irp seg, 0, 1, 2, 3, 4, 5
	mov_sreg \seg, 0, %rax, %eax
	mov_sreg \seg, 1, %rcx, %ecx
	mov_sreg \seg, 2, %rdx, %edx
	mov_sreg \seg, 3, %rbx, %ebx
	mov_sreg \seg, 5, %rbp, %ebp
	mov_sreg \seg, 6, %rsi, %esi
	mov_sreg \seg, 7, %rdi, %edi
	mov_sreg \seg, 8, %r8, %r8d
	mov_sreg \seg, 9, %r9, %r9d
	mov_sreg \seg, 10, %r10, %r10d
	mov_sreg \seg, 11, %r11, %r11d
	mov_sreg \seg, 12, %r12, %r12d
	mov_sreg \seg, 13, %r13, %r13d
	mov_sreg \seg, 14, %r14, %r14d
	mov_sreg \seg, 15, %r15, %r15d
.endr
	.balign 64
	.globl fastpath_read16_start, fastpath_read16_end
fastpath_read16_start:
.irp seg, 0, 1, 2, 3, 4, 5
	mov_sreg16 \seg, 0, %ax
	mov_sreg16 \seg, 1, %cx
	mov_sreg16 \seg, 2, %dx
	mov_sreg16 \seg, 3, %bx
	mov_sreg16 \seg, 5, %bp
	mov_sreg16 \seg, 6, %si
	mov_sreg16 \seg, 7, %di
	mov_sreg16 \seg, 8, %r8w
	mov_sreg16 \seg, 9, %r9w
	mov_sreg16 \seg, 10, %r10w
	mov_sreg16 \seg, 11, %r11w
	mov_sreg16 \seg, 12, %r12w
	mov_sreg16 \seg, 13, %r13w
	mov_sreg16 \seg, 14, %r14w
	mov_sreg16 \seg, 15, %r15w
.endr
	.balign 64
fastpath_read16_end:

	.set at_cr0, CPU_CR0
	.set at_cr2, CPU_CR2
	.set at_cr3, CPU_CR3
	.set at_cr4, CPU_CR4
/* mov of a control register that only says what it was told. */
.macro mov_cr cr, name, reg
	.balign 16
cr_\cr\()_\name:
	movq previrt_cpu+at_cr\cr(%rip), \reg
	ret
.endm
.irp cr, 0, 2, 3, 4
	mov_cr \cr, 0, %rax
	mov_cr \cr, 1, %rcx
	mov_cr \cr, 2, %rdx
	mov_cr \cr, 3, %rbx
	mov_cr \cr, 5, %rbp
	mov_cr \cr, 6, %rsi
	mov_cr \cr, 7, %rdi
	mov_cr \cr, 8, %r8
	mov_cr \cr, 9, %r9
	mov_cr \cr, 10, %r10
	mov_cr \cr, 11, %r11
	mov_cr \cr, 12, %r12
	mov_cr \cr, 13, %r13
	mov_cr \cr, 14, %r14
	mov_cr \cr, 15, %r15
.endr
fastpath_read_end:

	.section .rodata
	.balign 8
	.globl fastpath_read_sreg, fastpath_read_cr
	.globl fastpath_read_sreg16
.macro row prefix
.irp name, 0, 1, 2, 3
	.quad \prefix\name
.endr
	.quad 0
.irp name, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.quad \prefix\name
.endr
.endm
fastpath_read_sreg:
.irp seg, 0, 1, 2, 3, 4, 5
	row sreg_\seg\()_
.endr
fastpath_read_sreg16:
.irp seg, 0, 1, 2, 3, 4, 5
	row sreg16_\seg\()_
.endr
fastpath_read_cr:				/* cr0, cr2, cr3, cr4 */
.irp cr, 0, 2, 3, 4
	row cr_\cr\()_
.endr

	.section .bss.vcpu, "aw", @nobits
	.balign 8
	.globl fastpath_rcx
fastpath_rcx:	.quad 0

	.section .note.GNU-stack, "", @progbits

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
#include "registers.inc"

	.text
	.balign 16
	.globl fastpath_read_start, fastpath_read_end
fastpath_read_start:
/* mov of a segment register: known since the selectors were looked at last. */
.macro mov_sreg number, full, reg, word, seg
	.balign 16
sreg_\seg\()_\number:
	movzbl fastpath_stale_selectors(%rip), %\reg
	jmp *1f(, %\full, 8)
	.pushsection .rodata
	.balign 8
1:	.quad 2f, 3f
	.popsection
2:	movzwl previrt_cpu+CPU_SEG+2*\seg(%rip), %\reg
	ret
3:	movq %rcx, fastpath_rcx(%rip)
	jmp fastpath_look_first
.endm

/* The same into the low half of a register, whose upper one stays. Each takes
   FASTPATH_ROUTINE bytes; past the first instruction rcx may be what was saved. */
.macro mov_sreg16 number, full, reg, word, seg
	.balign FASTPATH_ROUTINE
sreg16_\seg\()_\number:
	movq %rcx, fastpath_rcx(%rip)
	movzbl fastpath_stale_selectors(%rip), %ecx
	jrcxz 1f
	jmp fastpath_look_first
1:	movq fastpath_rcx(%rip), %rcx
	movw previrt_cpu+CPU_SEG+2*\seg(%rip), %\word
	ret
.endm

.irp seg, 0, 1, 2, 3, 4, 5
	each_register mov_sreg, \seg
.endr
	.balign FASTPATH_ROUTINE
	.globl fastpath_read16_start, fastpath_read16_end
fastpath_read16_start:
.irp seg, 0, 1, 2, 3, 4, 5
	each_register mov_sreg16, \seg
.endr
	.balign FASTPATH_ROUTINE
fastpath_read16_end:

	.set at_cr0, CPU_CR0
	.set at_cr2, CPU_CR2
	.set at_cr3, CPU_CR3
	.set at_cr4, CPU_CR4
/* mov of a control register that only says what it was told. */
.macro mov_cr number, full, reg, word, cr
	.balign 16
cr_\cr\()_\number:
	movq previrt_cpu+at_cr\cr(%rip), %\full
	ret
.endm
.irp cr, 0, 2, 3, 4
	each_register mov_cr, \cr
.endr
fastpath_read_end:

	.section .rodata
	.balign 8
	.globl fastpath_read_sreg, fastpath_read_cr
	.globl fastpath_read_sreg16
fastpath_read_sreg:
.irp seg, 0, 1, 2, 3, 4, 5
	register_row sreg_\seg
.endr
fastpath_read_sreg16:
.irp seg, 0, 1, 2, 3, 4, 5
	register_row sreg16_\seg
.endr
fastpath_read_cr:				/* cr0, cr2, cr3, cr4 */
.irp cr, 0, 2, 3, 4
	register_row cr_\cr
.endr

	.section .bss.vcpu, "aw", @nobits
	.balign 8
	.globl fastpath_rcx
fastpath_rcx:	.quad 0

	.section .note.GNU-stack, "", @progbits

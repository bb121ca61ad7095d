/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Call sites that need C, but little of it (lean.c): invlpg, loads of CR3 and of
 * null selectors, wrmsr, the first look at user mode's selectors, in and out of a
 * byte. Only what C may change is saved.
 *
 * Invariants:
 *  - What happens here changes no register and no flag (but for what in reads), and
 *    may happen twice (but for in and out): an event in front of the site's end
 *    goes back to the site. Past the first instruction rcx is what was saved.
 *  - With events masked, the wedge's stack is used.
 *
 * On entry the return address stands on the stack.
 */
#define __ASSEMBLY__
#include "layout.h"
#include "../../cpu/offsets.h"

#define CPU(x) previrt_cpu+CPU_##x(%rip)
#define PENDING WEDGE_VCPU_INFO
#define MASK WEDGE_VCPU_INFO+1

	.text
/* Each takes LEAN_SIZE bytes. The operand goes into rdi. */
.macro lean prefix, number, reg, function
	.balign 64
\prefix\()_\number:
	movq %rcx, xenpv_plain_rcx(%rip)
	movzbl MASK, %ecx
	movb $1, MASK
	movq %rdi, CPU(RDI)
	.ifc \reg, %rcx
	movq xenpv_plain_rcx(%rip), %rdi
	.else
	.ifnc \reg, %rdi
	movq \reg, %rdi
	.endif
	.endif
	jmp \function
.endm

.macro each_lean prefix, function
	lean \prefix, 0, %rax, \function
	lean \prefix, 1, %rcx, \function
	lean \prefix, 2, %rdx, \function
	lean \prefix, 3, %rbx, \function
	lean \prefix, 5, %rbp, \function
	lean \prefix, 6, %rsi, \function
	lean \prefix, 7, %rdi, \function
	lean \prefix, 8, %r8, \function
	lean \prefix, 9, %r9, \function
	lean \prefix, 10, %r10, \function
	lean \prefix, 11, %r11, \function
	lean \prefix, 12, %r12, \function
	lean \prefix, 13, %r13, \function
	lean \prefix, 14, %r14, \function
	lean \prefix, 15, %r15, \function
.endm

	.balign 64
	.globl xenpv_lean_start, xenpv_lean_end, xenpv_lean_plain, xenpv_lean_behind
xenpv_lean_start:
	each_lean invlpg, lean_invlpg
	each_lean cr3, lean_cr3
	each_lean sreg0, lean_sreg0
	each_lean sreg3, lean_sreg3
	each_lean sreg4, lean_sreg4
	each_lean sreg5, lean_sreg5
	lean wrmsr, 0, %rcx, lean_wrmsr
	lean io, 0, %rdi, lean_io

/* From fast.S, with rcx saved: the selectors are not known. */
	.balign 64
	nop
	.globl xenpv_look_first
xenpv_look_first:
	movzbl MASK, %ecx
	movb $1, MASK
	movq %rdi, CPU(RDI)
	jmp lean_selectors

.macro lean_push rdx=%rdx
	movq %rsp, CPU(RSP)
	leaq xenpv_stack_top(%rip), %rsp
	pushq %rcx
	pushfq
	pushq %rax
	pushq \rdx
	pushq %rsi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
	movl %ecx, %esi
	cld
.endm
.macro lean_pop
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rsi
	popq %rdx
	popq %rax
.endm
.macro lean_pop_rest
	popfq
	popq %rcx
	movq CPU(RSP), %rsp
	movq CPU(RDI), %rdi
.endm

/* Events masked, rcx: whether they were before. C gives 0, or where to go on. */
	.balign 64
xenpv_lean_plain:
.macro lean_c function, third
\function:
	lean_push
	.ifnb \third
	movq \third, %rdx
	.endif
	call xenpv_\function
	jmp lean_done
.endm
	lean_c lean_invlpg
	lean_c lean_cr3
	lean_c lean_wrmsr, %rsp
	lean_c lean_selectors
.macro lean_load which
lean_sreg\which:
	movq %rdx, lean_rdx(%rip)
	movl $\which, %edx
	jmp lean_sreg
.endm
	lean_load 0
	lean_load 3
	lean_load 4
	lean_load 5
lean_sreg:
	lean_push lean_rdx(%rip)
	call xenpv_lean_sreg
lean_done:
	movq %rax, lean_then(%rip)
	testq %rax, %rax
	lean_pop
	jnz 3f
	lean_pop_rest
	movb %cl, MASK
	jrcxz 1f
2:	movq xenpv_plain_rcx(%rip), %rcx
	ret
1:	movzbl PENDING, %ecx
	jrcxz 2b
	movq (%rsp), %rcx		/* once more: C will send it the long way */
	movslq -4(%rcx), %rcx
	movq (%rcx), %rcx
	movq %rcx, lean_then(%rip)
	movq xenpv_plain_rcx(%rip), %rcx
	jmp *lean_then(%rip)
3:	lean_pop_rest
	movb %cl, MASK
	movq xenpv_plain_rcx(%rip), %rcx
	jmp *lean_then(%rip)

/* in and out do not happen twice: from xenpv_lean_behind on, an event finds the
   guest behind the site. */
lean_io:
	lean_push
	movq %rsp, %rdx
	call xenpv_lean_io
lean_io_done:
	testq %rax, %rax
	jnz lean_done
	lean_pop
	lean_pop_rest
	jrcxz xenpv_lean_behind
	movq xenpv_plain_rcx(%rip), %rcx
	ret
xenpv_lean_behind:
	movb $0, MASK
	movzbl PENDING, %ecx
	jrcxz 1f
	movb $1, MASK
	movq xenpv_plain_rcx(%rip), %rcx
	jmp xenpv_site_behind
1:	movq xenpv_plain_rcx(%rip), %rcx
	ret
xenpv_lean_end:

	.section .rodata
	.balign 8
	.globl xenpv_lean_invlpgs, xenpv_lean_cr3s, xenpv_lean_sregs, xenpv_lean_wrmsrs
	.globl xenpv_lean_ios
.macro lean_row prefix
.irp name, 0, 1, 2, 3
	.quad \prefix\()_\name
.endr
	.quad 0
.irp name, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.quad \prefix\()_\name
.endr
.endm
xenpv_lean_invlpgs:
	lean_row invlpg
xenpv_lean_cr3s:
	lean_row cr3
xenpv_lean_sregs:			/* es, cs, ss, ds, fs, gs */
	lean_row sreg0
	.skip 8 * 16 * 2
	lean_row sreg3
	lean_row sreg4
	lean_row sreg5
xenpv_lean_wrmsrs:
	.quad wrmsr_0
xenpv_lean_ios:
	.quad io_0

	.section .bss.vcpu, "aw", @nobits
	.balign 8
lean_then:	.quad 0
lean_rdx:	.quad 0

	.section .note.GNU-stack, "", @progbits

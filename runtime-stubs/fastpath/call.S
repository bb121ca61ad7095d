/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Call sites that need C, but little of it (call.c): invlpg, loads of CR3 and of
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
#include "../cpu/offsets.h"

#define CPU(x) previrt_cpu+CPU_##x(%rip)

	.text
/* Each takes FASTPATH_ROUTINE bytes. The operand goes into rdi. */
.macro routine prefix, number, reg, function
	.balign 64
\prefix\()_\number:
	movq %rcx, fastpath_rcx(%rip)
	movzbl fastpath_masked, %ecx
	movb $1, fastpath_masked
	movq %rdi, CPU(RDI)
	.ifc \reg, %rcx
	movq fastpath_rcx(%rip), %rdi
	.else
	.ifnc \reg, %rdi
	movq \reg, %rdi
	.endif
	.endif
	jmp \function
.endm

.macro each_register prefix, function
	routine \prefix, 0, %rax, \function
	routine \prefix, 1, %rcx, \function
	routine \prefix, 2, %rdx, \function
	routine \prefix, 3, %rbx, \function
	routine \prefix, 5, %rbp, \function
	routine \prefix, 6, %rsi, \function
	routine \prefix, 7, %rdi, \function
	routine \prefix, 8, %r8, \function
	routine \prefix, 9, %r9, \function
	routine \prefix, 10, %r10, \function
	routine \prefix, 11, %r11, \function
	routine \prefix, 12, %r12, \function
	routine \prefix, 13, %r13, \function
	routine \prefix, 14, %r14, \function
	routine \prefix, 15, %r15, \function
.endm

	.balign 64
	.globl fastpath_call_start, fastpath_call_end, fastpath_call_common, fastpath_call_behind
fastpath_call_start:
	each_register invlpg, call_invlpg
	each_register cr3, call_cr3
	each_register sreg0, call_sreg0
	each_register sreg3, call_sreg3
	each_register sreg4, call_sreg4
	each_register sreg5, call_sreg5
	routine wrmsr, 0, %rcx, call_wrmsr
	routine io, 0, %rdi, call_io

/* From read.S, with rcx saved: the selectors are not known. */
	.balign 64
	nop
	.globl fastpath_look_first
fastpath_look_first:
	movzbl fastpath_masked, %ecx
	movb $1, fastpath_masked
	movq %rdi, CPU(RDI)
	jmp call_selectors

.macro call_push rdx=%rdx
	movq %rsp, CPU(RSP)
	leaq backend_stack_top(%rip), %rsp
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
.macro call_pop
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rsi
	popq %rdx
	popq %rax
.endm
.macro call_pop_rest
	popfq
	popq %rcx
	movq CPU(RSP), %rsp
	movq CPU(RDI), %rdi
.endm

/* Events masked, rcx: whether they were before. C gives 0, or where to go on. */
	.balign 64
fastpath_call_common:
.macro c_function function, third
\function:
	call_push
	.ifnb \third
	movq \third, %rdx
	.endif
	call fastpath_\function
	jmp call_done
.endm
	c_function call_invlpg
	c_function call_cr3
	c_function call_wrmsr, %rsp
	c_function call_selectors
.macro call_load which
call_sreg\which:
	movq %rdx, call_rdx(%rip)
	movl $\which, %edx
	jmp call_sreg
.endm
	call_load 0
	call_load 3
	call_load 4
	call_load 5
call_sreg:
	call_push call_rdx(%rip)
	call fastpath_call_sreg
call_done:
	movq %rax, call_then(%rip)
	testq %rax, %rax
	call_pop
	jnz 3f
	call_pop_rest
	movb %cl, fastpath_masked
	jrcxz 1f
2:	movq fastpath_rcx(%rip), %rcx
	ret
1:	movzbl fastpath_pending, %ecx
	jrcxz 2b
	movq (%rsp), %rcx		/* once more: C will send it the slow way */
	movslq -4(%rcx), %rcx
	movq (%rcx), %rcx
	movq %rcx, call_then(%rip)
	movq fastpath_rcx(%rip), %rcx
	jmp *call_then(%rip)
3:	call_pop_rest
	movb %cl, fastpath_masked
	movq fastpath_rcx(%rip), %rcx
	jmp *call_then(%rip)

/* in and out do not happen twice: from fastpath_call_behind on, an event finds the
   guest behind the site. */
call_io:
	call_push
	movq %rsp, %rdx
	call fastpath_call_io
call_io_done:
	testq %rax, %rax
	jnz call_done
	call_pop
	call_pop_rest
	jrcxz fastpath_call_behind
	movq fastpath_rcx(%rip), %rcx
	ret
fastpath_call_behind:
	movb $0, fastpath_masked
	movzbl fastpath_pending, %ecx
	jrcxz 1f
	movb $1, fastpath_masked
	movq fastpath_rcx(%rip), %rcx
	jmp fastpath_site_behind
1:	movq fastpath_rcx(%rip), %rcx
	ret
fastpath_call_end:

	.section .rodata
	.balign 8
	.globl fastpath_call_invlpgs, fastpath_call_cr3s, fastpath_call_sregs, fastpath_call_wrmsrs
	.globl fastpath_call_ios
.macro call_row prefix
.irp name, 0, 1, 2, 3
	.quad \prefix\()_\name
.endr
	.quad 0
.irp name, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.quad \prefix\()_\name
.endr
.endm
fastpath_call_invlpgs:
	call_row invlpg
fastpath_call_cr3s:
	call_row cr3
fastpath_call_sregs:			/* es, cs, ss, ds, fs, gs */
	call_row sreg0
	.skip 8 * 16 * 2
	call_row sreg3
	call_row sreg4
	call_row sreg5
fastpath_call_wrmsrs:
	.quad wrmsr_0
fastpath_call_ios:
	.quad io_0

	.section .bss.vcpu, "aw", @nobits
	.balign 8
call_then:	.quad 0
call_rdx:	.quad 0

	.section .note.GNU-stack, "", @progbits

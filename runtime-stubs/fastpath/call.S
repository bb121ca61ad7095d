/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Call sites that need C, but little of it (call.c): invlpg, loads of CR3 and of
 * null selectors, wrmsr, the first look at user mode's selectors, in and out of a
 * byte, annotated accesses to devices. Only what C may change is saved.
 *
 * Invariants:
 *  - What happens here changes no register and no flag (but for what in and a device
 *    give), and may happen twice (but for in, out and devices): an event in front of the site's end
 *    goes back to the site. Past the first instruction rcx is what was saved.
 *  - With events masked, the wedge's stack is used.
 *
 * On entry the return address stands on the stack.
 */
#include "../cpu/offsets.h"
#include "registers.inc"

#define CPU(x) previrt_cpu+CPU_##x(%rip)

	.text
/* Each takes FASTPATH_ROUTINE bytes. The operand goes into rdi. */
.macro routine number, reg, low, word, prefix, function
	.balign FASTPATH_ROUTINE
\prefix\()_\number:
	movq %rcx, fastpath_rcx(%rip)
	movzbl fastpath_masked(%rip), %ecx
	movb $1, fastpath_masked(%rip)
	movq %rdi, CPU(RDI)
	.ifc \reg, rcx
	movq fastpath_rcx(%rip), %rdi
	.else
	.ifnc \reg, rdi
	movq %\reg, %rdi
	.endif
	.endif
	jmp \function
.endm

	.balign FASTPATH_ROUTINE
	.globl fastpath_call_start, fastpath_call_end, fastpath_call_common, fastpath_call_behind
fastpath_call_start:
	each_register routine, invlpg, call_invlpg
	each_register routine, cr3, call_cr3
	each_register routine, sreg0, call_sreg0
	each_register routine, sreg3, call_sreg3
	each_register routine, sreg4, call_sreg4
	each_register routine, sreg5, call_sreg5
	routine 0, rcx, ecx, cx, wrmsr, call_wrmsr
	routine 0, rdi, edi, di, io, call_io
	routine 0, rdi, edi, di, device, call_device

/* From read.S, with rcx saved: the selectors are not known. */
	.balign FASTPATH_ROUTINE
	nop
	.globl fastpath_look_first
fastpath_look_first:
	movzbl fastpath_masked(%rip), %ecx
	movb $1, fastpath_masked(%rip)
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
	.balign FASTPATH_ROUTINE
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
	movb %cl, fastpath_masked(%rip)
	jrcxz 1f
2:	movq fastpath_rcx(%rip), %rcx
	ret
1:	movzbl fastpath_pending(%rip), %ecx
	jrcxz 2b
	movq (%rsp), %rcx		/* once more: C will send it the slow path */
	movslq -4(%rcx), %rcx
	movq (%rcx), %rcx
	movq %rcx, call_then(%rip)
	movq fastpath_rcx(%rip), %rcx
	jmp *call_then(%rip)
3:	call_pop_rest
	movb %cl, fastpath_masked(%rip)
	movq fastpath_rcx(%rip), %rcx
	jmp *call_then(%rip)

/* in, out and accesses to devices do not happen twice: from fastpath_call_behind on, an event finds the
   guest behind the site. */
call_device:
	call_push
	movq %rbx, CPU(RBX)
	movq %rbp, CPU(RBP)
	movq %r12, CPU(R12)
	movq %r13, CPU(R13)
	movq %r14, CPU(R14)
	movq %r15, CPU(R15)
	movq %rsp, %rdx
	call fastpath_call_device
	movq CPU(RBX), %rbx
	movq CPU(RBP), %rbp
	movq CPU(R12), %r12
	movq CPU(R13), %r13
	movq CPU(R14), %r14
	movq CPU(R15), %r15
	jmp call_io_done
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
	movb $0, fastpath_masked(%rip)
	movzbl fastpath_pending(%rip), %ecx
	jrcxz 1f
	movb $1, fastpath_masked(%rip)
	movq fastpath_rcx(%rip), %rcx
	jmp fastpath_site_behind
1:	movq fastpath_rcx(%rip), %rcx
	ret
fastpath_call_end:

	.section .rodata
	.balign 8
	.globl fastpath_call_invlpgs, fastpath_call_cr3s, fastpath_call_sregs, fastpath_call_wrmsrs
	.globl fastpath_call_ios, fastpath_call_devices
fastpath_call_invlpgs:
	register_row invlpg
fastpath_call_cr3s:
	register_row cr3
fastpath_call_sregs:			/* es, cs, ss, ds, fs, gs */
	register_row sreg0
	.skip 8 * 16 * 2
	register_row sreg3
	register_row sreg4
	register_row sreg5
fastpath_call_wrmsrs:
	.quad wrmsr_0
fastpath_call_ios:
	.quad io_0
fastpath_call_devices:
	.quad device_0

	.section .bss.vcpu, "aw", @nobits
	.balign 8
call_then:	.quad 0
call_rdx:	.quad 0

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Stub of a study: which MSRs are written, and how often. previrt_msr_histogram has
 * lines of { u32 ~msr, u32 0, u64 count }, in the order of their first write; a line
 * whose first word is 0 is free. What finds no line is counted in the last.
 */
#include "flags.inc"
#define LINES 64

	.text
	.globl previrt_stub_wrmsr
	.type previrt_stub_wrmsr, @function
previrt_stub_wrmsr:
	previrt_save
	push %rbx
	push %rdx
	mov %ecx, %edx
	not %edx			/* never 0: no MSR is FFFFFFFFh */
	lea previrt_msr_histogram(%rip), %rbx
1:	mov (%rbx), %eax
	cmp %edx, %eax
	je 3f
	test %eax, %eax
	jnz 2f
	lock cmpxchg %edx, (%rbx)	/* takes the free line */
	jz 3f
	cmp %edx, %eax			/* another processor took it */
	je 3f
2:	add $16, %rbx
	lea previrt_msr_histogram_others(%rip), %rax
	cmp %rax, %rbx
	jne 1b
3:	lock incq 8(%rbx)
	pop %rdx
	pop %rbx
	previrt_restore
	wrmsr
	RET
	.size previrt_stub_wrmsr, . - previrt_stub_wrmsr

	.data
	.balign 16
	.globl previrt_msr_histogram
	.type previrt_msr_histogram, @object
previrt_msr_histogram:
	.fill 16 * LINES
previrt_msr_histogram_others:
	.fill 16
	.size previrt_msr_histogram, . - previrt_msr_histogram
	.section .note.GNU-stack, "", @progbits

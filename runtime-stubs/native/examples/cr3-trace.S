/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Stubs of a study: each load of CR3, when, and how many cycles it took.
 * previrt_cr3_trace is a ring of { u64 value, u64 tsc, u64 cycles, u64 0 };
 * previrt_cr3_loads counts them all, the newest is the one before it.
 * LIMIT: loads from memory or of registers named otherwise keep the native stub.
 */
#include "flags.inc"
#define LINES 256	/* a power of two */

	.macro previrt_cr3_stub reg
	.globl "previrt_stub_mov_to_cr.mov.%\reg,%cr3"
	.type "previrt_stub_mov_to_cr.mov.%\reg,%cr3", @function
"previrt_stub_mov_to_cr.mov.%\reg,%cr3":
	push %\reg
	call previrt_cr3_load
	lea 8(%rsp), %rsp
	RET
	.size "previrt_stub_mov_to_cr.mov.%\reg,%cr3", . - "previrt_stub_mov_to_cr.mov.%\reg,%cr3"
	.endm

	.text
	.irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	previrt_cr3_stub \reg
	.endr

/* The value is behind the return address; all registers and flags are kept. */
	.type previrt_cr3_load, @function
previrt_cr3_load:
	previrt_save
	push %rbx
	push %rcx
	push %rdx
	mov $1, %ebx
	lock xadd %rbx, previrt_cr3_loads(%rip)
	and $LINES - 1, %ebx
	shl $5, %ebx
	lea previrt_cr3_trace(%rip), %rcx
	add %rcx, %rbx
	mov 48(%rsp), %rcx
	mov %rcx, (%rbx)
	rdtsc
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, 8(%rbx)
	mov %rcx, %cr3
	rdtsc
	shl $32, %rdx
	or %rdx, %rax
	sub 8(%rbx), %rax
	mov %rax, 16(%rbx)
	pop %rdx
	pop %rcx
	pop %rbx
	previrt_restore
	RET
	.size previrt_cr3_load, . - previrt_cr3_load

	.data
	.balign 32
	.globl previrt_cr3_trace, previrt_cr3_loads
	.type previrt_cr3_trace, @object
	.type previrt_cr3_loads, @object
previrt_cr3_trace:
	.fill 32 * LINES
	.size previrt_cr3_trace, . - previrt_cr3_trace
previrt_cr3_loads:
	.quad 0
	.size previrt_cr3_loads, . - previrt_cr3_loads
	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The assembly of the fuzzing guest: into the upper half, 256 entries of traps,
 * and attempts that come back from whatever they run into.
 */
#include "guest.inc"
#include "high.inc"
#ifndef LOWER_HALF
#define SECOND_BASE HIGH
#define SECOND_DOES racer
#include "second.inc"
#include "racer.inc"
#endif
	.globl start, gdt, tss, idt, idtr, gdtr, fuzz_pm_stack
start:
	movq %rsi, %r15			/* the zero page */
#ifndef LOWER_HALF
	make_racer
	wake_second
#endif
	go_high
	leaq trap_top(%rip), %rax
	movq %rax, tss+4(%rip)
	.irp n, 0,1,2,3,4,5,6		/* all of the interrupt stacks */
	leaq ist_top(%rip), %rax
	movq %rax, tss+36+8*\n(%rip)
	.endr
	movl 0x228(%r15), %edi		/* the command line */
	movq $HIGH, %rax
	addq %rax, %rdi
	call fuzz_main
	finish 0x10

/* fuzz_end(status) */
	.globl fuzz_end
fuzz_end:
	movl %edi, %eax
	movl $0xf4, %edx
	outb %al, %dx
	jmp fuzz_end

	.globl fuzz_put
fuzz_put:				/* a character */
	movl %edi, %eax
	movl $0x3f8, %edx
	outb %al, %dx
	ret

/*
 * uint64_t fuzz_try(void (*f)(uint64_t, uint64_t), a, b): 0, or the vector + 1
 * of what has ended it.
 */
	.globl fuzz_try
fuzz_try:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, recover(%rip)
	movq %rdi, %rax
	movq %rsi, %rdi
	movq %rdx, %rsi
	call *%rax
	xorl %eax, %eax
recovered:
	movq $0, recover(%rip)
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	cld
	ret

	.balign 16
	.globl fuzz_entries
fuzz_entries:
	.set n, 0
	.rept 256
	.balign 16
	.if !(n == 8 || (n >= 10 && n <= 14) || n == 17)
	pushq $0
	.endif
	pushq $n
	jmp entered
	.set n, n + 1
	.endr

/* vector, error, rip, cs, rflags, rsp, ss */
entered:
	cmpl $32, (%rsp)
	jae interrupted
give_up:
	movl (%rsp), %eax
	cmpq $0, recover(%rip)
	je lost
	incl %eax
	movq recover(%rip), %rsp
	jmp recovered
lost:	cmpl $1, %eax			/* a breakpoint that was set in one */
	jne 1f
	xorl %eax, %eax
	movq %rax, %dr7
	andl $~0x100, 32(%rsp)
	addq $16, %rsp
	iretq
1:	finish 98			/* outside any attempt */

interrupted:
	pushq %rax
	pushq %rdx
	movl 16(%rsp), %edx
	cmpl $0x20, %edx
	jne 1f
	decl patience(%rip)
1:	movb $0x20, %al
	outb %al, $0x20
	outb %al, $0xa0
	testb $3, 40(%rsp)		/* user mode that does not end by itself */
	jz 2f
	cmpl $0, patience(%rip)
	jg 2f
	popq %rdx
	popq %rax
	jmp give_up
2:	popq %rdx
	popq %rax
	testb $3, 24(%rsp)
	jz 3f
	cmpl $0x80, (%rsp)		/* user mode's own word */
	je give_up
3:	addq $16, %rsp
	iretq

/* SYSCALL of user mode, whatever its stack. */
	.globl fuzz_syscall
fuzz_syscall:
	leaq trap_top(%rip), %rsp
	pushq $0x80
	jmp give_up

/* fuzz_iret(frame) : five words. */
	.globl fuzz_iret
fuzz_iret:
	movq %rdi, %rsp			/* not to be interrupted here */
	iretq

/* Exec buffer with registers from a table of 14. */
	.globl fuzz_run_code, fuzz_registers
fuzz_run_code:
	movq %rdi, %r15
	movq fuzz_registers(%rip), %rax
	movq fuzz_registers+8(%rip), %rcx
	movq fuzz_registers+16(%rip), %rdx
	movq fuzz_registers+24(%rip), %rbx
	movq fuzz_registers+32(%rip), %rbp
	movq fuzz_registers+40(%rip), %rsi
	movq fuzz_registers+48(%rip), %rdi
	movq fuzz_registers+56(%rip), %r8
	movq fuzz_registers+64(%rip), %r9
	movq fuzz_registers+72(%rip), %r10
	movq fuzz_registers+80(%rip), %r11
	jmp *%r15

	.bss
	.balign 16
	.globl recover, patience
recover: .quad 0
fuzz_registers: .skip 8 * 11
patience: .long 0
	.balign 16
	.skip 16384
ist_top:
	.skip 16384
trap_top:
	.skip 65536
stack_top:
	.skip 16
	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A large page of the kernel's is split and joined again and again by one processor,
 * while user mode on another one makes system calls with its stack pointer at an
 * address of the kernel's. The system call's entry puts rsp away in that page, as
 * Linux does: were the page not present for a moment, the fault would be pushed at
 * user mode's stack pointer, with the kernel's rights. The stack that exceptions of
 * user mode are pushed on lies there, too.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
#define SPLIT 0xffffffffc0200000	/* the page */
#ifndef ROUNDS
#define ROUNDS 300
#define DELAY 20000
#endif

#define LAPIC 0xfee00000
#define MAILBOX 0xfee01000
#define SVR 0xf0
#define MSR_GS_BASE 0xc0000101

/* Until the word is \value; 2^27 looks are too many. */
.macro until word, value, number
	movl $0x8000000, %ecx
7:	cmpl $\value, \word(%rip)
	je 6f
	pause
	decl %ecx
	jnz 7b
6:	cmpl $\value, \word(%rip)
	expect e, \number
.endm

.macro set_gs_base value
	movl $MSR_GS_BASE, %ecx
	movl $\value, %eax
	xorl %edx, %edx
	wrmsr
.endm

	.globl start
start:
	leaq stack_top(%rip), %rsp
	leaq p_idt(%rip), %rax
	movq %rax, p_idtr+2(%rip)
	lgdt p_gdtr(%rip)
	lidt p_idtr(%rip)
	/* The local APIC and the mailbox. */
	movq %cr3, %rax
	movl %eax, tables(%rip)
	movq (%rax), %rbx
	andq $~0xfff, %rbx
	movq 3*8(%rbx), %rdx
	andq $~0xfff, %rdx
	movq $LAPIC + 0x83, %rax
	movq %rax, 0x1f7*8(%rdx)
	movl $0x1ff, %eax
	movl $LAPIC, %edi
	movl %eax, SVR(%rdi)
	cli
	movl $0x1111, %eax
	movq %rax, %cr2
	set_gs_base 0x11110000
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	call setup_high
	movl $MAILBOX, %edi
	movl $1, %eax
	movl %eax, 4(%rdi)
	leaq woken(%rip), %rax
	movq $HIGH, %rcx
	subq %rcx, %rax
	movq %rax, 8(%rdi)
	movw $1, %ax
	movw %ax, (%rdi)
	until second_runs, 1, 1
	print "guest: two processors\n"
	movq $SPLIT, %rdx
	movl $ROUNDS, %ebx
5:	physical l1r, 0x63
	movq %rax, l2m+8(%rip)
	invlpg (%rdx)
	movl $DELAY, %ecx
8:	pause
	decl %ecx
	jnz 8b
	movq $0x20001e3, %rax
	movq %rax, l2m+8(%rip)
	invlpg (%rdx)
	movl $DELAY, %ecx
8:	pause
	decl %ecx
	jnz 8b
	leaq canary(%rip), %rsi
	movl $512, %ecx
6:	cmpq $0, (%rsi)
	jne 7f
	addq $8, %rsi
	decl %ecx
	jnz 6b
	decl %ebx
	jnz 5b
	cmpl $ROUNDS, breakpoints(%rip)
	expect ae, 2
	print "guest: kernel memory is as it was\n"
	finish 0x10
7:	print "guest: THE KERNEL'S MEMORY WAS WRITTEN TO AT USER MODE'S RSP\n"
	finish 0x11
fault:	print "guest: fault\n"
	finish 3
setup_high:
	gate 14, fault
	gate 13, fault
	gate 3, breakpoint, 0xee00
	gate 6, undefined
	movq %cr3, %rbx
	physical l3, 0x67
	movq %rax, 8(%rbx)
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, code
	entry high_pdpt, 511, l2m
	movq $0x20001e3, %rax
	movq %rax, l2m+8(%rip)
	leaq l1r(%rip), %rdi
	movq $0x2000163, %rax
	movl $512, %ecx
4:	movq %rax, (%rdi)
	addq $4096, %rax
	addq $8, %rdi
	decl %ecx
	jnz 4b
	movq %cr4, %rax
	btcq $7, %rax
	movq %rax, %cr4
	btsq $7, %rax
	movq %rax, %cr4
	movq %rbx, %cr3
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end-user_code), %ecx
	rep movsb
	leaq tss2(%rip), %rax
	movw $103, gdt+0x60(%rip)
	movw %ax, gdt+0x62(%rip)
	shrq $16, %rax
	movb %al, gdt+0x64(%rip)
	movb $0x89, gdt+0x65(%rip)
	movb %ah, gdt+0x67(%rip)
	shrq $16, %rax
	movl %eax, gdt+0x68(%rip)
	ret
second_high:
	leaq stack2_top(%rip), %rsp
	lgdt gdtr(%rip)
	lidt idtr(%rip)
	movq $SPLIT + 0x5000, %rax
	movq %rax, tss2+4(%rip)
	movw $0x60, %ax
	ltr %ax
	pushq $KERNEL_CS
	leaq 3f(%rip), %rax
	pushq %rax
	lretq
3:	movl $KERNEL_SS, %eax
	movl %eax, %ss
	movl $0xc0000080, %ecx
	rdmsr
	orl $1, %eax
	wrmsr
	movl $0xc0000081, %ecx
	xorl %eax, %eax
	movl $0x00230010, %edx
	wrmsr
	movl $0xc0000082, %ecx
	leaq sys_entry(%rip), %rax
	movq %rax, %rdx
	shrq $32, %rdx
	wrmsr
	movl $0xc0000084, %ecx
	movl $0x47700, %eax
	xorl %edx, %edx
	wrmsr
	leaq canary+2048(%rip), %r15
	movl $1, second_runs(%rip)
	pushq $USER_SS
	pushq $0
	pushq $0x202
	pushq $USER_CS
	movq $PLACE, %rax
	pushq %rax
	iretq
sys_entry:			/* as Linux's: rsp is put away first */
	movq %rsp, SPLIT
	movq SPLIT, %rsp
	sysretq
breakpoint:
	incl breakpoints(%rip)
	iretq
undefined:
	addq $2, (%rsp)
	iretq
user_code:
1:	movq %r15, %rsp		/* an address of the kernel's */
	.byte 0x0f, 5
	int3
	ud2
	jmp 1b
user_end:
/* The way up, as the firmware leaves a processor: no site may stand here, for
   nothing of it runs under a hypervisor. */
woken:
	{nooptimize} lidt none(%rip)
	{nooptimize} lgdt gdtr32(%rip)
	{nooptimize} ljmpl *compat(%rip)
	.code32
without_paging:
	movl $0x50033, %eax
	{nooptimize} movl %eax, %cr0
	movw $0x18, %dx
	{nooptimize} movl %edx, %ss
	{nooptimize} movl %edx, %ds
	movl $second_stack_top - 16, %esp
	addl $16, %esp
	btl $3, zero
	jc without_paging
	movl $0x20, %eax
	{nooptimize} movl %eax, %cr4
	movl tables, %eax
	{nooptimize} movl %eax, %cr3
	movl $0xc0000080, %ecx
	{nooptimize} rdmsr
	bts $8, %eax
	{nooptimize} wrmsr
	cmpl zero, %eax
	je without_paging
	movl $0x80050033, %eax
	{nooptimize} movl %eax, %cr0
	{nooptimize} ljmpl $0x10, $second
	.code64
second:
	lgdt p_gdtr(%rip)
	lidt p_idtr(%rip)
	movl $0x1ff, %eax
	movl $LAPIC, %edi
	movl %eax, SVR(%rdi)
	movl $0x2222, %eax
	movq %rax, %cr2
	set_gs_base 0x22220000
	leaq second_high(%rip), %rax
	movq $HIGH, %rcx
	addq %rcx, %rax
	jmp *%rax
	.data
	.balign 16
p_gdt:	.quad 0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff
p_gdtr:	.word p_gdtr - p_gdt - 1
	.quad p_gdt
gdtr32:	.word p_gdtr - p_gdt - 1
	.quad p_gdt
p_idtr:	.word 4095
	.quad 0
none:	.word 0
	.quad 0
compat:	.long without_paging
	.word 8
	.balign 4
tables:	.long 0
zero:	.long 0
second_runs: .long 0
breakpoints: .long 0
	.bss
	.balign 4096
p_idt:	.skip 4096
l3: .skip 4096
l2m: .skip 4096
l1r: .skip 4096
canary: .skip 4096
tss2: .skip 104
.balign 4096
.skip 4096
stack2_top:
l2: .skip 4096
l1: .skip 4096
code: .skip 4096
	.skip 4096
stack_top:
	.skip 4096
second_stack_top:

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What kernels do to their own code, done to rewritten sites: code is copied
 * and runs elsewhere (alternatives), a breakpoint stands on a site for a while
 * (jump labels, static calls), one instruction is stepped in a slot (probes),
 * and an instruction that faults is looked up by its address (exception
 * tables), original and copy.
 */
#include "guest.inc"

#define STEP_FLAG 0x100
#define BEYOND 0x1238		/* the descriptor table's end */
#define LSTAR 0xc0000082

.macro gate vector, to
	leaq \to(%rip), %rax
	movw %ax, idt+16*\vector(%rip)
	movw $0x10, idt+16*\vector+2(%rip)
	movw $0x8e00, idt+16*\vector+4(%rip)
	shrq $16, %rax
	movw %ax, idt+16*\vector+6(%rip)
	shrq $16, %rax
	movl %eax, idt+16*\vector+8(%rip)
.endm

	.globl start
start:
	leaq stack_top(%rip), %rsp
	leaq gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	pushq $0x10
	leaq 1f(%rip), %rax
	pushq %rax
	lretq
1:	gate 1, stepped
	gate 3, broken
	gate 13, protected
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	movl $LSTAR, %ecx
	movl $0x12345678, %eax
	movl $0xffffffff, %edx
	wrmsr

	/* A stretch of all kinds of sites, where it stands and copied. */
	leaq stretch(%rip), %rbx
	call *%rbx
	movq %rax, first(%rip)
	leaq stretch(%rip), %rsi
	leaq copy+3(%rip), %rdi		/* at another place in its line, too */
	movl $(stretch_end - stretch), %ecx
	rep movsb
	leaq copy+3(%rip), %rbx
	call *%rbx
	cmpq %rax, first(%rip)
	expect e, 1
	print "guest: a copy does the same\n"

	/* A breakpoint on each site, one after the other; its handler takes it off. */
	leaq marks(%rip), %r12
2:	movq (%r12), %r13
	testq %r13, %r13
	jz 3f
	movb (%r13), %al
	movb %al, saved(%rip)
	movb $0xcc, (%r13)
	movl $0, broken_count(%rip)
	call stretch
	cmpq %rax, first(%rip)
	expect e, 2
	cmpl $1, broken_count(%rip)
	expect e, 3
	addq $8, %r12
	jmp 2b
3:	print "guest: breakpoints on sites\n"

	/* Each site's first instruction by itself, stepped in a slot. */
	leaq marks(%rip), %r12
4:	movq (%r12), %rsi
	testq %rsi, %rsi
	jz 5f
	leaq slot(%rip), %rdi
	movq %rdi, %r14
	movl $16, %ecx
	rep movsb
	/* The arguments that any of them may want. */
	movl $LSTAR, %ecx
	xorl %eax, %eax
	leaq 6f(%rip), %r15		/* where the handler goes on */
	movq %rsp, %rbp
	pushq $0x18
	pushq %rbp
	pushq $(STEP_FLAG | 2)
	pushq $0x10
	pushq %r14
	iretq
6:	cmpq %rbp, %rsp
	expect e, 4
	addq $8, %r12
	jmp 4b
5:	cmpl $(marks_end - marks) / 8 - 1, stepped_count(%rip)
	expect e, 5
	print "guest: sites stepped in a slot\n"

	/* A fault's address is the instruction's, in the original and in a copy. */
	leaq faulting_site(%rip), %rdi
	movq %rdi, fault_wanted(%rip)
	call faulting
	cmpl $1, fault_count(%rip)
	expect e, 6
	leaq faulting(%rip), %rsi
	leaq copy(%rip), %rdi
	leaq (faulting_site - faulting)(%rdi), %rax
	movq %rax, fault_wanted(%rip)
	movl $(faulting_end - faulting), %ecx
	rep movsb
	call copy
	cmpl $2, fault_count(%rip)
	expect e, 7
	print "guest: faults where they belong\n"
	finish 0x10

/* Sums up in rax what all of them say. */
stretch:
	xorl %edi, %edi
m1:	cli
m2:	pushfq
	popq %rax
	addq %rax, %rdi
m3:	movq %cr4, %rax
	addq %rax, %rdi
	movl $LSTAR, %ecx
m4:	rdmsr
	addq %rax, %rdi
m5:	swapgs
m6:	swapgs
m7:	movl %cs, %eax
	addq %rax, %rdi
m8:	str %ax
	addw %ax, %di
	xorl %eax, %eax
	xorl %ecx, %ecx
m9:	cpuid
	addq %rax, %rdi
m10:	inb $0x21, %al
	addb %al, %dil
m11:	movq %cr0, %rax
	addq %rax, %rdi
	movq %rdi, %rax
	ret
stretch_end:

faulting:
	movl $BEYOND, %eax
faulting_site:
	lldt %ax
	ret
faulting_end:

/* The breakpoint goes, and the site is run after all. */
broken:
	decq (%rsp)
	cmpq %r13, (%rsp)
	expect e, 20
	pushq %rax
	movb saved(%rip), %al
	movb %al, (%r13)
	incl broken_count(%rip)
	popq %rax
	iretq

/* One instruction has run in the slot: it ends behind it, within the slot. */
stepped:
	movq (%rsp), %rax
	subq %r14, %rax
	expect a, 21
	cmpq $16, %rax
	expect be, 22
	incl stepped_count(%rip)
	movq %rbp, %rsp
	jmp *%r15

protected:
	addq $8, %rsp			/* the error code */
	pushq %rax
	movq 8(%rsp), %rax
	cmpq %rax, fault_wanted(%rip)
	expect e, 23
	incl fault_count(%rip)
	popq %rax
	movq 24(%rsp), %rsp		/* the stack of the one who called it */
	ret

	.data
	.balign 8
gdt:	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:	.word gdtr - gdt - 1
	.quad 0
idtr:	.word 4095
	.quad 0
	.balign 8
marks:	.quad m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, 0
marks_end:
	.bss
	.balign 4096
idt:	.skip 4096
copy:	.skip 1024
slot:	.skip 64
first:	.skip 8
fault_wanted: .skip 8
stepped_count: .long 0
broken_count: .long 0
fault_count: .long 0
saved:	.byte 0
	.balign 16
	.skip 8192
stack_top:

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Operations and strings on the registers of devices: each does to the HPET's, which
 * keep 64 bits, and to the local APIC's what it does to memory, flags included. What
 * falls into the midst of a string finds it where hardware leaves it.
 */
#include "guest.inc"
#include "high.inc"
#include "window.inc"
/* Pages: the HPET, memory, nothing, the local APIC. */
#define COMPARE0 (WINDOW+0x108)
#define COMPARE1 (WINDOW+0x128)
#define AFTER (WINDOW+0x1000)
#define ABSENT (WINDOW+0x2000)
#define LAPIC (WINDOW+0x3000)
#define LVT_ERROR (LAPIC+0x370)
#define LARGE (WINDOW+0x200000)		/* 2 MiB where nobody answers */
#define ARITHMETIC 0x8d5
#define MSR_GS_BASE 0xc0000101

/* The instruction \text on rdi, with each of the operands, on memory and on a device. */
.macro same text:vararg
	leaq 9f(%rip), %r12
	jmp 8f
9:	\text
	ret
8:	incl number(%rip)
	call each
.endm

.macro load_vector
	movd (%rdi), %xmm1
	movd %xmm1, %edx
.endm
.macro store_vector
	movd %edx, %xmm9
	movss %xmm9, (%rdi)
.endm

.macro point from, to, count
	movq $\from, %rsi
	movq $\to, %rdi
	movl $\count, %ecx
.endm
.macro word_is value, address, number
	movq $\address, %rax
	movl (%rax), %eax
	cmpl $\value, %eax
	expect e, \number
.endm

	.globl start
start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 1, step
	gate 14, page
	gate 0x20, tick
	open_window
	movl $0xfed00063, %eax
	movq %rax, l1(%rip)
	entry l1, 1, after
	movl $0xfee00063, %eax
	movq %rax, l1+8*3(%rip)
	movl $0xd00000e3, %eax
	movq %rax, l2+8(%rip)
	leaq after(%rip), %rdi
	movl $1024, %ecx
	movl $0x5a5a5a5a, %eax
	rep stosl
	movl $0, COMPARE0+4

	.irp op, add, or, adc, sbb, and, sub, xor, cmp
	same \op\()l %edx, (%rdi)
	same \op\()l (%rdi), %edx
	same \op\()l $-3, (%rdi)
	same \op\()l $0x81234567, (%rdi)
	.endr
	.irp op, add, xor, bts
	same lock \op\()l %ecx, (%rdi)
	.endr
	same xchgl %edx, (%rdi)
	.irp op, xadd, cmpxchg, test
	same \op\()l %edx, (%rdi)
	.endr
	.irp op, bt, bts, btr, btc
	same \op\()l %ecx, (%rdi)
	.endr
	same btsl $5, (%rdi)
	.irp op, not, neg, inc, dec
	same \op\()l (%rdi)
	.endr
	.irp op, rol, ror, rcl, rcr, shl, shr, sar
	same \op\()l (%rdi)
	same \op\()l $3, (%rdi)
	same \op\()l %cl, (%rdi)
	.endr
	same shldl $3, %edx, (%rdi)
	same shrdl %cl, %edx, (%rdi)
	same imull (%rdi), %edx
	same imull $77, (%rdi), %edx
	same cmovcl (%rdi), %edx
	same cmovgel (%rdi), %edx
	same movslq (%rdi), %rdx
	movq %cr4, %rax
	orl $0x600, %eax		/* OSFXSR, OSXMMEXCPT */
	movq %rax, %cr4
	same load_vector
	same store_vector
	print "guest: operations as on memory\n"

	/* Segment bases and the size of addresses. */
	movl $MSR_GS_BASE, %ecx
	movl $WINDOW&0xffffffff, %eax
	movl $WINDOW>>32&0xffffffff, %edx
	wrmsr
	movl $1, COMPARE0
	addl $2, %gs:0x108
	word_is 3, COMPARE0, 17
	movl $0x108, %ebx
	movabsq $0x1200000000, %rdi
	addl $4, %gs:(%edi,%ebx)
	word_is 7, COMPARE0, 18
	movq $0x108, %rsi
	leaq buffer(%rip), %rdi
	gs movsl
	cmpl $7, buffer(%rip)
	expect e, 19
	orl $0xff, LVT_ERROR
	andl $0x100f0, LVT_ERROR
	btsl $3, LVT_ERROR
	word_is 0x100f8, LVT_ERROR, 20

	/* Strings: to a device, from one, within one, both ways. */
	movl $0x11, words(%rip)
	movl $0x22, words+4(%rip)
	point words, COMPARE0, 2
	rep movsl
	word_is 0x22, COMPARE0+4, 21
	cmpq $COMPARE0+8, %rdi
	expect e, 22
	point COMPARE0, COMPARE1, 2
	rep movsl
	word_is 0x11, COMPARE1, 23
	point COMPARE1+4, buffer+4, 2
	std
	rep movsl
	cld
	cmpl $0x11, buffer(%rip)
	expect e, 24
	cmpl $0x22, buffer+4(%rip)
	expect e, 25
	cmpq $COMPARE1-4, %rsi
	expect e, 26
	point COMPARE0, COMPARE1, 2
	repe cmpsl
	expect e, 27
	incl COMPARE1
	point COMPARE0, COMPARE1, 2
	repe cmpsl
	expect b, 28
	cmpl $1, %ecx
	expect e, 29
	point 0, COMPARE0, 5
	movl $0x22, %eax
	repne scasl
	expect e, 30
	cmpl $3, %ecx
	expect e, 31
	point 0, COMPARE0, 2
	movl $0x33, %eax
	rep stosl
	word_is 0x33, COMPARE0+4, 32
	point COMPARE0, 0, 1
	lodsl
	cmpl $0x33, %eax
	expect e, 33
	/* Beyond a device's end there is memory. */
	point AFTER-8, buffer, 4
	rep movsl
	cmpl $0x5a5a5a5a, buffer+12(%rip)
	expect e, 34
	movq $AFTER-4, %rax
	movl (%rax), %eax
	cmpl %eax, buffer+4(%rip)
	expect e, 35
	print "guest: strings\n"

	/* A fault in the midst: what has been done stands, and it goes on from there. */
	point COMPARE0, ABSENT-8, 4
	leaq fault_at(%rip), %rbx
fault_at:
	rep movsl
	cmpq $ABSENT, faulted(%rip)
	expect e, 36
	cmpq $2, faulted+8(%rip)	/* rcx; rsi, rdi, error code */
	expect e, 37
	cmpq $COMPARE0+8, faulted+16(%rip)
	expect e, 38
	cmpq $ABSENT, faulted+24(%rip)
	expect e, 39
	cmpq $2, faulted+32(%rip)
	expect e, 40
	cmpq %rbx, faulted+40(%rip)
	expect e, 41
	cmpq $ABSENT+8, %rdi
	expect e, 42
	word_is 0x33, ABSENT-4, 43
	/* A step ends behind the instruction. */
	pushfq
	orl $0x100, (%rsp)
	popfq
	addl $1, COMPARE0
step_end:
	nop
	leaq step_end(%rip), %rax
	cmpq %rax, stepped(%rip)
	expect e, 44
	print "guest: faults and steps\n"

	/* An interrupt in the midst of one that takes long. (QEMU's bare machine lets none
	   come there while it counts instructions.) */
	port_write 0x11, 0x20
	port_write 0x20, 0x21
	port_write 4, 0x21
	port_write 1, 0x21
	port_write 0x34, 0x43
	port_write 0xa4, 0x40		/* every 4 ms */
	port_write 0x12, 0x40
	port_write 0xfe, 0x21
	point LARGE, 0, 0x8000
	sti
long_one:
	rep lodsq
	cli
	cmpq $LARGE+0x40000, %rsi
	expect e, 45
	cmpl $0, between(%rip)
	je 1f
	print "interrupts come between\n"
1:	finish 0x10

/* r12: what to do with rdi. Each line of operands: on memory, then on a device. */
each:	leaq operands(%rip), %r13
1:	leaq shadow(%rip), %rdi
	call one
	movl shadow(%rip), %ebp
	movq %rdx, %r8
	movq %rax, %r9
	movq %rbx, %r10
	movq $COMPARE0, %rdi
	call one
	movl (%rdi), %edi
	cmpl %ebp, %edi
	jne 2f
	cmpq %r8, %rdx
	jne 2f
	cmpq %r9, %rax
	jne 2f
	cmpq %r10, %rbx
	jne 2f
	addq $5*8, %r13
	leaq operands_end(%rip), %rax
	cmpq %rax, %r13
	jb 1b
	ret
2:	print "guest: another result\n"
	movl number(%rip), %eax
	movl $0xf4, %edx
	outb %al, %dx
	hlt

/* The flags it leaves are in rbx. */
one:	movq (%r13), %rax
	movl %eax, (%rdi)
	movq 8(%r13), %rax
	movq 16(%r13), %rdx
	movq 24(%r13), %rcx
	pushq 32(%r13)
	popfq
	call *%r12
	pushfq
	popq %rbx
	andl $ARITHMETIC, %ebx
	ret

page:	movq %rcx, faulted+8(%rip)
	movq %rsi, faulted+16(%rip)
	movq %rdi, faulted+24(%rip)
	popq faulted+32(%rip)
	pushq %rax
	pushq %rcx
	movq 16(%rsp), %rax
	movq %rax, faulted+40(%rip)
	movq %cr2, %rax
	movq %rax, faulted(%rip)
	entry l1, 2, last
	popq %rcx
	popq %rax
	iretq
step:	popq stepped(%rip)
	pushq stepped(%rip)
	andl $~0x100, 16(%rsp)
	iretq
tick:	pushq %rax
	leaq long_one(%rip), %rax
	cmpq %rax, 8(%rsp)
	jne 1f
	jrcxz 1f
	incl between(%rip)
1:	movb $0x20, %al
	outb %al, $0x20
	popq %rax
	iretq

	.data
number:	.long 16
	.balign 8
operands:	/* memory, rax, rdx, rcx, flags */
	.quad 0x12345678, 0x12345678, 0x0fedcba9, 1, 2
	.quad 0, 1, 0xffffffff80000000, 31, 3
	.quad 0xffffffff, 0xffffffffffffffff, 1, 0, 0x8d7
	.quad 0x80000000, 0x80000000, 0x80000000, 5, 0x93
	.quad 0x7fffffff, 7, 0x7fffffff, 33, 0x803
operands_end:
	.bss
	.balign 4096
after:	.skip 4096
last:	.skip 4096
shadow:	.skip 8
words:	.skip 8
buffer:	.skip 64
faulted: .skip 48
stepped: .skip 8
between: .skip 4
	.balign 16
	.skip 4096
stack_top:

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User mode reads, and writes, what is not its own: pages of the kernel's that the
 * kernel has used the moment before, and wherever the wedge has pages, which it uses
 * at each fault. Each access must fault. A processor that keeps global entries of
 * its TLB over a load of CR3 shows what QEMU's emulation, which does not, hides.
 */
#include "guest.inc"
#include "high.inc"
#include "roots.inc"
/* The addresses are the wedge's secret on no machine. */
#include "../../../runtime-stubs/backend/xenpv/layout.h"
#define CODE PLACE
#define SECRETS 64
#define VISITS 2
	.globl start

.macro range name, at, pages, step=4096
	.pushsection .rodata
9:	.asciz "\name\n"
	.popsection
	.quad 9b+HIGH, \at, \pages, \step
.endm
	.pushsection .data
	.balign 8
ranges:
	range "the kernel's memory", secrets+HIGH, SECRETS
	range "the descriptor table", idt+HIGH, 1
	range "the wedge's image", WEDGE_BASE, 128
	range "Xen's information", WEDGE_SHARED_INFO, 3
	range "guest memory in the wedge", WEDGE_AREA+0x1000000, 256
	range "the shadow tables", WEDGE_POOL, 256
	range "the linear tables", WEDGE_LINEAR, 16
	range "the local table", WEDGE_LDT, 16
	range "the wedge's heap", WEDGE_HEAP, 16, 0x200000
	range "the first image", WEDGE_BOOT_BASE, 512
	range "the hypervisor's table of frames", 0xffff800000000000, 64
	.quad 0
	.popsection

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	gate 13, fault
	gate 0x80, back, 0xee00
	movq %cr3, %rbx
	physical l3, 0x67
	movq %rax, 8(%rbx)
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, code
	movq %rbx, %cr3
	leaq user_code(%rip), %rsi
	leaq code(%rip), %rdi
	movl $(user_end-user_code), %ecx
	rep movsb
	print "guest: kernel and wedge have secrets\n"
	leaq ranges(%rip), %rbx
	movl $VISITS, visits(%rip)

/* rbx: a range. */
again:	leaq secrets(%rip), %rdi
	movl $SECRETS, %ecx
1:	incq (%rdi)			/* the kernel has used them */
	addq $4096, %rdi
	decl %ecx
	jnz 1b
	movl $0xc0000101, %ecx		/* and the wedge its own */
	rdmsr
	movq $0, read_faults(%rip)
	movq $0, write_faults(%rip)
	movq 8(%rbx), %rdi
	movq 16(%rbx), %rcx
	movq 24(%rbx), %rdx
	pushq $USER_SS
	pushq $0x7777
	pushq $0x202
	pushq $USER_CS
	movq $CODE, %rax
	pushq %rax
	iretq

/* Each page from rdi on, rcx of them, rdx apart: read; written with what is there. */
user_code:
user_read:
	movb (%rdi), %al		/* 2 bytes */
user_write:
	lock addb $0, (%rdi)		/* 4 bytes */
	addq %rdx, %rdi
	decq %rcx
	jnz user_code
	int $0x80
user_end:

/* The access is passed over. */
fault:	testb $3, 16(%rsp)
	expect nz, 3
	addq $8, %rsp
	pushq %rax
	movq 8(%rsp), %rax
	andl $0xfff, %eax
	cmpl $(user_write-user_code), %eax
	je 1f
	cmpl $(user_read-user_code), %eax
	expect e, 4
	incq read_faults(%rip)
	addq $2, 8(%rsp)
	popq %rax
	iretq
1:	incq write_faults(%rip)
	addq $4, 8(%rsp)
	popq %rax
	iretq

.macro failed text
	movb $1, open(%rip)
	print "\text"
	movq (%rbx), %rsi
	call guest_print
.endm
back:	leaq stack_top(%rip), %rsp
	movq 16(%rbx), %rax
	cmpq read_faults(%rip), %rax
	je 1f
	failed "guest: USER MODE HAS READ "
1:	movq 16(%rbx), %rax
	cmpq write_faults(%rip), %rax
	je 1f
	failed "guest: USER MODE HAS WRITTEN "
1:	addq $32, %rbx
	cmpq $0, (%rbx)
	jne again
	leaq ranges(%rip), %rbx
	decl visits(%rip)
	jnz again
	cmpb $0, open(%rip)
	expect e, 5
	print "guest: nothing read, nothing written\n"
	finish 0x10

	.bss
	.balign 8
read_faults: .quad 0
write_faults: .quad 0
visits:	.long 0
open:	.byte 0
	.balign 4096
secrets: .skip 4096*SECRETS
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
code:	.skip 4096
	.skip 4096
stack_top:

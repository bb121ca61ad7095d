/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page faults of user mode that the kernel deals with: what it is shown of each
 * (error code, address, frame, its own flags), what user mode has afterwards, and
 * what happens when tables, gates, stacks and descriptors change under way.
 */
#include "guest.inc"
#include "high.inc"
#define PLACE 0x8000000000
#define CODE PLACE
#define FLAGS_PLAIN 0x202
/* Programs of user mode at CODE; rdi: where. */
#define WRITE 0			/* a byte, dh */
#define READ 16			/* eight bytes into rsi */
#define JUMP 32
#define SELECT 48		/* esi into ds */
/* User mode runs \program until it says int $0x80; the handler of faults calls
   \handler, which may change rax, rcx, rdx. \faults it must be. */
.macro run number, program, address, handler, faults=1, flags=FLAGS_PLAIN, value=0x5a
	leaq \handler(%rip), %rax
	movq %rax, handler(%rip)
	movl $0, faults(%rip)
	movq $\flags, user_flags(%rip)
	movabsq $CODE+\program, %rax
	movq %rax, user_rip(%rip)
	movabsq $\address, %rdi
	movl $\value, %esi
	call enter_user
	cmpl $\faults, faults(%rip)
	expect e, \number
.endm
.macro was number, error, address
	cmpq $\error, seen_error(%rip)
	expect e, \number
	movabsq $\address, %rax
	cmpq %rax, seen_address(%rip)
	expect e, \number
.endm
.macro forget address
	movabsq $\address, %rdx
	invlpg (%rdx)
.endm
	.globl start
start:
	go_high
	leaq trap_top(%rip), %rax
	movq %rax, tss+4(%rip)
	movq %rax, stack_wanted(%rip)
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	gate 14, fault
	gate 13, protection
	gate 0x80, back, 0xee00
	movl $0xc0000080, %ecx		/* NX: fetches are told from reads */
	rdmsr
	orl $0x800, %eax
	wrmsr
	movq %cr3, %rbx
	physical l3, 0x67
	movq %rax, 8(%rbx)
	entry l3, 0, l2
	entry l2, 0, l1
	entry l1, 0, code
	movq %rbx, %cr3
	movl $0x80cd3788, code+WRITE(%rip)	/* mov %dh, (%rdi); int $0x80 */
	movl $0xcd378b48, code+READ(%rip)	/* mov (%rdi), %rsi */
	movb $0x80, code+READ+4(%rip)
	movw $0xe7ff, code+JUMP(%rip)		/* jmp *%rdi */
	movl $0x80cdde8e, code+SELECT(%rip)	/* mov %esi, %ds */
	print "guest: begin\n"

	/* A page that comes with the fault; the frame, flags of all kinds. */
#ifdef LOWER_HALF	/* the host's kernel drops NT at times */
#define NT 0
#else
#define NT 0x4000
#endif
	.irp flags, 0x202, 0xad7, 0x602, NT+0x202, 0x40202, 0x200202
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	movb $0, frame_1+5(%rip)
	run 1, WRITE, PLACE+0x2005, give_page, 1, \flags
	was 2, 6, PLACE+0x2005
	cmpb $0x5a, frame_1+5(%rip)
	expect e, 3
	.endr
	/* It is there now. */
	run 4, WRITE, PLACE+0x2007, give_page, 0
	/* ... and gone again. */
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 5, READ, PLACE+0x2000, give_page
	was 6, 4, PLACE+0x2000
	/* The kernel wants to see it thrice. */
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 7, WRITE, PLACE+0x2000, give_third, 3
	/* Not marked as accessed, nor as dirty: the processor does. */
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 8, WRITE, PLACE+0x2000, give_fresh
	movb l1+8*2(%rip), %al
	andb $0x60, %al
	cmpb $0x60, %al
	expect e, 9
	/* Copied when it is written to: invlpg while there is nothing. */
	movb $0, frame_2(%rip)
	entry l1, 2, frame_1, 0x25
	forget PLACE+0x2000
	movb $0x11, frame_1(%rip)
	run 10, READ, PLACE+0x2000, give_page, 0
	run 11, WRITE, PLACE+0x2000, copy_page
	was 12, 7, PLACE+0x2000
	cmpb $0x11, frame_1(%rip)
	expect e, 13
	cmpb $0x5a, frame_2(%rip)
	expect e, 14
	/* Only its rights change, and no invlpg is needed. */
	entry l1, 2, frame_1, 0x25
	forget PLACE+0x2000
	run 15, READ, PLACE+0x2000, give_page, 0
	run 16, WRITE, PLACE+0x2000, give_rights
	cmpb $0x5a, frame_1(%rip)
	expect e, 17
	/* Another table is put in place, with another page. */
	movq $0, l1+8*3(%rip)
	forget PLACE+0x3000
	movq $0, frame_2(%rip)
	run 18, WRITE, PLACE+0x3000, other_table
	cmpb $0x5a, frame_2(%rip)
	expect e, 19
	entry l2, 0, l1
	forget PLACE
	/* Two pages of one access. */
	movq $0, l1+8*4(%rip)
	movq $0, l1+8*5(%rip)
	forget PLACE+0x4000
	forget PLACE+0x5000
	run 20, READ, PLACE+0x4ffc, give_any, 2
	was 21, 4, PLACE+0x5000
	/* The last page of a table, the first of one that is not there. */
	run 22, WRITE, PLACE+0x1ff000, give_any
	run 23, WRITE, PLACE+0x200000, give_table
	was 24, 6, PLACE+0x200000
	run 25, READ, PLACE+0x1ffffc, give_any, 0
	/* Code that is not there; that may not run. */
	movq $0, l1+8*6(%rip)
	forget PLACE+0x6000
	movw $0x80cd, frame_3(%rip)
	run 26, JUMP, PLACE+0x6000, give_code
	was 27, 0x14, PLACE+0x6000
	entry l1, 6, frame_3
	btsq $63, l1+8*6(%rip)
	forget PLACE+0x6000
	run 28, JUMP, PLACE+0x6000, give_code
	was 29, 0x15, PLACE+0x6000
	/* A page of the kernel's; no page at all. */
	entry l1, 7, frame_3, 0x63
	forget PLACE+0x7000
	run 30, READ, PLACE+0x7000, give_user
	was 31, 5, PLACE+0x7000
	/* Another handler, another table of them, another stack. */
	gate 14, fault_b
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 32, WRITE, PLACE+0x2000, give_page
	cmpl $1, second(%rip)
	expect e, 33
	leaq idt(%rip), %rsi
	leaq idt_b(%rip), %rdi
	movl $512, %ecx
	rep movsq
	gate 14, fault
	leaq idt_b(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 34, WRITE, PLACE+0x2000, give_page
	cmpl $1, second(%rip)
	expect e, 35
	leaq other_top(%rip), %rax
	movq %rax, tss+4(%rip)
	movq %rax, stack_wanted(%rip)
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 36, WRITE, PLACE+0x2000, give_page
	leaq trap_top(%rip), %rax
	movq %rax, tss+4(%rip)
	movq %rax, stack_wanted(%rip)
	/* A gate that leaves interrupts on. */
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	gate 14, fault, 0x8f00
	movl $0x200, if_wanted(%rip)
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	run 37, WRITE, PLACE+0x2000, give_page
	gate 14, fault
	movl $0, if_wanted(%rip)
#ifndef LOWER_HALF	/* user mode has the host's descriptors there */
	/* Many returns; then a descriptor comes and goes in memory alone. */
	movl $300, %ebx
1:	run 38, READ, PLACE+0x2000, give_page, 0
	decl %ebx
	jnz 1b
	movl $40, %ebx
2:	movabsq $0x00cff3000000ffff, %rax
	movq %rax, gdt+0x38(%rip)
	run 39, SELECT, PLACE, give_page, 0, FLAGS_PLAIN, 0x3b
	movq $0, gdt+0x38(%rip)
	movl $0, protections(%rip)
	run 40, SELECT, PLACE, give_page, 0, FLAGS_PLAIN, 0x3b
	cmpl $1, protections(%rip)
	expect e, 41
	run 42, READ, PLACE+0x2000, give_page, 0
	decl %ebx
	jnz 2b
#endif
	print "guest: each fault as on hardware\n"
	finish 0x10

/* The kernel's registers are saved, user mode's have values of their own. */
enter_user:
	pushq %rbx
	movq %rsp, kernel_rsp(%rip)
	pushq $USER_SS
	pushq $0x7777
	pushq user_flags(%rip)
	pushq $USER_CS
	pushq user_rip(%rip)
	movl %esi, %edx
	shll $8, %edx
	movl %edx, user_edx(%rip)
	movl $0x1111, %eax
	movl $0x2222, %ecx
	movl $0x3333, %ebx
	movl $0x4444, %ebp
	.irp n, 8,9,10,11,12,13,14,15
	movq $0x0101010101010101*\n, %r\n
	.endr
	iretq
back:
	cmpl $0x1111, %eax
	expect e, 50
	cmpl $0x2222, %ecx
	expect e, 51
	cmpl $0x3333, %ebx
	expect e, 52
	cmpl $0x4444, %ebp
	expect e, 53
	cmpl user_edx(%rip), %edx
	expect e, 54
	.irp n, 8,9,10,11,12,13,14,15
	movq $0x0101010101010101*\n, %rax
	cmpq %rax, %r\n
	expect e, 55
	.endr
	cmpq $0x7777, 24(%rsp)
	expect e, 56
	movq user_flags(%rip), %rax
	cmpq %rax, 16(%rsp)
	expect e, 57
back_to_kernel:
	movl $USER_SS, %eax
	movl %eax, %ds
	movq kernel_rsp(%rip), %rsp
	popq %rbx
	cld
	ret

fault_b:
	movl $1, second(%rip)
	jmp fault_c
fault:
	movl $0, second(%rip)
fault_c:
	pushfq
	pushq %rax
	pushq %rcx
	pushq %rdx
	incl faults(%rip)
	movq %cr2, %rax
	movq %rax, seen_address(%rip)
	movq 32(%rsp), %rax
	movq %rax, seen_error(%rip)
	leaq 80(%rsp), %rax
	cmpq %rax, stack_wanted(%rip)
	expect e, 60
	cmpq $USER_CS, 48(%rsp)
	expect e, 61
	movq user_flags(%rip), %rax
	movq 56(%rsp), %rcx
	btrq $16, %rcx			/* RF, where a processor sets it */
	cmpq %rax, %rcx
	expect e, 62
	cmpq $0x7777, 64(%rsp)
	expect e, 63
	cmpq $USER_SS, 72(%rsp)
	expect e, 64
	/* Of the kernel's own: NT, TF, IF are gone, the others are the user's. */
	movq 24(%rsp), %rax
	movq user_flags(%rip), %rcx
	andq $~0x4300, %rcx
	orl if_wanted(%rip), %ecx
	cmpq %rax, %rcx
	expect e, 65
	cld
	call *handler(%rip)
	popq %rdx
	popq %rcx
	popq %rax
	addq $16, %rsp
	iretq
protection:
	incl protections(%rip)
	cmpq $0x38, (%rsp)
	expect e, 66
	jmp back_to_kernel

give_third:
	cmpl $3, faults(%rip)
	je give_page
	ret
give_page:
	entry l1, 2, frame_1
	ret
give_fresh:
	entry l1, 2, frame_1, 7
	ret
give_rights:
	entry l1, 2, frame_1
	ret
copy_page:
	movq $0, l1+8*2(%rip)
	forget PLACE+0x2000
	entry l1, 2, frame_2
	ret
other_table:
	entry l1_b, 0, code
	entry l1_b, 3, frame_2
	entry l2, 0, l1_b
	forget PLACE+0x3000
	ret
give_any:
	movq seen_address(%rip), %rdx
	shrq $12, %rdx
	andl $511, %edx
	physical frame_3, 0x67
	leaq l1(%rip), %rcx
	movq %rax, (%rcx,%rdx,8)
	ret
give_table:
	entry l1_b, 0, frame_2
	entry l2, 1, l1_b
	ret
give_code:
	entry l1, 6, frame_3
	forget PLACE+0x6000
	ret
give_user:
	entry l1, 7, frame_3
	forget PLACE+0x7000
	ret

	.bss
	.balign 8
stack_wanted: .skip 8
handler: .skip 8
user_flags: .skip 8
user_rip: .skip 8
kernel_rsp: .skip 8
seen_error: .skip 8
seen_address: .skip 8
faults:	.skip 4
second:	.skip 4
if_wanted: .skip 4
protections: .skip 4
user_edx: .skip 4
	.balign 4096
l3:	.skip 4096
l2:	.skip 4096
l1:	.skip 4096
l1_b:	.skip 4096
idt_b:	.skip 4096
code:	.skip 4096
frame_1: .skip 4096
frame_2: .skip 4096
frame_3: .skip 4096
	.skip 4096
trap_top: .skip 64
	.skip 4096
other_top: .skip 64
	.skip 4096
stack_top:

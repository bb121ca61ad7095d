/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * INT n of user mode and of the kernel, for each n, through each kind of gate: the
 * gate decides, and what it refuses is a fault of the INT itself, with the vector in
 * its error code. SDM volume 3, 6.12.1.1 and 6.13; volume 2, INT n.
 */
#include "guest.inc"
#include "high.inc"
#include "users.inc"
#define ABSENT 11
#define PROTECTION 13
#define USER_GATE 0xee00
#define KERNEL_GATE 0x8e00
#define ABSENT_GATE 0x6e00		/* of privilege 3 */
#define TASK_GATE 0xe500		/* there is none in 64-bit mode */
#define SHORT_LIMIT 16*0x30-1

	.globl start
start:
	go_high
	make_user program, program_end
	gate ABSENT, absent
	gate PROTECTION, protection

/* Each n but those whose gates are in use here, by \cs at \at, whose INT is \length
   bytes and ends there: it must come to \word, \behind the instruction. */
.macro every type, cs, at, length, word, behind=0
	movl $0, %ebx
1:	cmpb $ABSENT, %bl
	je 3f
	cmpb $PROTECTION, %bl
	je 3f
#ifdef LOWER_HALF			/* hosts that are guests themselves may take these */
	leal -0x17(%rbx), %ecx
	cmpb $0x1b-0x17, %cl
	jbe 3f
#endif
	movl $\type, %ebp
	call set_gate
	movb %bl, user_code+\at+\length-1(%rip)
	visit \at, \cs
	cmpb $\word, %al
	jne failed
	cmpq $USER_CODE+\at+\behind, %rdi
	jne failed
	.ifeq \behind
	call check_error
	.endif
	call take_gate
3:	incb %bl
	jnz 1b
.endm
	every USER_GATE, USER_CS, int_at, 2, 'I', 2
	every USER_GATE, USER_CS32, int_at, 2, 'I', 2
	every USER_GATE, USER_CS, long_at, 3, 'I', 3
	every USER_GATE, USER_CS32, long_at, 3, 'I', 3
	every USER_GATE, USER_CS, longer_at, 4, 'I', 4
	print "guest: user mode's, through its own gates\n"
	every KERNEL_GATE, USER_CS, int_at, 2, 'P'
	every KERNEL_GATE, USER_CS32, int_at, 2, 'P'
	every TASK_GATE, USER_CS, int_at, 2, 'P'
	every ABSENT_GATE, USER_CS, int_at, 2, 'N'
	every ABSENT_GATE, USER_CS32, int_at, 2, 'N'
	print "guest: user mode's, refused\n"
	movw $SHORT_LIMIT, idtr(%rip)
	lidt idtr(%rip)
	movl $0x30, %ebx
	movl $USER_GATE, %ebp
	call set_gate
	movb %bl, user_code+int_at+1(%rip)
	leads int_at, USER_CS, 'P', 1, int_at
	call check_error
	movb $0x2f, user_code+int_at+1(%rip)
	movl $0x2f, %ebx
	call set_gate
	leads int_at, USER_CS, 'I', 2, int_at+2
	print "guest: no gate past the limit\n"

	/* The kernel's: privilege does not count. */
	call take_gate
	movl $0x21, %ebx
	movl $KERNEL_GATE, %ebp
	call set_gate
	leaq 1f(%rip), %rax
	movq %rax, user_resume(%rip)
	int $0x21
1:	cmpb $'I', %al
	expect e, 3
	cmpq %rdi, user_resume(%rip)
	expect e, 4
	call take_gate
	movl $ABSENT_GATE, %ebp
	call set_gate
	leaq 2f(%rip), %rax
	movq %rax, user_resume(%rip)
1:	int $0x21
2:	cmpb $'N', %al
	expect e, 5
	leaq 1b(%rip), %rax
	cmpq %rax, %rdi
	expect e, 6
	call check_error
	print "guest: the kernel's\n"
	cmpb $0, doubled(%rip)
	jne 3f
	print "error codes are the manual's\n"
3:	finish 0x10

/* n in ebx and a gate's type in ebp; the gate of before is kept for take_gate. */
set_gate:
	movl %ebx, %edx
	shll $4, %edx
	leaq idt(%rip), %rcx
	addq %rdx, %rcx
	movq (%rcx), %rax
	movq %rax, kept_gate(%rip)
	movq 8(%rcx), %rax
	movq %rax, kept_gate+8(%rip)
	leaq delivered(%rip), %rax
	movw %ax, (%rcx)
	movw $KERNEL_CS, 2(%rcx)
	movw %bp, 4(%rcx)
	shrq $16, %rax
	movw %ax, 6(%rcx)
	shrq $16, %rax
	movl %eax, 8(%rcx)
	ret
take_gate:
	movl %ebx, %edx
	shll $4, %edx
	leaq idt(%rip), %rcx
	addq %rdx, %rcx
	movq kept_gate(%rip), %rax
	movq %rax, (%rcx)
	movq kept_gate+8(%rip), %rax
	movq %rax, 8(%rcx)
	ret

/* The error code in esi is n * 8 + 2; QEMU's own is n * 16 + 2. */
check_error:
	leal 2(,%rbx,8), %eax
	cmpl %eax, %esi
	je 1f
	movb $1, doubled(%rip)
	leal 2(,%rbx,8), %eax
	leal -2(%rax,%rax), %eax
	cmpl %eax, %esi
	jne failed
1:	ret

failed:	print "wrong at number "
	movb %bl, %al
	shrb $4, %al
	call digit
	movb %bl, %al
	andb $15, %al
	call digit
	print "\n"
	finish 0x11
digit:	addb $'0', %al
	cmpb $'9', %al
	jbe 1f
	addb $39, %al
1:	movl $0x3f8, %edx
	outb %al, %dx
	ret

	entered delivered, 'I'
protection:
	popq %rsi
	movq (%rsp), %rdi
	movb $'P', %al
	jmp user_entered
absent:	popq %rsi
	movq (%rsp), %rdi
	movb $'N', %al
	jmp user_entered

program:
	.set int_at, . - program
	.byte 0xcd, 0
	ud2
	.set long_at, . - program	/* prefixes that mean nothing */
	.byte 0x2e, 0xcd, 0
	ud2
	.set longer_at, . - program
	.byte 0x3e, 0x2e, 0xcd, 0
	ud2
program_end:

	.bss
	.balign 8
kept_gate: .skip 16
doubled: .skip 1
	.balign 4096
	.skip 4096
stack_top:

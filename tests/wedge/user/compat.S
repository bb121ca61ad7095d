/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A 32-bit program without a library: system calls by the page that the kernel
 * gives it (AT_SYSINFO: SYSENTER or SYSCALL, as the processor has it) and by
 * int 0x80 must say the same. Ends with status 0. With an argument it does so
 * three times rather than a thousand, to be stepped through.
 */
#define AT_SYSINFO 32
#define NR_exit 1
#define NR_write 4
#define NR_getpid 20
#define NR_getppid 64
#define EFAULT 14
#define ROUNDS 1000
#define FEW 3

	.text
	.globl _start
_start:
	movl (%esp), %eax		/* argc; argv; envp; the auxiliary vector */
	movl $ROUNDS, %edi
	cmpl $1, %eax
	je 4f
	movl $FEW, %edi
4:
	leal 8(%esp,%eax,4), %esi
1:	lodsl
	testl %eax, %eax
	jnz 1b
2:	lodsl
	testl %eax, %eax
	jz no_page
	movl (%esi), %edx
	addl $4, %esi
	cmpl $AT_SYSINFO, %eax
	jne 2b
	movl %edx, page
3:	movl $NR_getppid, %eax
	call *page
	movl %eax, %esi
	movl $NR_getpid, %eax
	call *page
	movl %eax, %ebp
	movl $NR_getpid, %eax
	int $0x80
	cmpl %eax, %ebp
	jne differs
	movl $NR_getppid, %eax
	int $0x80
	cmpl %eax, %esi
	jne differs
	decl %edi
	jnz 3b
	/* All six arguments' registers come back as they were. */
	movl $1, %ebx
	movl $16, %ecx
	movl $4, %edx
	movl $0x5555, %esi
	movl $0x6666, %edi
	movl $0x7777, %ebp
	movl $NR_write, %eax
	call *page
	cmpl $-EFAULT, %eax
	jne differs
	cmpl $1, %ebx
	jne differs
	cmpl $16, %ecx
	jne differs
	cmpl $4, %edx
	jne differs
	cmpl $0x5555, %esi
	jne differs
	cmpl $0x6666, %edi
	jne differs
	cmpl $0x7777, %ebp
	jne differs
	movl $good, %ecx
	movl $good_end - good, %edx
	xorl %edi, %edi
	jmp say
no_page:
	movl $none, %ecx
	movl $none_end - none, %edx
	movl $1, %edi
	jmp say
differs:
	movl $bad, %ecx
	movl $bad_end - bad, %edx
	movl $1, %edi
say:	movl $1, %ebx
	movl $NR_write, %eax
	int $0x80
	movl %edi, %ebx
	movl $NR_exit, %eax
	int $0x80

	.section .rodata
good:	.ascii "ok getpid and getppid many times, both ways\nok a call that fails, registers as they were\n"
good_end:
none:	.ascii "BAD the kernel gives no page for system calls\n"
none_end:
bad:	.ascii "BAD the two ways differ\n"
bad_end:
	.bss
page:	.skip 4
	.section .note.GNU-stack, "", @progbits

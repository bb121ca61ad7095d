/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A driver for one virtio disk, in the modern way: it is found on the PCI bus, its
 * registers by the capabilities; a sector is read, one is written and read back. Then a
 * ring that is malformed: the device asks for a reset, and works after it.
 */
#include "guest.inc"
#include "high.inc"
#define WINDOW 0xffffffffc0000000
#define RING_SIZE 8
	.globl start

	/* Registers by type of capability: common 1, notify 2, ISR 3, device 4. */
	.set COMMON, 1
	.set NOTIFY, 2
	.set STATUS, 20

/* eax: the word at \offset (of the function in ebp). */
.macro config_read offset
	leal \offset(%rbp), %eax
	call config_select
	inl %dx, %eax
.endm

/* rdi: where the registers of \type are mapped. */
.macro registers type
	movq places+8*\type(%rip), %rdi
.endm

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	entry l2, 0, l1
	entry high_pdpt, 511, l2
	call find
	testl %ebp, %ebp
	expect nz, 1
	call open_windows
	print "guest: a disk on the bus\n"

	call bring_up
	movl $0, %eax			/* read sector 0 */
	movl $0, %ebx
	call request
	leaq buffer(%rip), %rsi
	leaq mark(%rip), %rdi
	movl $16, %ecx
	repe cmpsb
	expect e, 2
	leaq buffer(%rip), %rdi
	movl $0x5a, %eax
	movl $512, %ecx
	rep stosb
	movl $1, %eax			/* write sector 3 */
	movl $3, %ebx
	call request
	movb $0, buffer(%rip)
	movl $0, %eax
	movl $3, %ebx
	call request
	cmpb $0x5a, buffer(%rip)
	expect e, 3
	cmpb $0x5a, buffer+511(%rip)
	expect e, 4
	print "guest: read and written\n"

	/* Descriptor 1 leads to itself. */
	movw $1, descriptors+16+14(%rip)
	call offer
	registers COMMON
	movl $100000000, %ecx		/* a device may take its time */
1:	testb $0x40, STATUS(%rdi)
	jnz 1f
	pause
	decl %ecx
	jnz 1b
	finish 5
1:
	movzwl used+2(%rip), %eax
	cmpl $3, %eax
	expect e, 6
	print "guest: a loop, and it asks for a reset\n"
	call bring_up
	movl $0, %eax
	movl $0, %ebx
	call request
	cmpb $'p', buffer(%rip)
	expect e, 7
	print "guest: as if nothing had been\n"
	finish 0x10

/* dx: the data port for the configuration address eax. */
config_select:
	movl $0xcf8, %edx
	outl %eax, %dx
	movl $0xcfc, %edx
	ret

/* ebp: the configuration address of the first disk, or 0. */
find:	movl $0x80000000, %ebp
1:	config_read 0
	cmpl $0x10421af4, %eax
	je 2f
	cmpl $0x10011af4, %eax		/* one that has a legacy interface as well */
	je 2f
	addl $0x800, %ebp
	cmpl $0x80010000, %ebp
	jb 1b
	xorl %ebp, %ebp
2:	ret

/* Memory and bus master on; each virtio capability's registers in a page of WINDOW. */
open_windows:
	config_read 4
	orl $6, %eax
	outl %eax, %dx
	config_read 0x34
	movzbl %al, %ebx
1:	testl %ebx, %ebx
	jz 9f
	leal (%rbp,%rbx), %eax
	andb $0xfc, %al
	call config_select
	inl %dx, %eax
	movl %eax, %r8d			/* id, next, length, type */
	cmpb $9, %al
	jne 8f
	shrl $24, %eax
	decl %eax
	cmpl $4, %eax
	jae 8f
	leal 4(%rbp,%rbx), %eax
	call config_select
	inl %dx, %eax			/* the BAR */
	movzbl %al, %eax
	leal 0x10(%rbp,%rax,4), %eax
	call config_select
	inl %dx, %eax
	andl $~15, %eax
	movl %eax, %r9d
	leal 8(%rbp,%rbx), %eax
	call config_select
	inl %dx, %eax			/* the offset in it */
	addl %r9d, %eax
	movl %r8d, %ecx
	shrl $24, %ecx
	movl %eax, %edx
	andl $0xfff, %edx
	andl $~0xfff, %eax
	orl $0x63, %eax
	leaq l1(%rip), %rsi
	movq %rax, (%rsi,%rcx,8)
	movq %rcx, %rax
	shlq $12, %rax
	addq %rdx, %rax
	movq $WINDOW, %rdx
	addq %rdx, %rax
	leaq places(%rip), %rsi
	movq %rax, (%rsi,%rcx,8)
8:	movl %r8d, %ebx
	shrl $8, %ebx
	movzbl %bl, %ebx
	jmp 1b
9:	movq %cr3, %rax
	movq %rax, %cr3
	ret

/* From reset to DRIVER_OK, with queue 0. */
bring_up:
	leaq descriptors(%rip), %rdi
	xorl %eax, %eax
	movl $(ring_end - descriptors), %ecx
	rep stosb
	movw $1, available(%rip)	/* no interrupts */
	registers COMMON
	movb $0, STATUS(%rdi)
1:	cmpb $0, STATUS(%rdi)
	jne 1b
	movb $3, STATUS(%rdi)
	movl $1, 8(%rdi)
	movl $1, 12(%rdi)		/* VERSION_1 */
	movl $0, 8(%rdi)
	movl $0, 12(%rdi)
	movb $0xb, STATUS(%rdi)
	testb $8, STATUS(%rdi)
	expect nz, 8
	movw $0, 22(%rdi)
	movw $RING_SIZE, 24(%rdi)
	physical descriptors
	movl %eax, 32(%rdi)
	movl $0, 36(%rdi)
	physical available
	movl %eax, 40(%rdi)
	movl $0, 44(%rdi)
	physical used
	movl %eax, 48(%rdi)
	movl $0, 52(%rdi)
	movw $1, 28(%rdi)
	movb $0xf, STATUS(%rdi)
	ret

/* Descriptor \n: \symbol, \size, \flags, \next. */
.macro describe n, symbol, size, flags, next
	physical \symbol
	movq %rax, descriptors+16*\n(%rip)
	movl $\size, descriptors+16*\n+8(%rip)
	movl $(\flags | \next << 16), descriptors+16*\n+12(%rip)
.endm

/* Type eax of sector ebx, with the buffer; it must go well. */
request:
	movl %eax, header(%rip)
	movl %ebx, header+8(%rip)
	movl %eax, %ebx
	movb $0xee, status(%rip)
	describe 0, header, 16, 1, 1
	describe 1, buffer, 512, 3, 2
	describe 2, status, 1, 2, 0
	testl %ebx, %ebx
	jz 1f
	movw $1, descriptors+16+12(%rip)
1:	call offer
2:	movzwl used+2(%rip), %eax
	cmpw %ax, available+2(%rip)
	je 3f
	pause
	jmp 2b
3:	cmpb $0, status(%rip)
	expect e, 9
	ret

/* The chain that begins with descriptor 0. The queue's place among those of NOTIFY is
   0 for queue 0. */
offer:	movzwl available+2(%rip), %eax
	movl %eax, %ecx
	andl $(RING_SIZE - 1), %ecx
	leaq available+4(%rip), %rdx
	movw $0, (%rdx,%rcx,2)
	incl %eax
	movw %ax, available+2(%rip)
	mfence
	registers NOTIFY
	movw $0, (%rdi)
	ret

	.section .rodata
mark:	.ascii "previrt's disk\n\n"

	.bss
	.balign 4096
l2: .skip 4096
l1: .skip 4096
buffer: .skip 512
	.balign 16
descriptors: .skip 16 * RING_SIZE
available: .skip 6 + 2 * RING_SIZE
	.balign 4
used:	.skip 6 + 8 * RING_SIZE
ring_end:
	.balign 16
header: .skip 16
status: .skip 16
places: .skip 8 * 5
	.skip 4096
stack_top:

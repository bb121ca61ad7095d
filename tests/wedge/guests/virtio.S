/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A driver for one virtio disk, in the modern way: it is found on the PCI bus, its
 * registers by the capabilities; a sector is read, one is written and read back. Then a
 * ring that is malformed: the device asks for a reset, and works after it.
 */
#include "guest.inc"
#include "high.inc"
#include "virtio.inc"
	.set RING_SIZE, 8

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	entry l2, 0, l1
	entry high_pdpt, 511, l2
	movl $0x10421af4, %eax
	movl $0x10011af4, %ecx		/* one that has a legacy interface as well */
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

	virtio_parts

/* From reset to DRIVER_OK, with queue 0. */
bring_up:
	leaq descriptors(%rip), %rdi
	xorl %eax, %eax
	movl $(ring_end - descriptors), %ecx
	rep stosb
	movw $1, available(%rip)	/* no interrupts */
	call negotiate
	queue 0, descriptors, available, used
	movb $0xf, STATUS(%rdi)
	ret

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

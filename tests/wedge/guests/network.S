/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A driver for one virtio network interface, in the modern way: it asks by ARP who has
 * the router's address (10.0.2.2), and gets the answer.
 */
#include "guest.inc"
#include "high.inc"
#include "virtio.inc"
	.set RING_SIZE, 2
#define HEADER 12

start:
	go_high
	port_write 0xff, 0x21
	port_write 0xff, 0xa1
	entry l2, 0, l1
	entry high_pdpt, 511, l2
	movl $0x10411af4, %eax
	movl $0x10001af4, %ecx		/* one that has a legacy interface as well */
	call find
	testl %ebp, %ebp
	expect nz, 1
	call open_windows
	call negotiate
	queue 0, descriptors, available, used
	queue 1, send_descriptors, send_available, send_used
	movb $0xf, STATUS(%rdi)
	print "guest: an interface on the bus\n"

	movw $1, available(%rip)	/* no interrupts */
	movw $1, send_available(%rip)
	describe 0, answer, 2048, 2, 0
	movw $1, available+2(%rip)
	describe 0, question, HEADER + 42, 0, 0, send_descriptors
	movw $1, send_available+2(%rip)
	mfence
	registers NOTIFY
	movw $0, (%rdi)
	movw $1, 4(%rdi)
	movl $2000000000, %ecx		/* a network may take its time */
1:	cmpw $1, send_used+2(%rip)
	je 2f
	pause
	decl %ecx
	jnz 1b
	finish 2
2:	print "guest: a frame is sent\n"
3:	cmpw $1, used+2(%rip)
	je 4f
	pause
	decl %ecx
	jnz 3b
	finish 3
4:	cmpl $0x02000406, answer+HEADER+18(%rip)	/* sizes; the answer */
	expect e, 4
	cmpl $0x0202000a, answer+HEADER+28(%rip)
	expect e, 5
	print "guest: the router has answered\n"
	finish 0x10

	virtio_parts

	.data
question:
	.skip HEADER
	.byte 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6
	.byte 0, 1, 8, 0, 6, 4, 0, 1
	.byte 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15
	.byte 0, 0, 0, 0, 0, 0, 10, 0, 2, 2

	.bss
	.balign 4096
l2: .skip 4096
l1: .skip 4096
answer: .skip 2048
	.balign 16
descriptors: .skip 16 * RING_SIZE
send_descriptors: .skip 16 * RING_SIZE
available: .skip 6 + 2 * RING_SIZE
	.balign 4
used:	.skip 6 + 8 * RING_SIZE
send_available: .skip 6 + 2 * RING_SIZE
	.balign 4
send_used: .skip 6 + 8 * RING_SIZE
	.balign 16
places: .skip 8 * 5
	.skip 4096
stack_top:

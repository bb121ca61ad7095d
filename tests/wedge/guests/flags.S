/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The instructions on flags, in each form that is replaced by code of its own:
 * what they leave behind, under a storm of timer interrupts; then every
 * instruction of a stretch by single steps. The handlers look at the address
 * they were taken at: it must lie in this guest.
 */
#include "guest.inc"

#define ROUNDS 1000
#define STEP_FLAG 0x100

/* Every register but rsp a value of its own. */
.macro fill
	movq $0x1111111111111111, %rax
	movq $0x2222222222222222, %rcx
	movq $0x3333333333333333, %rdx
	movq $0x4444444444444444, %rbx
	movq $0x5555555555555555, %rbp
	movq $0x6666666666666666, %rsi
	movq $0x7777777777777777, %rdi
	movq $0x0808080808080808, %r8
	movq $0x0909090909090909, %r9
	movq $0x1010101010101010, %r10
	movq $0x1212121212121212, %r11
	movq $0x1313131313131313, %r12
	movq $0x1414141414141414, %r13
	movq $0x1515151515151515, %r14
	movq $0x1616161616161616, %r15
.endm

/* Fails unless all are as filled, but for the one named. */
.macro check number, except=none
	movq %rsp, stack_now(%rip)
	movq %rax, rax_now(%rip)
	check_one \number, \except, rcx, 2222222222222222
	check_one \number, \except, rdx, 3333333333333333
	check_one \number, \except, rbx, 4444444444444444
	check_one \number, \except, rbp, 5555555555555555
	check_one \number, \except, rsi, 6666666666666666
	check_one \number, \except, rdi, 7777777777777777
	check_one \number, \except, r8, 0808080808080808
	check_one \number, \except, r9, 0909090909090909
	check_one \number, \except, r10, 1010101010101010
	check_one \number, \except, r11, 1212121212121212
	check_one \number, \except, r12, 1313131313131313
	check_one \number, \except, r13, 1414141414141414
	check_one \number, \except, r14, 1515151515151515
	check_one \number, \except, r15, 1616161616161616
	.ifnc \except, rax
	movq $0x1111111111111111, %rcx
	cmpq %rcx, rax_now(%rip)
	expect e, \number
	.endif
	cmpq $stack_top, stack_now(%rip)
	expect e, \number
.endm
.macro check_one number, except, reg, value
	.ifnc \except, \reg
	movq $0x\value, %rax
	cmpq %rax, %\reg
	expect e, \number
	.endif
.endm

/* The pair into a register, then from it, with interrupts on and off. */
.macro pairs number, reg
	fill
	pushq $0x8d7			/* CF, PF, AF, ZF, SF, OF; IF clear */
	popfq
	sti
	previrt_pair pushf_pop, "pushf", "pop %\reg"
	cli
	movq %\reg, seen(%rip)
	check \number, \reg
	movq seen(%rip), %rax
	cmpq $0xad7, %rax
	expect e, \number
	fill
	pushq $0x8d7
	popfq
	previrt_pair pushf_pop, "pushf", "pop %\reg"
	movq %\reg, seen(%rip)
	check \number, \reg
	cmpq $0x8d7, seen(%rip)
	expect e, \number
	/* From the register. */
	fill
	movq $0xad7, %\reg
	previrt_pair push_popf, "push %\reg", "popf"
	pushfq
	cli
	popq seen(%rip)
	check \number, \reg
	cmpq $0xad7, seen(%rip)
	expect e, \number
	fill
	sti
	movq $0x8d7, %\reg
	previrt_pair push_popf, "push %\reg", "popf"
	pushfq
	popq seen(%rip)
	check \number, \reg
	cmpq $0x8d7, seen(%rip)
	expect e, \number
.endm

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

.macro port_write value, port
	movb $\value, %al
	outb %al, $\port
.endm

.macro step number
step_\number:
.endm

.macro cost name, function
	print "# instructions of \name: "
	leaq \function\()_loop(%rip), %rdx
	call show_cost
.endm

	.globl start
start:
	leaq stack_top(%rip), %rsp
	leaq gdt(%rip), %rax
	movq %rax, gdtr+2(%rip)
	lgdt gdtr(%rip)
	gate 1, stepped
	gate 0x20, tick
	gate 0x27, spurious
	leaq idt(%rip), %rax
	movq %rax, idtr+2(%rip)
	lidt idtr(%rip)
	/* The 8259: line 0 alone. The 8254: channel 0, mode 2, about 25 kHz. */
	port_write 0x11, 0x20
	port_write 0x20, 0x21
	port_write 4, 0x21
	port_write 1, 0x21
	port_write 0xfe, 0x21
	port_write 0x34, 0x43
	port_write 48, 0x40
	port_write 0, 0x40

	movl $ROUNDS, rounds(%rip)
round:
	/* sti: no flag changes, no register; the stack is as it was. */
	fill
	pushq $0x8d7
	popfq
	sti
	pushfq
	cli
	popq seen(%rip)
	check 1
	cmpq $0xad7, seen(%rip)
	expect e, 2
	/* popf both ways; pushf both ways. */
	fill
	pushq $0x246
	popfq
	pushfq
	popq seen(%rip)
	pushq $0x893
	popfq
	pushfq
	popq seen+8(%rip)
	check 3
	cmpq $0x246, seen(%rip)
	expect e, 4
	cmpq $0x893, seen+8(%rip)
	expect e, 5
	/* With AC and NT, which the processor must not have in earnest. */
	fill
	pushq $0x44246
	popfq
	pushfq
	popq seen(%rip)
	sti
	pushq $0x893
	popfq
	pushfq
	popq seen+8(%rip)
	check 6
	cmpq $0x44246, seen(%rip)
	expect e, 7
	cmpq $0x893, seen+8(%rip)
	expect e, 8
	pairs 10, rax
	pairs 11, rcx
	pairs 12, rdx
	pairs 13, rbx
	pairs 14, rbp
	pairs 15, rsi
	pairs 16, rdi
	pairs 17, r8
	pairs 18, r9
	pairs 19, r10
	pairs 20, r11
	pairs 21, r12
	pairs 22, r13
	pairs 23, r14
	pairs 24, r15
	decl rounds(%rip)
	jnz round
	cli
	cmpl $20, ticks(%rip)
	expect a, 30
	print "guest: flags, registers and stack as on hardware\n"

	/* An interrupt that came while they were off is there right after sti. */
	port_write 0x30, 0x43		/* channel 0, once */
	sti
	nop
	cli
	port_write 48, 0x40
	port_write 0, 0x40
	movl ticks(%rip), %ebx
	movl $3000000, %ecx
1:	decl %ecx
	jnz 1b
	cmpl %ebx, ticks(%rip)
	expect e, 31
	inb $0x61, %al			/* the wedge has seen it and gone back */
	sti
	nop
	cli
	cmpl %ebx, ticks(%rip)
	expect ne, 32

	/* Instructions for each, by the time-stamp counter (counting runs). */
	port_write 0xff, 0x21
	port_write 0x30, 0x43		/* channel 0 waits for a count */
	cost "sti", sti
	cost "cli", cli
	cost "pushf; popf", pushf_popf
	cost "pushf; pop", pair_out
	cost "push; popf", pair_in

	/* Steps. */
	leaq expected(%rip), %rax
	movq %rax, expected_next(%rip)
	movl $0xc0000082, %ecx
	movq $0x44444444, %r12
	pushfq
	orq $STEP_FLAG, (%rsp)
	popfq
	nop
step 1
	cli
step 2
	sti
step 3
	cli
step 4
	pushfq
step 5
	popq %rax
step 6
	movq %cr4, %rax
step 7
	swapgs
step 8
	swapgs
step 9
	rdmsr
step 10
	movq %cr0, %rbx
step 11
	inb $0x61, %al
step 12
	movl %cs, %eax
step 13
	previrt_pair pushf_pop, "pushf", "pop %r12"
step 14
	pushq $0x18
step 15
	leaq stack_top(%rip), %rax
step 16
	pushq %rax
step 17
	pushq $0x102
step 18
	pushq $0x10
step 19
	leaq 2f(%rip), %rax
step 20
	pushq %rax
step 21
	iretq
2:
step 22
	previrt_pair push_popf, "push %r12", "popf"
step 23
	cpuid
step 24
	pushq $2
step 25
	popfq				/* the last: steps end behind it */
step 26
	nop
	nop
	cmpq $0, (%rsp)			/* the stack's last word is still 0 */
	leaq expected_end(%rip), %rax
	cmpq %rax, expected_next(%rip)
	expect e, 40
	testl $STEP_FLAG, %r12d		/* TF is what pushf says */
	expect nz, 41
	print "guest: each step where it belongs\n"
	finish 0x10

/* An address in the wedge would be far above. */
.macro check_frame at, number
	cmpq $0x40000000, \at(%rsp)
	expect b, \number
.endm

tick:
	check_frame 0, 50
	incl ticks(%rip)
	pushq %rax
	movb $0x20, %al
	outb %al, $0x20
	popq %rax
	iretq

/* The line has fallen between its request and the acknowledgement: a new mode of the
   8254 does so (Intel 8259A, "Edge and level triggered modes"). */
spurious:
	iretq

stepped:
	pushq %rax
	pushq %rbx
	check_frame 16, 51
	movq %dr6, %rax
	testl $0x4000, %eax
	expect nz, 52
	xorl %eax, %eax
	movq %rax, %dr6
	movq expected_next(%rip), %rax
	movq (%rax), %rbx
	cmpq %rbx, 16(%rsp)
	je 1f
	/* A bare machine stops within a pair as well ... */
	leaq step_14(%rip), %rax
	cmpq %rax, %rbx
	je 2f
	leaq step_23(%rip), %rax
	cmpq %rax, %rbx
	je 2f
	/* ... and QEMU's takes no step right behind sti. */
	leaq step_3(%rip), %rax
	cmpq %rax, %rbx
	expect e, 53
	leaq step_4(%rip), %rax
	cmpq %rax, 16(%rsp)
	expect e, 54
	addq $8, expected_next(%rip)
1:	addq $8, expected_next(%rip)
2:	popq %rbx
	popq %rax
	iretq

sti_loop:
	sti
	ret
cli_loop:
	cli
	ret
pushf_popf_loop:
	pushfq
	popfq
	ret
pair_out_loop:
	previrt_pair pushf_pop, "pushf", "pop %rdi"
	ret
pair_in_loop:
	movl $0x246, %edi
	previrt_pair push_popf, "push %rdi", "popf"
	ret
nothing_loop:
	ret

/* rdx: the function; prints a tenth of what 1000 calls take over nothing. */
show_cost:
	movq %rdx, %r14
	leaq nothing_loop(%rip), %rdx
	call run_cost
	movq %rax, %r15
	movq %r14, %rdx
	call run_cost
	subq %r15, %rax
	movl $1000 << 3, %ecx		/* icount shift 3: 8 ns each */
	xorl %edx, %edx
	addq $4000, %rax
	divq %rcx
	movl $10, %ecx
	leaq digits_end(%rip), %rdi
1:	xorl %edx, %edx
	divq %rcx
	addb $'0', %dl
	decq %rdi
	movb %dl, (%rdi)
	testq %rax, %rax
	jnz 1b
	movq %rdi, %rsi
	call guest_print
	ret
run_cost:
	movq %rdx, %rbx
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	movq %rax, %r13
	movl $1000, %r12d
1:	call *%rbx
	decl %r12d
	jnz 1b
	rdtsc
	shlq $32, %rdx
	orq %rdx, %rax
	subq %r13, %rax
	ret

	.data
	.balign 8
gdt:	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr:	.word gdtr - gdt - 1
	.quad 0
idtr:	.word 4095
	.quad 0
digits:	.skip 20
digits_end: .asciz "\n"
	.balign 8
expected:
	.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26
	.quad step_\n
	.endr
expected_end:
	.bss
	.balign 4096
idt:	.skip 4096
seen:	.skip 16
stack_now: .skip 8
rax_now: .skip 8
expected_next: .skip 8
rounds:	.long 0
ticks:	.long 0
	.balign 16
	.skip 8192
stack_top:
	.skip 16

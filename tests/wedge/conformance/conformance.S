/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Runs each entry of entries.tbl in each state of states.tbl that governs it, in the
 * kernel (k), in user mode (u), in its 32-bit code (c) and in the kernel as what is no
 * site (r), and says what it came to:
 *
 *   ENTRY STATE MODE END f=FLAGS h=FLAGS [REGISTER=VALUE...]
 *
 * END: ok (the ud2 behind the entry), or #EXCEPTION[:ERROR]+OFFSET of the address
 * pushed; f: the flags pushed; h: the handler's own; then whatever is not as it was
 * or as it should be (stack: the handler's).
 */
/* A row of entries: name, (start, end) by mode, mask of states, rax, rcx, rdx, flags. */
#define ROW_CODE 8
#define ROW_STATES 72
#define ROW_RAX 80
#define ROW_FLAGS 104
#define FLAG_CAREFUL 1
#define FLAG_VOLATILE 2
#define FLAG_SWAPS 4
#define ROW_SIZE 112
/* A row of states: name, set-up, flags. */
#define STATE_SIZE 24
#define MODES 4
#define ZERO_PAGE_CMDLINE 0x228

#include "../guests/guest.inc"
#include "../guests/high.inc"
#include "../guests/users.inc"
#include "machine.inc"
#include "trap.inc"
#include "say.inc"

	.globl start
start:
	movl ZERO_PAGE_CMDLINE(%rsi), %eax
	movb (%rax), %al
	cmpb $'c', %al
	sete careful(%rip)
	go_high
	machine_init
	print "\n"
	leaq states(%rip), %rax
	movq %rax, state(%rip)
	movq $1, state_bit(%rip)
each_state:
	leaq entries(%rip), %rax
	movq %rax, row(%rip)
each_entry:
	movq row(%rip), %rbx
	movq state_bit(%rip), %rax
	testq %rax, ROW_STATES(%rbx)
	jz next_entry
	movq $0, mode(%rip)
each_mode:
	movq row(%rip), %rbx
	call is_user
	jb 1f
	movb careful(%rip), %al
	testb %al, ROW_FLAGS(%rbx)
	jnz next_mode
1:	movq mode(%rip), %rax
	shlq $4, %rax
	addq %rbx, %rax
	movq ROW_CODE(%rax), %rcx
	testq %rcx, %rcx
	jz next_mode
	movq %rcx, code_start(%rip)
	movq ROW_CODE+8(%rax), %rdx
	subq %rcx, %rdx
	movq %rdx, code_size(%rip)
	call run
next_mode:
	incq mode(%rip)
	cmpq $MODES, mode(%rip)
	jb each_mode
next_entry:
	leaq entries_end(%rip), %rax
	addq $ROW_SIZE, row(%rip)
	cmpq %rax, row(%rip)
	jb each_entry
	leaq states_end(%rip), %rax
	shlq $1, state_bit(%rip)
	addq $STATE_SIZE, state(%rip)
	cmpq %rax, state(%rip)
	jb each_state
	print "guest: the table's end\n"
	finish 0x10

/* One entry in one state and mode. */
run:
	movq %rsp, engine_rsp(%rip)
	call machine_reset
	call load_code
	leaq refused(%rip), %rax
	movq %rax, resume(%rip)
	movq state(%rip), %rax
	call *8(%rax)
	call machine_note
	leaq ended(%rip), %rax
	movq %rax, resume(%rip)
	leaq mode_frames(%rip), %rcx
	movq mode(%rip), %rax
	imulq $24, %rax, %rax
	addq %rax, %rcx
	pushq (%rcx)			/* ss */
	pushq 8(%rcx)			/* rsp */
	movq state(%rip), %rax
	movq 16(%rax), %rax
	orq $0x202, %rax
	pushq %rax
	pushq 16(%rcx)			/* cs */
	pushq run_rip(%rip)
	movq row(%rip), %rdx
	call is_user
	setb swapped(%rip)
	testb $FLAG_SWAPS, ROW_FLAGS(%rdx)
	jz 1f
	movb $1, swapped(%rip)
1:	movq ROW_RAX(%rdx), %rax
	movq ROW_RAX+8(%rdx), %rcx
	movq ROW_RAX+16(%rdx), %rdx
	load_fill
	testb $1, swapped(%rip)
	jz 1f
	swapgs
1:	iretq
ended:
	call machine_restore
	call say_run
	ret
not_offered:
	movq engine_rsp(%rip), %rsp
	call machine_restore
	call say_key
	say_word "not offered\n"
	ret
not_kept:
	movq engine_rsp(%rip), %rsp
	call machine_restore
	call say_key
	say_word "not kept\n"
	ret
refused:
	call machine_restore
	call say_refused
	ret

/* User mode's page of code: the entry's, and ud2 as far as it goes. */
load_code:
	movq code_start(%rip), %rsi
	movq %rsi, run_rip(%rip)
	leaq user_code(%rip), %rdi
	movl $0x0b0f0b0f, %eax
	movl $1024, %ecx
	rep stosl
	call is_user
	jae 1f
	movq $USER_CODE, run_rip(%rip)
	leaq user_code(%rip), %rdi
	movq code_size(%rip), %rcx
	rep movsb
	movw $0x0b0f, (%rdi)		/* also behind an odd number of bytes */
1:	ret

/* Condition b: the mode is user mode's. */
is_user:
	movq mode(%rip), %rax
	decq %rax
	cmpq $2, %rax
	ret

	.pushsection .rodata
	.balign 8
mode_frames:
	.quad KERNEL_SS, entry_stack, KERNEL_CS
	.quad USER_SS, USER_STACK-0x100, USER_CS
	.quad USER_SS, USER_STACK-0x100, USER_CS32
	.quad KERNEL_SS, entry_stack, KERNEL_CS
	.popsection
	.pushsection .bss
	.balign 16
state:	.skip 8
state_bit: .skip 8
row:	.skip 8
mode:	.skip 8
code_start: .skip 8
code_size: .skip 8
run_rip: .skip 8
engine_rsp: .skip 8
careful: .skip 1
	.balign 4096
	.skip 4096-256
entry_stack: .skip 256
	.skip 4096
stack_top:
	.popsection

#include "kernel.inc"

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Misbehaves. Calls itself until a stack with nothing below it is full: a bare
 * machine takes a double fault, which has a stack of its own.
 */
#include "deep.inc"
	.globl start
start:
	to_deep_stack
	gate 8, double_fault
	gate 14, double_fault		/* not reached: it has no stack */
	on_stack_1 8
	print "guest: begin\n"
	call here
	finish 1
	.globl here
here:	call here
	finish 2

double_fault:
	cmpq $0, (%rsp)			/* its error code */
	expect e, 3
	movabsq $STACK, %rax
	cmpq %rax, 32(%rsp)
	expect e, 4
	print "guest: double fault\n"
	finish 0x10

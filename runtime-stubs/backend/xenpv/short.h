/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The routines of short.S and what becomes of the guest when one is
 * interrupted. For C and assembly.
 */
#ifndef PREVIRT_XENPV_SHORT_H
#define PREVIRT_XENPV_SHORT_H

/* Numbers of routines; those of the pairs have a register's number added. */
#define SHORT_STI 0
#define SHORT_PUSHF 1
#define SHORT_POPF 2
#define SHORT_PUSHF_POP 3
#define SHORT_PUSH_POPF 19
/* pushf and pop of the word at 8 * this many above rsp. */
#define SHORT_PUSHF_POP_STACK 35
#define SHORT_STACK_WORDS 12
#define SHORT_ROUTINES 47

/* TF, IOPL, NT, AC: the guest's, but never the processor's while it runs. */
#define SHORT_UNUSUAL 0x47100

/* Where an interrupted routine leaves the guest: before its instruction ... */
#define SHORT_BEFORE 0		/* return address on the stack */
#define SHORT_PUSHF_BEFORE 2	/* it is saved, rcx too; so many bytes pushed */
#define SHORT_AGAIN 12		/* it is there, rcx saved; so many bytes pushed */
#define SHORT_POPF_BEFORE 3	/* it is saved, rax too */
/* ... or behind it. */
#define SHORT_STI_DONE 4	/* return address on the stack, rcx saved */
#define SHORT_POPF_DONE 5	/* it and rax saved; flags on the stack */
#define SHORT_RETURNED 6	/* it is saved; all else is done */
#define SHORT_PAIR_DONE 7	/* return address on the stack, flags in a register */
#define SHORT_PAIR_PUSHED 8	/* a word more */
#define SHORT_CALL_DONE 9	/* return address on the stack; all else is done */
#define SHORT_READ 10		/* it, and a register is to have the flags */
#define SHORT_READ_PUSHED 11	/* a word more */

#ifndef __ASSEMBLY__
#include "../../cpu/cpu.h"

/* The guest was interrupted at cpu->rip: 0 if that is in no routine. Else its
   state is made whole; gives the length of the call that led there (where a single
   step can have led: else not 0). */
int xenpv_short_interrupted(struct cpu *cpu);

/* rip is behind a call of a site that led to fast.S: back to the site. Gives the
   call's length. */
unsigned xenpv_plain_again(struct cpu *cpu);

/* For one of these reasons no short code behind calls may be used, or no more for that
   one: the guest has IOPL, NT or AC set; it has breakpoints, which C looks for and a
   return would meet. */
#define SHORT_BY_FLAGS 1u
#define SHORT_BY_WATCH 2u
void xenpv_short_forbid(unsigned reason, int on);
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The routines of flags.S, and where the guest is when one is interrupted. For C and
 * assembly.
 */
#ifndef PREVIRT_FASTPATH_FLAGS_H
#define PREVIRT_FASTPATH_FLAGS_H

/* Numbers of routines; those of the pairs have a register's number added. */
#define FLAGS_STI 0
#define FLAGS_PUSHF 1
#define FLAGS_POPF 2
#define FLAGS_PUSHF_POP 3
#define FLAGS_PUSH_POPF 19
/* pushf and pop of the word at 8 * this many above rsp. */
#define FLAGS_PUSHF_POP_STACK 35
#define FLAGS_STACK_WORDS 12
#define FLAGS_ROUTINES 47

/* TF, IOPL, NT, AC: the guest's, but never the processor's while it runs. */
#define FASTPATH_UNUSUAL 0x47100

/* Where an interrupted routine leaves the guest: before its instruction ... */
#define FLAGS_BEFORE 0		/* return address on the stack */
#define FLAGS_PUSHF_BEFORE 2	/* it is saved, rcx too; so many bytes pushed */
#define FLAGS_AGAIN 12		/* it is there, rcx saved; so many bytes pushed */
#define FLAGS_POPF_BEFORE 3	/* it is saved, rax too */
/* ... or behind it. */
#define FLAGS_STI_DONE 4	/* return address on the stack, rcx saved */
#define FLAGS_POPF_DONE 5	/* it and rax saved; flags on the stack */
#define FLAGS_RETURNED 6	/* it is saved; all else is done */
#define FLAGS_PAIR_DONE 7	/* return address on the stack, flags in a register */
#define FLAGS_PAIR_PUSHED 8	/* a word more */
#define FLAGS_CALL_DONE 9	/* return address on the stack; all else is done */
#define FLAGS_READ 10		/* it, and a register is to have the flags */
#define FLAGS_READ_PUSHED 11	/* a word more */

#ifndef __ASSEMBLY__
#include "../cpu/cpu.h"
#include "../insn/insn.h"

/* The routine for @insn, or -1. */
int fastpath_flags_routine(const struct insn *insn);
/* Makes whole the state of the guest, which was interrupted at cpu->rip in one of the
   routines, before its instruction or behind it. Returns the routine. Its site calls
   with @calls[routine] bytes. */
int fastpath_flags_finish(struct cpu *cpu, const uint8_t *calls);
#endif
#endif

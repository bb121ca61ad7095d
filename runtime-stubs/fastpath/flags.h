/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The routines of flags.S, and their states: what is to be done if one is interrupted.
 * Included by C and assembly.
 */
#ifndef PREVIRT_FASTPATH_FLAGS_H
#define PREVIRT_FASTPATH_FLAGS_H

/* Numbers of routines; those of the pairs have a register's number added. */
#define FLAGS_STI 0
#define FLAGS_PUSHF 1
#define FLAGS_POPF 2
#define FLAGS_PUSHF_POP 3
#define FLAGS_PUSH_POPF 19
/* PUSHF and POP of a word on the stack, which is so many words above rsp. */
#define FLAGS_PUSHF_POP_STACK 35
#define FLAGS_STACK_WORDS 12
#define FLAGS_ROUTINES 47

/* TF, IOPL, NT, AC: with one of them set, the guest's kernel takes the slow path. */
#define FASTPATH_UNUSUAL 0x47100

/* States in which the guest is set back to before its instruction: where the return address is, and
   what else is saved. */
#define FLAGS_BEFORE 0		/* return address on the stack */
#define FLAGS_PUSHF_BEFORE 2	/* return address and rcx saved, so many bytes pushed */
#define FLAGS_AGAIN 12		/* return address on the stack, rcx saved; so many bytes pushed */
#define FLAGS_POPF_BEFORE 3	/* return address and rax saved */
/* States in which the instruction is completed. */
#define FLAGS_STI_DONE 4	/* return address on the stack, rcx saved */
#define FLAGS_POPF_DONE 5	/* return address and rax saved, flags on the stack */
#define FLAGS_RETURNED 6	/* return address saved, all else done */
#define FLAGS_PAIR_DONE 7	/* return address on the stack, flags in a register */
#define FLAGS_PAIR_PUSHED 8	/* the same, and one more word pushed */
#define FLAGS_CALL_DONE 9	/* return address on the stack, all else done */
#define FLAGS_READ 10		/* return address on the stack; the flags go into a register */
#define FLAGS_READ_PUSHED 11	/* the same, and one more word pushed */

#ifndef __ASSEMBLY__
#include "../cpu/cpu.h"
#include "../insn/insn.h"

/* Returns the number of the routine for @insn, or -1. */
int fastpath_flags_routine(const struct insn *insn);
/* The guest was interrupted at cpu->rip in one of the routines: makes its state complete, as it is
   before or after its instruction. Returns the routine. @calls: the length of the call of the
   site of each. */
int fastpath_flags_finish(struct cpu *cpu, const uint8_t *calls);
#endif
#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * What is dead behind an instruction, in the bits of the table (PREVIRT_DEAD_).
 */
#ifndef PREVIRT_LIVENESS_H
#define PREVIRT_LIVENESS_H

/* Look at the current function; before the calls below. */
void liveness_begin();

/*
 * The bits for registers and flags that are dead where these are live. A
 * register that the function does not change is its caller's, and not dead.
 */
unsigned liveness_dead(const_bitmap live);

/* The bits of registers that an instruction names, in whatever way. */
unsigned liveness_named(const rtx_insn *insn);

/* The bit of the flags. */
unsigned liveness_flags();

/* The registers that hold a function's first arguments, or its result. */
unsigned liveness_arguments(tree function);
unsigned liveness_result(tree function);

#endif

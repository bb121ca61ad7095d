/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Runs one instruction, or what it became, with given registers, in single steps. */
#ifndef PREVIRT_TEST_STEP_H
#define PREVIRT_TEST_STEP_H
#include <signal.h>	/* with _GNU_SOURCE */
#include <stdint.h>

struct step {
	/* In: registers (as the host orders them), flags, where to begin. It has ended
	   when the instruction pointer is neither in @at to @at + @length nor between
	   @from and @to. */
	uint64_t registers[NGREG];
	uint64_t at, length, from, to;
	/* Out: registers, unless it faulted: then the vector and the address. */
	int fault;
	uint64_t fault_address;
	unsigned steps;
};

#define STEP_FLAGS 0x8d5ull	/* those of arithmetic */

void step_init(void);
void step_run(struct step *step);

#endif

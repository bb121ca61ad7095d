/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* How a stub comes to be: steps.c writes the list, start.c has a fork carry it out. */
#ifndef PREVIRT_STUB_START_H
#define PREVIRT_STUB_START_H
#include "frame.h"

#define START_NOT_YET INT64_MIN		/* no system call's result */

/* Of user code's addresses: nothing is there, but the host keeps its page tables. */
#define STUB_LOWEST (64ull << 10)
#define STUB_NOTHING (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED)

struct start {
	struct stub_control *control;
	uint64_t code;			/* the page of code, in the supervisor */
	uint64_t parent;		/* process number of the supervisor */
	unsigned steps, listener;
	const char *what[STUB_STEPS];	/* for messages */
};

/* Fill @start->control. The result of step @start->listener is just that; the
   supervisor may wait for its upper half by futex(2). */
void steps_write(struct start *start);

#endif

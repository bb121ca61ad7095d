/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the two files of the interpreter. */
#ifndef PREVIRT_FAKE_INTERPRET_H
#define PREVIRT_FAKE_INTERPRET_H
#include "../../cpu/cpu.h"
#include "../../insn/decode.h"

/* One instruction, decoded. */
struct step {
	struct insn insn;	/* .imm sign-extended */
	uint8_t map, rex;
	unsigned size;		/* of its operands, in bytes */
	uint64_t next;
};

/* Decodes what stands at previrt_cpu.rip: 0, if it is none of those it knows. */
int step_decode(struct step *s, const uint8_t *bytes, size_t size);

/* An access to guest memory or to what the wedge has there; a page fault enters the
   wedge and does not return. */
uint64_t step_load(uint64_t va, unsigned size);
void step_store(uint64_t va, unsigned size, uint64_t value);

/* 0F AE of memory at @va (xstate.c): 0, if it is none of those it knows. */
int step_xstate(const struct step *s, uint64_t va);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Shared by forms.c (runs each form) and models.c (says what it must do).
 *
 * A world is all that an instruction may read or change. A model turns the
 * world before into the world after, from the manual's words and objdump's
 * reading of the bytes; it shares no code with the wedge.
 */
#ifndef PREVIRT_FORMS_H
#define PREVIRT_FORMS_H
#include "../../../runtime-stubs/cpu/cpu.h"

#define AREA_SIZE 0x8000u
#define AREA_STACK 0x6000u	/* offset of rsp */

struct state { uint64_t r[16], flags; };	/* registers by number */

enum outcome { NEXT, JUMPED, FAULTED, STOPPED };

struct world {
	struct state s;
	struct cpu cpu;			/* but r, rip and rflags */
	uint8_t if_byte;		/* 1: no interrupts */
	uint8_t area[AREA_SIZE];	/* what all registers point into */
	enum outcome outcome;
	uint64_t rip;			/* of a jump */
	unsigned vector, error;		/* of a fault */
	uint64_t invalidated;
	struct { uint16_t port; int size; uint32_t value, reads, writes; } io;
};

enum operand_kind { NO_OPERAND, REGISTER, SPECIAL, MEMORY, IMMEDIATE };
struct operand {
	enum operand_kind kind;
	int reg, size;		/* SPECIAL: number in its class (cr, db, segment) */
	uint64_t value;		/* IMMEDIATE; MEMORY: the address */
};

struct form {
	int op;
	const char *text;	/* as objdump has it */
	char mnemonic[24];
	struct operand operands[3];
	unsigned count;
	int repeated;		/* a rep of any kind stands before it */
	uint64_t address, length;
};

extern struct world before;	/* being prepared, or as it was */

/*
 * How a form is tested. Every op that a rewriter would not leave to trap has a
 * row; HOST: the processor runs the same bytes and must do the same.
 */
enum how { NO_TEST, MODEL, HOST, LEFT, TRAPS };
struct model {
	enum how how;
	void (*prepare)(const struct form *form);		/* may be NULL */
	void (*effect)(const struct form *form, struct world *w);
};
extern const struct model models[];

/* Fill in mnemonic and operands; addresses are those of the registers in before. */
void read_form(struct form *form, const char *line);

/* Guest memory in the world, and the address of it that code sees. */
void *world_at(struct world *w, uint64_t address);

#endif

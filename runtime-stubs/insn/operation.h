/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Decodes ordinary instructions on memory: moves, arithmetic, strings. It must not
 * know the contents of registers or memory. Intel SDM volume 2. LIMIT: no control
 * transfers, no multiplication to two registers, no division, no x87, MMX or AVX. Of
 * SSE the moves only.
 */
#ifndef PREVIRT_OPERATION_H
#define PREVIRT_OPERATION_H
#include "insn.h"

enum insn_what {
	/* As ModRM.reg of 80 to 83 has them, of C0, of F6, of FE, of 0F BA. */
	OPERATION_ADD, OPERATION_OR, OPERATION_ADC, OPERATION_SBB,
	OPERATION_AND, OPERATION_SUB, OPERATION_XOR, OPERATION_CMP,
	OPERATION_ROL, OPERATION_ROR, OPERATION_RCL, OPERATION_RCR,
	OPERATION_SHL, OPERATION_SHR, OPERATION_SAL, OPERATION_SAR,
	OPERATION_TEST, OPERATION_TEST_ALIAS, OPERATION_NOT, OPERATION_NEG,
	OPERATION_INC, OPERATION_DEC,
	OPERATION_BT, OPERATION_BTS, OPERATION_BTR, OPERATION_BTC,
	OPERATION_SHLD, OPERATION_SHRD, OPERATION_IMUL,
	OPERATION_CALCULATED,	/* those above: a result and flags of two values */

	OPERATION_MOV = OPERATION_CALCULATED, OPERATION_MOVZX, OPERATION_MOVSX,
	OPERATION_XCHG, OPERATION_XADD, OPERATION_CMPXCHG,
	OPERATION_CMPXCHG_PAIR,	/* cmpxchg8b and 16b: two words of .size bytes */
	OPERATION_SET, OPERATION_CMOV,	/* by the condition in the opcode's low bits */
	OPERATION_PUSH, OPERATION_POP,

	OPERATION_STRING,	/* those from here to SCAS */
	OPERATION_MOVS = OPERATION_STRING, OPERATION_CMPS, OPERATION_STOS, OPERATION_LODS,
	OPERATION_SCAS,

	OPERATION_VECTOR,	/* a move of XMM register .reg, or of a part of it */
};

struct insn_operation {
	struct insn insn;	/* .len, the memory operand, .reg, .imm, .rep */
	uint8_t what;		/* enum insn_what */
	uint8_t size;		/* bytes of memory: 1, 2, 4 or 8; of a vector 16, too */
	uint8_t load, store;	/* what is done to memory */
	uint8_t to_register;	/* the register is the first operand, memory the second */
	uint8_t immediate;	/* .imm stands for the register */
	uint8_t by_cl;		/* the count is in cl, not in .imm */
	uint8_t high;		/* .reg is AH, CH, DH or BH: bits 8 to 15 of it; of a
				   vector: its upper half */
	uint8_t clears;		/* a load into a vector clears what it does not load */
};

/* Decodes the instruction at @bytes. Returns its length; 0: it has no operand in memory, or
   is none of those above. @mode64: 64-bit code, else 32-bit. */
int insn_decode_operation(struct insn_operation *operation, const uint8_t *bytes, size_t size,
			  int mode64);

#endif

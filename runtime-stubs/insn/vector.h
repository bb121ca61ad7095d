/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_INSN_VECTOR_H
#define PREVIRT_INSN_VECTOR_H
#include "match.h"
#include "operation.h"

/* Returns 1 if it is a move of an XMM register, and sets the fields of @o that follow from
   the opcode. The prefixes of @o must be set. */
int vector_find(struct insn_operation *o, const struct previrt_insn_bytes *match);

#endif

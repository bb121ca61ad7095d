/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_INSN_VECTOR_H
#define PREVIRT_INSN_VECTOR_H
#include "match.h"
#include "operation.h"

/* Is it a move of an XMM register? What belongs to its opcode is in @o then, whose
   prefixes are known. */
int vector_find(struct insn_operation *o, const struct previrt_insn_bytes *match);

#endif

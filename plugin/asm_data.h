/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Statements that are data to gas: their bytes, and whether they are data to the
 * program too. Manual: "Using as", Byte, Word, Long, Ascii, Strings.
 */
#ifndef PREVIRT_ASM_DATA_H
#define PREVIRT_ASM_DATA_H

#include "asm_match.h"

/*
 * The bytes of a statement that lists literal numbers of 1, 2, 4 or 8 bytes
 * (.byte, .word, .long, .quad and their other names), or a string without an end
 * (.ascii), appended to bytes[*count] (at most ASM_BYTES_MAX in all). False, and
 * nothing appended, if it is something else.
 */
bool asm_data_bytes(const struct asm_view *v, const struct asm_stmt *s,
		    uint8_t *bytes, size_t *count);

/* Data as far as one can tell: no bytes of a whole sensitive instruction. */
bool asm_data_is(const struct asm_view *v, const struct asm_stmt *s);

#endif

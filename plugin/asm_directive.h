/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Directives that change what the next statements mean to gas, and the text by
 * which the pack's macros learn of it, for no macro can be named like them.
 */
#ifndef PREVIRT_ASM_DIRECTIVE_H
#define PREVIRT_ASM_DIRECTIVE_H

#include "asm_match.h"

/* Room for a text. */
#define ASM_DIRECTIVE_SIZE 64

/*
 * Is the statement one of those? Then view follows it, and text is what takes
 * its place; or what stands in front of it, if it is_own.
 */
bool asm_directive_see(struct asm_view *view, const struct asm_stmt *s, char *text);

/* Does it define a macro that is named like one of the pack's? */
bool asm_directive_is_own(const struct asm_view *view, const struct asm_stmt *s);

#endif

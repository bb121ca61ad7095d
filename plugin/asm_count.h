/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Statements that count bytes to what they mean, where a label could stand:
 *	lea 9(%rip),%rax	jmp .+4		jmp .-12
 * With a site's pad among those bytes they mean something else. In the object they
 * look like any other, so they are found in the source.
 */
#ifndef PREVIRT_ASM_COUNT_H
#define PREVIRT_ASM_COUNT_H

#include "asm_match.h"
#include "asm_section.h"

/*
 * Told of a statement that counts, where it stands in the text, and of the first one
 * with a padded site that may be among the bytes: instructions are taken to be as
 * short as they can be.
 */
typedef void asm_count_teller(const char *text, size_t at, const char *statement,
			      const char *site);

/* Looks at all statements of a text, which begin in the sections' first one. */
void asm_count_look(const struct asm_view *v, const struct asm_stmt *stmts, size_t count,
		    struct asm_sections sections, asm_count_teller *tell);

#endif

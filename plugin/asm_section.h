/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Where a statement of a template goes: follows the section directives.
 *
 * Manual: "Using as", Section, PushSection, PopSection, Previous.
 */
#ifndef PREVIRT_ASM_SECTION_H
#define PREVIRT_ASM_SECTION_H

#include <stdbool.h>
#include <stddef.h>

enum { ASM_SECTION_DEPTH = 16 };

struct asm_section {
	bool exec;		/* holds code */
	unsigned marks;		/* what its sites are to have, by its name */
	bool replacement;	/* .altinstr_replacement: Linux copies it */
};

/* A template starts in code. Deeper than the stack: the rest counts as data. */
struct asm_sections {
	unsigned (*marks)(const char *name, size_t size);	/* NULL: none */
	struct asm_section now, previous;
	struct asm_section stack[ASM_SECTION_DEPTH];
	unsigned depth;
};

/* marks is asked for each section by its name; code starts with those of start. */
void asm_section_init(struct asm_sections *sections,
		      unsigned (*marks)(const char *name, size_t size), unsigned start);

/*
 * Looks at one statement (text[0..size), the first word_size of them its first
 * word); true if it was a section directive.
 */
bool asm_section_see(struct asm_sections *sections, const char *text,
		     size_t size, size_t word_size);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_section.h"

#include <string.h>
#include <strings.h>

#include "asm_lex.h"

void asm_section_init(struct asm_sections *sections,
		      unsigned (*marks)(const char *name, size_t size), unsigned start)
{
	memset(sections, 0, sizeof(*sections));
	sections->marks = marks;
	sections->now.exec = sections->previous.exec = true;
	sections->now.marks = sections->previous.marks = start;
}

static unsigned marks(const struct asm_sections *s, const char *name, size_t size)
{
	return s->marks ? s->marks(name, size) : 0;
}

static bool is_word(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && !strncasecmp(text, word, size);
}

static bool contains(const char *text, size_t size, const char *what)
{
	size_t length = strlen(what);

	for (size_t i = 0; i + length <= size; i++)
		if (!memcmp(text + i, what, length))
			return true;
	return false;
}

/*
 * The operands of .section or .pushsection:
 *	.altinstr_replacement, "ax"
 *	"__ex_table","a"
 *	.text..unlikely
 *	.init.text, "ax", @progbits
 * Without flags a section whose name speaks of text is code.
 */
static struct asm_section parse_section(const struct asm_sections *s, const char *text,
					size_t size)
{
	struct asm_section section = { 0 };
	size_t name, at = 0;

	while (at < size && asm_is_blank(text[at]))
		at++;
	if (at < size && text[at] == '"')
		at++;
	for (name = at; at < size && text[at] != '"' && text[at] != ','; at++)
		;
	section.marks = marks(s, text + name, at - name);
	section.replacement = contains(text + name, at - name, ".altinstr_replacement");
	section.exec = section.replacement || contains(text + name, at - name, "text") ||
		       is_word(text + name, at - name, ".init") ||
		       is_word(text + name, at - name, ".fini");
	if (at < size && text[at] == '"')
		at++;
	while (at < size && text[at] != '"')
		at++;
	if (at < size) {
		const char *flags = text + at + 1;
		const char *end = memchr(flags, '"', size - at - 1);

		section.exec = end && memchr(flags, 'x', end - flags);
	}
	return section;
}

static void enter(struct asm_sections *s, struct asm_section section)
{
	s->previous = s->now;
	s->now = section;
}

static void push(struct asm_sections *s, struct asm_section section)
{
	if (s->depth < ASM_SECTION_DEPTH)
		s->stack[s->depth] = s->now;
	s->depth++;
	enter(s, section);
}

static void pop(struct asm_sections *s)
{
	static const struct asm_section data;

	if (!s->depth)
		return;
	s->depth--;
	s->now = s->depth < ASM_SECTION_DEPTH ? s->stack[s->depth] : data;
}

bool asm_section_see(struct asm_sections *s, const char *text, size_t size,
		     size_t word)
{
	static const struct asm_section data;
	const struct asm_section code = { .exec = true, .marks = marks(s, ".text", 5) };

	if (is_word(text, word, ".pushsection"))
		push(s, parse_section(s, text + word, size - word));
	else if (is_word(text, word, ".section"))
		enter(s, parse_section(s, text + word, size - word));
	else if (is_word(text, word, ".popsection"))
		pop(s);
	else if (is_word(text, word, ".previous"))
		enter(s, s->previous);
	else if (is_word(text, word, ".text"))
		enter(s, code);
	else if (is_word(text, word, ".data") || is_word(text, word, ".bss"))
		enter(s, data);
	else
		return false;
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm_bytes.h"
#include "asm_match.h"
#include "asm_section.h"

struct writer {
	FILE *out;
	char *text;
	size_t size, copied;
	bool changed;
};

struct reader {
	struct asm_view view;
	size_t size, at;
	struct asm_sections sections;
};

static void begin_reading(struct reader *r, const char *text, bool basic, bool mode64)
{
	r->view = (struct asm_view) { .text = text, .mode64 = mode64, .basic = basic };
	r->size = strlen(text);
	r->at = 0;
	asm_section_init(&r->sections, NULL, 0);
}

/* The next statement that stands in code and is not a directive. */
static bool next_instruction(struct reader *r, struct asm_stmt *s)
{
	while (r->at < r->size) {
		const char *word;

		r->at = asm_lex_next(r->view.text, r->size, r->at, r->view.basic, s);
		word = r->view.text + s->start;
		if (s->start == s->end ||
		    asm_section_see(&r->sections, word, s->end - s->start, s->word))
			continue;
		if (r->sections.now.exec && *word != '.')
			return true;
	}
	return false;
}

/* Mnemonics and what they do to memory; a size suffix may follow. */
static const struct {
	const char *name, *op;
} kinds[] = {
	{ "xchg", "xchg" }, { "xadd", "bit" }, { "cmpxchg", "cmpxchg" },
	{ "cmpxchg8b", "cmpxchg" }, { "cmpxchg16b", "cmpxchg" },
	{ "bts", "bit" }, { "btr", "bit" }, { "btc", "bit" },
	{ "or", "rmw" }, { "and", "rmw" }, { "xor", "rmw" }, { "add", "rmw" },
	{ "sub", "rmw" }, { "inc", "rmw" }, { "dec", "rmw" }, { "not", "rmw" },
	{ "neg", "rmw" }, { "movs", "copy" }, { "stos", "copy" },
};

/* The op of the instruction at this statement, or NULL. */
static const char *find_op(const struct reader *r, const struct asm_stmt *s, bool locked,
			   const struct asm_memory *memory)
{
	if (memory->fills && asm_match_stmt(&r->view, s, "call", ""))
		return "copy";
	if (asm_match_stmt(&r->view, s, "mov", "bwlq"))
		return memory->fills ? NULL : memory->mov;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (asm_match_stmt(&r->view, s, kinds[i].name, "bwlq") &&
		    (!memory->fills || !strcmp(kinds[i].op, "copy")))
			return locked && !strcmp(kinds[i].op, "rmw") ? "bit" : kinds[i].op;
	return NULL;
}

/* The bytes that the suffix of a mnemonic says, or 0. */
static unsigned suffix_width(const struct reader *r, const struct asm_stmt *s)
{
	static const char suffixes[] = "b1w2l4q8";
	char last = r->view.text[s->start + s->word - 1];

	for (size_t i = 0; i < sizeof(suffixes) - 1; i += 2)
		if ((last | 0x20) == suffixes[i])
			return suffixes[i + 1] - '0';
	return 0;
}

static bool is_prefix(const struct reader *r, const struct asm_stmt *s)
{
	return asm_prefix_byte(r->view.mode64, r->view.text + s->start, s->word) >= 0;
}

/* What stands behind the first word, as a statement: "lock btrq %1,%0". */
static bool behind_prefix(const struct reader *r, const struct asm_stmt *s,
			  struct asm_stmt *rest)
{
	*rest = *s;
	rest->start += s->word;
	while (rest->start < s->end && asm_is_blank(r->view.text[rest->start]))
		rest->start++;
	for (rest->word = 0; rest->start + rest->word < s->end &&
	     asm_is_name(r->view.text[rest->start + rest->word]); )
		rest->word++;
	return rest->word > 0;
}

static void put_until(struct writer *w, const struct reader *r, size_t until)
{
	fwrite(r->view.text + w->copied, 1, until - w->copied, w->out);
	w->copied = until;
}

/*
 *	mov l %1,%0		->	previrt_mem store,4,mmio,movl %1,%0
 *	lock; btrq %1,%0	->	; previrt_mem bit,8,pte,lock btrq %1,%0
 *	lock btrq %1,%0		->	previrt_mem bit,8,pte,lock btrq %1,%0
 *	call %P[old]		->	previrt_mem_call copy,0,pte,call %P[old]
 * The first is the prefix statement, if there is one, else prefix->word is 0.
 */
static void put_site(struct writer *w, const struct reader *r, const struct asm_stmt *prefix,
		     const struct asm_stmt *s, const struct asm_stmt *insn,
		     const char *op, const struct asm_memory *memory)
{
	const char *text = r->view.text;
	size_t start = prefix->word ? prefix->start : s->start;
	unsigned width = memory->width ? memory->width : suffix_width(r, insn);

	bool call = asm_match_stmt(&r->view, insn, "call", "");

	put_until(w, r, start);
	fprintf(w->out, "previrt_mem%s %s,%u,%s,", call ? "_call" : "", op,
		strcmp(op, "copy") ? width : 0, memory->space);
	if (prefix->word)
		fprintf(w->out, "%.*s ", (int)prefix->word, text + prefix->start);
	fwrite(text + s->start, 1, s->end - s->start, w->out);
	if (prefix->word) {	/* the separator between them goes behind */
		w->copied = prefix->end;
		put_until(w, r, s->start);
	}
	w->copied = s->end;
	w->changed = true;
}

char *asm_memory_rewrite(const char *text, const struct asm_memory *memory)
{
	struct asm_stmt s, insn, prefix = { 0 };
	struct writer w = { 0 };
	struct reader r;

	if (strstr(text, "previrt_mem"))
		return NULL;
	begin_reading(&r, text, memory->basic, true);
	w.out = open_memstream(&w.text, &w.size);
	if (!w.out)
		abort();
	while (next_instruction(&r, &s)) {
		bool locked = prefix.word > 0;
		const char *op;

		if (asm_match_opaque(&r.view, &s) || (prefix.word && s.labelled)) {
			prefix.word = 0;
			continue;
		}
		if (is_prefix(&r, &s) && s.start + s.word == s.end) {
			prefix = s;
			continue;
		}
		insn = s;
		if (is_prefix(&r, &s)) {
			locked = true;
			if (!behind_prefix(&r, &s, &insn))
				continue;
		}
		op = find_op(&r, &insn, locked, memory);
		if (op)
			put_site(&w, &r, &prefix, &s, &insn, op, memory);
		prefix.word = 0;
	}
	put_until(&w, &r, r.size);
	fclose(w.out);
	if (w.changed)
		return w.text;
	free(w.text);
	return NULL;
}

enum asm_sites asm_memory_count(const char *text, bool basic, bool mode64)
{
	unsigned instructions = 0, sites = 0;
	struct asm_stmt s;
	struct reader r;

	begin_reading(&r, text, basic, mode64);
	while (next_instruction(&r, &s)) {
		instructions++;
		if (!strncmp(text + s.start, "previrt_", 8) || is_prefix(&r, &s) ||
		    asm_match_kind(&r.view, &s) == ASM_PLAIN)
			sites++;
	}
	if (!sites)
		return ASM_SITES_NONE;
	return instructions == 1 ? ASM_SITES_ALONE : ASM_SITES_AMONG;
}

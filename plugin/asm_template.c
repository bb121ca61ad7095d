/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_template.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm_bytes.h"
#include "asm_data.h"
#include "asm_directive.h"
#include "asm_match.h"
#include "asm_section.h"
#include "insns.h"

/* Text that grows; text is NULL before the first append. */
struct buffer {
	char *text;
	size_t size;
};

struct rewriter {
	struct asm_view view;
	size_t size;
	const struct asm_template_options *options;
	struct asm_template_counts *counts;
	struct asm_stmt *stmts;
	size_t count;
	struct asm_sections sections;
	bool extable;
	struct buffer out;
	size_t copied;		/* so much of the text is in out */
};

static void *must(void *memory)
{
	if (!memory) {
		fputs("previrt: out of memory\n", stderr);
		abort();
	}
	return memory;
}

static void append(struct buffer *b, const char *text, size_t size)
{
	b->text = must(realloc(b->text, b->size + size + 1));
	memcpy(b->text + b->size, text, size);
	b->size += size;
	b->text[b->size] = 0;
}

/* For short texts only. */
static void __attribute__((format(printf, 2, 3)))
append_format(struct buffer *b, const char *format, ...)
{
	char text[64];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	append(b, text, size);
}

static void append_stmt(struct buffer *b, const struct rewriter *r, size_t i)
{
	append(b, r->view.text + r->stmts[i].start, r->stmts[i].end - r->stmts[i].start);
}

/* Replace text[start..end); calls come in ascending order. */
static void replace(struct rewriter *r, size_t start, size_t end, const char *with)
{
	append(&r->out, r->view.text + r->copied, start - r->copied);
	append(&r->out, with, strlen(with));
	r->copied = end;
}

/* The next statement, if nothing but separators and comments is between. */
static size_t neighbour(const struct rewriter *r, size_t i)
{
	for (i++; i < r->count; i++) {
		if (r->stmts[i].labelled)
			return 0;
		if (r->stmts[i].start != r->stmts[i].end)
			return i;
	}
	return 0;
}

static bool is_off(const struct rewriter *r, int op)
{
	return r->options->class_off && r->options->class_off[previrt_insns[op].cls];
}

/*
 * Call mode must put no call here: an exception table names the address, or
 * Linux copies the code.
 */
static bool must_keep(const struct rewriter *r)
{
	return r->options->call && (r->extable || r->sections.now.replacement);
}

/*
 * Put the new text of statement i in place, and take away the statements
 * behind it, up to last; their separators stay.
 */
static void put(struct rewriter *r, size_t i, size_t last, const char *text)
{
	if (must_keep(r)) {
		replace(r, r->stmts[i].start, r->stmts[i].start, "previrt_keep ");
		r->counts->kept++;
	}
	replace(r, r->stmts[i].start, r->stmts[i].end, text);
	for (i++; i <= last; i++)
		if (r->stmts[i].start != r->stmts[i].end)
			replace(r, r->stmts[i].start, r->stmts[i].end, "");
}

/*
 * Each try_ function below looks at statement i. It returns the index of the
 * next one to look at, or 0 and has rewritten nothing.
 */

/*	pushf ; pop %0	->	previrt_pair pushf_pop,"pushf","pop %0" ;	*/
static size_t try_pair(struct rewriter *r, size_t i)
{
	size_t j = neighbour(r, i);
	const struct asm_stmt *a = &r->stmts[i], *b = &r->stmts[j];
	struct buffer text = { 0 };
	int op;

	if (!j || r->view.whole || asm_match_opaque(&r->view, a) ||
	    asm_match_opaque(&r->view, b))
		return 0;
	op = asm_match_pair(&r->view, a, b);
	if (!op || is_off(r, op))
		return 0;
	append_format(&text, "previrt_pair %s,\"", previrt_insns[op].name);
	append_stmt(&text, r, i);
	append_format(&text, "\",\"");
	if (op == PREVIRT_OP_sti_mwait && r->view.text[b->start] == '.')
		append_format(&text, "mwait");
	else
		append_stmt(&text, r, j);
	append_format(&text, "\"");
	put(r, i, j, text.text);
	free(text.text);
	r->counts->pairs++;
	return j + 1;
}

static void append_bytes(struct buffer *text, int op, const uint8_t *bytes, size_t count)
{
	append_format(text, "previrt_bytes %s", previrt_insns[op].name);
	for (size_t i = 0; i < count; i++)
		append_format(text, ",0x%02x", bytes[i]);
}

/*
 * In a whole file bytes may as well be data: what stands beside other data is
 * left to it, and so is what does not begin like a system instruction, or has a
 * label and is no .byte.
 */
static bool may_be_data(const struct rewriter *r, size_t first, size_t last,
			const uint8_t *bytes)
{
	const struct asm_stmt *before = r->stmts + first, *behind = r->stmts + last + 1;

	do
		before--;
	while (before >= r->stmts && before->start == before->end);
	if ((*bytes != 0x0f && bytes[1] != 0x0f) ||
	    (r->stmts[first].labelled && !asm_match_stmt(&r->view, &r->stmts[first], ".byte", "")))
		return true;
	while (behind < r->stmts + r->count && behind->start == behind->end)
		behind++;
	return (before >= r->stmts && asm_data_is(&r->view, before)) ||
	       (behind < r->stmts + r->count && asm_data_is(&r->view, behind));
}

/*
 * An instruction written as bytes, in one statement or several:
 *	.byte 0x0f,0x01,0xca		__ASM_CLAC
 *	.byte 0x48, 0x0f,0xc7,0x2f	XSAVES
 *	rep; .byte 0x0f, 0x01, 0xd9
 *	.word 0x010f; .byte 0xca	.ascii "\x0f\x01\xca"
 * -> previrt_bytes clac,0x0f,0x01,0xca
 */
static size_t try_bytes(struct rewriter *r, size_t i)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0, last = i;
	bool written = false;

	do {
		struct buffer text = { 0 };
		int op;

		if (!asm_match_bytes(&r->view, &r->stmts[last], bytes, &count))
			return 0;
		written |= r->view.text[r->stmts[last].start] == '.';
		op = written ? asm_bytes_match(r->view.mode64, bytes, count) : 0;
		if (op && r->view.whole && may_be_data(r, i, last, bytes))
			return 0;
		if (op && !is_off(r, op)) {
			append_bytes(&text, op, bytes, count);
			put(r, i, last, text.text);
			free(text.text);
			r->counts->bytes++;
			return last + 1;
		}
		last = neighbour(r, last);
	} while (last);
	return 0;
}

/*
 * Prefixes as a statement of their own, ahead of an instruction that a macro
 * catches (and would record behind its prefix):
 *	rep; outsb	rep; vmmcall	rex64; sysret	.byte 0x48; sysret
 * -> rep outsb;
 */
static size_t try_prefix(struct rewriter *r, size_t i)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0, j = neighbour(r, i);
	const struct asm_stmt *s = &r->stmts[j];
	struct buffer text = { 0 };

	if (!j || (!r->sections.now.exec && r->view.text[r->stmts[i].start] == '.') ||
	    !asm_match_bytes(&r->view, &r->stmts[i], bytes, &count) ||
	    asm_match_opaque(&r->view, s) ||
	    (asm_match_kind(&r->view, s) != ASM_PLAIN && !asm_match_far(&r->view, s)))
		return 0;
	for (size_t k = 0; k < count; k++) {
		const char *name = asm_prefix_name(r->view.mode64, bytes[k]);

		if (!name || !asm_match_fusable(bytes[k], r->view.text + s->start, s->word)) {
			free(text.text);
			return 0;
		}
		append_format(&text, "%s ", name);
	}
	append_format(&text, asm_match_far(&r->view, s) ? "l" : "");
	append_stmt(&text, r, j);
	put(r, i, j, text.text);
	free(text.text);
	r->counts->prefixes++;
	return j + 1;
}

/*
 * gas's own prefixes, which no macro can be named like:
 *	%{load%} mov %%cr3,%0	->	previrt_prefixed "%{load%}",mov,%%cr3,%0
 *	{disp32} lgdt (%rax)	->	previrt_prefixed "{disp32}",lgdt,(%rax)
 *	{disp8} rep insb	->	previrt_prefixed "{disp8}",rep, insb
 */
static size_t try_pseudo(struct rewriter *r, size_t i)
{
	const struct asm_stmt *s = &r->stmts[i];
	struct asm_stmt inner;
	struct buffer text = { 0 };

	if (!asm_match_pseudo(&r->view, s, &inner) || s->odd)
		return 0;
	append_format(&text, "previrt_prefixed \"");
	append(&text, r->view.text + s->start, inner.start - 1 - s->start);
	append_format(&text, "\",");
	append(&text, r->view.text + inner.start, inner.word);
	append_format(&text, ",");
	append(&text, r->view.text + inner.start + inner.word,
	       inner.end - inner.start - inner.word);
	put(r, i, i, text.text);
	free(text.text);
	r->counts->prefixes++;
	return i + 1;
}

/*
 * The prefix by which Xen and KVM are asked to emulate a cpuid, which must
 * follow at once and bare:
 *	.byte 0x0f,0x0b,0x78,0x65,0x6e ; cpuid		ud2, "xen"
 * It works on no hardware, so it is nobody's site: no macro may see it.
 */
static size_t try_forced(struct rewriter *r, size_t i)
{
	static const uint8_t xen[] = { 0x0f, 0x0b, 'x', 'e', 'n' };
	static const uint8_t kvm[] = { 0x0f, 0x0b, 'k', 'v', 'm' };
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0, j = neighbour(r, i);

	if (!j || !asm_match_bytes(&r->view, &r->stmts[i], bytes, &count) ||
	    count != sizeof(xen) ||
	    (memcmp(bytes, xen, count) && memcmp(bytes, kvm, count)) ||
	    !asm_match_stmt(&r->view, &r->stmts[j], "cpuid", ""))
		return 0;
	replace(r, r->stmts[j].start, r->stmts[j].start,
		r->view.basic ? "{nooptimize} " : "%{nooptimize%} ");
	r->counts->forced++;
	return j + 1;
}

/*
 * Statements of which the pack need only know more. mov, push and pop of
 * special registers get the name of the macro (the mnemonic itself is not
 * overridden in compiled code, so that other moves cost nothing):
 *	mov %%cr3,%0	->	previrt_mov %%cr3,%0
 * A far jump or call by its short name gets the other:
 *	jmpl $8,$0x1234	->	ljmpl $8,$0x1234
 * A slash behind a prefix becomes a blank, else no macro is called:
 *	rep/outsb	->	rep outsb
 */
static size_t try_one(struct rewriter *r, size_t i)
{
	const struct asm_stmt *s = &r->stmts[i];
	enum asm_kind kind = asm_match_kind(&r->view, s);
	bool rename = !r->view.whole && kind == ASM_REGISTER &&
		      asm_match_special(&r->view, s);
	size_t behind = s->start + s->word;

	if (must_keep(r) && (kind == ASM_PLAIN || rename)) {
		replace(r, s->start, s->start, "previrt_keep ");
		r->counts->kept++;
	}
	if (rename) {
		replace(r, s->start, s->start, "previrt_");
		r->counts->renames++;
	}
	if (asm_match_far(&r->view, s))
		replace(r, s->start, s->start, "l");
	if (asm_match_slash(&r->view, s)) {
		replace(r, behind, behind + 1, " ");
		r->counts->prefixes++;
	}
	return i + 1;
}

/*
 * A section whose sites have other marks than those of the one before:
 *	.section .boot,"ax"	->	previrt_part 1,0;.section .boot,"ax"
 */
static bool see_section(struct rewriter *r, const struct asm_stmt *s)
{
	unsigned before = r->sections.now.marks, marks;
	char text[ASM_DIRECTIVE_SIZE];
	size_t size;

	if (!asm_section_see(&r->sections, r->view.text + s->start, s->end - s->start, s->word))
		return false;
	marks = r->sections.now.marks;
	size = snprintf(text, sizeof(text), "previrt_part %u,%u;", marks & 1, marks >> 1);
	if (marks == before ||
	    (s->start >= size && !memcmp(r->view.text + s->start - size, text, size)))
		return true;
	replace(r, s->start, s->start, text);
	r->counts->directives++;
	return true;
}

/* Follow the directives that say how and where the next statements go. */
static bool see_directive(struct rewriter *r, const struct asm_stmt *s)
{
	char text[ASM_DIRECTIVE_SIZE];

	if (see_section(r, s))
		return true;
	if (!asm_directive_see(&r->view, s, text))
		return false;
	replace(r, s->start, asm_directive_is_own(&r->view, s) ? s->start : s->end, text);
	r->counts->directives++;
	return true;
}

/* Rewrites at statement i; returns the index of the next one to look at. */
static size_t rewrite_at(struct rewriter *r, size_t i)
{
	static size_t (*const tries[])(struct rewriter *, size_t) = {
		try_forced, try_bytes, try_prefix, try_pair, try_pseudo, try_one
	};
	enum { BEHIND_BYTES = 2 };
	const struct asm_stmt *s = &r->stmts[i];

	size_t k = 0, next;

	if (s->start == s->end || see_directive(r, s))
		return i + 1;
	if (r->view.intel) {
		next = try_pseudo(r, i);
		return next ? next : try_one(r, i);
	}
	/* Bytes in other sections are data; an instruction by its name is one anywhere. */
	if (!r->sections.now.exec)
		k = BEHIND_BYTES;
	while (!(next = tries[k](r, i)))
		k++;
	return next;
}

static void read_statements(struct rewriter *r)
{
	size_t at = 0, room = 0;

	while (at < r->size) {
		if (r->count == room) {
			room = room ? 2 * room : 16;
			r->stmts = must(realloc(r->stmts, room * sizeof(*r->stmts)));
		}
		at = asm_lex_next(r->view.text, r->size, at, r->view.basic,
				  &r->stmts[r->count++]);
	}
}

char *asm_template_rewrite(const char *text,
			   const struct asm_template_options *options,
			   struct asm_template_counts *counts)
{
	struct rewriter r = {
		.view = { .text = text, .mode64 = options->mode64, .basic = options->basic,
			  .whole = options->whole },
		.size = strlen(text), .options = options, .counts = counts
	};

	asm_section_init(&r.sections, options->marks, options->start_marks);
	r.extable = strstr(text, "__ex_table") != NULL;
	read_statements(&r);
	if (options->counted)
		asm_count_look(&r.view, r.stmts, r.count, r.sections, options->counted);
	for (size_t i = 0; i < r.count; )
		i = rewrite_at(&r, i);
	if (r.out.text)
		append(&r.out, text + r.copied, r.size - r.copied);
	free(r.stmts);
	return r.out.text;
}

char *asm_template_bytes(const char *statement, bool mode64)
{
	const struct asm_view view = { .text = statement, .mode64 = mode64, .basic = true };
	size_t size = strlen(statement), count = 0;
	uint8_t bytes[ASM_BYTES_MAX];
	struct buffer text = { 0 };
	struct asm_stmt s;
	int op;

	if (asm_lex_next(statement, size, 0, true, &s) < size || s.labelled ||
	    !asm_match_stmt(&view, &s, ".byte", "") ||
	    !asm_match_bytes(&view, &s, bytes, &count))
		return NULL;
	op = asm_bytes_match(mode64, bytes, count);
	if (!op)
		return NULL;
	append_bytes(&text, op, bytes, count);
	return text.text;
}

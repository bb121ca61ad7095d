/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_template.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "asm_bytes.h"
#include "asm_lex.h"
#include "asm_section.h"
#include "insns.h"

enum { MN_PLAIN = 1, MN_REGISTER };

struct asm_mnemonic {
	const char *name;
	uint8_t kind, modes;
};

#include "mnemonics.h"

/* Text that grows. */
struct buffer {
	char *text;
	size_t size;
};

struct rewriter {
	const char *text;
	size_t size;
	const struct asm_template_options *options;
	struct asm_template_counts *counts;
	struct asm_stmt *stmts;
	size_t count;
	struct asm_sections sections;
	bool intel, extable;
	struct buffer out;
	size_t copied;		/* text[0..copied) is in out */
	bool changed;
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

/* Replace text[start..end); calls come in ascending order. */
static void replace(struct rewriter *r, size_t start, size_t end, const char *with)
{
	append(&r->out, r->text + r->copied, start - r->copied);
	append(&r->out, with, strlen(with));
	r->copied = end;
	r->changed = true;
}

static bool is_word(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && !strncasecmp(text, word, size);
}

/* The statement's first word is this one, alone or with a size suffix. */
static bool stmt_is(const struct rewriter *r, const struct asm_stmt *s,
		    const char *name, const char *suffixes)
{
	const char *word = r->text + s->start;
	size_t length = strlen(name);

	if (is_word(word, s->word, name))
		return true;
	return s->word == length + 1 && is_word(word, length, name) &&
	       strchr(suffixes, word[length] | 0x20);
}

static bool has_operands(const struct asm_stmt *s)
{
	return s->start + s->word < s->end;
}

/* Taking it apart or quoting it would change its meaning. */
static bool is_opaque(const struct rewriter *r, const struct asm_stmt *s)
{
	return s->braces || s->odd ||
	       memchr(r->text + s->start, '"', s->end - s->start);
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

static const struct asm_mnemonic *find_mnemonic(const char *name, size_t size,
						bool mode64)
{
	size_t low = 0, high = sizeof(asm_mnemonics) / sizeof(asm_mnemonics[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct asm_mnemonic *m = &asm_mnemonics[middle];
		int order = strncasecmp(name, m->name, size);

		if (!order && m->name[size])
			order = -1;
		if (!order)
			return m->modes & (mode64 ? PREVIRT_MODE_64 : PREVIRT_MODE_32) ?
			       m : NULL;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool op_is_off(const struct rewriter *r, int op)
{
	return r->options->class_off && r->options->class_off[previrt_insns[op].cls];
}

/*
 * Put the new text of statement i in place, marked to be kept where call mode
 * must not put a call: an exception table names the address, or Linux copies
 * the code.
 */
static void put(struct rewriter *r, size_t i, const char *text)
{
	const struct asm_stmt *s = &r->stmts[i];
	struct buffer b = { 0 };

	if (r->options->call && (r->extable || r->sections.now.replacement)) {
		append_format(&b, "previrt_keep ");
		r->counts->kept++;
	}
	append(&b, text, strlen(text));
	replace(r, s->start, s->end, b.text);
	free(b.text);
}

/* Take statement i away; its separator stays. */
static void drop(struct rewriter *r, size_t i)
{
	replace(r, r->stmts[i].start, r->stmts[i].end, "");
}

/* Take away all statements behind i, up to last. */
static void drop_to(struct rewriter *r, size_t i, size_t last)
{
	for (i++; i <= last; i++)
		if (r->stmts[i].start != r->stmts[i].end)
			drop(r, i);
}

/* mwait as it stands in templates: a mnemonic or three bytes. */
static bool is_mwait(const struct rewriter *r, const struct asm_stmt *s)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count;

	if (stmt_is(r, s, "mwait", ""))
		return true;
	if (!stmt_is(r, s, ".byte", ""))
		return false;
	count = asm_bytes_parse(r->text + s->start + s->word,
				s->end - s->start - s->word, bytes);
	return asm_bytes_match(r->options->mode64, bytes, count) == PREVIRT_OP_mwait;
}

static bool names_special_register(const struct rewriter *r, const struct asm_stmt *s);

/*
 * The op of two statements that are one site:
 *	pushf ; pop %0			native_save_fl
 *	push %0 ; popf			native_restore_fl
 *	sti; hlt			native_safe_halt
 *	sti; .byte 0x0f, 0x01, 0xc9;	__sti_mwait
 *	sti; sysexit
 * Not if a segment register is pushed or popped: that is a site itself.
 */
static int pair_op(const struct rewriter *r, const struct asm_stmt *a,
		   const struct asm_stmt *b)
{
	static const char sizes[] = "wlq";

	if (stmt_is(r, a, "sti", "") && !has_operands(a)) {
		if (stmt_is(r, b, "hlt", ""))
			return PREVIRT_OP_sti_hlt;
		if (is_mwait(r, b))
			return PREVIRT_OP_sti_mwait;
		if (stmt_is(r, b, "sysexit", "lq"))
			return PREVIRT_OP_sti_sysexit;
	}
	if (stmt_is(r, a, "pushf", sizes) && !has_operands(a) &&
	    stmt_is(r, b, "pop", sizes) && has_operands(b) &&
	    !names_special_register(r, b))
		return PREVIRT_OP_pushf_pop;
	if (stmt_is(r, a, "push", sizes) && has_operands(a) &&
	    !names_special_register(r, a) &&
	    stmt_is(r, b, "popf", sizes) && !has_operands(b))
		return PREVIRT_OP_push_popf;
	return 0;
}

/* Rewrites statements i and its neighbour as a pair; the last one's index. */
static size_t try_pair(struct rewriter *r, size_t i)
{
	size_t j = neighbour(r, i);
	const struct asm_stmt *a = &r->stmts[i], *b = &r->stmts[j];
	struct buffer text = { 0 };
	int op;

	if (!j || is_opaque(r, a) || is_opaque(r, b))
		return 0;
	op = pair_op(r, a, b);
	if (!op || op_is_off(r, op))
		return 0;
	append_format(&text, "previrt_pair %s,\"", previrt_insns[op].name);
	append(&text, r->text + a->start, a->end - a->start);
	append_format(&text, "\",\"");
	if (op == PREVIRT_OP_sti_mwait)
		append_format(&text, "mwait");
	else
		append(&text, r->text + b->start, b->end - b->start);
	append_format(&text, "\"");
	put(r, i, text.text);
	drop(r, j);
	free(text.text);
	r->counts->pairs++;
	return j;
}

/*
 * The bytes of a statement that is nothing but prefixes by name or bytes
 *	rep		data16 rep	.byte 0x48	.byte 0x0f,0x01,0xca
 * appended to bytes[*count]; false if it is something else.
 */
static bool stmt_bytes(const struct rewriter *r, const struct asm_stmt *s,
		       uint8_t *bytes, size_t *count)
{
	size_t at = s->start;

	if (is_opaque(r, s))
		return false;
	if (stmt_is(r, s, ".byte", "")) {
		uint8_t more[ASM_BYTES_MAX];
		size_t n = asm_bytes_parse(r->text + at + s->word,
					   s->end - at - s->word, more);

		if (!n || *count + n > ASM_BYTES_MAX)
			return false;
		memcpy(bytes + *count, more, n);
		*count += n;
		return true;
	}
	while (at < s->end) {
		size_t word = at;
		int byte;

		while (word < s->end && asm_is_name(r->text[word]))
			word++;
		byte = asm_prefix_byte(r->options->mode64, r->text + at, word - at);
		if (byte < 0 || *count == ASM_BYTES_MAX)
			return false;
		bytes[(*count)++] = byte;
		for (at = word; at < s->end && asm_is_blank(r->text[at]); at++)
			;
	}
	return true;
}

static void append_bytes(struct buffer *text, int op, const uint8_t *bytes, size_t count)
{
	append_format(text, "previrt_bytes %s", previrt_insns[op].name);
	for (size_t i = 0; i < count; i++)
		append_format(text, ",0x%02x", bytes[i]);
}

/*
 * An instruction written as bytes, in one statement or several:
 *	.byte 0x0f,0x01,0xca		__ASM_CLAC
 *	.byte 0x48, 0x0f,0xc7,0x2f	XSAVES
 *	rep; .byte 0x0f, 0x01, 0xd9
 * Returns the index of its last statement.
 */
static size_t try_bytes(struct rewriter *r, size_t i)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0, last = i;
	bool written = false;

	do {
		struct buffer text = { 0 };
		int op;

		if (!stmt_bytes(r, &r->stmts[last], bytes, &count))
			return 0;
		written |= stmt_is(r, &r->stmts[last], ".byte", "");
		op = written ? asm_bytes_match(r->options->mode64, bytes, count) : 0;
		if (op && !op_is_off(r, op)) {
			append_bytes(&text, op, bytes, count);
			put(r, i, text.text);
			free(text.text);
			drop_to(r, i, last);
			r->counts->bytes++;
			return last + 1;
		}
		last = neighbour(r, last);
	} while (last);
	return 0;
}

/* May gas see this prefix and this instruction in one statement? */
static bool can_fuse(uint8_t prefix, const char *name, size_t size)
{
	char suffix = name[size - 1] | 0x20;

	switch (prefix) {
	case 0xf3:
		if (is_word(name, size, "vmmcall"))
			return true;
		/* fall through */
	case 0xf2:
		return !strncasecmp(name, "ins", 3) || !strncasecmp(name, "outs", 4);
	case 0xf0:
		return false;
	case 0x66:
		return suffix != 'w';
	case 0x48:
		return suffix != 'q';
	}
	return true;
}

/*
 * Prefixes as a statement of their own, ahead of an instruction that a macro
 * catches (and would record behind its prefix):
 *	rep; outsb	rep; vmmcall	rex64; sysret	.byte 0x48; sysret
 * become one statement. Returns the index of the instruction's statement.
 */
static size_t try_prefix(struct rewriter *r, size_t i)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0, j = neighbour(r, i);
	const struct asm_stmt *s = &r->stmts[j];
	const struct asm_mnemonic *m;
	struct buffer text = { 0 };

	if (!j || !stmt_bytes(r, &r->stmts[i], bytes, &count) || is_opaque(r, s))
		return 0;
	m = find_mnemonic(r->text + s->start, s->word, r->options->mode64);
	if (!m || m->kind != MN_PLAIN)
		return 0;
	for (size_t k = 0; k < count; k++) {
		const char *name = asm_prefix_name(r->options->mode64, bytes[k]);

		if (!name || !can_fuse(bytes[k], r->text + s->start, s->word)) {
			free(text.text);
			return 0;
		}
		append_format(&text, "%s ", name);
	}
	append(&text, r->text + s->start, s->end - s->start);
	put(r, i, text.text);
	free(text.text);
	drop_to(r, i, j);
	r->counts->prefixes++;
	return j;
}

/* Is this the name of a control, debug or segment register? */
static bool is_special_register(const char *name, size_t size)
{
	char first = name[0] | 0x20, second = size > 1 ? name[1] | 0x20 : 0;

	if (size == 2)
		return second == 's' && strchr("cdefgs", first);
	if (size < 3 || size > 4)
		return false;
	for (size_t i = 2; i < size; i++)
		if (name[i] < '0' || name[i] > '9')
			return false;
	return (first == 'c' && second == 'r') ||
	       (first == 'd' && (second == 'r' || second == 'b'));
}

/*
 * An operand is a control, debug or segment register, or may become one when a
 * gas macro's \argument is put in:
 *	mov %%cr3,%0	movl %k0,%%gs	mov \reg,%0
 * but not a segment override: mov %%gs:0,%0
 */
static bool names_special_register(const struct rewriter *r, const struct asm_stmt *s)
{
	const char *sign = r->options->basic ? "%" : "%%";
	size_t length = strlen(sign), at = s->start + s->word;

	while (at < s->end) {
		size_t name = at + length, end;

		if (r->text[at] == '\\')
			return true;
		if (name > s->end || memcmp(r->text + at, sign, length)) {
			at++;
			continue;
		}
		for (end = name; end < s->end && asm_is_name(r->text[end]); end++)
			;
		for (at = end; at < s->end && asm_is_blank(r->text[at]); at++)
			;
		if (end > name && is_special_register(r->text + name, end - name) &&
		    (at == s->end || r->text[at] != ':'))
			return true;
		at = end;
	}
	return false;
}

/* The length of a leading mov, push or pop; with what follows, such as the
   b of movb or the %z0 of mov%z0, it stays a name of the pack. */
static bool is_register_mnemonic(const struct rewriter *r, const struct asm_stmt *s)
{
	const struct asm_mnemonic *m;

	m = find_mnemonic(r->text + s->start, s->word, r->options->mode64);
	return m && m->kind == MN_REGISTER;
}

/* Prefixes of the same statement that gas lets a slash part: rep/outsb */
static void unslash(struct rewriter *r, const struct asm_stmt *s)
{
	size_t at = s->start + s->word;

	if (at < s->end && r->text[at] == '/' &&
	    asm_prefix_byte(r->options->mode64, r->text + s->start, s->word) >= 0)
		replace(r, at, at + 1, " ");
}

/*
 * Statements of which the pack need only know more: mov, push and pop of
 * special registers get the name of the macro (the mnemonic itself is not
 * overridden in compiled code, so that other moves cost nothing).
 */
static void try_one(struct rewriter *r, size_t i)
{
	const struct asm_stmt *s = &r->stmts[i];
	bool rename = is_register_mnemonic(r, s) && names_special_register(r, s);
	bool sensitive = rename || find_mnemonic(r->text + s->start, s->word,
						 r->options->mode64);
	size_t end = s->start;

	if (r->options->call && sensitive && (r->extable || r->sections.now.replacement) &&
	    (rename || !is_register_mnemonic(r, s))) {
		replace(r, end, end, "previrt_keep ");
		r->counts->kept++;
	}
	if (rename) {
		replace(r, end, end, "previrt_");
		r->counts->renames++;
	}
	unslash(r, s);
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

	if (!j || !stmt_bytes(r, &r->stmts[i], bytes, &count) || count != sizeof(xen) ||
	    (memcmp(bytes, xen, count) && memcmp(bytes, kvm, count)) ||
	    !stmt_is(r, &r->stmts[j], "cpuid", ""))
		return 0;
	replace(r, r->stmts[j].start, r->stmts[j].start,
		r->options->basic ? "{nooptimize} " : "%{nooptimize%} ");
	r->counts->forced++;
	return j;
}

/* Rewrites at statement i; returns the index of the next one to look at. */
static size_t rewrite_at(struct rewriter *r, size_t i)
{
	const struct asm_stmt *s = &r->stmts[i];
	const char *word = r->text + s->start;
	size_t last;

	if (s->start == s->end)
		return i + 1;
	if (asm_section_see(&r->sections, word, s->end - s->start, s->word))
		return i + 1;
	if (is_word(word, s->word, ".intel_syntax"))
		r->intel = true;
	else if (is_word(word, s->word, ".att_syntax"))
		r->intel = false;
	if (r->intel || !r->sections.now.exec)
		return i + 1;
	last = try_pair(r, i);
	if (!last)
		last = try_forced(r, i);
	if (!last) {
		last = try_bytes(r, i);
		if (last)
			return last;
		last = try_prefix(r, i);
	}
	if (last)
		return last + 1;
	try_one(r, i);
	return i + 1;
}

static void read_statements(struct rewriter *r)
{
	size_t at = 0, room = 0;

	while (at < r->size) {
		if (r->count == room) {
			room = room ? 2 * room : 16;
			r->stmts = must(realloc(r->stmts, room * sizeof(*r->stmts)));
		}
		at = asm_lex_next(r->text, r->size, at, r->options->basic,
				  &r->stmts[r->count++]);
	}
}

char *asm_template_rewrite(const char *text,
			   const struct asm_template_options *options,
			   struct asm_template_counts *counts)
{
	struct rewriter r = { .text = text, .size = strlen(text),
			      .options = options, .counts = counts };

	asm_section_init(&r.sections);
	r.extable = strstr(text, "__ex_table") != NULL;
	read_statements(&r);
	for (size_t i = 0; i < r.count; )
		i = rewrite_at(&r, i);
	if (r.changed)
		append(&r.out, text + r.copied, r.size - r.copied);
	free(r.stmts);
	return r.out.text;
}

char *asm_template_bytes(const char *statement, bool mode64)
{
	static const struct asm_template_options none;
	struct rewriter r = { .text = statement, .size = strlen(statement),
			      .options = &none };
	uint8_t bytes[ASM_BYTES_MAX];
	struct buffer text = { 0 };
	struct asm_stmt s;
	size_t count = 0;
	int op;

	if (asm_lex_next(statement, r.size, 0, true, &s) < r.size || s.labelled ||
	    !stmt_is(&r, &s, ".byte", "") || !stmt_bytes(&r, &s, bytes, &count))
		return NULL;
	op = asm_bytes_match(mode64, bytes, count);
	if (!op)
		return NULL;
	append_bytes(&text, op, bytes, count);
	return text.text;
}

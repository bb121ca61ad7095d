/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_match.h"

#include <string.h>
#include <strings.h>

#include "asm_bytes.h"
#include "asm_data.h"
#include "insns.h"

struct asm_mnemonic {
	const char *name;
	uint8_t kind;
};

#include "mnemonics.h"

bool asm_match_word(const char *text, size_t size, const char *word)
{
	return size == strlen(word) && !strncasecmp(text, word, size);
}

bool asm_match_stmt(const struct asm_view *v, const struct asm_stmt *s,
		    const char *name, const char *suffixes)
{
	const char *word = v->text + s->start;
	size_t length = strlen(name);

	if (asm_match_word(word, s->word, name))
		return true;
	return s->word == length + 1 && asm_match_word(word, length, name) &&
	       strchr(suffixes, word[length] | 0x20);
}

/* strncasecmp of a word with a whole name. */
static int compare_word(const char *word, size_t size, const char *name)
{
	int order = strncasecmp(word, name, size);

	return order ? order : name[size] ? -1 : 0;
}

static const struct asm_mnemonic *find_mnemonic(const char *word, size_t size)
{
	size_t low = 0, high = sizeof(asm_mnemonics) / sizeof(asm_mnemonics[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct asm_mnemonic *m = &asm_mnemonics[middle];
		int order = compare_word(word, size, m->name);

		if (!order)
			return m;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

enum asm_kind asm_match_kind(const struct asm_view *v, const struct asm_stmt *s)
{
	const struct asm_mnemonic *m = find_mnemonic(v->text + s->start, s->word);

	return m ? m->kind : ASM_OTHER;
}

const char *asm_match_macro(const struct asm_view *v, const char *word, size_t size)
{
	const struct asm_mnemonic *m = find_mnemonic(word, size);
	int byte = asm_prefix_byte(v->mode64, word, size);

	if (byte >= 0)
		return asm_prefix_name(v->mode64, byte);
	return m && (m->kind == ASM_PLAIN || v->whole) ? m->name : NULL;
}

/*
 *	rep/outsb
 */
bool asm_match_slash(const struct asm_view *v, const struct asm_stmt *s)
{
	struct asm_stmt behind = { .start = s->start + s->word + 1, .end = s->end };

	if (behind.start >= s->end || v->text[behind.start - 1] != '/' ||
	    asm_prefix_byte(v->mode64, v->text + s->start, s->word) < 0)
		return false;
	while (behind.start + behind.word < s->end &&
	       asm_is_name(v->text[behind.start + behind.word]))
		behind.word++;
	return asm_match_kind(v, &behind) == ASM_PLAIN;
}

bool asm_match_opaque(const struct asm_view *v, const struct asm_stmt *s)
{
	return s->braces || s->odd ||
	       memchr(v->text + s->start, '"', s->end - s->start);
}

static bool has_operands(const struct asm_stmt *s)
{
	return s->start + s->word < s->end;
}

/*
 * mwait as it stands in templates: its name, with or without operands, or
 *	.byte 0x0f, 0x01, 0xc9
 */
static bool is_mwait(const struct asm_view *v, const struct asm_stmt *s)
{
	uint8_t bytes[ASM_BYTES_MAX];
	size_t count = 0;

	if (asm_match_stmt(v, s, "mwait", ""))
		return true;
	if (!asm_data_bytes(v, s, bytes, &count))
		return false;
	return asm_bytes_match(v->mode64, bytes, count) == PREVIRT_OP_mwait;
}

/*
 *	pushf ; pop %0			native_save_fl
 *	push %0 ; popf			native_restore_fl
 *	sti; hlt			native_safe_halt
 *	sti; .byte 0x0f, 0x01, 0xc9;	__sti_mwait
 *	sti; sysexit
 * Not if a segment register is pushed or popped: that is a site itself.
 */
int asm_match_pair(const struct asm_view *v, const struct asm_stmt *a,
		   const struct asm_stmt *b)
{
	static const char sizes[] = "wlq";

	if (asm_match_stmt(v, a, "sti", "") && !has_operands(a)) {
		if (asm_match_stmt(v, b, "hlt", "") && !has_operands(b))
			return PREVIRT_OP_sti_hlt;
		if (is_mwait(v, b))
			return PREVIRT_OP_sti_mwait;
		if (asm_match_stmt(v, b, "sysexit", "lq"))
			return PREVIRT_OP_sti_sysexit;
	}
	if (asm_match_stmt(v, a, "pushf", sizes) && !has_operands(a) &&
	    asm_match_stmt(v, b, "pop", sizes) && has_operands(b) &&
	    !asm_match_special(v, b))
		return PREVIRT_OP_pushf_pop;
	if (asm_match_stmt(v, a, "push", sizes) && has_operands(a) &&
	    !asm_match_special(v, a) &&
	    asm_match_stmt(v, b, "popf", sizes) && !has_operands(b))
		return PREVIRT_OP_push_popf;
	return 0;
}

/*
 *	rep		data16 rep	.byte 0x48	.word 0x010f
 */
bool asm_match_bytes(const struct asm_view *v, const struct asm_stmt *s,
		     uint8_t *bytes, size_t *count)
{
	size_t at = s->start;

	if (asm_data_bytes(v, s, bytes, count))
		return true;
	if (asm_match_opaque(v, s))
		return false;
	while (at < s->end) {
		size_t word = at;
		int byte;

		while (word < s->end && asm_is_name(v->text[word]))
			word++;
		byte = asm_prefix_byte(v->mode64, v->text + at, word - at);
		if (byte < 0 || *count == ASM_BYTES_MAX)
			return false;
		bytes[(*count)++] = byte;
		for (at = word; at < s->end && asm_is_blank(v->text[at]); at++)
			;
	}
	return true;
}

/*
 * gas wants rep on string instructions, and takes no prefix twice:
 *	rep outsb	rep vmmcall	rep wbinvd	data16 lgdt (%0)	rex64 sysret
 * but not
 *	rep cli		data16 outsw	rex64 sysretq
 */
bool asm_match_fusable(uint8_t prefix, const char *name, size_t size)
{
	char suffix = name[size - 1] | 0x20;

	switch (prefix) {
	case 0xf3:
		if (asm_match_word(name, size, "wbinvd"))
			return true;
		/* fall through */
	case 0xf2:
		return asm_match_word(name, size, "vmmcall") || !strncasecmp(name, "ins", 3) ||
		       !strncasecmp(name, "outs", 4);
	case 0xf0:
		return false;
	case 0x66:
		return suffix != 'w';
	case 0x48:
		return suffix != 'q';
	}
	return true;
}

/* cr0..cr15, dr0..dr15, db0..db15, cs, ds, es, fs, gs, ss */
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
 *	mov %%cr3,%0	movl %k0,%%gs	push %%fs
 *	mov \reg,%0	a gas macro's argument: it may be one
 *	mov rax,cr3	in .intel_syntax noprefix
 * but not a segment override
 *	mov %%gs:0,%0
 */
bool asm_match_special(const struct asm_view *v, const struct asm_stmt *s)
{
	const char *sign = v->naked ? "" : v->basic ? "%" : "%%";
	size_t length = strlen(sign), at = s->start + s->word;

	while (at < s->end) {
		size_t name = at + length, end;

		if (v->text[at] == '\\')
			return true;
		if (name > s->end || memcmp(v->text + at, sign, length) ||
		    (v->naked && !asm_is_name(v->text[at]))) {
			at++;
			continue;
		}
		for (end = name; end < s->end && asm_is_name(v->text[end]); end++)
			;
		for (at = end; at < s->end && asm_is_blank(v->text[at]); at++)
			;
		if (is_special_register(v->text + name, end - name) &&
		    (at == s->end || v->text[at] != ':'))
			return true;
		at = end;
	}
	return false;
}

/*
 *	jmp $8,$0x1234		calll $16, $f
 */
bool asm_match_far(const struct asm_view *v, const struct asm_stmt *s)
{
	size_t at = s->start + s->word;
	const char *comma = memchr(v->text + at, ',', s->end - at);

	if (!comma || (!asm_match_stmt(v, s, "jmp", "wl") && !asm_match_stmt(v, s, "call", "wl")))
		return false;
	while (asm_is_blank(v->text[at]))
		at++;
	for (comma++; comma < v->text + s->end && asm_is_blank(*comma); comma++)
		;
	return v->text[at] == '$' && *comma == '$';
}

/* Behind a pseudo-prefix {load} and the blanks after it, or at if there is none. */
static size_t skip_pseudo(const struct asm_view *v, const struct asm_stmt *s, size_t at)
{
	const char *open = v->basic ? "{" : "%{", *close = v->basic ? "}" : "%}";
	size_t sign = strlen(open), name = at + sign, end;

	if (name > s->end || memcmp(v->text + at, open, sign))
		return at;
	for (end = name; end < s->end && asm_is_name(v->text[end]); end++)
		;
	if (end + sign >= s->end || memcmp(v->text + end, close, sign) ||
	    asm_match_word(v->text + name, end - name, "nooptimize"))
		return at;
	for (end += sign; end < s->end && asm_is_blank(v->text[end]); end++)
		;
	return end;
}

/* The statement from the word at this place on. */
static struct asm_stmt from_word(const struct asm_view *v, size_t at, size_t end)
{
	struct asm_stmt s = { .start = at, .end = end };

	while (at + s.word < end && asm_is_name(v->text[at + s.word]))
		s.word++;
	return s;
}

/*
 *	{load} mov %cr3,%rax	%{disp32%} lgdt %0	{disp8} data16 rep insb
 */
bool asm_match_pseudo(const struct asm_view *v, const struct asm_stmt *s,
		      struct asm_stmt *inner)
{
	size_t at = s->start, next;
	struct asm_stmt behind;
	enum asm_kind kind;

	while ((next = skip_pseudo(v, s, at)) != at)
		at = next;
	*inner = behind = from_word(v, at, s->end);
	/* Behind .code32 the prefixes are the other mode's. */
	while (asm_prefix_byte(true, v->text + behind.start, behind.word) >= 0 ||
	       asm_prefix_byte(false, v->text + behind.start, behind.word) >= 0) {
		for (next = behind.start + behind.word; next < s->end; next++)
			if (!asm_is_blank(v->text[next]))
				break;
		behind = from_word(v, next, s->end);
	}
	kind = asm_match_kind(v, &behind);
	return at != s->start && asm_is_blank(v->text[at - 1]) &&
	       (kind == ASM_PLAIN || (kind == ASM_REGISTER && asm_match_special(v, &behind)));
}

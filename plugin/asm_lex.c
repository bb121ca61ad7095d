/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "asm_lex.h"

bool asm_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

bool asm_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '$';
}

struct lexer {
	const char *text;
	size_t size;
	bool basic;
};

/* The byte at this place, 0 behind the end. */
static char peek(const struct lexer *l, size_t at)
{
	return at < l->size ? l->text[at] : 0;
}

/* Behind a string that starts at the quote at 'at'. */
static size_t skip_string(const struct lexer *l, size_t at)
{
	for (at++; at < l->size && l->text[at] != '"'; at++)
		if (l->text[at] == '\\')
			at++;
	return at < l->size ? at + 1 : l->size;
}

/* Behind a character constant: 'x or '\x, with or without a closing quote. */
static size_t skip_char(const struct lexer *l, size_t at)
{
	at += peek(l, at + 1) == '\\' ? 3 : 2;
	if (peek(l, at) == '\'')
		at++;
	return at < l->size ? at : l->size;
}

/*
 * Behind the comment that starts at 'at', or 'at' if none does. A comment to
 * the end of the line leaves the newline, which ends the statement.
 */
static size_t skip_comment(const struct lexer *l, size_t at, bool line_start)
{
	if (peek(l, at) == '/' && peek(l, at + 1) == '*') {
		for (at += 2; at < l->size; at++)
			if (l->text[at] == '*' && peek(l, at + 1) == '/')
				return at + 2;
		return l->size;
	}
	if (peek(l, at) == '#' || (line_start && peek(l, at) == '/'))
		while (at < l->size && l->text[at] != '\n')
			at++;
	return at;
}

/* Behind a GCC escape: %%, %0, %c0, %[name], %c[name], %=, %{ and so on. */
static size_t skip_escape(const struct lexer *l, size_t at)
{
	at++;
	if (asm_is_name(peek(l, at)) && peek(l, at + 1) == '[')
		at++;
	if (peek(l, at) == '[') {
		while (at < l->size && l->text[at] != ']' && l->text[at] != '\n')
			at++;
		return at < l->size ? at + 1 : l->size;
	}
	return at < l->size ? at + 1 : l->size;
}

/*
 * Behind a label and its colon, or 'at' if there is none. A label's name may
 * hold what stays open until later: %=, %l0, %c1, \@ and a macro's \argument.
 */
static size_t skip_label(const struct lexer *l, size_t at)
{
	size_t i = at;

	if (peek(l, i) == '"') {
		i = skip_string(l, i);
	} else {
		for (; i < l->size; i++) {
			char c = l->text[i];

			if (c == '%' && !l->basic)
				i = skip_escape(l, i) - 1;
			else if (!asm_is_name(c) && c != '\\' && c != '@')
				break;
		}
	}
	if (i == at)
		return at;
	while (asm_is_blank(peek(l, i)))
		i++;
	return peek(l, i) == ':' ? i + 1 : at;
}

/* Blanks, comments and labels in front; returns where the statement starts. */
static size_t skip_front(const struct lexer *l, size_t at, struct asm_stmt *stmt)
{
	bool line_start = at == 0 || l->text[at - 1] == '\n';
	size_t before;

	do {
		before = at;
		while (asm_is_blank(peek(l, at)))
			at++;
		at = skip_comment(l, at, line_start);
		if (at == before) {
			at = skip_label(l, at);
			if (at != before) {
				stmt->labelled = true;
				line_start = false;
			}
		}
	} while (at != before);
	return at;
}

/* Escapes whose expansion is not an operand, a register or plain text. */
static bool is_odd_escape(char c)
{
	switch (c) {
	case ';': case '^': case '~': case '!': case '+': case '*': case ',':
	case '&': case '@': case '\n':
		return true;
	}
	return false;
}

size_t asm_lex_next(const char *text, size_t size, size_t at, bool basic,
		    struct asm_stmt *stmt)
{
	const struct lexer l = { text, size, basic };
	bool comment = false;
	unsigned depth = 0;
	size_t next;

	*stmt = (struct asm_stmt) { 0 };
	at = skip_front(&l, at, stmt);
	stmt->start = stmt->end = at;
	for (; at < size; at = next) {
		char c = text[at];

		next = at + 1;
		if ((c == ';' || c == '\n') && !depth) {
			at = next;
			break;
		}
		if (asm_is_blank(c) || c == '\n')
			continue;
		next = skip_comment(&l, at, false);
		if (next != at) {
			comment = true;
			continue;
		}
		next = at + 1;
		stmt->odd |= comment;
		if (c == '"') {
			next = skip_string(&l, at);
		} else if (c == '\'') {
			next = skip_char(&l, at);
		} else if (c == '%' && !basic) {
			stmt->odd |= is_odd_escape(peek(&l, at + 1));
			next = skip_escape(&l, at);
		} else if (c == '{' && !basic) {
			stmt->braces = true;
			depth++;
		} else if (c == '}' && depth) {
			depth--;
		}
		stmt->end = next;
	}
	while (stmt->start + stmt->word < stmt->end &&
	       asm_is_name(text[stmt->start + stmt->word]))
		stmt->word++;
	return at;
}

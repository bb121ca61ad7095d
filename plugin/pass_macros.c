/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * While a .S file is preprocessed: macros that hold an instruction as bytes
 * are rewritten where they are defined, for gas cannot override .byte:
 *	#define __ASM_CLAC	".byte 0x0f,0x01,0xca"
 *	#define tdcall		.byte 0x66,0x0f,0x01,0xcc
 * become
 *	#define __ASM_CLAC	"previrt_bytes clac,0x0f,0x01,0xca"
 *	#define tdcall		previrt_bytes tdcall,0x66,0x0f,0x01,0xcc
 * A macro that is never used costs nothing, and only plain macros are looked
 * at: as a gas macro's argument the quoted form stays one argument.
 *
 * What is switched off reaches the pack as macros: PREVIRT_EXCLUDED for the
 * whole file, PREVIRT_CLASS_OFF_<class>; PREVIRT_WIDE and PREVIRT_RECORD.
 */
#include "gcc-compat.h"

#include "asm_template.h"
#include "parts.h"
#include "passes.h"
#include "unit.h"

typedef void (*define_callback)(cpp_reader *, location_t, cpp_hashnode *);

static define_callback next_define;

/* The text of a macro's tokens as gas would read it; free it. */
static char *spell(cpp_reader *reader, cpp_token *tokens, unsigned count)
{
	size_t room = 1;
	unsigned char *text, *at;

	for (unsigned i = 0; i < count; i++)
		room += cpp_token_len(&tokens[i]) + 1;
	at = text = XNEWVEC(unsigned char, room);
	for (unsigned i = 0; i < count; i++) {
		if (i && (tokens[i].flags & PREV_WHITE))
			*at++ = ' ';
		at = cpp_spell_token(reader, &tokens[i], at, true);
	}
	*at = 0;
	return (char *)text;
}

/* A token that is printed as it is and never expanded. */
static void set_literal(cpp_token *token, enum cpp_ttype type, const char *text)
{
	token->type = type;
	token->val.str.text = (const unsigned char *)ggc_strdup(text);
	token->val.str.len = strlen(text);
}

/* "..." with one byte-coded instruction in the quotes */
static void rewrite_string(cpp_token *token)
{
	char *inside = xstrndup((const char *)token->val.str.text + 1, token->val.str.len - 2);
	char *text = asm_template_bytes(inside, compat_is_64bit());

	if (text) {
		char *quoted = concat("\"", text, "\"", NULL);

		set_literal(token, CPP_STRING, quoted);
		free(quoted);
	}
	free(text);
	free(inside);
}

/*
 * . byte 0x0f , 0x01 , 0xca: the first two tokens become one word and the op
 * with its comma, the numbers stay.
 */
static void rewrite_tokens(cpp_reader *reader, cpp_token *tokens, unsigned count)
{
	char *statement = spell(reader, tokens, count);
	char *text = asm_template_bytes(statement, compat_is_64bit());

	if (text) {
		char *op = strchr(text, ' ') + 1;

		strchr(op, ',')[1] = 0;
		set_literal(&tokens[0], CPP_NUMBER, "previrt_bytes");
		set_literal(&tokens[1], CPP_NUMBER, op);
		tokens[1].flags |= PREV_WHITE;
	}
	free(text);
	free(statement);
}

static void macro_defined(cpp_reader *reader, location_t where, cpp_hashnode *node)
{
	cpp_macro *macro = compat_plain_macro(node);

	if (macro && macro->count) {
		cpp_token *tokens = compat_macro_tokens(macro);

		if (macro->count == 1 && tokens[0].type == CPP_STRING)
			rewrite_string(&tokens[0]);
		else if (macro->count > 2 && tokens[0].type == CPP_DOT &&
			 tokens[1].type == CPP_NAME)
			rewrite_tokens(reader, tokens, macro->count);
	}
	if (next_define)
		next_define(reader, where, node);
}

bool pass_macros_start()
{
	cpp_callbacks *callbacks;

	if (!compat_has_preprocessor() || cpp_get_options(parse_in)->lang != CLK_ASM)
		return false;
	if (unit_is_excluded() || unit_is_no_assembly()) {
		cpp_define(parse_in, "PREVIRT_EXCLUDED");
		return false;
	}
	for (int i = 0; i < PREVIRT_CLASSES; i++) {
		char *name = concat("PREVIRT_CLASS_OFF_", previrt_class_names[i], NULL);

		if (previrt_options.class_off[i])
			cpp_define(parse_in, name);
		free(name);
	}
	if (parts_of_unit() & PART_WIDE)
		cpp_define(parse_in, "PREVIRT_WIDE");
	if (parts_of_unit() & PART_RECORD)
		cpp_define(parse_in, "PREVIRT_RECORD");
	callbacks = cpp_get_callbacks(parse_in);
	next_define = callbacks->define;
	callbacks->define = macro_defined;
	return true;
}

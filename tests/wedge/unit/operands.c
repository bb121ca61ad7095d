/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Reads an instruction as objdump writes it (AT&T syntax). */
#include "forms.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* objdump's operands: a register with its number and size in bytes. */
static int register_number(const char *name, struct operand *o)
{
	static const char *const names[4][16] = {
		{ "al", "cl", "dl", "bl" },
		{ "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" },
		{ "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d" },
		{ "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10" },
	};
	static const char segments[6][3] = { "es", "cs", "ss", "ds", "fs", "gs" };

	for (int size = 0; size < 4; size++)
		for (int i = 0; i < 16; i++)
			if (names[size][i] && !strcmp(name, names[size][i])) {
				*o = (struct operand){ REGISTER, i, 1 << size, 0 };
				return 1;
			}
	for (int i = 0; i < 6; i++)
		if (!strcmp(name, segments[i])) {
			*o = (struct operand){ SPECIAL, i, 2, 0 };
			return 1;
		}
	if (!strncmp(name, "cr", 2) || !strncmp(name, "db", 2) || !strncmp(name, "dr", 2)) {
		*o = (struct operand){ SPECIAL, atoi(name + 2), 8, 0 };
		return 1;
	}
	return 0;
}

static int memory_size(const char *mnemonic)
{
	switch (mnemonic[strlen(mnemonic) - 1]) {
	case 'b': return 1;
	case 'w': return 2;
	}
	return 4;
}

/* "%rax", "$0x60", "0x40(%rdi)", "%es:(%rdi)", "0x1ff(%rip) # 0x600000". */
static void read_operand(struct form *f, char *text, const char *comment)
{
	struct operand *o = &f->operands[f->count];
	char *base;
	struct operand reg;

	if (*text == '*')
		text++;
	if (*text == '%' && !strchr(text, ':') && register_number(text + 1, o)) {
		f->count++;
		return;
	}
	if (*text == '$') {
		*o = (struct operand){ IMMEDIATE, 0, 0, strtoul(text + 1, NULL, 0) };
		f->count++;
		return;
	}
	base = strchr(text, '(');
	if (!base)
		return;
	if (strchr(text, ':'))
		text = strchr(text, ':') + 1;
	base[strcspn(base, "),")] = 0;
	*o = (struct operand){ MEMORY, 0, memory_size(f->mnemonic), 0 };
	if (!strcmp(base, "(%dx"))
		register_number("dx", o);
	else if (!strcmp(base, "(%rip"))
		o->value = strtoul(comment, NULL, 16);
	else if (register_number(base + 2, &reg))
		o->value = before.s.r[reg.reg] + strtol(text, NULL, 0);
	f->count++;
}

static int is_prefix(const char *word)
{
	static const char *const prefixes[] = { "cs", "data16", "rep", "repz", "repnz" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strcmp(word, prefixes[i]))
			return 1;
	return 0;
}

void read_form(struct form *f, const char *line)
{
	char text[160], *p, *comment;

	snprintf(text, sizeof(text), "%s", line);
	comment = strchr(text, '#');
	if (comment)
		*comment++ = 0;
	for (p = strtok(text, " "); p && is_prefix(p); p = strtok(NULL, " "))
		f->repeated |= !strncmp(p, "rep", 3);
	snprintf(f->mnemonic, sizeof(f->mnemonic), "%s", p ? p : "");
	if (p && !strncmp(p, "rex", 3))
		p = strtok(NULL, " ");
	p = strtok(NULL, "");
	while (p && *p && f->count < 3) {
		int depth = 0, i;

		while (*p == ' ')
			p++;
		for (i = 0; p[i] && (p[i] != ',' || depth) && p[i] != ';'; i++)
			depth += (p[i] == '(') - (p[i] == ')');
		depth = p[i];
		p[i] = 0;
		read_operand(f, p, comment);
		p = depth ? p + i + 1 : NULL;
	}
}

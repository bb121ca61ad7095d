// SPDX-License-Identifier: BSD-2-Clause
// Copyright The previrt authors
/*
 * Fuzz target: any text as an asm template. Asked of every text: no memory
 * error, the number of separators stays, what was rewritten is not rewritten
 * again.
 *
 * Built with libFuzzer it is its target. Built with FUZZ_ALONE it mutates
 * seeds of its own: asm_template RUNS [SEED], the same for the same numbers.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm_template.h"

static unsigned separators(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == ';' || *text == '\n';
	return n;
}

/* Each brings one separator more. */
static unsigned own_macros(const char *text)
{
	unsigned n = 0;

	for (; (text = strstr(text, "previrt_own ")); text++)
		n++;
	return n;
}

/* Of a statement that counts bytes: its place is where its text is. */
static void counted(const char *text, size_t at, const char *statement, const char *site)
{
	if (strncmp(text + at, statement, strlen(statement)) || !*site) {
		fprintf(stderr, "counted: %s, %s in\n%s\n", statement, site, text);
		abort();
	}
}

static void try_text(const char *text, unsigned flags)
{
	const struct asm_template_options o = {
		.mode64 = flags & 1, .basic = flags & (2 | 8), .call = flags & 4,
		.whole = flags & 8, .counted = counted
	};
	struct asm_template_counts counts = { 0 };
	char *once = asm_template_rewrite(text, &o, &counts), *twice;

	free(asm_template_bytes(text, o.mode64));
	if (!once)
		return;
	if (separators(once) - own_macros(once) != separators(text) - own_macros(text)) {
		fprintf(stderr, "separators:\n%s\n->\n%s\n", text, once);
		abort();
	}
	/* Call mode marks what is marked once more; the compiler runs it once. */
	twice = o.call ? NULL : asm_template_rewrite(once, &o, &counts);
	if (twice && strcmp(once, twice)) {
		fprintf(stderr, "again:\n%s\n->\n%s\n->\n%s\n", text, once, twice);
		abort();
	}
	free(twice);
	free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	/* Exactly as long as it must be, so that a read behind it is seen. */
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = 0;
	try_text(text, data[0]);
	free(text);
	return 0;
}

#ifdef FUZZ_ALONE
static const char *const pieces[] = {
	"pushf", "pop %0", "push %0", "popf", "sti", "hlt", "mwait", "rep", "outsb",
	"rex64", "sysret", ".byte ", "0x0f,0x01,0xca", "0x48", "0xf3", "mov ", "%%cr3",
	"%cr3", ",%0", "%%gs:0", "1:", ".L%=:", ";", "\n", "\n\t", "#", "/*", "*/", "\"",
	"\\", "'", "{", "}", "|", "%{", "%}", "%[x]", "data16", "rep/", "vmmcall",
	".pushsection .data\n", ".popsection\n", ".pushsection .altinstr_replacement,\"ax\"\n",
	"__ex_table", ".previous\n", ".intel_syntax\n", ".att_syntax noprefix\n", ".code32\n", ".macro rdtsc\n",
	"9(%rip)", "-9(%%rip)", " .+4", ".code16", ".macro ", "{load} ", "jmp $1,$2",
	".long 1\n", "cpuid", "0x0f,0x0b,0x78,0x65,0x6e",
	" ", "\t", "\r", "%", ":", ",", "$", "0", "@", "\\reg", "%;",
};

static uint64_t state;

/* xorshift64* */
static unsigned draw(unsigned limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 33) % limit;
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : 0;

	if (!runs) {
		fprintf(stderr, "usage: %s RUNS [SEED]\n", argv[0]);
		return 2;
	}
	state = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : 1;
	for (unsigned long i = 0; i < runs; i++) {
		uint8_t text[512] = { draw(16) };
		size_t size = 1;

		for (unsigned n = 1 + draw(16); n; n--) {
			const char *piece = pieces[draw(sizeof(pieces) / sizeof(pieces[0]))];

			memcpy(text + size, piece, strlen(piece));
			size += strlen(piece);
		}
		for (unsigned n = draw(3); n && size > 1; n--)
			text[1 + draw(size - 1)] = 1 + draw(127);
		LLVMFuzzerTestOneInput(text, size);
	}
	printf("%lu texts\n", runs);
	return 0;
}
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * compare MODE POLICY PLAIN.o PADDED.o CASES
 *
 * Case N of CASES stands between the symbols cN and cN+1 of both objects.
 * Checks, for each: the table has exactly one site there, from cN to cN+1, of
 * the case's op; without padding prefixes and NOPs the bytes are the plain
 * ones; the site reaches its target and no instruction is over 15 bytes; the
 * op is what the matcher finds in the plain bytes. Knows the table only from
 * abi.h and reads the objects with libelf.
 */
#include <err.h>
#include <gelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "abi.h"
#include "insns.h"
#include "match.h"

enum { MAX_CASES = 2000 };
enum policy { PREFIX, NOP, NONE };

struct object {
	Elf *elf;
	const uint8_t *text;
	const uint8_t *note;
	size_t note_size;
	long start[MAX_CASES + 1];	/* of case N in .text */
	long target[65536 / 4];		/* by note offset / 4: what it names */
};

static int mode64, failures;
static int other;	/* the flag of code that is not the object's own */

static Elf_Scn *section(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	size_t names;

	elf_getshdrstrndx(elf, &names);
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) &&
		    !strcmp(elf_strptr(elf, names, sh.sh_name), name))
			return scn;
	return NULL;
}

static void read_symbols(struct object *o)
{
	Elf_Scn *scn = section(o->elf, ".symtab");
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;
	GElf_Sym sym;

	gelf_getshdr(scn, &sh);
	for (int i = 0; gelf_getsym(data, i, &sym); i++) {
		const char *name = elf_strptr(o->elf, sh.sh_link, sym.st_name);
		char *end;
		long n;

		if (name[0] != 'c')
			continue;
		n = strtol(name + 1, &end, 10);
		if (!*end && n <= MAX_CASES)
			o->start[n] = sym.st_value;
	}
}

/* The relocations of the note: place of the site field -> offset in .text */
static void read_references(struct object *o)
{
	int rela = mode64 || other;
	Elf_Scn *scn = section(o->elf, rela ? ".rela.note.previrt" : ".rel.note.previrt");
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	Elf_Data *symtab = elf_getdata(section(o->elf, ".symtab"), NULL);

	for (int i = 0; data; i++) {
		GElf_Rela entry = { 0 };
		GElf_Rel rel;
		GElf_Sym sym;

		if (rela ? !gelf_getrela(data, i, &entry) : !gelf_getrel(data, i, &rel))
			break;
		if (!rela) {
			entry.r_offset = rel.r_offset;
			entry.r_info = rel.r_info;
			entry.r_addend = *(const int32_t *)(o->note + rel.r_offset);
		}
		gelf_getsym(symtab, GELF_R_SYM(entry.r_info), &sym);
		o->target[entry.r_offset / 4] = sym.st_value + entry.r_addend + 1 -
					      PREVIRT_BIAS;
	}
}

static void open_object(struct object *o, const char *path)
{
	Elf_Data *data;
	Elf_Scn *scn;

	o->elf = elf_begin(open(path, O_RDONLY), ELF_C_READ, NULL);
	if (!o->elf)
		errx(2, "%s: %s", path, elf_errmsg(-1));
	o->text = elf_getdata(section(o->elf, ".text"), NULL)->d_buf;
	read_symbols(o);
	scn = section(o->elf, PREVIRT_NOTE_SECTION);
	if (!scn)
		return;
	data = elf_getdata(scn, NULL);
	o->note = data->d_buf;
	o->note_size = data->d_size;
	read_references(o);
}

#define FAIL(...) (printf("case %d %s: ", n, text), printf(__VA_ARGS__), \
		   putchar('\n'), failures++)

static int is_pad(uint8_t byte)
{
	return byte == (mode64 ? 0x2e : 0x3e);
}

/* Plain bytes against a site's instruction, skipping its padding prefixes. */
static int same_code(const uint8_t *plain, int plain_len, const uint8_t *code, int len)
{
	int extra = len - plain_len, i = 0, j = 0;

	while (i < plain_len && j < len) {
		if (plain[i] == code[j]) {
			i++, j++;
		} else if (extra && is_pad(code[j])) {
			extra--, j++;
		} else {
			return 0;
		}
	}
	return i == plain_len && j == len && !extra;
}

static void check_site(int n, const char *text, const struct previrt_insn *want,
		       const struct previrt_site *site, const struct object *plain,
		       const struct object *pad, enum policy policy)
{
	long length = pad->start[n + 1] - pad->start[n];
	long plain_len = plain->start[n + 1] - plain->start[n];
	const uint8_t *code = pad->text + pad->start[n];
	int before = site->flags & PREVIRT_SITE_PAD_BEFORE ? site->pad : 0;
	int fused = site->flags & PREVIRT_SITE_FUSED;

	if (site->len + site->pad != length)
		FAIL("site of %d+%d bytes, code has %ld", site->len, site->pad, length);
	if (site->len > 15 && !fused)
		FAIL("instruction of %d bytes", site->len);
	if (policy != NONE && length < want->target)
		FAIL("%ld bytes, target %d", length, want->target);
	if (policy == NONE && length != plain_len)
		FAIL("padded though nothing was asked for");
	if (fused != (want->part[0] || want->part[1] ? PREVIRT_SITE_FUSED : 0))
		FAIL("fused flag");
	if ((site->flags & (PREVIRT_SITE_CODE32 | PREVIRT_SITE_CODE16)) != other)
		FAIL("flags of its mode");
	if (!(site->flags & PREVIRT_SITE_KEEP) != (want->pad != PREVIRT_PAD_keep))
		FAIL("keep flag");
	if (want->pad == PREVIRT_PAD_keep && site->pad)
		FAIL("NOPs at an instruction that a label names");
	if (policy == NOP && want->pad == PREVIRT_PAD_pre && site->len == plain_len &&
	    length > plain_len && !before && strstr(text, "(%") == NULL)
		FAIL("NOPs behind would use up the interrupt shadow");
	if (policy == PREFIX && fused && want->pad == PREVIRT_PAD_pfx &&
	    is_pad(code[0]) && !strchr(text, '('))
		FAIL("a prefix ahead of the first half");
	if (!same_code(plain->text + plain->start[n], plain_len, code + before, site->len))
		FAIL("another instruction than the plain one");
	if (!fused && previrt_match_bytes(mode64, plain->text + plain->start[n],
					  plain_len, NULL) !=
			      want - previrt_insns)
		FAIL("matcher finds op %d", previrt_match_bytes(mode64,
			plain->text + plain->start[n], plain_len, NULL));
}

static const struct previrt_insn *by_name(const char *name)
{
	for (int i = 0; i < PREVIRT_OP_LIMIT; i++)
		if (previrt_insns[i].name && !strcmp(previrt_insns[i].name, name))
			return &previrt_insns[i];
	errx(2, "no op is called %s", name);
}

static void check_case(int n, char *line, const struct object *plain,
		       const struct object *pad, enum policy policy)
{
	const char *op = strtok(line, "\t"), *text;
	const struct previrt_insn *want = by_name(op);
	size_t at = 12 + 8 + sizeof(struct previrt_note);
	int found = 0;

	strtok(NULL, "\t");
	strtok(NULL, "\t");
	text = strtok(NULL, "\t\n");
	for (; at < pad->note_size; at += sizeof(struct previrt_site)) {
		const struct previrt_site *site = (const void *)(pad->note + at);
		long where = pad->target[at / 4] - 1;

		if (where < pad->start[n] || where >= pad->start[n + 1])
			continue;
		found++;
		if (where != pad->start[n])
			FAIL("site at +%ld", where - pad->start[n]);
		else if (&previrt_insns[site->op] != want)
			FAIL("recorded as %s", previrt_insns[site->op].name);
		else
			check_site(n, text, want, site, plain, pad, policy);
	}
	if (found != 1)
		FAIL("%d sites instead of one", found);
}

int main(int argc, char **argv)
{
	static struct object plain, pad;
	enum policy policy;
	char line[512];
	FILE *cases;
	int n = 0;

	if (argc != 6)
		errx(2, "usage: compare 64|32|code32|code16 prefix|nop|none PLAIN.o PADDED.o CASES");
	elf_version(EV_CURRENT);
	mode64 = !strcmp(argv[1], "64");
	other = !strcmp(argv[1], "code32") ? PREVIRT_SITE_CODE32 :
		!strcmp(argv[1], "code16") ? PREVIRT_SITE_CODE16 : 0;
	policy = !strcmp(argv[2], "prefix") ? PREFIX : !strcmp(argv[2], "nop") ? NOP : NONE;
	open_object(&plain, argv[3]);
	open_object(&pad, argv[4]);
	if (plain.note)
		errx(2, "%s has a table", argv[3]);
	cases = fopen(argv[5], "r");
	if (!cases)
		err(2, "%s", argv[5]);
	for (; n < MAX_CASES && fgets(line, sizeof(line), cases); n++)
		check_case(n, line, &plain, &pad, policy);
	printf("%s, %s: %d cases, %d failures\n", argv[1], argv[2], n, failures);
	return failures || !n;
}

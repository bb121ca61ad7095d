/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * forms MODE PLAIN.o CALL.o CASES
 *
 * Case N of CASES stands between the symbols cN and cN+1 of both objects: as
 * it is in PLAIN.o, in call mode in CALL.o. Checks, for each: the site is one
 * call, filled up to its end by NOPs (and a stack slot made or dropped for
 * pushf and popf), and the stub it calls is the plain instruction between
 * padding prefixes and NOPs, then a return; or, where no call is, the plain
 * instruction stands in place. Prints the cases that keep the instruction.
 * Knows no table: that previrt check and verify find it sound is another test.
 */
#include <err.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CASES = 2000, MAX_CODE = 64 };

struct code { const uint8_t *p; long n; };

static Elf *elf[2];
static long start[2][MAX_CASES + 1];
static int mode64, failures;

static Elf_Scn *section(Elf *e, const char *name)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr sh;

	elf_getshdrstrndx(e, &names);
	while ((scn = elf_nextscn(e, scn)))
		if (gelf_getshdr(scn, &sh) && !strcmp(elf_strptr(e, names, sh.sh_name), name))
			return scn;
	errx(2, "no section %s", name);
}

static struct code text(Elf *e)
{
	Elf_Data *data = elf_getdata(section(e, ".text"), NULL);

	return (struct code){ data->d_buf, (long)data->d_size };
}

static void read_symbols(int which)
{
	Elf_Scn *scn = section(elf[which], ".symtab");
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Shdr sh;
	GElf_Sym sym;

	gelf_getshdr(scn, &sh);
	for (int i = 0; gelf_getsym(data, i, &sym); i++) {
		const char *name = elf_strptr(elf[which], sh.sh_link, sym.st_name);
		char *end;
		long n;

		if (name[0] != 'c')
			continue;
		n = strtol(name + 1, &end, 10);
		if (!*end && n <= MAX_CASES)
			start[which][n] = (long)sym.st_value;
	}
}

/* The function that the call at @at of .text calls; its name in *@name. */
static struct code callee(long at, const char **name)
{
	Elf_Scn *scn = section(elf[1], mode64 ? ".rela.text" : ".rel.text");
	Elf_Data *data = elf_getdata(scn, NULL), *symbols;
	GElf_Shdr sh, symsh;
	GElf_Rela rela;
	GElf_Rel rel;
	GElf_Sym sym;

	gelf_getshdr(scn, &sh);
	scn = elf_getscn(elf[1], sh.sh_link);
	symbols = elf_getdata(scn, NULL);
	gelf_getshdr(scn, &symsh);
	for (int i = 0;; i++) {
		if (mode64) {
			if (!gelf_getrela(data, i, &rela))
				break;
		} else if (gelf_getrel(data, i, &rel)) {
			rela.r_offset = rel.r_offset;
			rela.r_info = rel.r_info;
		} else {
			break;
		}
		if ((long)rela.r_offset != at + 1)
			continue;
		gelf_getsym(symbols, GELF_R_SYM(rela.r_info), &sym);
		*name = elf_strptr(elf[1], symsh.sh_link, sym.st_name);
		if (sym.st_shndx == SHN_UNDEF)
			break;
		data = elf_getdata(elf_getscn(elf[1], sym.st_shndx), NULL);
		return (struct code){ (uint8_t *)data->d_buf + sym.st_value, (long)sym.st_size };
	}
	return (struct code){ NULL, 0 };
}

/* Take @n bytes off the front (or the end) of @c if they are these. */
static int take(struct code *c, const char *bytes, long n, int end)
{
	if (c->n < n || memcmp(end ? c->p + c->n - n : c->p, bytes, (size_t)n))
		return 0;
	c->p += end ? 0 : n;
	c->n -= n;
	return 1;
}

static void take_nops(struct code *c)
{
	static const struct { long n; const char *bytes; } nops[] = {
		{ 7, "\x0f\x1f\x80\0\0\0\0" }, { 6, "\x66\x0f\x1f\x44\0\0" },
		{ 5, "\x0f\x1f\x44\0\0" }, { 4, "\x0f\x1f\x40\0" },
		{ 3, "\x0f\x1f\0" }, { 2, "\x66\x90" }, { 1, "\x90" }, { 1, "\x3e" },
	};

	for (size_t i = 0; i < sizeof(nops) / sizeof(nops[0]); i++)
		while (take(c, nops[i].bytes, nops[i].n, 1))
			;
}

/* Is @code the plain instruction but for padding prefixes? */
static int same(struct code plain, struct code code)
{
	while (plain.n && code.n && (plain.n == code.n || *code.p != *plain.p)) {
		if (plain.n == code.n)
			return !memcmp(plain.p, code.p, (size_t)plain.n);
		if (*code.p != (mode64 ? 0x2e : 0x3e))
			return 0;
		code.p++, code.n--;
	}
	/* the plain bytes begin like a pad, or with a prefix of their own */
	while (plain.n && code.n && *plain.p == *code.p)
		plain.p++, code.p++, plain.n--, code.n--;
	return !plain.n && !code.n;
}

#define FAIL(...) (printf("FAIL %s: ", what), printf(__VA_ARGS__), putchar('\n'), failures++)

static void check_call(const char *what, struct code plain, long at, struct code site)
{
	int pushf = take(&site, "\x6a\0", 2, 0), popf = 0;
	const char *name = "";
	struct code stub = callee(at + (pushf ? 2 : 0), &name);

	if (strncmp(name, "previrt_stub_", 13))
		FAIL("calls '%s'", name);
	take_nops(&site);
	if (site.n > 5)
		popf = mode64 ? take(&site, "\x48\x8d\x64\x24\x08", 5, 1) :
				take(&site, "\x8d\x64\x24\x04", 4, 1);
	if (site.n != 5)
		FAIL("%ld bytes where the call stands", site.n);
	if (!take(&stub, "\xc3\xcc", 2, 1))
		FAIL("%s does not end in ret, int3", name);
	if (pushf && !(mode64 ? take(&stub, "\x8f\x44\x24\x08", 4, 1) :
				take(&stub, "\x8f\x44\x24\x04", 4, 1)))
		FAIL("%s does not store the flags behind its return address", name);
	if (popf && !(mode64 ? take(&stub, "\xff\x74\x24\x08", 4, 0) :
			       take(&stub, "\xff\x74\x24\x04", 4, 0)))
		FAIL("%s does not fetch the flags from behind its return address", name);
	if (pushf != (!strcmp(name, "previrt_stub_pushf")) ||
	    popf != (!strcmp(name, "previrt_stub_popf")))
		FAIL("%s and the site disagree about the stack", name);
	if (!same(plain, stub)) {
		take_nops(&stub);
		if (!same(plain, stub))
			FAIL("%s executes something else", name);
	}
}

static void check_case(int n, const char *what)
{
	struct code plain = text(elf[0]), site = text(elf[1]);

	plain.p += start[0][n], plain.n = start[0][n + 1] - start[0][n];
	site.p += start[1][n], site.n = start[1][n + 1] - start[1][n];
	if (site.n >= 5 && (site.p[0] == 0xe8 || (site.p[0] == 0x6a && site.p[2] == 0xe8))) {
		check_call(what, plain, start[1][n], site);
		return;
	}
	printf("%s\n", what);
	if (same(plain, site))
		return;
	take_nops(&site);
	if (!same(plain, site))
		FAIL("neither a call nor the instruction");
}

int main(int argc, char **argv)
{
	char line[512];
	int n = 0;
	FILE *cases;

	if (argc != 5 || elf_version(EV_CURRENT) == EV_NONE)
		errx(2, "usage: forms MODE PLAIN.o CALL.o CASES");
	mode64 = !strcmp(argv[1], "64");
	for (int i = 0; i < 2; i++) {
		elf[i] = elf_begin(open(argv[2 + i], O_RDONLY), ELF_C_READ, NULL);
		if (!elf[i])
			errx(2, "%s: %s", argv[2 + i], elf_errmsg(-1));
		read_symbols(i);
	}
	cases = fopen(argv[4], "r");
	if (!cases)
		err(2, "%s", argv[4]);
	for (; fgets(line, sizeof(line), cases); n++) {
		char *op = strtok(line, "\t"), *what;

		strtok(NULL, "\t");
		strtok(NULL, "\t");
		what = strtok(NULL, "\t\n");
		if (!op || !what)
			errx(2, "%s:%d: no case", argv[4], n + 1);
		check_case(n, what);
	}
	fprintf(stderr, "%s-bit: %d forms, %d failures\n", argv[1], n, failures);
	return !n || failures ? 1 : 0;
}

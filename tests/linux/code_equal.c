/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * code_equal [-m MAX_PERMILLE] PLAIN-DIR PADDED-DIR OBJECT...
 *
 * With pads taken away, is the annotated code the plain build's code? Compares
 * every function of each object, instruction by instruction. An instruction
 * is its mnemonic, operands and width; a relocated field counts as symbol and
 * addend, a branch as the number of the instruction it goes to. NOPs are
 * passed over on both sides (pads, alternatives' filling, alignment), and so
 * are padding prefixes, but only where the table says there is a site; a
 * jump's length may differ, as pads push code apart.
 *
 * Lists each function that differs; exit 0 if at most MAX_PERMILLE (default 1)
 * in a thousand do, 1 if more, 2 for unreadable input.
 */
#include <err.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <Zydis/Zydis.h>
#include "abi.h"

enum { MAX_SECTIONS = 4096, MAX_NAME = 160 };

struct object {
	const char *path;
	Elf *elf;
	int fd, is_64;
	size_t names, sections;
	Elf_Data *symtab;
	size_t symbols, string_section;
	const GElf_Rela *relas[MAX_SECTIONS];	/* by section, sorted by offset */
	size_t rela_count[MAX_SECTIONS];
	uint8_t *is_site[MAX_SECTIONS];		/* by byte of the section */
};

/* One instruction as it is compared, and where it stood. */
struct insn {
	uint64_t at;
	char text[MAX_NAME];
	int64_t branch;		/* target within the function, or -1 */
};

struct function {
	const char *name;
	size_t section;
	uint64_t start, size;
	struct insn *insns;
	size_t count;
};

static const char *section_name(const struct object *o, size_t index)
{
	GElf_Shdr sh;
	Elf_Scn *scn = elf_getscn(o->elf, index);

	return scn && gelf_getshdr(scn, &sh) ? elf_strptr(o->elf, o->names, sh.sh_name) : "?";
}

static Elf_Data *section_data(const struct object *o, size_t index)
{
	return elf_getdata(elf_getscn(o->elf, index), NULL);
}

static int by_offset(const void *a, const void *b)
{
	const GElf_Rela *x = a, *y = b;

	return (x->r_offset > y->r_offset) - (x->r_offset < y->r_offset);
}

static void read_relocations(struct object *o, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL), *target = section_data(o, sh->sh_info);
	size_t n = sh->sh_size / sh->sh_entsize;
	GElf_Rela *relas = calloc(n + 1, sizeof(*relas));

	for (size_t i = 0; i < n; i++) {
		GElf_Rel rel;

		if (sh->sh_type == SHT_RELA) {
			gelf_getrela(data, i, &relas[i]);
			continue;
		}
		gelf_getrel(data, i, &rel);
		relas[i].r_offset = rel.r_offset;
		relas[i].r_info = rel.r_info;
		if (target->d_buf && rel.r_offset + 4 <= target->d_size)
			relas[i].r_addend = *(int32_t *)((char *)target->d_buf + rel.r_offset);
	}
	qsort(relas, n, sizeof(*relas), by_offset);
	o->relas[sh->sh_info] = relas;
	o->rela_count[sh->sh_info] = n;
}

static void open_object(struct object *o, const char *path)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	memset(o, 0, sizeof(*o));
	o->path = path;
	o->fd = open(path, O_RDONLY);
	o->elf = o->fd < 0 ? NULL : elf_begin(o->fd, ELF_C_READ, NULL);
	if (!o->elf || elf_kind(o->elf) != ELF_K_ELF)
		errx(2, "%s: no ELF object", path);
	o->is_64 = gelf_getclass(o->elf) == ELFCLASS64;
	elf_getshdrstrndx(o->elf, &o->names);
	elf_getshdrnum(o->elf, &o->sections);
	if (o->sections > MAX_SECTIONS)
		errx(2, "%s: more than %d sections", path, MAX_SECTIONS);
	while ((scn = elf_nextscn(o->elf, scn))) {
		gelf_getshdr(scn, &sh);
		if (sh.sh_type == SHT_SYMTAB) {
			o->symtab = elf_getdata(scn, NULL);
			o->symbols = sh.sh_size / sh.sh_entsize;
			o->string_section = sh.sh_link;
		} else if (sh.sh_type == SHT_RELA || sh.sh_type == SHT_REL) {
			read_relocations(o, scn, &sh);
		}
	}
}

static void close_object(struct object *o)
{
	for (size_t i = 0; i < o->sections; i++) {
		free((void *)o->relas[i]);
		free(o->is_site[i]);
	}
	elf_end(o->elf);
	close(o->fd);
}

/* The type of the note that holds this offset of the section. */
static uint32_t note_type(const Elf_Data *note, uint64_t offset)
{
	uint64_t at = 0;

	while (at + 12 <= note->d_size) {
		const uint32_t *head = (void *)((char *)note->d_buf + at);

		at += 12 + ((head[0] + 3) & ~3u) + ((head[1] + 3) & ~3u);
		if (offset < at)
			return head[2];
	}
	errx(2, "a table with a note that leaves it");
}

/* The length of the site whose entry this is. */
static int site_length(uint32_t type, const void *entry)
{
	const struct previrt_memory *memory = entry;
	const struct previrt_site *site = entry;

	return type == PREVIRT_NOTE_MEMORY ? memory->len + memory->pad :
		type == PREVIRT_NOTE_HOOKS ? 5 : site->len + site->pad;
}

/* Mark every byte that belongs to a site. */
static void read_sites(struct object *o)
{
	for (size_t s = 1; s < o->sections; s++) {
		Elf_Data *note;

		if (strcmp(section_name(o, s), PREVIRT_NOTE_SECTION))
			continue;
		note = section_data(o, s);
		for (size_t i = 0; i < o->rela_count[s]; i++) {
			const GElf_Rela *r = &o->relas[s][i];
			int length = site_length(note_type(note, r->r_offset),
						 (char *)note->d_buf + r->r_offset);
			GElf_Sym sym;
			Elf_Data *text;

			gelf_getsym(o->symtab, GELF_R_SYM(r->r_info), &sym);
			text = section_data(o, sym.st_shndx);
			if (!o->is_site[sym.st_shndx])
				o->is_site[sym.st_shndx] = calloc(1, text->d_size);
			for (int b = 0; b < length; b++)
				o->is_site[sym.st_shndx][sym.st_value + r->r_addend - PREVIRT_BIAS + b] = 1;
		}
	}
}

static const GElf_Rela *relocation_in(const struct object *o, size_t section,
				      uint64_t from, uint64_t to)
{
	for (size_t i = 0; i < o->rela_count[section]; i++) {
		const GElf_Rela *r = &o->relas[section][i];

		if (r->r_offset >= to)
			break;
		if (r->r_offset >= from)
			return r;
	}
	return NULL;
}

static const char *symbol_name(const struct object *o, size_t index, GElf_Sym *sym)
{
	gelf_getsym(o->symtab, index, sym);
	if (GELF_ST_TYPE(sym->st_info) == STT_SECTION)
		return section_name(o, sym->st_shndx);
	return elf_strptr(o->elf, o->string_section, sym->st_name);
}

static int is_code(const struct object *o, size_t section)
{
	GElf_Shdr sh;

	return section < o->sections && gelf_getshdr(elf_getscn(o->elf, section), &sh) &&
	       (sh.sh_flags & SHF_EXECINSTR);
}

/* What a relocation refers to; places in code move, so only their section counts. */
static void describe_relocation(const struct object *o, const GElf_Rela *r,
				uint64_t insn_end, char *out, size_t size)
{
	GElf_Sym sym;
	const char *name = symbol_name(o, GELF_R_SYM(r->r_info), &sym);
	long addend = r->r_addend;

	if (GELF_R_TYPE(r->r_info) == R_X86_64_PC32 || GELF_R_TYPE(r->r_info) == R_X86_64_PLT32)
		addend += insn_end - r->r_offset;
	if (GELF_ST_TYPE(sym.st_info) == STT_SECTION && is_code(o, sym.st_shndx))
		addend = 0;
	/* Strings and tables keep their order, but line numbers do not matter. */
	snprintf(out, size, " {%s+%ld}", name, addend);
}

/* For 32 bits gas fills with "mov %esi,%esi" and "lea 0(%esi),%esi" too. */
static int is_nop(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *ops, int is_64)
{
	if (i->mnemonic == ZYDIS_MNEMONIC_NOP || i->mnemonic == ZYDIS_MNEMONIC_INT3)
		return 1;
	if (is_64 || i->operand_width != 32 || ops[0].type != ZYDIS_OPERAND_TYPE_REGISTER)
		return 0;
	if (i->mnemonic == ZYDIS_MNEMONIC_LEA)
		return ops[1].mem.base == ops[0].reg.value && !ops[1].mem.disp.value &&
		       ops[1].mem.index == ZYDIS_REGISTER_NONE;
	return i->mnemonic == ZYDIS_MNEMONIC_MOV && ops[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       ops[1].reg.value == ops[0].reg.value;
}

static void describe(const struct object *o, const struct function *f, uint64_t at,
		     const ZydisDecodedInstruction *i, const ZydisDecodedOperand *ops,
		     struct insn *out)
{
	const GElf_Rela *r = relocation_in(o, f->section, at, at + i->length);
	size_t n;

	n = snprintf(out->text, MAX_NAME, "%s %d%s%s", ZydisMnemonicGetString(i->mnemonic),
		     i->operand_width,
		     i->attributes & ZYDIS_ATTRIB_HAS_LOCK ? " lock" : "",
		     i->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPNE) ? " rep" : "");
	out->branch = -1;
	for (int k = 0; k < i->operand_count_visible && n < MAX_NAME; k++) {
		const ZydisDecodedOperand *op = &ops[k];

		if (op->type == ZYDIS_OPERAND_TYPE_REGISTER) {
			n += snprintf(out->text + n, MAX_NAME - n, " r%d", op->reg.value);
		} else if (op->type == ZYDIS_OPERAND_TYPE_MEMORY) {
			/* cs and ds, written as pads, are what memory has anyway */
			int seg = op->mem.segment == ZYDIS_REGISTER_CS ? ZYDIS_REGISTER_DS
								       : op->mem.segment;
			n += snprintf(out->text + n, MAX_NAME - n, " m%d:%d+%d*%d%+ld", seg,
				      op->mem.base, op->mem.index, op->mem.scale,
				      r ? 0 : (long)op->mem.disp.value);
		} else if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && op->imm.is_relative) {
			uint64_t to = at + i->length + op->imm.value.s;

			if (!r && to >= f->start && to < f->start + f->size)
				out->branch = to;
			else if (!r)
				n += snprintf(out->text + n, MAX_NAME - n, " away");
		} else if (op->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			n += snprintf(out->text + n, MAX_NAME - n, " $%ld",
				      r ? 0 : (long)op->imm.value.s);
		}
	}
	if (r && n < MAX_NAME)
		describe_relocation(o, r, at + i->length, out->text + n, MAX_NAME - n);
}

static void decode(const struct object *o, struct function *f)
{
	const uint8_t *code = (uint8_t *)section_data(o, f->section)->d_buf;
	ZydisDecodedOperand ops[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction i;
	ZydisDecoder decoder;
	uint64_t at = f->start, end = f->start + f->size;

	ZydisDecoderInit(&decoder, o->is_64 ? ZYDIS_MACHINE_MODE_LONG_64
					    : ZYDIS_MACHINE_MODE_LEGACY_32,
			 o->is_64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
	f->insns = calloc(f->size + 1, sizeof(*f->insns));
	while (at < end) {
		struct insn *out = &f->insns[f->count];

		out->at = at;
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code + at, end - at, &i, ops))) {
			snprintf(out->text, MAX_NAME, "byte %02x", code[at]);
			out->branch = -1;
			f->count++;
			at++;
			continue;
		}
		if (!is_nop(&i, ops, o->is_64)) {
			describe(o, f, at, &i, ops, out);
			f->count++;
		}
		at += i.length;
	}
}

/* Which instruction of f stands at this address, or the first behind it? */
static size_t index_of(const struct function *f, uint64_t at)
{
	size_t n = 0;

	while (n < f->count && f->insns[n].at < at)
		n++;
	return n;
}

/* A padding prefix is allowed in a site only: elsewhere the lengths must agree. */
static int stray_prefix(const struct object *o, const struct function *f)
{
	const uint8_t *code = (uint8_t *)section_data(o, f->section)->d_buf;
	const uint8_t *sites = o->is_site[f->section];
	uint8_t pad = o->is_64 ? 0x2e : 0x3e;

	for (size_t n = 0; n < f->count; n++) {
		uint64_t at = f->insns[n].at;

		if (code[at] == pad && code[at + 1] == pad && !(sites && sites[at]))
			return 1;
	}
	return 0;
}

static int same(const struct object *po, const struct function *p,
		const struct object *qo, const struct function *q)
{
	const char *why = NULL;
	size_t n;

	(void)po;
	for (n = 0; n < p->count && n < q->count && !why; n++) {
		const struct insn *a = &p->insns[n], *b = &q->insns[n];

		if (strcmp(a->text, b->text))
			why = "instruction";
		else if ((a->branch < 0) != (b->branch < 0) ||
			 (a->branch >= 0 && index_of(p, a->branch) != index_of(q, b->branch)))
			why = "branch";
	}
	if (!why && p->count != q->count)
		why = "length";
	if (!why && stray_prefix(qo, q))
		why = "prefix outside of a site";
	if (!why)
		return 1;
	n -= n > 0;
	printf("%s: %s: %s differs at instruction %zu: plain '%s', padded '%s'\n", qo->path,
	       q->name, why, n, n < p->count ? p->insns[n].text : "",
	       n < q->count ? q->insns[n].text : "");
	return 0;
}

static int get_function(const struct object *o, size_t index, struct function *f)
{
	GElf_Sym sym;

	gelf_getsym(o->symtab, index, &sym);
	memset(f, 0, sizeof(*f));
	if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || !sym.st_size || !is_code(o, sym.st_shndx))
		return 0;
	f->name = elf_strptr(o->elf, o->string_section, sym.st_name);
	f->section = sym.st_shndx;
	f->start = sym.st_value;
	f->size = sym.st_size;
	return 1;
}

static int by_place(const void *a, const void *b)
{
	const struct function *f = a, *g = b;

	if (f->section != g->section)
		return f->section < g->section ? -1 : 1;
	if (f->start != g->start)
		return f->start < g->start ? -1 : 1;
	return strcmp(f->name, g->name);	/* aliases */
}

/* All functions in the order of sections and places: symbol tables vary. */
static struct function *all_functions(const struct object *o, size_t *count)
{
	struct function *list = calloc(o->symbols + 1, sizeof(*list));

	*count = 0;
	for (size_t i = 1; i < o->symbols; i++)
		*count += get_function(o, i, &list[*count]);
	qsort(list, *count, sizeof(*list), by_place);
	return list;
}

static void compare(const char *plain, const char *padded, size_t *functions, size_t *different)
{
	static struct object p, q;
	struct function *f, *g;
	size_t f_count, g_count;

	open_object(&p, plain);
	open_object(&q, padded);
	read_sites(&q);
	f = all_functions(&p, &f_count);
	g = all_functions(&q, &g_count);
	if (f_count != g_count) {
		printf("%s: plain has %zu functions, padded %zu\n", padded, f_count, g_count);
		++*different;
	}
	for (size_t i = 0; i < f_count && i < g_count; i++) {
		++*functions;
		decode(&p, &f[i]);
		decode(&q, &g[i]);
		if (strcmp(f[i].name, g[i].name)) {
			printf("%s: plain has %s where padded has %s\n", padded,
			       f[i].name, g[i].name);
			++*different;
		} else if (!same(&p, &f[i], &q, &g[i])) {
			++*different;
		}
		free(f[i].insns);
		free(g[i].insns);
	}
	free(f);
	free(g);
	close_object(&p);
	close_object(&q);
}

int main(int argc, char **argv)
{
	size_t functions = 0, different = 0;
	char plain[4096], padded[4096];
	double most = 1;
	int option;

	while ((option = getopt(argc, argv, "m:")) != -1) {
		if (option != 'm')
			errx(2, "usage: code_equal [-m PERMILLE] PLAIN-DIR PADDED-DIR OBJECT...");
		most = atof(optarg);
	}
	if (argc - optind < 3)
		errx(2, "usage: code_equal [-m PERMILLE] PLAIN-DIR PADDED-DIR OBJECT...");
	elf_version(EV_CURRENT);
	for (int i = optind + 2; i < argc; i++) {
		snprintf(plain, sizeof(plain), "%s/%s", argv[optind], argv[i]);
		snprintf(padded, sizeof(padded), "%s/%s", argv[optind + 1], argv[i]);
		compare(plain, padded, &functions, &different);
	}
	printf("%zu functions in %d objects, %zu differ (%.3f per mille)\n", functions,
	       argc - optind - 2, different, functions ? 1000.0 * different / functions : 0);
	return !functions || 1000.0 * different > most * functions;
}

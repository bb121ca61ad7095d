/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * usage: mutate IN                     print "index op class" for each entry
 *        mutate IN OUT KIND INDEX      write a copy with one thing wrong
 *
 * Spoils a linked ELF file's site table, for the test that check or verify
 * notices. Kinds: delete (the entry goes, and those behind it move up), shift
 * (the site by one byte), op (another instruction's number), unpad (the pad
 * goes: the NOPs' from the entry, a prefix from the code), trim (len of the
 * entry less one). For linked files only: relocations are not adjusted.
 */
#include "insns.h"
#include "sites.h"
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *file;
static size_t size;

static void fail(const char *what)
{
	fprintf(stderr, "mutate: %s\n", what);
	exit(2);
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f || fseek(f, 0, SEEK_END))
		fail("cannot read the file");
	size = (size_t)ftell(f);
	rewind(f);
	file = malloc(size);
	if (!file || fread(file, 1, size, f) != size)
		fail("cannot read the file");
	fclose(f);
}

/* A section header, of either class. */
struct header {
	unsigned char *at;
	uint64_t addr, offset, size, flags;
	uint32_t type;
};

static int is64(void)
{
	return file[EI_CLASS] == ELFCLASS64;
}

static unsigned int sections(void)
{
	return is64() ? ((Elf64_Ehdr *)file)->e_shnum :
	       ((Elf32_Ehdr *)file)->e_shnum;
}

static struct header section(unsigned int i)
{
	struct header h;

	if (is64()) {
		Elf64_Shdr *s = (Elf64_Shdr *)(file +
				((Elf64_Ehdr *)file)->e_shoff) + i;

		h = (struct header){ (unsigned char *)&s->sh_size, s->sh_addr,
			s->sh_offset, s->sh_size, s->sh_flags, s->sh_type };
	} else {
		Elf32_Shdr *s = (Elf32_Shdr *)(file +
				((Elf32_Ehdr *)file)->e_shoff) + i;

		h = (struct header){ (unsigned char *)&s->sh_size, s->sh_addr,
			s->sh_offset, s->sh_size, s->sh_flags, s->sh_type };
	}
	return h;
}

/* The byte at address @addr of the program. */
static unsigned char *at_address(uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < sections(); i++) {
		struct header h = section(i);

		if (h.type == SHT_PROGBITS && h.flags & SHF_ALLOC &&
		    addr - h.addr < h.size)
			return file + h.offset + (addr - h.addr);
	}
	fail("a site is outside the file");
	return NULL;
}

static void add32(unsigned char *p, int32_t n)
{
	uint32_t v;

	memcpy(&v, p, 4);
	v += (uint32_t)n;
	memcpy(p, &v, 4);
}

/* Where an entry stands. */
struct place {
	struct header section;
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	struct previrt_site site;
	size_t entry;           /* offset in the section */
	uint64_t code;          /* distance from the section to the site */
};

/* Every entry behind the deleted one moved: its distance grows. */
static void fix_moved(const struct place *p, size_t from, size_t moved)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	size_t i;

	previrt_sites_begin(&walk, file + p->section.offset,
			    p->section.size - moved, 4);
	while (previrt_sites_next(&walk, &unit) == PREVIRT_SITES_UNIT)
		for (i = 0; i < unit.count; i++) {
			size_t at = previrt_sites_at(&unit, i);

			if (at >= from)
				add32(file + p->section.offset + at,
				      (int32_t)moved);
		}
}

static void delete_entry(const struct place *p)
{
	unsigned char *base = file + p->section.offset;
	size_t n = p->unit.header.entry_size;

	memmove(base + p->entry, base + p->entry + n,
		p->section.size - p->entry - n);
	add32(base + p->unit.note + 4, -(int32_t)n);
	add32(p->section.at, -(int32_t)n);
	fix_moved(p, p->entry, n);
}

/* The first padding prefix of a site; of a pair it may stand on either half. */
static unsigned char *pad_prefix(const struct place *p, uint64_t addr)
{
	for (unsigned int i = 0; i < p->site.len; i++)
		if (*at_address(addr + i) == (is64() ? 0x2e : 0x3e))
			return at_address(addr + i);
	return at_address(addr);
}

static void unpad(const struct place *p)
{
	unsigned char *entry = file + p->section.offset + p->entry;
	uint64_t addr = p->section.addr + p->code;

	if (p->site.pad) {
		entry[6] = 0;
		if (p->site.flags & PREVIRT_SITE_PAD_BEFORE) {
			entry[7] &= (unsigned char)~PREVIRT_SITE_PAD_BEFORE;
			add32(entry, p->site.pad);
		}
	} else {
		*pad_prefix(p, is64() ? addr : (uint32_t)addr) = 0x90;
	}
}

static void mutate(const struct place *p, const char *kind)
{
	unsigned char *entry = file + p->section.offset + p->entry;

	if (!strcmp(kind, "delete")) {
		delete_entry(p);
	} else if (!strcmp(kind, "shift")) {
		add32(entry, 1);
	} else if (!strcmp(kind, "op")) {
		do
			entry[4]++;
		while (!previrt_insns[entry[4]].name);
	} else if (!strcmp(kind, "unpad")) {
		unpad(p);
	} else if (!strcmp(kind, "trim")) {
		entry[5]--;
	} else {
		fail("no such kind");
	}
}

/* List all entries, or find number @wanted. */
static int find(long wanted, struct place *p)
{
	long index = 0;
	unsigned int i;
	size_t e;

	for (i = 0; i < sections(); i++) {
		p->section = section(i);
		if (p->section.type != SHT_NOTE || !(p->section.flags & SHF_ALLOC))
			continue;
		previrt_sites_begin(&p->walk, file + p->section.offset,
				    p->section.size, 4);
		while (previrt_sites_next(&p->walk, &p->unit) == PREVIRT_SITES_UNIT) {
			if (p->unit.type != PREVIRT_NOTE_SITES)
				continue;
			for (e = 0; e < p->unit.count; e++, index++) {
				p->code = previrt_sites_entry(&p->walk, &p->unit, e, &p->site);
				p->entry = previrt_sites_at(&p->unit, e);
				if (index == wanted)
					return 1;
				if (wanted < 0)
					printf("%ld %s %s\n", index,
					       previrt_insns[p->site.op].name,
					       previrt_class_names[previrt_insns[
					       p->site.op].cls]);
			}
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct place p;
	FILE *out;

	if (argc != 2 && argc != 5)
		fail("usage: mutate IN [OUT KIND INDEX]");
	read_file(argv[1]);
	if (argc == 2) {
		find(-1, &p);
		return 0;
	}
	if (!find(atol(argv[4]), &p))
		fail("no such entry");
	mutate(&p, argv[3]);
	out = fopen(argv[2], "wb");
	if (!out || fwrite(file, 1, size, out) != size || fclose(out))
		fail("cannot write the copy");
	return 0;
}

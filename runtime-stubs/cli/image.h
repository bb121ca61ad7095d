/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * One x86 ELF file in memory: sections, symbols, one address space.
 *
 * Invariants:
 *  - Everything here was checked against the file's size: a section's data lie
 *    inside the buffer, names are terminated, symbols belong to a section.
 *  - A relocatable file is laid out and its relocations are applied (in the
 *    private copy, never in the file), so that nothing above this layer needs
 *    to know what kind of file it reads. Undefined symbols are at address 0,
 *    where no section is.
 *
 * Must not know: instructions, tables. ELF: System V ABI, x86-64 and i386
 * supplements.
 */
#ifndef PREVIRT_CLI_IMAGE_H
#define PREVIRT_CLI_IMAGE_H
#include "util.h"
#include <gelf.h>

struct section {
	const char *name;
	uint64_t addr, size;    /* addr: of the layout, in relocatable files */
	uint64_t flags, offset, align;
	const uint8_t *data;    /* NULL if it has none in the file */
	uint32_t index, type, link, info;
	bool code;              /* allocated and executable, with data */
};

struct symbol {
	const char *name;
	const char *file;       /* the source of a local symbol, or NULL */
	uint64_t addr, size;
	uint32_t section;
	uint8_t type, bind;
};

/* A field that holds an address, of a relocatable file. */
struct pointer {
	uint64_t at, target;
};

struct lines;

struct image {
	char *name;             /* as messages give it: "a.o", "lib.a(b.o)" */
	uint8_t *buf;
	size_t size;
	Elf *elf;
	uint16_t type;          /* ET_REL, ET_EXEC, ET_DYN */
	bool mode64;
	uint64_t entry;         /* of a linked file, as its code is addressed; or 0 */
	struct section *section;
	size_t sections;
	uint32_t *by_addr;      /* allocated sections, by address */
	uint32_t *longest;      /* of this one and those before it, which reaches farthest */
	size_t placed;
	struct symbol *symbol;  /* by address; see image_symbol for ties */
	size_t symbols;
	ARRAY_OF(uint64_t) words;       /* relocated ones in data, sorted; of a relocatable file */
	ARRAY_OF(struct pointer) pointers;      /* absolute ones, of a relocatable file */
	struct lines *lines;    /* read when first asked for; see lines.h */
	bool lines_read;
};

/*
 * The file @name, whose bytes are @buf: the caller's, who keeps them until behind
 * image_close; relocations are applied in them. NULL after a numbered error on
 * standard error.
 */
struct image *image_open(const char *name, uint8_t *buf, size_t size);
void image_close(struct image *image);

/* The allocated section that holds @addr, or NULL; of two that overlap, either. */
const struct section *image_section_at(const struct image *image, uint64_t addr);

/* The first section of this name that has data, or NULL. */
const struct section *image_section(const struct image *image, const char *name);

/* @size bytes at @addr, or NULL if one section does not hold them all. */
const uint8_t *image_bytes(const struct image *image, uint64_t addr, size_t size);

/* The symbol by which to name @addr (the nearest before it), or NULL. */
const struct symbol *image_symbol(const struct image *image, uint64_t addr);

/* Index of the first symbol at or behind @addr. */
size_t image_symbol_index(const struct image *image, uint64_t addr);

/*
 * Does a word at @addr hold an address? Relocations tell; in linked files its value
 * does, or two words of 32 bits that are distances to places in the image.
 */
bool image_is_word(const struct image *image, uint64_t addr);

/* A defined symbol by name, or NULL. */
const struct symbol *image_find(const struct image *image, const char *name);

/* Does this symbol name a place in code or data (not a section or file)? */
bool image_is_place(const struct symbol *symbol);

/* @addr as the file knows it: less the layout's base in relocatable files. */
uint64_t image_file_addr(const struct image *image, uint64_t addr);

/* "symbol+0x1c", or "section+0x1c"; the caller frees it. */
char *image_place(const struct image *image, uint64_t addr);

/* Keep @addr within the file's word. */
static inline uint64_t image_wrap(const struct image *image, uint64_t addr)
{
	return image->mode64 ? addr : (uint32_t)addr;
}

/* image_reloc.c: lay out a relocatable file and apply its relocations. */
void image_relocate(struct image *image);

#endif

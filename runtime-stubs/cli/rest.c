/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See rest.h for the contract. */
#include "rest.h"
#include "blobs.h"
#include "guess.h"
#include "input.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Bytes at a label that read as code of the file's mode are told with two
 * instructions (cli; jmp), if one is cli, sti, hlt or sensitive with two bytes of
 * opcode, or with more than data has by chance, of which few begin with 00. As code of
 * another mode, which nearly all bytes are, they need one of two bytes of opcode. Of the
 * many bytes that a symbol calls an object, or that stand behind one without a label, they
 * need two.
 */
#define REST_INSNS 2u
#define REST_PLAIN 24u
#define REST_NOUGHTS 4u         /* one of so many is no code's */
#define REST_OBJECT 4u
#define REST_WIDE 2u

struct rest_search {
	struct rest_list *list;
	const struct image *image;
	const struct scan *scan;
	struct exempt_map *map;
};

static void rest_add(struct rest_search *r, uint64_t from, uint64_t to, char *reason)
{
	struct rest part = { from, to - from, reason };

	if (exempt_set_aside(r->map, from, to)) {
		free(reason);
		return;
	}
	array_add(&r->list->part, part);
	r->list->bytes += part.size;
}

/* Loaded data, of a kind that is not known to hold no code. */
static bool rest_is_open(const struct section *s)
{
	return s->data && s->flags & SHF_ALLOC && !s->code &&
	       !(s->flags & (SHF_TLS | SHF_STRINGS | SHF_MERGE)) &&
	       s->type == SHT_PROGBITS && strcmp(s->name, ".eh_frame");
}

static size_t rest_sites(const struct rest_search *r, uint64_t from, uint64_t to)
{
	const struct table *table = r->scan->table;
	size_t i, n = 0;

	for (i = table_index(table, from); i < table->sites && table->site[i].addr < to; i++)
		n += !scan_is_code(r->scan, table->site[i].addr) &&
		     !exempt_is_template(r->map, table->site[i].addr);
	return n;
}

/* Does a table begin that counts: 0 1 2 3, as those of characters do? */
static bool rest_counts(const uint8_t *p, uint64_t size)
{
	unsigned int i;

	for (i = 1; i < 8 && i < size; i++)
		if (p[i] != (uint8_t)(p[0] + i))
			return false;
	return size > 1;
}

/* What kind of file with code stands in the data, or NULL. */
static const char *rest_file(const uint8_t *p, uint64_t size)
{
	if (size >= sizeof(Elf32_Ehdr) && !memcmp(p, ELFMAG, SELFMAG))
		return "it is an ELF file";
	if (size >= 512 && get16(p + 510) == 0xaa55)
		return "it is a boot sector";
	return NULL;
}

static bool rest_is_plain(const struct guess *guess)
{
	return guess->insns >= REST_PLAIN && guess->noughts * REST_NOUGHTS < guess->insns;
}

/* Does [@from, @to) read as code? @label: of no type. */
static bool rest_reads(const struct image *image, const struct section *s, uint64_t from,
		       uint64_t to, bool label, struct guess *guess)
{
	static const enum decode_mode modes[] = { DECODE_64, DECODE_32, DECODE_16 };
	enum decode_mode own = image->mode64 ? DECODE_64 : DECODE_32;
	size_t i;

	if (unpack_known(s->data + (from - s->addr), to - from) || image_is_word(image, from) ||
	    rest_counts(s->data + (from - s->addr), to - from))
		return false;
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		*guess = guess_read(s, from, to, modes[i]);
		if (!guess->ended || guess->bad)
			continue;
		if (!label && guess->wide >= REST_WIDE && guess->insns >= REST_OBJECT)
			return true;
		if (label && guess->insns >= REST_INSNS &&
		    (guess->wide || (modes[i] == own && (guess->strong ||
				     rest_is_plain(guess)))))
			return true;
	}
	return false;
}

/* From one symbol, or the end of what one names, to the next. */
static void rest_stretch(struct rest_search *r, const struct section *s, uint64_t from,
			 uint64_t to, const struct symbol *symbol)
{
	const char *file;
	struct guess guess;
	size_t sites;

	if (from >= to || (symbol && blobs_known(symbol->name)) ||
	    scan_is_code(r->scan, from))
		return;
	sites = rest_sites(r, from, to);
	if (sites)
		rest_add(r, from, to, util_printf("%zu sites of the table are in it, and "
						  "nothing leads there", sites));
	else if ((file = rest_file(s->data + (from - s->addr), to - from)))
		rest_add(r, from, to, util_printf("%s; check that by itself", file));
	else if (rest_reads(r->image, s, from, to,
			    symbol ? symbol->type == STT_NOTYPE : from == s->addr, &guess))
		rest_add(r, from, to, util_printf("it reads as code of %u bits, and nothing "
						  "leads there", guess_bits(guess.mode)));
}

static void rest_section(struct rest_search *r, const struct section *s)
{
	const struct image *image = r->image;
	const struct symbol *last = NULL;
	uint64_t end = s->addr + s->size, at = s->addr, stop;
	size_t i = image_symbol_index(image, at);

	for (; i < image->symbols && image->symbol[i].addr < end; i++) {
		const struct symbol *symbol = &image->symbol[i];

		if (symbol->section != s->index || !image_is_place(symbol))
			continue;
		if (symbol->addr > at)
			rest_stretch(r, s, at, symbol->addr, last);
		if (symbol->addr < at)
			continue;
		at = symbol->addr;
		last = symbol;
		if (!symbol->size)
			continue;
		stop = symbol->size < end - at ? at + symbol->size : end;
		rest_stretch(r, s, at, stop, symbol);
		at = stop;
		last = NULL;
	}
	rest_stretch(r, s, at, end, last);
}

/* An object of GCC's -flto without code of its own: lto1(1) makes it when linking. */
static bool rest_is_slim(const struct image *image)
{
	size_t i;

	for (i = 0; i < image->sections; i++)
		if (image->section[i].code)
			return false;
	for (i = 0; i < image->sections; i++)
		if (!strncmp(image->section[i].name, ".gnu.lto_", 9))
			return true;
	return false;
}

static void rest_add_whole(struct rest_list *list, const char *reason)
{
	struct rest whole = { 0, 0, util_copy(reason) };

	array_add(&list->part, whole);
}

void rest_find(struct rest_list *list, const struct image *image,
	       const struct scan *scan, struct exempt_map *map)
{
	struct rest_search r = { list, image, scan, map };
	size_t i;

	memset(list, 0, sizeof(*list));
	if (rest_is_slim(image))
		rest_add_whole(list, "a slim LTO object: its code is made when it is linked; check "
			       "what is linked of it, or build it with -ffat-lto-objects");
	if (image->sections < 2)
		rest_add_whole(list, "it has no sections, by which code is found; give the file "
			       "from which they were stripped");
	for (i = 0; i < image->sections; i++)
		if (rest_is_open(&image->section[i]))
			rest_section(&r, &image->section[i]);
}

void rest_free(struct rest_list *list)
{
	size_t i;

	for (i = 0; i < list->part.n; i++)
		free(list->part.v[i].reason);
	free(list->part.v);
}

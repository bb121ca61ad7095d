/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See told.h for the contracts and the invariant. */
#include "told.h"
#include "guess.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Hostile symbols may pile up at one address. */
#define TOLD_NEAR 4096
/* And findings in one long stretch: behind so many steps nothing more is told. */
#define TOLD_STEPS (1u << 26)
#define TOLD_WINDOW 16384u      /* bytes that are read ahead of a finding */
#define TOLD_ASKED 64u          /* of data that data seems to lead to */
/*
 * So many instructions may stand ahead of what is none: data begins with few by
 * chance, and a handler with text behind a call has more.
 */
#define TOLD_AHEAD 8u
#define TOLD_READ ((TOLD_AHEAD + 1) * 15)       /* bytes that hold more than that */

/* Bytes between two symbols, or behind what one names. */
struct stretch {
	const struct section *s;
	const struct symbol *symbol;    /* that begins it, or NULL */
	uint64_t from, to;
	bool function;                  /* inside a function */
};

/* .s: NULL if no bytes of the file are there, as of two sections that overlap. */
static struct stretch told_stretch(const struct image *image, uint64_t addr)
{
	struct stretch st = { .s = image_section_at(image, addr) };
	size_t i = image_symbol_index(image, addr + 1), near = 0;

	if (!st.s || !st.s->data)
		return (struct stretch){ .s = NULL };
	st.from = st.s->addr;
	st.to = st.s->addr + st.s->size;
	for (; i < image->symbols && near++ < TOLD_NEAR; i++)
		if (image->symbol[i].section == st.s->index && image_is_place(&image->symbol[i])) {
			st.to = image->symbol[i].addr;
			break;
		}
	for (i = image_symbol_index(image, addr + 1), near = 0; i-- && near++ < TOLD_NEAR;) {
		const struct symbol *symbol = &image->symbol[i];
		uint64_t end = symbol->addr + symbol->size;

		if (symbol->section != st.s->index || !image_is_place(symbol))
			continue;
		if (symbol->type == STT_FUNC) {
			st.function = !symbol->size ? !st.symbol && st.from <= symbol->addr :
				      addr < end;
			if (!st.symbol && st.from <= symbol->addr)
				st.from = addr < end ? symbol->addr : end;
			break;
		}
		if (st.symbol || st.from > symbol->addr)
			continue;
		st.symbol = !symbol->size || addr < end ? symbol : NULL;
		st.from = st.symbol ? symbol->addr : end;
	}
	return st;
}

/*
 * The part of the stretch that begins behind the last end of execution ahead of
 * @addr. What is no code ends the search.
 */
static void told_narrow(const struct told *told, struct stretch *st, uint64_t addr)
{
	struct decoded insn;
	uint64_t at = st->from, from;

	if (addr - at > TOLD_WINDOW)
		for (at = addr - TOLD_WINDOW; at < addr && !scan_is_start(told->scan, at);)
			at++;
	for (from = at; at < addr; at += insn.len) {
		size_t offset = at - st->s->addr;

		if (!decode_one(scan_mode(told->scan, at), st->s->data + offset, st->to - at, at,
				&insn) || insn.zeros)
			break;
		if (at + insn.len <= addr && (insn.ends || (insn.nop && from == at)))
			from = at + insn.len;
	}
	st->from = from;
}

/* Does it begin with no code of any mode? */
static bool told_no_code(const struct stretch *st)
{
	static const enum decode_mode modes[] = { DECODE_64, DECODE_32, DECODE_16 };
	uint64_t to = st->to - st->from < TOLD_READ ? st->to : st->from + TOLD_READ;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		struct guess guess = guess_read(st->s, st->from, to, modes[i]);

		if (!guess.bad || guess.insns > TOLD_AHEAD)
			return false;
	}
	return true;
}

/* What kind of data is at @addr, and its end in @st; NULL if nothing tells. */
static const char *told_kind(struct stretch *st, uint64_t addr)
{
	uint64_t at, end, size;
	const char *what;

	for (at = st->from; at < st->to && at <= addr; at++) {
		size = guess_header(st->s, at, &what);
		if (size && addr < at + size) {
			st->from = at;
			st->to = at + size;
			return what;
		}
	}
	for (at = st->from; at <= addr && guess_text(st->s, at, st->to, &end); at = end)
		if (addr < end) {
			st->from = at;
			st->to = end;
			return "text";
		}
	if (st->symbol && st->symbol->type == STT_OBJECT && !st->symbol->size)
		return "a symbol of type object without a size";
	return told_no_code(st) ? "no code: nothing leads there, and it reads as none" : NULL;
}

static bool told_judge(struct told *told, uint64_t addr, struct told_part *part);

/* Does a direct branch from code outside, or the entry, lead into it? */
static bool told_is_target(struct told *told, const struct stretch *st)
{
	struct told_part part;
	size_t i;

	if (told->image->entry >= st->from && told->image->entry < st->to)
		return true;
	for (i = scan_edge_index(told->scan, st->from);
	     i < told->scan->edges.n && told->scan->edges.v[i].target < st->to; i++) {
		const struct edge *edge = &told->scan->edges.v[i];

		told->steps++;
		if (!edge->address && (edge->source < st->from || edge->source >= st->to) &&
		    !told_judge(told, edge->source, &part))
			return true;
	}
	return false;
}

/* Does the instruction ahead of it, if it is one, go on into it? */
static bool told_falls_in(struct told *told, const struct stretch *st)
{
	struct told_part part;
	struct decoded insn;
	uint64_t at = st->from, back;

	while (at > st->s->addr) {
		told->steps++;
		for (back = 1; back <= 15 && at - back >= st->s->addr; back++)
			if (scan_is_start(told->scan, at - back))
				break;
		if (back > 15 || at - back < st->s->addr)
			return false;
		at -= back;
		if (!decode_one(scan_mode(told->scan, at), st->s->data + (at - st->s->addr),
				back, at, &insn))
			return false;
		if (!insn.nop && !insn.zeros)
			return !insn.ends && !told_judge(told, at, &part);
	}
	return false;
}

/* The long text that holds @addr, wherever it stands? */
static bool told_in_text(const struct stretch *st, uint64_t addr, struct told_part *part)
{
	uint64_t from = addr, end;

	while (from > st->from && guess_printable(st->s->data[from - 1 - st->s->addr]))
		from--;
	if (!guess_text(st->s, from, st->to, &end) || end - from < GUESS_TEXT_LONG)
		return false;
	*part = (struct told_part){ from, end - from, "text", 0 };
	return true;
}

/* Is the byte at @addr data, and of which @part? Asks the same of what leads there. */
static bool told_judge(struct told *told, uint64_t addr, struct told_part *part)
{
	struct stretch st = told_stretch(told->image, addr);
	size_t site;

	if (!st.s)
		return false;
	told->steps += TOLD_NEAR + (addr - st.from);
	if (told->steps > TOLD_STEPS)
		return false;
	if (told_in_text(&st, addr, part))
		return true;
	if (st.function || told->asked++ > TOLD_ASKED)
		return false;
	site = table_index(told->table, st.from);
	if (!told->scan)
		told->scan = scan_image(told->image, told->map, told->table, true);
	told_narrow(told, &st, addr);
	if ((site < told->table->sites && told->table->site[site].addr < st.to) ||
	    told_is_target(told, &st))
		return false;
	part->what = told_kind(&st, addr);
	if (!part->what || told_falls_in(told, &st))
		return false;
	part->addr = st.from;
	part->size = st.to - st.from;
	part->found = 0;
	return true;
}

bool told_is_data(struct told *told, uint64_t addr, bool insn)
{
	struct told_part part, *last = told->part.n ? &told->part.v[told->part.n - 1] : NULL;

	if (!last || addr - last->addr >= last->size) {
		told->asked = 0;
		if (!told_judge(told, addr, &part))
			return false;
		array_add(&told->part, part);
		last = &told->part.v[told->part.n - 1];
	}
	last->found += insn;
	return true;
}

char *told_hint(struct told *told, uint64_t addr)
{
	struct stretch st = told_stretch(told->image, addr);

	if (!st.s || st.function || told->hinted == st.to)
		return NULL;
	told->hinted = st.to;
	if (st.symbol)
		return util_copy(st.symbol->name);
	return util_printf("%s+0x%" PRIx64 "-0x%" PRIx64, st.s->name, st.from - st.s->addr,
			   st.to - st.s->addr);
}

void told_free(struct told *told)
{
	if (told->scan)
		scan_free(told->scan);
	free(told->part.v);
}

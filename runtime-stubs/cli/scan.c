/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See scan.h for the contracts. */
#include "scan.h"
#include "guess.h"
#include "progress.h"
#include <stdlib.h>
#include <string.h>

enum decode_mode scan_own_mode(const struct scan *scan)
{
	return scan->image->mode64 ? DECODE_64 : DECODE_32;
}

enum decode_mode scan_mode(const struct scan *scan, uint64_t addr)
{
	size_t i;

	for (i = 0; i < scan->mode_count; i++)
		if (addr >= scan->modes[i].start && addr < scan->modes[i].end)
			return scan->modes[i].mode;
	return scan_own_mode(scan);
}

void scan_gap(struct scan *scan, uint64_t addr)
{
	struct gap *last = scan->gaps.n ? &scan->gaps.v[scan->gaps.n - 1] : NULL;
	struct gap gap = { addr, 1 };

	if (last && last->addr + last->size == addr)
		last->size++;
	else
		array_add(&scan->gaps, gap);
}

/*
 * Code of another mode goes over to the image's own by a far jump, and what
 * follows in the same function is code of that mode (Linux's PVH entry):
 * ranges around @addr end there.
 */
static void scan_leave_mode(struct scan *scan, uint64_t addr)
{
	size_t i;

	for (i = 0; i < scan->mode_count; i++)
		if (scan->modes[i].start < addr && scan->modes[i].end > addr)
			scan->modes[i].end = addr;
}

void scan_take(struct scan *scan, const struct section *s, uint64_t at,
	       const struct decoded *insn, enum decode_mode mode)
{
	size_t offset = at - s->addr;
	const struct section *to;

	scan->insns++;
	scan->zeros += insn->zeros;
	if (scan->keep)
		scan->starts[s->index][offset / 8] |= (uint8_t)(1 << offset % 8);
	if (scan->keep && (insn->branch || insn->address)) {
		struct edge edge = { insn->target, at, insn->address };

		array_add(&scan->edges, edge);
	}
	if (insn->branch && insn->target - s->addr >= s->size) {
		to = image_section_at(scan->image, insn->target);
		if (to && !to->code && to->data)
			array_add(&scan->beyond, insn->target);
	}
	if (insn->op) {
		struct found found = { at, insn->op, insn->len, mode };

		array_add(&scan->found, found);
	}
}

/* Pass what is no instruction at @at: a byte, or the rest of the text it stands in. */
static uint64_t scan_pass(struct scan *scan, const struct section *s, uint64_t at,
			  uint64_t from, uint64_t to)
{
	uint64_t begin = at, end;

	while (begin > from && guess_printable(s->data[begin - 1 - s->addr]))
		begin--;
	if (!guess_text(s, begin, to, &end) || end - begin < GUESS_TEXT_LONG)
		end = at + 1;
	else
		scan->texts++;
	for (; at < end; at++)
		scan_gap(scan, at);
	return end;
}

uint64_t scan_stretch(struct scan *scan, const struct section *s, uint64_t from,
		      uint64_t to, enum decode_mode mode)
{
	struct decoded insn;
	uint64_t at;

	if (mode == DECODE_DATA) {
		scan->data += to - from;
		return to;
	}
	for (at = from; at < to; at += insn.len) {
		progress_at(scan->image->name, s->name, at - s->addr, s->size);
		size_t offset = at - s->addr;

		if (!decode_one(mode, s->data + offset, s->size - offset, at,
				&insn)) {
			at = scan_pass(scan, s, at, from, to);
			insn.len = 0;
			continue;
		}
		scan_take(scan, s, at, &insn, mode);
		scan->ended = insn.ends;
		if (insn.far_jump && mode != scan_own_mode(scan)) {
			scan_leave_mode(scan, at + insn.len);
			to = to < at + insn.len ? to : at + insn.len;
		}
	}
	scan->bytes += to - from;
	return to;
}

/* Split [@from, @to) where the mode changes. */
static void scan_modes(struct scan *scan, const struct section *s, uint64_t from,
		       uint64_t to)
{
	size_t i, named = scan->mode_count - scan->guessed;

	while (from < to) {
		uint64_t stop = to;
		bool inside = false;

		for (i = 0; i < named; i++) {
			const struct exempt_range *m = &scan->modes[i];

			inside |= m->start <= from && m->end > from;
			if (m->start > from && m->start < stop)
				stop = m->start;
			if (m->end > from && m->end < stop)
				stop = m->end;
		}
		if (inside) {
			from = scan_stretch(scan, s, from, stop, scan_mode(scan, from));
		} else {
			scan_guess(scan, s, from, stop);
			from = stop;
		}
	}
}

static void scan_section(struct scan *scan, const struct section *s)
{
	const struct image *image = scan->image;
	uint64_t end = s->addr + s->size, at = s->addr;
	size_t i = image_symbol_index(image, at);

	if (scan->keep)
		scan->starts[s->index] = util_alloc(s->size / 8 + 1, 1);
	scan->next_site = scan->table ? table_index(scan->table, at) : 0;
	for (; i < image->symbols && image->symbol[i].addr < end; i++) {
		const struct symbol *symbol = &image->symbol[i];

		if (symbol->section != s->index || !image_is_place(symbol) ||
		    symbol->addr < at)
			continue;
		scan_modes(scan, s, at, symbol->addr);
		at = symbol->addr;
		if (symbol->type == STT_OBJECT) {
			uint64_t size = symbol->size < end - at ? symbol->size :
					end - at;

			scan->data += size;
			at += size;
		}
	}
	scan_modes(scan, s, at, end);
}

static int scan_compare_edge(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->target < y->target ? -1 : x->target > y->target;
}

struct scan *scan_image(const struct image *image, const struct exempt_map *map,
			const struct table *table, bool keep)
{
	struct scan *scan = util_alloc(1, sizeof(*scan));
	const struct exempt_range *modes = NULL;
	size_t i;

	scan->image = image;
	scan->table = table;
	scan->keep = keep;
	if (map)
		modes = exempt_modes(map, &scan->mode_count);
	scan->modes = util_alloc(scan->mode_count, sizeof(*scan->modes));
	if (scan->mode_count)
		memcpy(scan->modes, modes, scan->mode_count * sizeof(*modes));
	scan->starts = util_alloc(image->sections, sizeof(*scan->starts));
	scan->reached = util_alloc(image->sections, sizeof(*scan->reached));
	for (i = 0; i < image->sections; i++)
		if (image->section[i].code)
			scan_section(scan, &image->section[i]);
	progress_end();
	scan_reach(scan, map);
	if (scan->edges.n)
		qsort(scan->edges.v, scan->edges.n, sizeof(*scan->edges.v),
		      scan_compare_edge);
	return scan;
}

void scan_free(struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->image->sections; i++) {
		free(scan->starts[i]);
		free(scan->reached[i]);
	}
	free(scan->starts);
	free(scan->reached);
	free(scan->modes);
	free(scan->found.v);
	free(scan->gaps.v);
	free(scan->edges.v);
	free(scan->beyond.v);
	free(scan);
}

static bool scan_bit(uint8_t *const *map, const struct section *s, uint64_t addr)
{
	uint64_t offset = addr - s->addr;

	return map[s->index] && map[s->index][offset / 8] >> offset % 8 & 1;
}

bool scan_is_start(const struct scan *scan, uint64_t addr)
{
	const struct section *s = image_section_at(scan->image, addr);

	return s && scan_bit(scan->starts, s, addr);
}

bool scan_is_code(const struct scan *scan, uint64_t addr)
{
	const struct section *s = image_section_at(scan->image, addr);

	return s && (s->code || scan_bit(scan->reached, s, addr));
}

size_t scan_edge_index(const struct scan *scan, uint64_t addr)
{
	size_t low = 0, high = scan->edges.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (scan->edges.v[mid].target < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint64_t scan_target_between(const struct scan *scan, uint64_t after,
			     uint64_t before)
{
	size_t i = scan_edge_index(scan, after + 1);

	while (i < scan->edges.n && scan->edges.v[i].address)
		i++;
	return i < scan->edges.n && scan->edges.v[i].target < before ?
	       scan->edges.v[i].target : 0;
}

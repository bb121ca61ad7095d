/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See scan.h for the contracts. */
#include "scan.h"
#include <stdlib.h>
#include <string.h>

enum decode_mode scan_mode(const struct scan *scan, uint64_t addr)
{
	size_t i;

	for (i = 0; i < scan->mode_count; i++)
		if (addr >= scan->modes[i].start && addr < scan->modes[i].end)
			return scan->modes[i].mode;
	return scan->image->mode64 ? DECODE_64 : DECODE_32;
}

static void scan_gap(struct scan *scan, uint64_t addr)
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

/* Walk [@from, @to) of @s, all of one mode; returns where that mode ended. */
static uint64_t scan_stretch(struct scan *scan, const struct section *s,
			     uint64_t from, uint64_t to, enum decode_mode mode)
{
	struct decoded insn;
	uint64_t at;

	if (mode == DECODE_DATA) {
		scan->data += to - from;
		return to;
	}
	for (at = from; at < to; at += insn.len) {
		size_t offset = at - s->addr;

		if (!decode_one(mode, s->data + offset, s->size - offset, at,
				&insn)) {
			scan_gap(scan, at);
			insn.len = 1;
			continue;
		}
		scan->insns++;
		if (scan->starts)
			scan->starts[s->index][offset / 8] |=
				(uint8_t)(1 << offset % 8);
		if (scan->starts && insn.branch)
			array_add(&scan->targets, insn.target);
		if (insn.op) {
			struct found found = { at, insn.op, insn.len, mode };

			array_add(&scan->found, found);
		}
		if (insn.far_jump && scan->image->mode64) {
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
	size_t i;

	while (from < to) {
		uint64_t stop = to;

		for (i = 0; i < scan->mode_count; i++) {
			if (scan->modes[i].start > from &&
			    scan->modes[i].start < stop)
				stop = scan->modes[i].start;
			if (scan->modes[i].end > from && scan->modes[i].end < stop)
				stop = scan->modes[i].end;
		}
		from = scan_stretch(scan, s, from, stop, scan_mode(scan, from));
	}
}

static void scan_section(struct scan *scan, const struct section *s)
{
	const struct image *image = scan->image;
	uint64_t end = s->addr + s->size, at = s->addr;
	size_t i = image_symbol_index(image, at);

	if (scan->starts)
		scan->starts[s->index] = util_alloc(s->size / 8 + 1, 1);
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

struct scan *scan_image(const struct image *image, const struct exempt_map *map,
			bool keep)
{
	struct scan *scan = util_alloc(1, sizeof(*scan));
	const struct exempt_range *modes = NULL;
	size_t i;

	scan->image = image;
	if (map)
		modes = exempt_modes(map, &scan->mode_count);
	scan->modes = util_alloc(scan->mode_count, sizeof(*scan->modes));
	if (scan->mode_count)
		memcpy(scan->modes, modes, scan->mode_count * sizeof(*modes));
	if (keep)
		scan->starts = util_alloc(image->sections, sizeof(*scan->starts));
	for (i = 0; i < image->sections; i++)
		if (image->section[i].code)
			scan_section(scan, &image->section[i]);
	if (scan->targets.n)
		qsort(scan->targets.v, scan->targets.n, sizeof(uint64_t),
		      util_compare_u64);
	return scan;
}

void scan_free(struct scan *scan)
{
	size_t i;

	for (i = 0; scan->starts && i < scan->image->sections; i++)
		free(scan->starts[i]);
	free(scan->starts);
	free(scan->modes);
	free(scan->found.v);
	free(scan->gaps.v);
	free(scan->targets.v);
	free(scan);
}

bool scan_is_start(const struct scan *scan, uint64_t addr)
{
	const struct section *s = image_section_at(scan->image, addr);
	uint64_t offset;

	if (!s || !scan->starts || !scan->starts[s->index])
		return false;
	offset = addr - s->addr;
	return scan->starts[s->index][offset / 8] >> offset % 8 & 1;
}

uint64_t scan_target_between(const struct scan *scan, uint64_t after,
			     uint64_t before)
{
	size_t i = util_upper_bound(scan->targets.v, scan->targets.n, after);

	return i < scan->targets.n && scan->targets.v[i] < before ?
	       scan->targets.v[i] : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code outside executable sections: what the entry, functions, branches and an
 * exemption file's code rules lead to. Loaders do not ask a section's flags, and
 * many a kernel's segments are writable and executable both, so that neither
 * tells what is run.
 */
#include "scan.h"
#include <stdlib.h>
#include <string.h>

struct reach {
	struct scan *scan;
	size_t done;            /* of scan->beyond */
};

/* The section outside all executable ones that holds the byte at @addr, or NULL. */
static const struct section *reach_section(const struct reach *r, uint64_t addr)
{
	const struct section *s = image_section_at(r->scan->image, addr);

	return s && s->data && !s->code && s->type != SHT_NOTE ? s : NULL;
}

/* Mark [@at, @at + @len); was its first byte marked before? */
static bool reach_mark(struct reach *r, const struct section *s, uint64_t at, uint8_t len)
{
	uint8_t **map = &r->scan->reached[s->index];
	uint64_t offset = at - s->addr;
	bool before;

	if (!*map)
		*map = util_alloc(s->size / 8 + 1, 1);
	if (r->scan->keep && !r->scan->starts[s->index])
		r->scan->starts[s->index] = util_alloc(s->size / 8 + 1, 1);
	before = (*map)[offset / 8] >> offset % 8 & 1;
	for (; len-- && offset < s->size; offset++)
		(*map)[offset / 8] |= (uint8_t)(1 << offset % 8);
	return before;
}

/*
 * From @at on, until execution does not go on behind an instruction at or past
 * @least, or was here before. Branches inside the section wait in scan->beyond.
 */
static void reach_run(struct reach *r, uint64_t at, uint64_t least, enum decode_mode mode)
{
	const struct section *s = reach_section(r, at);
	struct decoded insn = { 0 };

	for (; s && at - s->addr < s->size; at += insn.len) {
		size_t offset = at - s->addr;
		bool good = decode_one(mode, s->data + offset, s->size - offset, at, &insn);

		if (!good)
			insn.len = 1;
		if (reach_mark(r, s, at, insn.len) && at >= least)
			return;
		if (!good) {
			scan_gap(r->scan, at);
		} else {
			scan_take(r->scan, s, at, &insn, mode);
			if (insn.branch && insn.target - s->addr < s->size)
				array_add(&r->scan->beyond, insn.target);
		}
		if ((!good || insn.ends) && at + insn.len >= least)
			return;
	}
}

static void reach_branches(struct reach *r)
{
	while (r->done < r->scan->beyond.n) {
		uint64_t at = r->scan->beyond.v[r->done++];
		const struct section *s = reach_section(r, at);

		if (s && !scan_is_code(r->scan, at))
			reach_run(r, at, at, scan_mode(r->scan, at));
	}
}

/* Ranges that a rule calls code of some mode. */
static void reach_rules(struct reach *r, const struct exempt_map *map)
{
	const struct exempt_range *modes;
	size_t i, n = 0;

	modes = map ? exempt_modes(map, &n) : NULL;
	for (i = 0; i < n; i++)
		if (modes[i].mode != DECODE_DATA && !scan_is_code(r->scan, modes[i].start))
			reach_run(r, modes[i].start, modes[i].end, modes[i].mode);
}

static int reach_compare(const void *a, const void *b, void *context)
{
	const struct image *image = context;
	const struct found *x = a, *y = b;
	const struct section *s = image_section_at(image, x->addr);
	const struct section *t = image_section_at(image, y->addr);

	if (s->index != t->index)
		return s->index < t->index ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

void scan_reach(struct scan *scan, const struct exempt_map *map)
{
	const struct image *image = scan->image;
	struct reach r = { scan, 0 };
	size_t i, first = scan->found.n;

	reach_rules(&r, map);
	if (image->entry)
		array_add(&scan->beyond, image->entry);
	for (i = 0; i < image->symbols; i++) {
		const struct symbol *symbol = &image->symbol[i];

		if (symbol->type == STT_FUNC && !image->section[symbol->section].code &&
		    reach_section(&r, symbol->addr) && !scan_is_code(scan, symbol->addr))
			reach_run(&r, symbol->addr, symbol->addr + symbol->size,
				  scan_mode(scan, symbol->addr));
	}
	reach_branches(&r);
	if (scan->found.n > first)
		qsort_r(scan->found.v + first, scan->found.n - first,
			sizeof(*scan->found.v), reach_compare, (void *)image);
}

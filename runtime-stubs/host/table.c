/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See table.h for the contracts. */
#include "table.h"
#include "diag.h"
#include "insns.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table_arrays {
	ARRAY_OF(struct site) sites;
	ARRAY_OF(struct unit) units;
};

static void table_add_unit(const struct image *image, const struct section *s,
			   const struct previrt_sites_walk *walk,
			   const struct previrt_sites_unit *unit,
			   struct table_arrays *to)
{
	struct unit u = {
		.note = s->addr + unit->note, .sites = unit->count,
		.bytes = unit->bytes, .header = unit->header,
	};
	struct previrt_site entry;
	size_t i;

	for (i = 0; i < unit->count; i++) {
		size_t at = previrt_sites_entry(walk, unit, i, &entry);
		struct site site = {
			.entry = s->addr + at, .op = entry.op, .len = entry.len,
			.pad = entry.pad, .flags = entry.flags,
			.unit = (uint32_t)to->units.n,
		};

		site.addr = image_wrap(image, site.entry +
				       (uint64_t)(int64_t)entry.site);
		array_add(&to->sites, site);
	}
	array_add(&to->units, u);
}

static bool table_read_section(const struct image *image,
			       const struct section *s, struct table *table,
			       struct table_arrays *to)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	int status;

	previrt_sites_begin(&walk, s->data, s->size, (unsigned int)s->align);
	while ((status = previrt_sites_next(&walk, &unit)) ==
	       PREVIRT_SITES_UNIT) {
		if (unit.type == PREVIRT_NOTE_COUNTERS) {
			table->counters += unit.count;
			continue;
		}
		table->bytes += unit.bytes;
		table_add_unit(image, s, &walk, &unit, to);
	}
	if (status == PREVIRT_SITES_END)
		return true;
	diag_error(DIAG_TABLE_BAD, image->name, "%s+0x%zx: %s", s->name,
		   walk.offset, previrt_sites_strerror(status));
	return false;
}

static int table_compare(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

struct table *table_read(const struct image *image)
{
	struct table *table = util_alloc(1, sizeof(*table));
	struct table_arrays to = { 0 };
	bool good = true;
	size_t i;

	for (i = 0; i < image->sections && good; i++) {
		const struct section *s = &image->section[i];

		if (s->type == SHT_NOTE && s->data && s->flags & SHF_ALLOC)
			good = table_read_section(image, s, table, &to);
	}
	table->site = to.sites.v;
	table->sites = to.sites.n;
	table->unit = to.units.v;
	table->units = to.units.n;
	if (!good) {
		table_free(table);
		return NULL;
	}
	if (table->sites)
		qsort(table->site, table->sites, sizeof(*table->site),
		      table_compare);
	return table;
}

void table_free(struct table *table)
{
	free(table->site);
	free(table->unit);
	free(table);
}

/* Sites of a sound table do not overlap, so the nearest one decides. */
const struct site *table_site_at(const struct table *table, uint64_t addr)
{
	size_t low = 0, high = table->sites;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->site[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && addr - table->site[low - 1].addr <
		   site_size(&table->site[low - 1]))
		return &table->site[low - 1];
	return NULL;
}

const char *table_op_name(unsigned int op)
{
	static char text[16];

	if (op < PREVIRT_OP_LIMIT && previrt_insns[op].name)
		return previrt_insns[op].name;
	snprintf(text, sizeof(text), "op-%u", op);
	return text;
}

const char *table_class_name(unsigned int op)
{
	if (op < PREVIRT_OP_LIMIT && previrt_insns[op].name)
		return previrt_class_names[previrt_insns[op].cls];
	return "unknown";
}

const char *table_flag_names(unsigned int flags, char *text)
{
	static const struct { unsigned int bit; const char *name; } names[] = {
		{ PREVIRT_SITE_PAD_BEFORE, "pad-before" },
		{ PREVIRT_SITE_FUSED, "fused" },
		{ PREVIRT_SITE_KEEP, "keep" },
		{ PREVIRT_SITE_CALL, "call" },
	};
	size_t i;

	*text = '\0';
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		if (*text)
			strcat(text, ",");
		strcat(text, names[i].name);
	}
	return *text ? text : strcpy(text, "-");
}

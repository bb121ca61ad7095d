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
	ARRAY_OF(struct operation) operations;
	ARRAY_OF(struct hook) hooks;
	size_t last;            /* first site of the last unit */
};

static void table_add_operations(const struct image *image,
				 const struct section *s,
				 const struct previrt_sites_walk *walk,
				 const struct previrt_sites_unit *unit,
				 struct table_arrays *to)
{
	struct previrt_memory m;
	size_t i;

	for (i = 0; i < unit->count; i++) {
		uint64_t code = previrt_sites_memory(walk, unit, i, &m);
		struct operation o = {
			.addr = image_wrap(image, s->addr + code),
			.op = m.op, .width = m.width, .space = m.space,
			.len = m.len, .pad = m.pad, .flags = m.flags,
			.dead = m.dead,
		};

		array_add(&to->operations, o);
	}
}

static void table_add_hooks(const struct image *image, const struct section *s,
			    const struct previrt_sites_walk *walk,
			    const struct previrt_sites_unit *unit,
			    struct table_arrays *to)
{
	struct previrt_hook h;
	size_t i;

	for (i = 0; i < unit->count; i++) {
		uint64_t code = previrt_sites_hook(walk, unit, i, &h);
		struct hook hook = {
			.addr = image_wrap(image, s->addr + code),
			.meaning = h.meaning, .where = h.where, .regs = h.regs,
		};

		array_add(&to->hooks, hook);
	}
}

/* Liveness belongs to the sites of the unit that came last. */
static bool table_add_live(const struct previrt_sites_walk *walk,
			   const struct previrt_sites_unit *unit,
			   struct table *table, struct table_arrays *to)
{
	size_t i;

	if (unit->count != to->sites.n - to->last)
		return false;
	for (i = 0; i < unit->count; i++)
		to->sites.v[to->last + i].dead = previrt_sites_live(walk, unit, i);
	table->lively += unit->count;
	to->last = to->sites.n;
	return true;
}

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

	to->last = to->sites.n;
	for (i = 0; i < unit->count; i++) {
		uint64_t code = previrt_sites_entry(walk, unit, i, &entry);
		struct site site = {
			.addr = image_wrap(image, s->addr + code),
			.entry = s->addr + previrt_sites_at(unit, i), .op = entry.op, .len = entry.len,
			.pad = entry.pad, .flags = entry.flags,
			.unit = (uint32_t)to->units.n,
		};

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
		if (unit.type == PREVIRT_NOTE_SITES) {
			table->bytes += unit.bytes;
			table_add_unit(image, s, &walk, &unit, to);
			continue;
		}
		table->extra += unit.bytes;
		if (unit.type == PREVIRT_NOTE_MEMORY) {
			table_add_operations(image, s, &walk, &unit, to);
		} else if (unit.type == PREVIRT_NOTE_HOOKS) {
			table_add_hooks(image, s, &walk, &unit, to);
		} else if (!table_add_live(&walk, &unit, table, to)) {
			diag_error(DIAG_TABLE_BAD, image->name, "%s+0x%zx: "
				   "liveness of other than the sites before it",
				   s->name, unit.note);
			return false;
		}
	}
	if (status == PREVIRT_SITES_END)
		return true;
	if (status == PREVIRT_SITES_VERSION && unit.header.version > PREVIRT_ABI_VERSION)
		diag_error(DIAG_TABLE_NEWER, image->name, "its table is of version %u.%u, this "
			   "previrt reads %u.x", unit.header.version, unit.header.marks & PREVIRT_MARK_MINOR,
			   PREVIRT_ABI_VERSION);
	else
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

static int table_compare_operations(const void *a, const void *b)
{
	const struct operation *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
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
	table->operation = to.operations.v;
	table->operations = to.operations.n;
	table->hook = to.hooks.v;
	table->hooks = to.hooks.n;
	if (!good) {
		table_free(table);
		return NULL;
	}
	if (table->operations)
		qsort(table->operation, table->operations,
		      sizeof(*table->operation), table_compare_operations);
	if (table->sites)
		qsort(table->site, table->sites, sizeof(*table->site),
		      table_compare);
	return table;
}

void table_free(struct table *table)
{
	free(table->site);
	free(table->unit);
	free(table->operation);
	free(table->hook);
	free(table);
}

size_t table_index(const struct table *table, uint64_t addr)
{
	size_t low = 0, high = table->sites;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (table->site[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
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

#define TABLE_NAME(group, name) [PREVIRT_##group##_##name] = #name

static const char *table_pick(const char *const *names, size_t count, unsigned int i)
{
	return i < count && names[i] ? names[i] : "?";
}

const char *table_operation_name(unsigned int op)
{
	static const char *const names[] = {
		TABLE_NAME(MEM, store), TABLE_NAME(MEM, xchg), TABLE_NAME(MEM, cmpxchg),
		TABLE_NAME(MEM, bit), TABLE_NAME(MEM, rmw), TABLE_NAME(MEM, copy),
		TABLE_NAME(MEM, load),
	};

	return table_pick(names, ARRAY_SIZE(names), op);
}

const char *table_space_name(unsigned int space)
{
	static const char *const names[] = {
		TABLE_NAME(SPACE, pte), TABLE_NAME(SPACE, pmd), TABLE_NAME(SPACE, pud),
		TABLE_NAME(SPACE, p4d), TABLE_NAME(SPACE, pgd), TABLE_NAME(SPACE, mmio),
	};

	return table_pick(names, ARRAY_SIZE(names), space);
}

const char *table_meaning_name(unsigned int meaning)
{
	static const char *const names[] = {
		TABLE_NAME(HOOK, module_loaded), TABLE_NAME(HOOK, module_freed),
		TABLE_NAME(HOOK, table_allocated), TABLE_NAME(HOOK, table_freed),
		TABLE_NAME(HOOK, lazy_entered), TABLE_NAME(HOOK, lazy_left),
		TABLE_NAME(HOOK, user_copy), TABLE_NAME(HOOK, idle),
	};

	return table_pick(names, ARRAY_SIZE(names), meaning);
}

const char *table_flag_names(unsigned int flags, char *text)
{
	static const struct { unsigned int bit; const char *name; } names[] = {
		{ PREVIRT_SITE_PAD_BEFORE, "pad-before" },
		{ PREVIRT_SITE_FUSED, "fused" },
		{ PREVIRT_SITE_KEEP, "keep" },
		{ PREVIRT_SITE_CALL, "call" },
		{ PREVIRT_SITE_CODE32, "code32" },
		{ PREVIRT_SITE_CODE16, "code16" },
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

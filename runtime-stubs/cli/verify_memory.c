/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See verify_memory.h for the contract. */
#include "verify_memory.h"
#include "decode.h"
#include <inttypes.h>
#include <string.h>

/* As in cmd_verify.c: hostile tables may pile up at one address. */
#define LOOKING_NEAR 64
#define LOOKING_MOST 100000

/* What every function here looks at. */
struct looking {
	const struct image *image;
	const struct table *table;
	struct scan *scan;
	struct report *report;
};

static bool looking_decode(const struct looking *l, uint64_t at, uint64_t end,
			   struct decoded *insn)
{
	const uint8_t *p = at < end ? image_bytes(l->image, at, end - at) : NULL;

	memset(insn, 0, sizeof(*insn));
	return p && decode_one(scan_mode(l->scan, at), p, end - at, at, insn);
}

/* From @at to @end there are NOPs and nothing else. */
static bool looking_is_nops(const struct looking *l, uint64_t at, uint64_t end)
{
	struct decoded insn;

	for (; at < end; at += insn.len)
		if (!looking_decode(l, at, end, &insn) || !insn.nop)
			return false;
	return true;
}

static void looking_inside(const struct looking *l, uint64_t start, uint64_t end,
			   const char *name)
{
	uint64_t at = start;

	while ((at = scan_target_between(l->scan, at, end)))
		report_finding(l->report, DIAG_SITE_BRANCH, at, "a branch leads "
			       "here, into the site of '%s'", name);
}

/* Inside code, beginning where an instruction does. */
static bool looking_place(const struct looking *l, uint64_t addr, uint64_t size,
			  const char *name)
{
	const struct section *s = image_section_at(l->image, addr);

	if (!s || !s->code || size > s->size - (addr - s->addr)) {
		report_finding(l->report, DIAG_SITE_OUTSIDE, addr,
			       "the entry of '%s' leads to 0x%" PRIx64
			       ", outside all code", name, addr);
		return false;
	}
	if (!scan_is_start(l->scan, addr))
		report_finding(l->report, DIAG_SITE_MISALIGNED, addr,
			       "the site of '%s' begins inside an instruction", name);
	return true;
}

static void looking_overlap(const struct looking *l, uint64_t start, uint64_t end,
			    const struct operation *next, const char *name)
{
	const struct site *site = table_site_at(l->table, end - 1);

	if (!site)
		site = table_site_at(l->table, start);
	if (site || (next && next->addr < end))
		report_finding(l->report, DIAG_SITE_OVERLAP, start,
			       "the sites of '%s' and '%s' overlap", name,
			       site ? table_op_name(site->op) :
			       table_operation_name(next->op));
}

static void looking_operation(const struct looking *l, const struct operation *o,
			      const struct operation *next)
{
	const char *name = table_operation_name(o->op);
	uint64_t end = o->addr + o->len;
	struct decoded insn;

	if (!looking_place(l, o->addr, (uint64_t)o->len + o->pad, name))
		return;
	if (*name == '?' || *table_space_name(o->space) == '?' || o->flags || !o->len)
		report_finding(l->report, DIAG_SITE_FLAGS, o->addr,
			       "operation %u on space %u, flags 0x%02x, length %u",
			       o->op, o->space, o->flags, o->len);
	if (!looking_decode(l, o->addr, end, &insn) || insn.len != o->len)
		report_finding(l->report, DIAG_SITE_LENGTH, o->addr, "'%s' is %u "
			       "bytes long, recorded as %u", name, insn.len, o->len);
	if (!looking_is_nops(l, end, end + o->pad))
		report_finding(l->report, DIAG_SITE_PAD, end, "%u bytes of NOPs "
			       "behind the site's '%s', but this is none", o->pad, name);
	looking_inside(l, o->addr, end + o->pad, name);
	looking_overlap(l, o->addr, end + o->pad, next, name);
}

static void looking_hook(const struct looking *l, const struct hook *hook)
{
	const char *name = table_meaning_name(hook->meaning);

	if (!looking_place(l, hook->addr, 5, name))
		return;
	if (*name == '?' || hook->where > 1)
		report_finding(l->report, DIAG_SITE_FLAGS, hook->addr,
			       "a hook with meaning %u, place %u", hook->meaning,
			       hook->where);
	if (!looking_is_nops(l, hook->addr, hook->addr + 5))
		report_finding(l->report, DIAG_SITE_PAD, hook->addr,
			       "5 bytes of NOPs for the hook '%s', but this is none", name);
	looking_inside(l, hook->addr, hook->addr + 5, name);
}

/* The first operation that ends behind @addr. */
static size_t looking_first(const struct table *table, uint64_t addr)
{
	size_t low = 0, high = table->operations;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct operation *o = &table->operation[mid];

		if (o->addr + o->len + o->pad <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * Does a patch of the kernel's own take a part of [start, end)? It may take a
 * LOCK prefix away, but looks for it first, so a rewritten site is left alone.
 */
static void looking_shared(const struct looking *l, const struct patch *patch,
			   uint64_t start, uint64_t end, const char *name)
{
	bool point = patch->kind >= PATCH_FAULT;
	bool whole = patch->kind == PATCH_ALTERNATIVE || patch->kind == PATCH_REPLACEMENT;
	uint64_t stop = point ? patch->start + 1 : patch->end;

	if (patch->start >= end || stop <= start || patch->kind == PATCH_LOCK ||
	    (point && patch->start == start) ||
	    (whole && start >= patch->start && end <= stop))
		return;
	report_finding(l->report, point ? DIAG_SITE_FAULT : whole ?
		       DIAG_SITE_ALTERNATIVE : DIAG_SITE_PATCHED, start,
		       "the site of '%s' shares bytes with the %s at 0x%" PRIx64, name,
		       patch_name(patch->kind), image_file_addr(l->image, patch->start));
}

static void looking_patch(const struct looking *l, const struct patch *patch)
{
	size_t i = looking_first(l->table, patch->start), near;

	for (near = 0; near < LOOKING_NEAR && i < l->table->operations; near++, i++) {
		const struct operation *o = &l->table->operation[i];

		if (o->addr > patch->end)
			break;
		looking_shared(l, patch, o->addr, o->addr + o->len + o->pad,
			       table_operation_name(o->op));
	}
	for (i = 0; i < l->table->hooks && i < LOOKING_NEAR; i++)
		looking_shared(l, patch, l->table->hook[i].addr,
			       l->table->hook[i].addr + 5,
			       table_meaning_name(l->table->hook[i].meaning));
}

void verify_memory(const struct image *image, const struct table *table,
		   struct scan *scan, const struct patches *patches,
		   struct report *report)
{
	struct looking l = { image, table, scan, report };
	size_t i;

	for (i = 0; i < table->operations; i++)
		looking_operation(&l, &table->operation[i], i + 1 < table->operations ?
				  &table->operation[i + 1] : NULL);
	for (i = 0; i < table->hooks; i++)
		looking_hook(&l, &table->hook[i]);
	for (i = 0; i < patches->list.n && report->findings < LOOKING_MOST; i++)
		looking_patch(&l, &patches->list.v[i]);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "list.h"
#include "../mmu.h"
#include "../../iface/tables.h"
#include "../../iface/memory.h"

#define MAPS_REPLACED 16u		/* pages at once */
#define TABLE_SIZE (512ull * BACKEND_PAGE)	/* that one table of leaves maps */

/* What may be mapped for @leaf with the rights of all levels; 0: nothing. A page that
   is not dirty must not be written to before it is. */
static unsigned maps_rights(const struct maps *maps, uint64_t leaf, uint64_t rights)
{
	if (!(leaf & PTE_P) || (maps->user && !(rights & leaf & PTE_U)))
		return 0;
	return MAPS_READ | ((rights & leaf & PTE_W) && (leaf & PTE_D) ? MAPS_WRITE : 0) |
	       ((rights | leaf) & PTE_NX ? 0 : MAPS_EXECUTE);
}

/* A stretch of addresses that is to be unmapped, with all in it. */
struct stretch {
	uint64_t start, end;
};

static void maps_unmap(struct maps *maps, struct stretch *stretch)
{
	if (stretch->end > stretch->start)
		maps->unmap(maps, stretch->start, stretch->end - stretch->start);
	stretch->start = stretch->end = 0;
}

static void maps_drop(struct maps *maps, const struct maps_page *page, struct stretch *stretch)
{
	uint64_t va = page->va & ~MAPS_RIGHTS;

	if (va != stretch->end && !maps->alone)
		maps_unmap(maps, stretch);
	if (!stretch->end)
		stretch->start = va;
	stretch->end = va + BACKEND_PAGE;
}

/* How many of the pages from @va on in steps of @step, @most at most, go with the
   leaf, which is mapped with @rights, and are not mapped so. */
static unsigned maps_run(const struct maps *maps, const struct maps_walk *walk, uint64_t va,
			 int step, unsigned most, unsigned rights)
{
	uint64_t frame = *walk->leaf & PTE_ADDRESS;
	unsigned n = 0, at;

	while (n < most && !walk->single) {
		uint64_t leaf = walk->leaf[step * (int)(n + 1)];

		va += (uint64_t)step * BACKEND_PAGE;
		frame += (uint64_t)step * BACKEND_PAGE;
		at = maps_list_find(maps, va | rights);
		if ((leaf & PTE_ADDRESS) != frame ||
		    maps_rights(maps, leaf, walk->rights | (leaf & PTE_NX)) != rights ||
		    (at < maps->count && maps->pages[at].va == (va | rights) &&
		     maps->pages[at].frame == frame))
			break;
		n++;
	}
	return n;
}

/* @n pages from page @from on come to page @to, which is not behind that. */
static void maps_move(struct maps *maps, unsigned from, unsigned to, unsigned n)
{
	for (unsigned i = 0; i < n && from != to; i++)
		maps->pages[to + i] = maps->pages[from + i];
}

/* An eighth goes, from any place on, so that a program which needs more than there is room
   for, in turns, still finds most of it. */
static void maps_make_room(struct maps *maps)
{
	static uint32_t number = 1;
	unsigned n = maps->count / 8 + MAPS_AROUND, at;
	struct stretch stretch = { 0, 0 };

	number = number * 1664525u + 1013904223u;
	if (n > maps->count)
		n = maps->count;
	at = (uint64_t)number * (maps->count - n + 1) >> 32;
	for (unsigned i = at; i < at + n; i++)
		maps_drop(maps, &maps->pages[i], &stretch);
	maps_unmap(maps, &stretch);
	maps->count -= n;
	maps_move(maps, at + n, at, maps->count - at);
}

long maps_fill(struct maps *maps, unsigned root, uint64_t va, uint32_t access)
{
	unsigned at = va >> 12 & (MAPS_AROUND - 1), rights, before, behind, most = at;
	struct maps_walk walk = { .single = 0 };
	uint64_t frame;
	long refused;

	if (backend_va_reserved(va))
		return 0;
	maps->walk(root, va, &walk);
	if (!walk.leaf || (maps->user && !(walk.rights & PTE_U)) ||
	    ((access & PF_W) && !(walk.rights & PTE_W)) ||
	    ((access & PF_I) && (walk.rights & PTE_NX)))
		return 0;
	if (access & PF_W)
		*walk.leaf |= PTE_D;
	rights = maps_rights(maps, *walk.leaf, walk.rights);
	while (most && backend_va_reserved(va - most * (uint64_t)BACKEND_PAGE))
		most--;
	va &= ~(uint64_t)(BACKEND_PAGE - 1);
	before = maps_run(maps, &walk, va, -1, most, rights);
	behind = maps_run(maps, &walk, va, 1, MAPS_AROUND - 1 - at, rights);
	va -= before * (uint64_t)BACKEND_PAGE;
	frame = (*walk.leaf & PTE_ADDRESS) - before * (uint64_t)BACKEND_PAGE;
	if (maps->count + MAPS_AROUND > maps->room)
		maps_make_room(maps);
	if (maps->map(maps, va, (before + behind + 1) * BACKEND_PAGE, rights, frame)) {
		maps_forget(maps);	/* the host has too many mappings */
		refused = maps->map(maps, va, (before + behind + 1) * BACKEND_PAGE, rights, frame);
		if (refused)
			return refused;
	}
	maps_list_add(maps, va, before + behind + 1, rights, frame);
	return 1;
}

/* May what is in @page stay? */
static int maps_is_right(const struct maps *maps, unsigned root, const struct maps_page *page)
{
	struct maps_walk walk;

	maps->walk(root, page->va & ~MAPS_RIGHTS, &walk);
	return walk.leaf && (*walk.leaf & PTE_ADDRESS) == page->frame &&
	       !((page->va & MAPS_RIGHTS) & ~(uint64_t)maps_rights(maps, *walk.leaf, walk.rights));
}

/* @page, which may not stay, becomes what @root maps there: as many calls as unmapping it
   takes, and mostly a fault less. 0: it does not. */
static int maps_replace(struct maps *maps, unsigned root, struct maps_page *page)
{
	struct maps_walk walk;
	uint64_t va = page->va & ~MAPS_RIGHTS;
	unsigned rights;

	maps->walk(root, va, &walk);
	rights = walk.leaf ? maps_rights(maps, *walk.leaf, walk.rights) : 0;
	if (!rights || maps->map(maps, va, BACKEND_PAGE, rights, *walk.leaf & PTE_ADDRESS))
		return 0;
	*page = (struct maps_page){ va | rights, *walk.leaf & PTE_ADDRESS };
	return 1;
}

/* The number of pages from page @at on that may stay, for nothing was taken from their table,
   or one above. */
static unsigned maps_unchanged(const struct maps *maps, unsigned root, unsigned at)
{
	uint64_t va = maps->pages[at].va & ~MAPS_RIGHTS;
	struct maps_walk walk = { .changed = 0 };

	if (!maps->generation)
		return 0;
	maps->walk(root, va, &walk);
	if (!walk.leaf || walk.changed > maps->generation)
		return 0;
	return maps_list_find(maps, (va | (TABLE_SIZE - 1)) + 1) - at;
}

void maps_sync(struct maps *maps, unsigned root)
{
	struct stretch stretch = { 0, 0 };
	unsigned left = 0, replaced = maps->replaces ? 0 : MAPS_REPLACED, i = 0, n;
	uint64_t now = *maps->changes, table = ~0ull;

	if (maps->generation == now)
		return;
	while (i < maps->count) {
		/* Of each table once. */
		n = maps->pages[i].va / TABLE_SIZE == table ? 0 : maps_unchanged(maps, root, i);
		table = maps->pages[i].va / TABLE_SIZE;
		if (n || maps_is_right(maps, root, &maps->pages[i]) ||
		    (replaced < MAPS_REPLACED && maps_replace(maps, root, &maps->pages[i]) && ++replaced)) {
			n += !n;
			maps_unmap(maps, &stretch);
			maps_move(maps, i, left, n);
			left += n;
		} else {
			n = 1;
			maps_drop(maps, &maps->pages[i], &stretch);
		}
		i += n;
	}
	maps_unmap(maps, &stretch);
	maps->count = left;
	maps->generation = now;
}

void maps_forget(struct maps *maps)
{
	struct stretch stretch = { 0, 0 };

	for (unsigned i = 0; i < maps->count; i++)
		maps_drop(maps, &maps->pages[i], &stretch);
	maps_unmap(maps, &stretch);
	maps->count = 0;
}

const char *maps_check(const struct maps *maps, unsigned root, uint64_t *va)
{
	for (unsigned i = 0; i < maps->count; i++)
		if (!maps_is_right(maps, root, &maps->pages[i])) {
			*va = maps->pages[i].va & ~MAPS_RIGHTS;
			return "is mapped by the host, and not by the shadow";
		}
	return NULL;
}

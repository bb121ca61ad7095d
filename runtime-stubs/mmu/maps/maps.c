/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "list.h"
#include "../mmu.h"
#include "../../iface/tables.h"
#include "../../iface/memory.h"

#define MAPS_REPLACED 16u		/* pages at once */
#define TABLE_SIZE (512ull * BACKEND_PAGE)	/* that one table of leaves maps */

/* Returns the rights to map @leaf with, when all levels give @rights; 0: not at all. A page that
   is not dirty is mapped read-only. */
static unsigned maps_rights(const struct maps *maps, uint64_t leaf, uint64_t rights)
{
	if (!(leaf & PTE_P) || (maps->user && !(rights & leaf & PTE_U)))
		return 0;
	return MAPS_READ | ((rights & leaf & PTE_W) && (leaf & PTE_D) ? MAPS_WRITE : 0) |
	       ((rights | leaf) & PTE_NX ? 0 : MAPS_EXECUTE);
}

/* A range of addresses to be unmapped by one call. */
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

/* Returns how many pages next to @va, in the direction of @step, can be mapped by the same call
   as the leaf of @walk: adjacent frames, the same @rights, not mapped so yet. @most at most. */
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

/* Moves @n pages of the list from @from to @to, which is not above it. */
static void maps_move(struct maps *maps, unsigned from, unsigned to, unsigned n)
{
	for (unsigned i = 0; i < n && from != to; i++)
		maps->pages[to + i] = maps->pages[from + i];
}

/* Unmaps an eighth of the pages, from a random place on, so that a program which uses more pages
   in turn than the list has room for still finds most of them mapped. */
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
		return MAPS_DENIED;
	maps->walk(root, va, &walk);
	if (!walk.leaf || (maps->user && !(walk.rights & PTE_U)) ||
	    ((access & PF_W) && !(walk.rights & PTE_W)) ||
	    ((access & PF_I) && (walk.rights & PTE_NX)))
		return MAPS_DENIED;
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
		maps_forget(maps);	/* the process has too many mappings for the host */
		refused = maps->map(maps, va, (before + behind + 1) * BACKEND_PAGE, rights, frame);
		if (refused)
			return refused;
	}
	maps_list_add(maps, va, before + behind + 1, rights, frame);
	return MAPS_MAPPED;
}

/* Returns 1 if the tables of @root allow what @page maps. */
static int maps_is_right(const struct maps *maps, unsigned root, const struct maps_page *page)
{
	struct maps_walk walk;

	maps->walk(root, page->va & ~MAPS_RIGHTS, &walk);
	return walk.leaf && (*walk.leaf & PTE_ADDRESS) == page->frame &&
	       !((page->va & MAPS_RIGHTS) & ~(uint64_t)maps_rights(maps, *walk.leaf, walk.rights));
}

/* Maps what @root has now at @page, which may not stay: as many calls as to unmap it, and mostly
   one fault less. Returns 0 if nothing can be mapped there. */
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

/* Returns the number of pages from page @at on that may stay without a comparison, because nothing
   was removed from their table or one above. */
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
		/* Once for each table. */
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "list.h"
#include "../mmu.h"
#include "../../iface/tables.h"
#include "../../iface/memory.h"

#define MAPS_REPLACED 16u		/* pages at once */

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
		maps_forget(maps);
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

void maps_sync(struct maps *maps, unsigned root)
{
	struct stretch stretch = { 0, 0 };
	unsigned left = 0, replaced = maps->replaces ? 0 : MAPS_REPLACED;

	if (maps->generation == *maps->changes)
		return;
	maps->generation = *maps->changes;
	for (unsigned i = 0; i < maps->count; i++)
		if (maps_is_right(maps, root, &maps->pages[i]) ||
		    (replaced < MAPS_REPLACED && maps_replace(maps, root, &maps->pages[i]) && ++replaced)) {
			maps_unmap(maps, &stretch);
			maps->pages[left++] = maps->pages[i];
		} else {
			maps_drop(maps, &maps->pages[i], &stretch);
		}
	maps_unmap(maps, &stretch);
	maps->count = left;
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

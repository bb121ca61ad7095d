/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Mappings of the host as a TLB of the shadow's tables: filled by faults, with
 * neighbours that one call of the host can map as well; looked at again where the
 * architecture has a TLB forget.
 *
 * Invariant: what the host has mapped stands in the list, with these rights or more.
 */
#include "process.h"
#include "stub.h"
#include <linux/mman.h>

#define ROOM 16384u
#define RIGHTS 7ull			/* in tlb_page.va: STUB_READ and so on */

static struct tlb_page kernel_pages[ROOM];

static long tlb_map_here(struct tlb *tlb, uint64_t va, uint64_t size, unsigned rights,
			 uint64_t frame)
{
	long result;

	(void)tlb;
	process_calls[CALL_MAP]++;
	_Static_assert(STUB_READ == PROT_READ && STUB_WRITE == PROT_WRITE &&
		       STUB_EXECUTE == PROT_EXEC, "rights");
	result = sys_call6(__NR_mmap, va, size, rights, MAP_SHARED | MAP_FIXED | MAP_POPULATE,
			   process_memory_file, frame);
	return result < 0 ? result : 0;
}

static long tlb_unmap_here(struct tlb *tlb, uint64_t va, uint64_t size)
{
	(void)tlb;
	process_calls[CALL_UNMAP]++;
	return sys_call(__NR_munmap, va, size, 0, 0);
}

struct tlb process_tlb = {
	.pages = kernel_pages, .room = ROOM, .map = tlb_map_here, .unmap = tlb_unmap_here,
};

/* What may be mapped for @leaf with the rights of all levels; 0: nothing. A page that
   is not dirty must not be written to before it is. */
static unsigned tlb_rights(const struct tlb *tlb, uint64_t leaf, uint64_t rights)
{
	if (!(leaf & ENTRY_P) || (tlb->user && !(rights & leaf & ENTRY_U)))
		return 0;
	return STUB_READ | ((rights & leaf & ENTRY_W) && (leaf & ENTRY_D) ? STUB_WRITE : 0) |
	       ((rights | leaf) & ENTRY_NX ? 0 : STUB_EXECUTE);
}

/* A stretch of addresses that is to be unmapped, with all in it. */
struct stretch {
	uint64_t start, end;
};

static void tlb_unmap(struct tlb *tlb, struct stretch *stretch)
{
	if (stretch->end > stretch->start)
		process_must("to unmap", tlb->unmap(tlb, stretch->start,
						    stretch->end - stretch->start));
	stretch->start = stretch->end = 0;
}

static void tlb_drop(struct tlb *tlb, const struct tlb_page *page, struct stretch *stretch)
{
	uint64_t va = page->va & ~RIGHTS;

	if (va != stretch->end)
		tlb_unmap(tlb, stretch);
	if (!stretch->end)
		stretch->start = va;
	stretch->end = va + BACKEND_PAGE;
}

/* How many of the pages from @va on in steps of @step, @most at most, go with the
   leaf, which maps @frame with @rights. */
static unsigned tlb_run(const struct tlb *tlb, const struct process_walk *walk, int step,
			unsigned most, unsigned rights)
{
	uint64_t frame = *walk->leaf & ENTRY_ADDRESS;
	unsigned n = 0;

	while (n < most) {
		uint64_t leaf = walk->leaf[step * (int)(n + 1)];

		if ((leaf & ENTRY_ADDRESS) != frame + (uint64_t)(step * (int)(n + 1)) * BACKEND_PAGE ||
		    tlb_rights(tlb, leaf, walk->rights | (leaf & ENTRY_NX)) != rights)
			break;
		n++;
	}
	return n;
}

int tlb_fill(struct tlb *tlb, unsigned root, uint64_t va, uint32_t access)
{
	unsigned at = va >> 12 & (TLB_AROUND - 1), rights, before, behind, most = at;
	struct process_walk walk;
	uint64_t frame;

	if (backend_va_reserved(va))
		return 0;
	process_walk(root, va, &walk);
	if (!walk.leaf || (tlb->user && !(walk.rights & ENTRY_U)) ||
	    ((access & FAULT_W) && !(walk.rights & ENTRY_W)) ||
	    ((access & FAULT_I) && (walk.rights & ENTRY_NX)))
		return 0;
	if (access & FAULT_W)
		*walk.leaf |= ENTRY_D;
	rights = tlb_rights(tlb, *walk.leaf, walk.rights);
	if (va / BACKEND_PAGE - at < process_lowest / BACKEND_PAGE)
		most = (va - process_lowest) / BACKEND_PAGE;
	before = tlb_run(tlb, &walk, -1, most, rights);
	behind = tlb_run(tlb, &walk, 1, TLB_AROUND - 1 - at, rights);
	va = (va & ~(uint64_t)(BACKEND_PAGE - 1)) - before * (uint64_t)BACKEND_PAGE;
	frame = (*walk.leaf & ENTRY_ADDRESS) - before * (uint64_t)BACKEND_PAGE;
	if (tlb->count + TLB_AROUND > tlb->room)
		tlb_forget(tlb);
	if (tlb->map(tlb, va, (before + behind + 1) * BACKEND_PAGE, rights, frame)) {
		tlb_forget(tlb);	/* the host has too many mappings */
		process_must("to map a page", tlb->map(tlb, va, (before + behind + 1) *
						       BACKEND_PAGE, rights, frame));
	}
	for (unsigned i = 0; i <= before + behind; i++)
		tlb->pages[tlb->count++] = (struct tlb_page){
			(va + i * BACKEND_PAGE) | rights, frame + i * BACKEND_PAGE
		};
	return 1;
}

/* May what is in @page stay? */
static int tlb_is_right(const struct tlb *tlb, unsigned root, const struct tlb_page *page)
{
	struct process_walk walk;

	process_walk(root, page->va & ~RIGHTS, &walk);
	return walk.leaf && (*walk.leaf & ENTRY_ADDRESS) == page->frame &&
	       !((page->va & RIGHTS) & ~(uint64_t)tlb_rights(tlb, *walk.leaf, walk.rights));
}

void tlb_sync(struct tlb *tlb, unsigned root)
{
	struct stretch stretch = { 0, 0 };
	unsigned left = 0;

	if (tlb->generation == process_changes)
		return;
	tlb->generation = process_changes;
	for (unsigned i = 0; i < tlb->count; i++)
		if (tlb_is_right(tlb, root, &tlb->pages[i]))
			tlb->pages[left++] = tlb->pages[i];
		else
			tlb_drop(tlb, &tlb->pages[i], &stretch);
	tlb_unmap(tlb, &stretch);
	tlb->count = left;
}

void tlb_forget(struct tlb *tlb)
{
	struct stretch stretch = { 0, 0 };

	for (unsigned i = 0; i < tlb->count; i++)
		tlb_drop(tlb, &tlb->pages[i], &stretch);
	tlb_unmap(tlb, &stretch);
	tlb->count = 0;
}

const char *tlb_check(const struct tlb *tlb, unsigned root, uint64_t *va)
{
	for (unsigned i = 0; i < tlb->count; i++)
		if (!tlb_is_right(tlb, root, &tlb->pages[i])) {
			*va = tlb->pages[i].va & ~RIGHTS;
			return "is mapped by the host, and not by the shadow";
		}
	return NULL;
}

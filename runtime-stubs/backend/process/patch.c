/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A SYSCALL of user mode that has trapped often is replaced by a jump into the wedge, in a
 * copy of its page that the host maps in the page's place. Two forms, with jmp *abs32 (7 bytes):
 *
 *	b8 imm32 0f 05		mov $n, %eax; syscall		(PATCH_NUMBER)
 *	0f 05 48 3d imm32	syscall; cmp $n, %rax		(PATCH_COMPARE)
 *
 * Code that jumps between the two instructions finds what traps, ff /7 and IN: so such a jump,
 * the restart of a call, and a return behind it are as without a patch. No stack is touched.
 *
 * Invariants: memory of the guest's is as it was. A page that has a copy is writable nowhere,
 * for the guest or the wedge: before it is, the copy goes. A copy is mapped only for user
 * mode, where the page is executable and not writable.
 *
 * LIMIT: a read of the code by user mode's own addresses gives the jump. One processor only.
 */
#include "patch.h"
#include "../../mmu/maps/list.h"
#include "../../mmu/paging.h"
#include "../../wedge/wedge.h"
#include <linux/mman.h>
#include <string.h>

#define PATCH_AFTER 64u		/* traps, more each time that it is tried */
#define PATCH_TRIES 16u
#define PATCH_SEEN 256u

struct patch_page patch_pages[PATCH_PAGES];
struct patch_site patch_sites[PATCH_SITES];
unsigned patch_in_use;
static struct patch_seen {
	uint64_t rip;
	uint32_t traps, tries;
} seen[PATCH_SEEN];
/* By address behind the system call. */
uint16_t patch_resumes[PATCH_RESUMES];
static uint64_t copies;			/* where they begin in the file; 0: none are made */
static unsigned next_page;

extern uint64_t process_patch_slots[];

void process_patch_init(uint64_t file_size)
{
	uint64_t size = PATCH_PAGES * (uint64_t)BACKEND_PAGE;

	process_must("copies of code",
		     sys_call(__NR_ftruncate, process_memory_file, file_size + size, 0, 0));
	process_must("copies of code",
		     sys_call6(__NR_mmap, WEDGE_PATCHES, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED_NOREPLACE, process_memory_file, file_size));
	copies = file_size;
}

static uint8_t *patch_copy(const struct patch_page *page)
{
	return (uint8_t *)WEDGE_PATCHES + (page - patch_pages) * (uint64_t)BACKEND_PAGE;
}

static uint64_t patch_in_file(const struct patch_page *page)
{
	return copies + (page - patch_pages) * (uint64_t)BACKEND_PAGE;
}

static long patch_map(const struct patch_page *page, uint64_t offset)
{
	process_calls[CALL_MAP]++;
	return sys_call6(__NR_mmap, page->va, BACKEND_PAGE, PROT_READ | PROT_EXEC,
			 MAP_SHARED | MAP_FIXED | MAP_POPULATE, process_memory_file, offset);
}

void patch_drop(struct patch_page *page)
{
	if (page->mapped)
		process_must("to map a page", patch_map(page, page->frame));
	for (unsigned i = 0; i < PATCH_SITES; i++)
		if (patch_sites[i].page == page - patch_pages)
			patch_sites[i].form = 0;
	page->used = page->mapped = 0;
	patch_in_use--;
}

void process_patch_written(uint64_t frame)
{
	for (unsigned i = 0; patch_in_use && i < PATCH_PAGES; i++)
		if (patch_pages[i].used && patch_pages[i].frame == frame)
			patch_drop(&patch_pages[i]);
}

void process_patch_unmapped(uint64_t va, uint64_t size)
{
	for (unsigned i = 0; patch_in_use && i < PATCH_PAGES; i++)
		if (patch_pages[i].va - va < size)
			patch_pages[i].mapped = 0;
}

void process_patch_mapped(int lower, uint64_t va, uint64_t size, unsigned rights, uint64_t frame)
{
	for (unsigned i = 0; patch_in_use && i < PATCH_PAGES; i++) {
		struct patch_page *page = &patch_pages[i];

		if (lower && page->va - va < size)
			page->mapped = 0;
		if (!page->used)
			continue;
		if ((rights & MAPS_WRITE) && page->frame - frame < size)
			patch_drop(page);
		else if (lower && page->va - va < size && page->va - va == page->frame - frame &&
			 (rights & MAPS_EXECUTE))
			page->mapped = patch_map(page, patch_in_file(page)) >= 0;
	}
}

/* Cleans frame @gfn. Returns 1 if no mapping of page @frame is writable then. */
static int patch_is_clean(uint64_t frame, uint64_t gfn)
{
	backend_frame_clean(gfn);
	backend_table_commit(BACKEND_FLUSH);
	if (!process_memory_is_clean(gfn))
		return 0;
	for (unsigned half = 0; half < 2; half++)
		for (unsigned i = 0; i < process_maps[half].count; i++)
			if (process_maps[half].pages[i].frame == frame &&
			    (process_maps[half].pages[i].va & MAPS_WRITE))
				return 0;
	return 1;
}

/* Returns the copy of page @frame at @va, or NULL: it cannot have one. */
static struct patch_page *patch_page(uint64_t va, uint64_t frame, uint64_t gfn)
{
	struct patch_page *page;
	unsigned at;

	for (unsigned i = 0; i < PATCH_PAGES; i++)
		if (patch_pages[i].used && patch_pages[i].va == va && patch_pages[i].frame == frame)
			return &patch_pages[i];
	if (!patch_is_clean(frame, gfn))
		return NULL;
	page = &patch_pages[next_page++ % PATCH_PAGES];
	if (page->used)
		patch_drop(page);
	*page = (struct patch_page){ .va = va, .frame = frame, .used = 1 };
	patch_in_use++;
	memcpy(patch_copy(page), backend_guest_memory + gfn * BACKEND_PAGE, BACKEND_PAGE);
	at = maps_list_find(&process_maps[0], va);
	page->mapped = at < process_maps[0].count &&
		       process_maps[0].pages[at].va == (va | MAPS_READ | MAPS_EXECUTE) &&
		       process_maps[0].pages[at].frame == frame &&
		       patch_map(page, patch_in_file(page)) >= 0;
	return page;
}

static void patch_write(struct patch_page *page, const uint8_t *original, uint64_t syscall,
			enum patch_form form)
{
	uint8_t *at = patch_copy(page) + syscall % BACKEND_PAGE;
	uint8_t jump[PATCH_JUMP] = { 0xff, 0x24, 0xe5 };
	uint8_t *start = form == PATCH_NUMBER ? at - 5 : at;
	unsigned n = 0;
	uint32_t slot;

	while (n < PATCH_SITES && patch_sites[n].form)
		n++;
	/* A jump may stand there already. */
	if (n == PATCH_SITES || memcmp(start, original + (start - patch_copy(page)), PATCH_JUMP))
		return;
	patch_sites[n] = (struct patch_site){ .syscall = syscall, .form = form, .page = page - patch_pages };
	memcpy(&patch_sites[n].immediate, form == PATCH_NUMBER ? at - 4 : at + 4, 4);
	slot = WEDGE_LOW + ((uint64_t)&process_patch_slots[n] - (uint64_t)process_sites);
	memcpy(jump + 3, &slot, sizeof(slot));
	memcpy(start, jump, sizeof(jump));
	patch_resumes[patch_hash(syscall + 2)] = n;
}

/* Replaces the SYSCALL at @syscall, which was made with @number, by a jump if the bytes allow it. */
static void patch_make(uint64_t syscall, uint64_t number)
{
	uint64_t va = syscall & -(uint64_t)BACKEND_PAGE, frame, gfn;
	struct maps_walk walk = { .single = 0 };
	struct patch_page *page;
	enum patch_form form;
	const uint8_t *code;

	maps_walk_tables(maps_user_root, va, &walk);
	if (!walk.leaf || (walk.rights & (PTE_U | PTE_W | PTE_NX)) != PTE_U || backend_is_upper(va))
		return;
	frame = *walk.leaf & PTE_ADDRESS;
	gfn = backend_gfn(frame);
	if (gfn == BACKEND_NO_FRAME)
		return;
	code = backend_guest_memory + gfn * BACKEND_PAGE;
	form = patch_form(code, syscall % BACKEND_PAGE, number);
	if (form && (page = patch_page(va, frame, gfn)))
		patch_write(page, code, syscall, form);
}

void process_patch_count(const struct cpu *cpu)
{
	struct patch_seen *site = &seen[cpu->rip % PATCH_SEEN];

	if (!copies)
		return;
	if (site->rip != cpu->rip)
		*site = (struct patch_seen){ .rip = cpu->rip };
	if (++site->traps < PATCH_AFTER << site->tries)
		return;
	site->traps = 0;
	site->tries += site->tries < PATCH_TRIES;
	patch_make(cpu->rip - 2, cpu->r[RAX]);
}


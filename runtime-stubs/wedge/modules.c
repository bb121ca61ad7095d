/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Rewrites the sites of modules, which the guest loads while it runs. The guest has no
 * hook for it: when pages of the kernel become executable, the module's table is looked
 * for in the pages after them, where its notes are.
 *
 * Invariants: at that time the module is relocated and has not run. A site whose bytes
 * differ from its table's (patched by the kernel, or rewritten before) is not changed.
 *
 * Anybody who can write to the kernel's memory can write a note. A note is valid only in
 * memory that the guest's tables map neither writable nor executable: kernels map a
 * module's constants so before its code becomes executable, and data from user mode
 * (buffers, constants in compiled filters) is elsewhere. A note must name no site in
 * the kernel's image or in a large page: those were rewritten by the kernel's own table
 * (docs/security.md).
 * LIMIT: a silent instruction that the kernel has copied from a module's alternatives
 * before its code becomes executable is missed.
 */
#include "wedge.h"
#include "entry.h"
#include "print.h"
#include "insns.h"
#include "../mmu/mmu.h"
#include "../iface/memory.h"
#include "../iface/tables.h"
#include <string.h>

#define SCAN_MAX (4u << 20)
#define NOTE_HEAD 24		/* three words, the owner, the format's header */

struct modules_moved modules_moved;
static struct { uint32_t modules, sites, changed, refused; } modules;
static uint64_t modules_last;

/* The memory that notes are read from: the guest's, or a copy of it from @va on. */
struct modules_notes {
	uint64_t va;
	const uint8_t *copy;
	size_t size;
};

/* Reads @size bytes at @va with the kernel's rights. Returns 0, or -1 if a page is not mapped. */
static int modules_read(uint64_t va, void *to, size_t size)
{
	uint64_t address;
	uint32_t error;

	return mmu_access(va, to, size, 0, 0, &address, &error);
}

static int modules_walk(uint64_t va, struct mmu_walk *walk)
{
	uint32_t error;

	return mmu_translate(va, 0, walk, &error);
}

/* Returns 1 if the guest's tables map @va neither writable nor, if EFER.NXE is set,
   executable. */
static int modules_is_constant(uint64_t va)
{
	struct mmu_walk walk;

	return !modules_walk(va, &walk) && !(walk.flags & PTE_W) &&
	       (walk.flags & PTE_NX || !(previrt_cpu.efer & EFER_NX));
}

/* Returns 1 if a module's table may name the byte at @va. */
static int modules_may_name(uint64_t va)
{
	struct mmu_walk walk;

	return backend_is_upper(va) && va - wedge_rewriter.address >= wedge_rewriter.size &&
	       !modules_walk(va, &walk) && walk.level == 1;
}

static int modules_read_notes(const struct modules_notes *notes, uint64_t va, void *to, size_t size)
{
	if (!notes->copy)
		return modules_read(va, to, size);
	if (va - notes->va > notes->size || size > notes->size - (va - notes->va))
		return -1;
	memcpy(to, notes->copy + (va - notes->va), size);
	return 0;
}

/* One of previrt's notes: its size, and the number and size of its entries of sites or memory
   operations (0 in notes of other types). */
struct modules_note {
	uint32_t type, bytes, entries, entry_size;
};

/* Reads the head of the note at @va. Returns 0 if it is none of previrt's. */
static int modules_note(const struct modules_notes *notes, uint64_t va, struct modules_note *found)
{
	static const uint8_t least[] = {
		[PREVIRT_NOTE_SITES] = sizeof(struct previrt_site),
		[PREVIRT_NOTE_MEMORY] = sizeof(struct previrt_memory),
	};
	uint8_t note[NOTE_HEAD];
	uint32_t words[3];

	if (modules_read_notes(notes, va, note, sizeof(note)))
		return 0;
	memcpy(words, note, sizeof(words));
	if (words[0] != 8 || !words[2] || words[2] > 255 || words[1] < 4 ||
	    words[1] > SCAN_MAX || memcmp(note + 12, PREVIRT_NOTE_OWNER, 8))
		return 0;
	if (note[20] != PREVIRT_ABI_VERSION || note[21] != PREVIRT_ARCH_X86_64 ||
	    !note[22] || (words[2] < sizeof(least) && note[22] < least[words[2]]))
		return 0;
	*found = (struct modules_note){ words[2], (12 + 8 + words[1] + 3) & ~3u, 0, note[22] };
	if (words[2] < sizeof(least) && least[words[2]])
		found->entries = (words[1] - 4) / note[22];
	return 1;
}

/* Reads an entry of a note of @type as a site. Returns -1 if it names none. */
static int modules_read_site(const struct modules_notes *notes, uint64_t entry_va, uint32_t type,
			     struct previrt_site *site)
{
	struct previrt_memory memory;

	if (!notes->copy && !modules_is_constant(entry_va))
		return -1;
	if (type == PREVIRT_NOTE_SITES)
		return modules_read_notes(notes, entry_va, site, sizeof(*site));
	return modules_read_notes(notes, entry_va, &memory, sizeof(memory)) ||
	       !rewriter_device_site(&memory, site) ? -1 : 0;
}

static void modules_write_site(const struct previrt_site *site, uint64_t va, const uint8_t *bytes,
			       int template)
{
	mmu_poke(va, bytes, site->len + site->pad);
	modules.sites++;
	if (site->op == REWRITER_DEVICE)
		wedge_rewriter.devices++;
	else
		wedge_rewriter.by_class[previrt_insns[site->op].cls][template]++;
}

/* Plans one site of the table or, with @write, rewrites it. Returns -1 if it cannot be rewritten and
   would not trap. */
static int modules_site(const struct modules_notes *notes, uint64_t entry_va, uint32_t type, int write)
{
	uint8_t bytes[REWRITER_SITE_MAX], out[REWRITER_SITE_MAX];
	struct previrt_site site;
	uint64_t va;
	int template;
	size_t size;

	if (modules_read_site(notes, entry_va, type, &site))
		return 0;
	va = entry_va + (int64_t)(int32_t)((uint32_t)site.site - PREVIRT_BIAS);
	size = site.len + site.pad;
	if (size > sizeof(bytes) || modules_read(va, bytes, size))
		return 0;		/* in start-up code that was freed */
	if (!size || !modules_may_name(va) || !modules_may_name(va + size - 1)) {
		modules.refused += write;
		return 0;
	}
	template = type == PREVIRT_NOTE_MEMORY ?
		   (int)rewriter_plan_device(&wedge_rewriter, &site, bytes, out) :
		   rewriter_plan_site(&wedge_rewriter, &site, bytes, va, out);
	if (template == -REWRITER_MISMATCH) {
		modules.changed += write;
		return 0;
	}
	if (template < 0) {
		wedge_print("previrt: module: %s: %s at %lx\n", rewriter_strerror(-template),
			    previrt_insns[site.op].name, va);
		return -1;
	}
	if (write && template > REWRITER_LEAVE)
		modules_write_site(&site, va, out, template);
	return 0;
}

/* Plans or writes the sites of all notes from @va on. */
static int modules_table(const struct modules_notes *notes, int write)
{
	struct modules_note note;

	for (uint64_t va = notes->va; modules_note(notes, va, &note); va += note.bytes)
		for (uint32_t i = 0; i < note.entries; i++)
			if (modules_site(notes, va + NOTE_HEAD + i * note.entry_size, note.type, write))
				return -1;
	return 0;
}

/* Prints a line for the first refused table only: the guest can make any number. */
static void modules_report_refused(uint64_t va)
{
	static int reported;

	if (!reported)
		wedge_print("previrt: a table in memory that can change is left alone: %lx\n", va);
	reported = 1;
}

/* Returns the address of the first valid note in the page at @va, or 0. */
static uint64_t modules_scan_page(uint64_t va)
{
	static const struct modules_notes memory;
	static uint32_t words[BACKEND_PAGE / 4];
	struct modules_note note;

	if (modules_read(va, words, sizeof(words)))
		return 0;
	for (unsigned i = 0; i < BACKEND_PAGE / 4; i++) {
		if (words[i] != 8 || !modules_note(&memory, va + 4 * i, &note))
			continue;
		if (modules_is_constant(va))
			return va + 4 * i;
		modules_report_refused(va + 4 * i);
		return 0;
	}
	return 0;
}

static void modules_rewrite_notes(const struct modules_notes *notes)
{
	if (modules_table(notes, 0))
		wedge_stop("a module cannot be rewritten");
	wedge_tell_slots();
	modules_table(notes, 1);
	if (notes->va != modules_last || notes->copy)
		modules.modules++;
	modules_last = notes->va;
}

void modules_rewrite(uint64_t va, const uint8_t *copy, size_t size)
{
	modules_rewrite_notes(&(struct modules_notes){ va, copy, size });
}

void modules_code_appeared(uint64_t va)
{
	struct mmu_walk walk;
	uint32_t error;
	uint64_t found;

	for (uint64_t page = va; page < va + SCAN_MAX; page += BACKEND_PAGE) {
		if (mmu_translate(page, 0, &walk, &error) || walk.level != 1)
			return;
		found = modules_scan_page(page);
		if (!found)
			continue;
		modules_rewrite_notes(&(struct modules_notes){ .va = found });
		return;
	}
}

unsigned modules_loaded(void)
{
	return modules.modules;
}

void modules_print_counters(void)
{
	wedge_print("previrt: count modules loaded tables %u sites %u changed-before %u refused %u\n",
		    modules.modules, modules.sites, modules.changed, modules.refused);
	if (modules_moved.sections)
		wedge_print("previrt: count modules relocated sections %u out-of-line bytes %lu\n",
			    modules_moved.sections, modules_moved.bytes);
}

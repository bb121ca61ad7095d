/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Rewrites code the guest loads while it runs. No hook in the guest: kernel
 * pages that become executable give the sign, and the table is found behind
 * them, where a module's notes stand with the rest of its image.
 *
 * Invariants: by then the module is relocated; it has not run. A site whose
 * bytes are no more what the table says (the kernel's own patching came first,
 * or this has been here before) is left alone.
 *
 * A note is a word of whoever wrote the memory it stands in. It counts only while
 * the guest's tables make that memory neither writable nor executable, as a kernel
 * does with a module's constants before it makes the code executable: data that
 * came from user mode (buffers, constants in compiled filters) stands elsewhere.
 * It names no site of the kernel's own image and none behind a large page: those
 * have been rewritten from the kernel's own table (docs/security.md).
 * LIMIT: a silent instruction that the kernel has copied from a module's
 * alternatives before this looks is missed.
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

/* Where notes are read: the guest's memory, or a copy of it from @va on. */
struct modules_notes {
	uint64_t va;
	const uint8_t *copy;
	size_t size;
};

/* Read @size bytes at @va with the kernel's rights; 0, or -1 if unmapped. */
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

/* Memory at @va that the guest's tables make neither writable nor, where they can
   say so (EFER.NXE), executable. */
static int modules_is_constant(uint64_t va)
{
	struct mmu_walk walk;

	return !modules_walk(va, &walk) && !(walk.flags & PTE_W) &&
	       (walk.flags & PTE_NX || !(previrt_cpu.efer & EFER_NX));
}

/* May a module's table name the byte at @va? */
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

/* A note of ours: its bytes, how many entries of sites or operations on memory it has
   (none in notes of other kinds), the size of one. */
struct modules_note {
	uint32_t type, bytes, entries, entry_size;
};

/* Is there one at @va? */
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

/* What an entry of a note of @type names; -1: nothing that is rewritten. */
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

/* One site of the table; @write: second round. -1: it would go wrong silently. */
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
		return 0;		/* freed with the module's start-up code */
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

/* All notes from @va on. */
static int modules_table(const struct modules_notes *notes, int write)
{
	struct modules_note note;

	for (uint64_t va = notes->va; modules_note(notes, va, &note); va += note.bytes)
		for (uint32_t i = 0; i < note.entries; i++)
			if (modules_site(notes, va + NOTE_HEAD + i * note.entry_size, note.type, write))
				return -1;
	return 0;
}

/* The guest can have as many of these as it likes. */
static void modules_report_refused(uint64_t va)
{
	static int reported;

	if (!reported)
		wedge_print("previrt: a table in memory that can change is left alone: %lx\n", va);
	reported = 1;
}

/* The first note of ours that counts in the page at @va; 0: none. */
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Leaves of the shadow and the frames of guest memory that they map.
 *
 * The processor's dirty bit tells whether a guest table was written to. The linear tables
 * (backend_linear) map all of guest memory once, and the guest's large pages use them, too.
 * A writable leaf outside the linear tables is a writer of its frame. The dirty bits
 * of two writers are looked at as well (Linux's map of memory after a large page of it was
 * split; a mapping that was removed and not flushed yet). A table whose frame has more
 * writers is compared at every flush.
 */
#ifndef PREVIRT_MMU_SHADOW_FRAMES_H
#define PREVIRT_MMU_SHADOW_FRAMES_H
#include "flushes.h"
#include "spaces.h"
#include "../../iface/fastpath.h"

#define SHADOW_COMPARED (PTE_P | PTE_W | PTE_NX | PTE_ADDRESS)
#define SHADOW_NO_GFN 0xffffffffu
#define SHADOW_UPPER 0xffff		/* owner of a frame: the upper half */
#define SHADOW_WATCHED 0xfffe		/* mmu_watch_writes */

/* What is known of a frame of guest memory. */
struct shadow_frame {
	/* The one table of the shadow that relies on the frame's dirty bit. With several
	   processors: the table of the lower half that was compared with the frame last. */
	uint16_t owner;
	uint16_t writers;	/* writable leaves outside the linear tables */
	/* Where two of the writers are (shadow_where). A place whose entry does not map the
	   frame any more may remain here. */
	uint32_t alias[2];
	uint32_t since;		/* when its dirty bits were cleared (flushes.h) */
};

/* Guest frame @gfn as a table, or NULL if it is not memory. */
static inline const uint64_t *frame_table(uint32_t gfn)
{
	return gfn < shadow_vm.frame_count ? backend_guest((uint64_t)gfn * BACKEND_PAGE) : NULL;
}

/* Returns the shadow's entry for the guest's @leaf of the page at @gpa, with the rights @flags
   of the whole walk. Returns 0 if nothing can be mapped. */
uint64_t shadow_leaf(uint64_t gpa, uint64_t leaf, uint64_t flags);

/* Returns 1 if @have, read from a table, differs from @want, made by shadow_leaf. */
static inline int shadow_leaf_differs(uint64_t have, uint64_t want)
{
	return ((have ^ want) & SHADOW_COMPARED) ||
	       ((want & PTE_P) && backend_leaf_is_supervisor(have) == !!(want & PTE_U));
}
/* The same in fewer instructions, if @want is 0 or a user page. For a supervisor page it may
   return 1 without a difference. */
static inline int shadow_user_leaf_differs(uint64_t have, uint64_t want)
{
	return !!((have ^ want) & (SHADOW_COMPARED | PTE_U | backend_leaf_supervisor));
}

/* shadow_set for a leaf; counts writers. */
void shadow_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry);
/* Counts writers for leaf @index of @table, which is about to change from @old to @entry. */
void shadow_count_writers(unsigned table, unsigned index, uint64_t old, uint64_t entry);
#define SHADOW_WRITERS_MANY 0xffffu		/* too many to count; never decreases */

static inline int shadow_is_writable(uint64_t entry)
{
	return (entry & (PTE_P | PTE_W)) == (PTE_P | PTE_W);
}

/* The owner of @frame cannot rely on its dirty bit any more. */
static inline void shadow_disown(struct shadow_frame *frame)
{
	if (frame->owner == SHADOW_WATCHED)
		requests_vcpu.slow = 1;
	else if (frame->owner && frame->owner != SHADOW_UPPER && !shadow_is_shared()) {
		shadow_vm.tables[frame->owner].forced = 1;
		space_forget_list(frame->owner);
	}
	frame->owner = 0;
}
/* @frame has got a writer. */
static inline void shadow_add_alias(struct shadow_frame *frame)
{
	if (frame->owner == SHADOW_WATCHED)
		shadow_disown(frame);
	else if (frame->owner != SHADOW_UPPER)
		space_forget_list(frame->owner);
}
static inline uint32_t shadow_where(unsigned table, unsigned index)
{
	return table << 16 | index;
}
static inline void shadow_add_writer(uint64_t gfn, uint32_t where)
{
	struct shadow_frame *frame = &shadow_vm.frames[gfn];

	if (gfn >= shadow_vm.frame_count || frame->writers == SHADOW_WRITERS_MANY)
		return;
	frame->alias[++frame->writers & 1] = where;
	if (frame->owner)
		shadow_add_alias(frame);
}
/* A writer is removed. @dirty: its dirty bit was set, perhaps after the owner looked at it. */
static inline void shadow_drop_writer(uint64_t gfn, int dirty)
{
	struct shadow_frame *frame = &shadow_vm.frames[gfn];

	if (gfn >= shadow_vm.frame_count || frame->writers == SHADOW_WRITERS_MANY)
		return;
	frame->writers--;
	if (!dirty)
		return;
	if (shadow_is_shared())
		frame->since = flushes_watch();
	if (frame->owner)
		shadow_disown(frame);
}
/* @table, of level 1, is about to be emptied. */
void shadow_forget_leaves(unsigned table);

/*
 * Makes @owner the table that relies on the dirty bits of the guest's table @gfn, and
 * clears them; the owner before must compare again. Returns 1 if one was set: it counts as
 * clear after the next flush.
 */
int shadow_watch(uint32_t gfn, uint16_t owner);
/* The running processor's TLB was flushed; @all: every processor's. */
void shadow_note_flush(int all);
static inline void shadow_flushed(int all)
{
	if (shadow_is_shared())
		shadow_note_flush(all);
}
/* Flushes all processors' TLBs now. */
void shadow_settle(void);
/* Returns the entry of alias @i (0, 1) of @frame, or 0 if it is no writer any more. */
uint64_t shadow_alias(const struct shadow_frame *frame, unsigned i);
/* Returns 1 if all writers of @frame are known and none has its dirty bit set. */
int shadow_aliases_are_clean(const struct shadow_frame *frame);
/* Leaf @index of @table is @entry. If it is a writer that is not among the aliases of its frame,
   and one of them is free, it becomes one. */
void shadow_note_writer(unsigned table, unsigned index, uint64_t entry);
/* Returns 1 if no dirty bit of frame @gfn is set. */
static inline int shadow_is_unwritten(uint32_t gfn)
{
	const struct shadow_frame *frame = &shadow_vm.frames[gfn];

	return gfn < shadow_vm.frame_count && !(backend_linear[gfn] & PTE_D) &&
	       (!frame->writers || shadow_aliases_are_clean(frame));
}

/* Returns 1 if @owner relies on frame @gfn and the frame was not written to since. */
static inline int shadow_is_clean(uint32_t gfn, uint16_t owner)
{
	return gfn < shadow_vm.frame_count && shadow_vm.frames[gfn].owner == owner && shadow_is_unwritten(gfn);
}

/* Returns 1 if @table, of the lower half, is up to date with frame @gfn. */
static inline int shadow_is_current(uint32_t gfn, unsigned table)
{
	if (!shadow_is_shared())
		return shadow_is_clean(gfn, table);
	return shadow_is_unwritten(gfn) && shadow_vm.tables[table].gfn == gfn &&
	       shadow_vm.frames[gfn].since < shadow_vm.tables[table].sure;
}

#endif

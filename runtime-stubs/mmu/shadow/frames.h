/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Leaves of the shadow and the frames of guest memory that they map.
 *
 * What has changed in a table of the guest's is known from the processor's own
 * dirty bit: all of guest memory is mapped once by linear tables
 * (backend_linear), which the guest's large pages use as well. Whoever maps a
 * frame for writing in another way counts as its writer. Of two, the dirty bits count
 * as well (Linux's own map of memory, once a large page of it was split; a mapping
 * that was given up and not flushed yet); a table that has more is compared at every
 * flush.
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
	/* The one table that relies on its dirty bit; with several processors the last one
	   of the lower half that was compared with it. */
	uint16_t owner;
	uint16_t writers;	/* writable leaves outside the linear tables */
	/* Two of them (shadow_where), which have dirty bits, too; one that is none any
	   more may stand there still. */
	uint32_t alias[2];
	uint32_t since;		/* its dirty bits were cleared (flushes.h) */
};

/* Guest frame @gfn, as a table; NULL: it is no memory. */
static inline const uint64_t *frame_table(uint32_t gfn)
{
	return gfn < shadow_vm.frame_count ? backend_guest((uint64_t)gfn * BACKEND_PAGE) : NULL;
}

/* The shadow's leaf for a guest's, @flags from the whole walk; 0: none. */
uint64_t shadow_leaf(uint64_t gpa, uint64_t leaf, uint64_t flags);

/* Is the leaf @have, as it was read, another than @want, made by shadow_leaf? */
static inline int shadow_leaf_differs(uint64_t have, uint64_t want)
{
	return ((have ^ want) & SHADOW_COMPARED) ||
	       ((want & PTE_P) && backend_leaf_is_supervisor(have) == !!(want & PTE_U));
}
/* The same in few instructions, where @want is 0 or user mode's. A supervisor's may
   be called another though it is not. */
static inline int shadow_user_leaf_differs(uint64_t have, uint64_t want)
{
	return !!((have ^ want) & (SHADOW_COMPARED | PTE_U | backend_leaf_supervisor));
}

/* shadow_set for a leaf: writers are counted. */
void shadow_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry);
/* The leaf @index of @table, which was @old, is to become @entry. */
void shadow_count_writers(unsigned table, unsigned index, uint64_t old, uint64_t entry);
#define SHADOW_WRITERS_MANY 0xffffu		/* stays */

static inline int shadow_is_writable(uint64_t entry)
{
	return (entry & (PTE_P | PTE_W)) == (PTE_P | PTE_W);
}

/* The owner of @frame can rely on its dirty bit no more. */
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
/* It can be written to in another way as well. */
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
/* @dirty: it was written through, perhaps after its owner has looked. */
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
 * @owner has just read the guest's table @gfn and relies on its dirty bit from
 * now on. Whoever did before compares anew. 1: it was set, and is not from the
 * next flush on.
 */
int shadow_watch(uint32_t gfn, uint16_t owner);
/* The running processor's TLB has been emptied, or with @all each one's. */
void shadow_note_flush(int all);
static inline void shadow_flushed(int all)
{
	if (shadow_is_shared())
		shadow_note_flush(all);
}
void shadow_settle(void);
/* Alias @i (0, 1) of @frame: its entry, if it is a writer still; else 0. */
uint64_t shadow_alias(const struct shadow_frame *frame, unsigned i);
int shadow_aliases_are_clean(const struct shadow_frame *frame);
/* Leaf @index of @table is @entry, and may be a writer that is not known. */
void shadow_note_writer(unsigned table, unsigned index, uint64_t entry);
/* No dirty bit of frame @gfn is set. */
static inline int shadow_is_unwritten(uint32_t gfn)
{
	const struct shadow_frame *frame = &shadow_vm.frames[gfn];

	return gfn < shadow_vm.frame_count && !(backend_linear[gfn] & PTE_D) &&
	       (!frame->writers || shadow_aliases_are_clean(frame));
}

/* @owner has what stands in frame @gfn. */
static inline int shadow_is_clean(uint32_t gfn, uint16_t owner)
{
	return gfn < shadow_vm.frame_count && shadow_vm.frames[gfn].owner == owner && shadow_is_unwritten(gfn);
}

/* Table @table, of the lower half, has what stands in frame @gfn. */
static inline int shadow_is_current(uint32_t gfn, unsigned table)
{
	if (!shadow_is_shared())
		return shadow_is_clean(gfn, table);
	return shadow_is_unwritten(gfn) && shadow_vm.tables[table].gfn == gfn &&
	       shadow_vm.frames[gfn].since < shadow_vm.tables[table].sure;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Shared by the files of this folder: the tables the processor walks.
 *
 * The upper half is one for all: its tables hang below every root. The lower
 * half belongs to a space, one for each root of the guest's that was seen
 * lately; it stays while other spaces run, and is made right before it runs
 * again.
 *
 * What has changed in a table of the guest's is known from the processor's own
 * dirty bit: all of guest memory is mapped once by linear tables
 * (backend_linear), which the guest's large pages use as well. Whoever maps a
 * frame for writing in another way counts as its writer. Of two, the dirty bits count
 * as well (Linux's own map of memory, once a large page of it was split; a mapping
 * that was given up and not flushed yet); a table that has more is compared at every
 * flush.
 */
#ifndef PREVIRT_MMU_SHADOW_H
#define PREVIRT_MMU_SHADOW_H
#include "../mmu.h"
#include "../../board/board.h"
#include "../../iface/fastpath.h"
#include "../../iface/memory.h"
#include "../../iface/tables.h"
#include "../../iface/vcpu.h"

#define SHADOW_LINK (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define SHADOW_COMPARED (PTE_P | PTE_W | PTE_NX | PTE_ADDRESS)
#define SHADOW_NO_GFN 0xffffffffu
#define SHADOW_UPPER 0xffff		/* owner of a frame: the upper half */
#define SHADOW_WATCHED 0xfffe		/* mmu_watch_writes */

/* What is known of a table of the shadow. */
struct shadow_table {
	uint64_t used[8];	/* lower half: entries that are present */
	uint64_t piece;		/* lower half: of this large page; 0: of a table;
				   upper half: the guest's entry that leads here */
	uint32_t gfn;		/* lower half: the guest's table it stands for */
	uint16_t links;		/* upper half: entries that refer to it; lower half
				   and level-4 tables: the number of its space */
	uint16_t next, before;	/* lower half: others of the same space */
	uint8_t level;
	uint8_t large;		/* upper half: made from a large page */
	uint8_t forced;		/* lower half: it may differ without a dirty bit */
	uint8_t rights;		/* lower half: what the tables above allow */
	uint16_t listed;	/* upper half: nonglobal.c */
};

/* What is known of a frame of guest memory. */
struct shadow_frame {
	uint16_t owner;		/* the one table that relies on its dirty bit */
	uint16_t writers;	/* writable leaves outside the linear tables */
	/* Two of them (shadow_where), which have dirty bits, too; one that is none any
	   more may stand there still. */
	uint32_t alias[2];
};

extern struct shadow_table *shadow_tables;
extern struct shadow_frame *shadow_frames;
extern uint64_t shadow_frame_count;

/* Something present was taken away or changed: the TLB may still hold it. */
extern int shadow_flush_owed;	/* BACKEND_FLUSH, BACKEND_FLUSH_ALL */

/*
 * Tables of both halves: pool.c. alloc: an empty one, of @level, or 0; spaces that do
 * not run may lose theirs by it, and by alloc_upper those that do. give_up: no entry
 * refers to @table any more, but a TLB may; it keeps what it holds until what is owed
 * was flushed. commit: changes take effect; @flush: what is owed is flushed (the only
 * way to do so). has_room: the lower half may take @count more.
 */
#define POOL_RESERVE 128u	/* for the upper half alone */
unsigned pool_alloc_lower(int level);
unsigned pool_alloc_upper(int level);
int pool_has_room(unsigned count);
void pool_give_up(unsigned table);
void pool_commit(int flush);

void shadow_init(void);

static inline unsigned shadow_index(uint64_t va, int level)
{
	return va >> (3 + 9 * level) & 511;
}

static inline int shadow_is_lower(uint64_t va)
{
	return !backend_is_upper(va);
}

/* Where entry @index of a level-4 table leads: the address is canonical. */
static inline uint64_t shadow_top_va(unsigned index)
{
	return (uint64_t)index << 39 | (index >= 256 ? 0xffffull << 48 : 0);
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

/* Entry @index of @table, which was @old, becomes @entry; the second for leaves. */
void shadow_set(unsigned table, unsigned index, uint64_t old, uint64_t entry);
void shadow_set_leaf(unsigned table, unsigned index, uint64_t old, uint64_t entry);
/* The leaf @index of @table, which was @old, is to become @entry. */
void shadow_count_writers(unsigned table, unsigned index, uint64_t old, uint64_t entry);
#define SHADOW_WRITERS_MANY 0xffffu		/* stays */
/* Whether the space of @table has changed, its list cannot tell from now on. */
void lower_doubt(unsigned table);

/* The owner of @frame can rely on its dirty bit no more. */
static inline void shadow_disown(struct shadow_frame *frame)
{
	if (frame->owner == SHADOW_WATCHED)
		backend_slow_user = 1;
	else if (frame->owner && frame->owner != SHADOW_UPPER) {
		shadow_tables[frame->owner].forced = 1;
		lower_doubt(frame->owner);
	}
	frame->owner = 0;
}
/* It can be written to in another way as well. */
static inline void shadow_doubt(struct shadow_frame *frame)
{
	if (frame->owner == SHADOW_WATCHED)
		shadow_disown(frame);
	else if (frame->owner != SHADOW_UPPER)
		lower_doubt(frame->owner);
}
static inline uint32_t shadow_where(unsigned table, unsigned index)
{
	return table << 16 | index;
}
static inline void shadow_add_writer(uint64_t gfn, uint32_t where)
{
	struct shadow_frame *frame = &shadow_frames[gfn];

	if (gfn >= shadow_frame_count || frame->writers == SHADOW_WRITERS_MANY)
		return;
	frame->alias[++frame->writers & 1] = where;
	if (frame->owner)
		shadow_doubt(frame);
}
/* @dirty: it was written through, perhaps after its owner has looked. */
static inline void shadow_drop_writer(uint64_t gfn, int dirty)
{
	struct shadow_frame *frame = &shadow_frames[gfn];

	if (gfn >= shadow_frame_count || frame->writers == SHADOW_WRITERS_MANY)
		return;
	frame->writers--;
	if (dirty && frame->owner)
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
/*
 * With several processors the dirty bit says nothing before their TLBs have
 * forgotten it: what was watched is read after this.
 */
static inline int shadow_is_shared(void)
{
	return backend_vcpus > 1;
}
void shadow_settle(void);
int shadow_aliases_are_clean(const struct shadow_frame *frame);
/* How often a table was compared because it had writers that are not known. */
extern unsigned shadow_unknown;
/* Leaf @index of @table is @entry, and may be a writer that is not known. */
void shadow_note_writer(unsigned table, unsigned index, uint64_t entry);
static inline int shadow_is_clean(uint32_t gfn, uint16_t owner)
{
	const struct shadow_frame *frame = &shadow_frames[gfn];

	return gfn < shadow_frame_count && frame->owner == owner &&
	       !(backend_linear[gfn] & PTE_D) &&
	       (!frame->writers || shadow_aliases_are_clean(frame));
}

/* @flags of a walk as a table has them in `rights'. */
static inline uint8_t shadow_rights(uint64_t flags)
{
	return (flags & (PTE_W | PTE_U)) | !!(flags & PTE_NX);
}

/*
 * A list of tables whose frames' dirty bits alone tell whether a space has changed:
 * dirty_list.c. begin, add (-1: no list is to be made) and end make one. dirty: the first
 * of DIRTY_LIST_AT_ONCE entries, from entry @from on, one of which is dirty, or -1.
 */
#define DIRTY_LIST_AT_ONCE 8
struct dirty_list { unsigned start, count, epoch; };	/* epoch 0: there is none */
void dirty_list_begin(void);
int dirty_list_add(unsigned table);
void dirty_list_end(struct dirty_list *list);
int dirty_list_is_known(const struct dirty_list *list);
int dirty_list_dirty(const struct dirty_list *list, unsigned from);
unsigned dirty_list_table(const struct dirty_list *list, unsigned entry);

/* The lower half: lower.c. */
#define LOWER_AROUND 16		/* entries looked at around a fault */
/* The space that runs; what changes whenever a link in a space does. */
extern unsigned lower_now, lower_changes;
extern uint64_t lower_root_now;	/* lower_root */
/* The space of @root runs from now on, its lower half as the guest's tables say.
   Gives 1 if the level-4 table's upper entries may be others than those of the
   root before; lower_upper_done: they have been looked at. */
int lower_load(uint64_t root);
/* The root that was loaded is the lesser of a pair (pairs.c), and lower_root the
   other one. What of the level-4 entries of the lower half is not heeded, then. */
extern uint8_t lower_on_lesser;		/* VCPU_LOCAL, as what follows */
extern uint64_t lower_top_ignored;
/* The running space's root and the other of its pair differ where @va is: they are a pair no
   more, and the root is to be loaded anew. */
int lower_pair_differs(uint64_t va);
/* A space gives up its tables: one that does not run or, with @running, one that
   does and has user pages alone. -1: there is none. */
int lower_give(int running);
/* How many processors have a space. */
extern unsigned lower_processors;
void lower_upper_done(void);
/* Map the page @walk leads to; -1: there is nothing to map. */
int lower_fill(uint64_t va, const struct mmu_walk *walk);
/* All that the guest maps: for a kernel that starts in the lower half. */
void lower_fill_all(uint64_t root);
void lower_invalidate(uint64_t va);
/* The guest's level-4 table of the running space. */
uint64_t lower_root(void);
/* The roots of space number @n; 0: there is none. */
int lower_roots(unsigned n, unsigned *kernel, unsigned *user);
/* At the end of a run: make space @n what it would be if it ran. Gives its root of
   the guest's, and whether it may map supervisor pages. */
uint64_t lower_renew(unsigned n, int *supervisor);
/* No supervisor page may be seen by user mode. */
void lower_before_user(void);
/* An entry of the upper half, in all roots. */
void lower_set_upper_root(unsigned index, uint64_t old, uint64_t entry);

/* Short ways: walk_cache.c. -1: the long way is to be taken, nothing has happened. */
void quick_remember(uint64_t va, unsigned table);
int quick_invalidate(uint64_t va);

/* The upper half: upper.c. */
void upper_sync(uint64_t root);
/* The 2 MiB around @va, by the guest's tables as they are now. */
void upper_sync_page(uint64_t root, uint64_t va);
/*
 * Forget what a TLB may forget: mappings that the guest has taken away and not
 * flushed (Linux collects those of vmalloc), and spaces whose process is gone most
 * likely. They count as writers of frames that have become page tables since.
 */
void upper_purge(uint64_t root);
void lower_purge(void);
/* What the guest's table of @level (1 to 3) around @va maps itself; tables that it
   has led to before are left alone. */
void upper_sync_below(uint64_t root, uint64_t va, int level);
/* The entry of the level-4 table that counts for @va. */
uint64_t upper_top_entry(uint64_t root, uint64_t va);
int upper_fill(uint64_t va, const struct mmu_walk *walk);
/* Another number whenever the upper entries of the root that was loaded last were
   not those of the one before. */
extern unsigned upper_generation;
/* @root's level-4 table was written to, or is not of this generation: its upper
   entries. */
void upper_sync_root(uint64_t root);

/* Two frames of level-4 tables (pairs.c): are they a process's, for its kernel
   and for user mode? Do they agree at entry @index; at all that have a bit? */
int pairs_match(uint32_t fuller, uint32_t lesser);
int pairs_agree_at(uint32_t a, uint32_t b, unsigned index);
int pairs_agree(uint32_t a, uint32_t b, const uint64_t used[]);

/* Entries without G: nonglobal.c. A table of the shadow maps one of them at @va:
   @way[@last], where @way has the tables that lead there, by level. */
void nonglobal_note(const unsigned way[5], int last, uint64_t va);
/* All is going to be compared, and noted again. */
void nonglobal_reset(void);
/* What leads to such entries, where it was written to; -1: too much. */
int upper_sync_nonglobal(uint64_t root);

#endif

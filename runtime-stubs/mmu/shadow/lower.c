/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The lower half of the shadow: a space for each of the guest's roots that was
 * loaded lately, filled by faults.
 *
 * Invariants:
 *  - A table of a space hangs below one entry. It stands for one table of the
 *    guest's (gfn) or a piece of a large page (piece), and `used' has a bit for
 *    each present entry. Of a piece, present pages rely on the large page's accessed
 *    bit, writable ones of user mode's on its dirty bit (PTE_D in piece).
 *  - When a space runs, whatever its tables hold the guest's tables held at the
 *    last flush, or hold now.
 *  - A space is of one processor, as a TLB is; others have their own.
 *  - No table of a space that runs is empty or used anew before its processor's
 *    TLB has forgotten it; one that does not run is in no TLB (backend_load_roots).
 *  - A root that comes anew may take over the tables of a space that is no
 *    more: entries that are the same in both stay.
 */
#include "shadow.h"

#define SPACE_TABLES 4		/* of one space, at least */
#define SETTLE_LEAST 512u	/* entries in use */
#define SPACE_ROOM 12		/* tables that are left when one is made, at least */
#define RECENT 16u
#define CHOICE_MOST 32u		/* looked at for one whose process is gone */
#define VICTIM_TRIES 16
#define VICTIM_LATELY 4		/* the last quarter of as many loads as there are spaces */

struct space {
	uint16_t kernel, user;	/* level-4 tables: all, and the lower half alone */
	uint16_t first;		/* its tables, the level-4 one excepted */
	uint8_t supervisor;	/* maps supervisor pages of the lower half */
	unsigned upper;		/* generation of its upper entries (shadow.h) */
	uint8_t vcpu, running;	/* whose it is; it runs there */
	uint8_t paired, apart;	/* the neighbouring frame's root has it too; must not */
	uint32_t loaded;	/* when */
	struct dirty_list list;
};

static struct space *spaces;
static unsigned space_count;
VCPU_LOCAL unsigned lower_now;
unsigned lower_changes, lower_processors;
VCPU_LOCAL uint64_t lower_root_now, lower_top_ignored;
VCPU_LOCAL uint8_t lower_on_lesser;
static VCPU_LOCAL uint8_t space_any;	/* it is one of this processor's */
static uint32_t space_clock;

static struct space *running(void)
{
	return &spaces[lower_now];
}

uint64_t lower_root(void)
{
	return lower_root_now;
}

int lower_roots(unsigned n, unsigned *kernel, unsigned *user)
{
	if (n >= space_count)
		return 0;
	*kernel = spaces[n].kernel;
	*user = spaces[n].user;
	return 1;
}

void lower_doubt(unsigned table)
{
	spaces[shadow_tables[table].links].list.epoch = 0;
}

static const uint64_t *lower_guest(uint32_t gfn)
{
	return gfn < shadow_frame_count ? backend_guest((uint64_t)gfn * BACKEND_PAGE) : NULL;
}

static int lower_used(const struct shadow_table *s, unsigned index)
{
	return s->used[index / 64] >> index % 64 & 1;
}

static void lower_mark(struct shadow_table *s, unsigned index, uint64_t entry)
{
	if (entry & PTE_P)
		s->used[index / 64] |= 1ull << index % 64;
	else
		s->used[index / 64] &= ~(1ull << index % 64);
}

static void lower_set_link(struct space *space, unsigned table, unsigned index, uint64_t entry)
{
	uint64_t old = backend_table_get(table, index);

	lower_changes++;
	lower_mark(&shadow_tables[table], index, entry);
	shadow_set(table, index, old, entry);
	if (table == space->kernel)
		shadow_set(space->user, index, old, entry);
}

static void lower_set_page(unsigned table, unsigned index, uint64_t entry)
{
	lower_mark(&shadow_tables[table], index, entry);
	shadow_set_leaf(table, index, backend_table_get(table, index), entry);
}

static void lower_free(struct space *space, unsigned table)
{
	struct shadow_table *s = &shadow_tables[table];

	space->list.epoch = 0;
	if (s->level == 1) {
		shadow_forget_leaves(table);
	} else {
		const uint64_t *entries = backend_table_entries(table);

		for (unsigned i = 0; i < 512; i++) {
			unsigned below = entries[i] ? backend_table_of(entries[i]) : 0;

			if (below)
				lower_free(space, below);
		}
	}
	if (s->gfn < shadow_frame_count && shadow_frames[s->gfn].owner == table)
		shadow_frames[s->gfn].owner = 0;
	if (s->before)
		shadow_tables[s->before].next = s->next;
	else
		space->first = s->next;
	if (s->next)
		shadow_tables[s->next].before = s->before;
	*s = (struct shadow_table){ .gfn = SHADOW_NO_GFN };
	if (space->running)
		pool_give_up(table);
	else
		backend_table_free(table);
}

static void lower_drop(struct space *space, unsigned table, unsigned index)
{
	uint64_t entry = backend_table_get(table, index);
	unsigned below = backend_table_of(entry);

	lower_set_link(space, table, index, 0);
	if (below)
		lower_free(space, below);
}

/* The tables of a space. */
static void lower_empty(struct space *space)
{
	for (unsigned i = 0; i < BACKEND_UPPER_FIRST; i++)
		if (lower_used(&shadow_tables[space->kernel], i))
			lower_drop(space, space->kernel, i);
	space->supervisor = 0;
}

/* Below @below; the same numbers in each run. */
static unsigned lower_random(unsigned below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (uint64_t)state * below >> 32;
}

static int lower_has_tables(const struct space *space)
{
	return !space->running && space->first;
}

static int lower_is_own(const struct space *space)
{
	return !space->running && space->vcpu == backend_vcpu;
}

static int lower_is_own_with_tables(const struct space *space)
{
	return lower_is_own(space) && space->first;
}

/* It would have to take tables from others: better to have theirs as they stand. */
static int lower_is_drained(const struct space *space)
{
	return !space->first && !pool_has_room(SPACE_ROOM);
}

/*
 * Any space that is @good and has not run lately. Were it always the oldest, processes
 * that run in turn would all find theirs gone as soon as there is no room for one of
 * them.
 */
static struct space *lower_victim(int (*good)(const struct space *space))
{
	struct space *oldest = NULL;

	for (int tries = 0; tries < VICTIM_TRIES; tries++) {
		struct space *space = &spaces[lower_random(space_count)];

		if (good(space) && space_clock - space->loaded > space_count / VICTIM_LATELY)
			return space;
	}
	for (unsigned i = 0; i < space_count; i++)
		if (good(&spaces[i]) && (!oldest || spaces[i].loaded < oldest->loaded))
			oldest = &spaces[i];
	return oldest;
}

/* One that runs can do without what faults bring back: user pages. */
static struct space *lower_running_victim(void)
{
	for (unsigned i = 0; i < space_count; i++)
		if (spaces[i].running && spaces[i].first && !spaces[i].supervisor)
			return &spaces[i];
	return NULL;
}

int lower_give(int running)
{
	struct space *victim = lower_victim(lower_has_tables);

	if (!victim && running)
		victim = lower_running_victim();
	if (!victim)
		return -1;
	lower_empty(victim);
	if (victim->running && victim->vcpu != backend_vcpu)
		shadow_flush_owed |= BACKEND_FLUSH_ALL;
	return 0;
}

/* Whose table @table is from now on; of the one it was, no more. */
static void lower_claim(unsigned table, uint32_t gfn)
{
	struct shadow_frame *frame = &shadow_frames[gfn];
	uint32_t before = shadow_tables[table].gfn;

	if (before != gfn && before < shadow_frame_count && shadow_frames[before].owner == table)
		shadow_frames[before].owner = 0;
	shadow_tables[table].gfn = gfn;
	if (before != gfn)
		lower_doubt(table);
	if (gfn >= shadow_frame_count || frame->owner == table)
		return;
	lower_doubt(table);
	shadow_disown(frame);
	frame->owner = table;
}

/* The shadow of one page by the guest's entry, when all tables above allow what
   @flags says; 0: not mapped before it is touched. */
static uint64_t lower_leaf(uint64_t entry, uint64_t flags)
{
	if ((entry & (PTE_P | PTE_A)) != (PTE_P | PTE_A))
		return 0;
	flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
	return shadow_leaf(entry & PTE_ADDRESS, entry, flags);
}

/* It maps a supervisor page: lower_before_user must see it. */
static void lower_note_supervisor(struct space *space)
{
	space->supervisor = backend_slow_user = 1;
}

/* Apart, for most entries are what they were. */
static __attribute__((noinline)) void lower_change_page(struct space *space, unsigned table,
							unsigned index, uint64_t want)
{
	if (want && !(want & PTE_U))
		lower_note_supervisor(space);
	lower_set_page(table, index, want);
}

static inline void lower_sync_page(struct space *space, unsigned table, unsigned index,
				   uint64_t entry, uint64_t flags)
{
	uint64_t want = lower_leaf(entry, flags);

	if (shadow_user_leaf_differs(backend_table_get(table, index), want))
		lower_change_page(space, table, index, want);
}

static void lower_sync(struct space *space, unsigned table, uint32_t gfn, uint64_t flags);

/* May all that @s maps stay, now that the guest has @entry there? */
static int lower_is_piece_of(const struct shadow_table *s, uint64_t entry)
{
	return !((s->piece ^ entry) & ~(PTE_A | PTE_D)) && (entry & PTE_A) &&
	       !(s->piece & ~entry & PTE_D);
}

/* Entry @index is in use; the guest's is @entry. */
static void lower_sync_link(struct space *space, unsigned table, unsigned index,
			    uint64_t entry, uint64_t flags)
{
	unsigned below = backend_table_of(backend_table_get(table, index));
	const struct shadow_table *s = &shadow_tables[below];

	if (!below || !(entry & PTE_P)) {
		lower_drop(space, table, index);
		return;
	}
	if (s->piece || (entry & PTE_PS)) {
		if (!lower_is_piece_of(s, entry))
			lower_drop(space, table, index);
		return;
	}
	/* LIMIT: the accessed bit of a level-4 entry that is cleared stays so while its
	   tables are in the shadow: of a pair's one entry is marked, either one. */
	if (shadow_tables[table].level == 4) {
		entry &= ~lower_top_ignored;
	} else if (!(entry & PTE_A)) {
		lower_drop(space, table, index);
		return;
	}
	flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
	lower_sync(space, below, (entry & PTE_ADDRESS) / BACKEND_PAGE, flags);
}

/*
 * Make what @table holds what the guest's table @gfn says; nothing is added.
 * @flags: the rights gathered above.
 */
static void lower_sync(struct space *space, unsigned table, uint32_t gfn, uint64_t flags)
{
	struct shadow_table *s = &shadow_tables[table];
	const uint64_t *guest = lower_guest(gfn);
	int changed = s->gfn != gfn || s->forced || s->rights != shadow_rights(flags) ||
		      !shadow_is_clean(gfn, table);

	if (s->level == 1 && !changed)
		return;
	if (s->gfn != gfn || s->rights != shadow_rights(flags))
		lower_changes++;
	if (changed && shadow_is_shared())
		lower_claim(table, gfn);	/* lower_settle has watched it, if anyone */
	for (unsigned word = 0; word < (s->level == 4 ? 4 : 8); word++)
		for (uint64_t bits = s->used[word]; bits; bits &= bits - 1) {
			unsigned index = word * 64 + __builtin_ctzll(bits);
			uint64_t entry = guest ? guest[index] : 0;

			if (s->level == 1)
				lower_sync_page(space, table, index, entry, flags);
			else
				lower_sync_link(space, table, index, entry, flags);
		}
	if (!changed)
		return;
	s->forced = 0;
	s->rights = shadow_rights(flags);
	if (shadow_is_shared())
		return;
	lower_claim(table, gfn);
	shadow_watch(gfn, table);
}

uint64_t lower_renew(unsigned n, int *supervisor)
{
	struct space *space = &spaces[n];
	uint32_t gfn = shadow_tables[space->kernel].gfn;

	lower_top_ignored = space->paired ? PTE_NX : 0;
	lower_sync(space, space->kernel, gfn, PTE_W | PTE_U);
	*supervisor = space->supervisor;
	return (uint64_t)gfn * BACKEND_PAGE;
}

/* What the list says is dirty: tables of the last level are compared by themselves,
   for the rights above them are what they were. -1: it is another one. */
static int lower_sync_listed(struct space *space, unsigned at)
{
	for (unsigned i = at; i < at + DIRTY_LIST_AT_ONCE; i++) {
		unsigned table = dirty_list_table(&space->list, i);
		const struct shadow_table *s = &shadow_tables[table];

		if (shadow_is_clean(s->gfn, table))
			continue;
		if (s->level != 1)
			return -1;
		lower_sync(space, table, s->gfn, (s->rights & (PTE_W | PTE_U)) |
			   (s->rights & 1 ? PTE_NX : 0));
	}
	return 0;
}

/* 1: all is as the guest's tables say, or has become so. */
static int lower_sync_dirty(struct space *space)
{
	struct dirty_list list = space->list;
	int at = dirty_list_dirty(&list, 0);

	for (; at >= 0; at = dirty_list_dirty(&list, at + DIRTY_LIST_AT_ONCE))
		if (lower_sync_listed(space, at))
			return 0;
	return space->list.epoch == list.epoch;
}

static int lower_is_clean(struct space *space)
{
	const struct shadow_table *s = &shadow_tables[space->kernel];
	int listed;

	if (dirty_list_is_known(&space->list))
		return lower_sync_dirty(space);
	if (s->forced || !shadow_is_clean(s->gfn, space->kernel))
		return 0;
	dirty_list_begin();
	/* With several processors bits must be asked for before they mean anything. */
	listed = !shadow_is_shared() && !dirty_list_add(space->kernel);
	for (unsigned t = space->first; t; t = s->next) {
		s = &shadow_tables[t];
		if (s->piece)
			continue;
		if (s->forced || !shadow_is_clean(s->gfn, t))
			return 0;
		listed = listed && !dirty_list_add(t);
	}
	if (listed)
		dirty_list_end(&space->list);
	return 1;
}

/*
 * With several processors: all tables that were written to are watched at once,
 * for that takes a flush of all. Where there is little to compare, it is compared
 * each time instead.
 */
static void lower_settle(struct space *space)
{
	unsigned used = 0;
	int any = 0;

	for (unsigned t = space->first; t && used < SETTLE_LEAST; t = shadow_tables[t].next)
		if (!shadow_tables[t].piece && !shadow_is_clean(shadow_tables[t].gfn, t))
			for (unsigned word = 0; word < 8; word++)
				for (uint64_t bits = shadow_tables[t].used[word]; bits;
				     bits &= bits - 1)
					used++;
	if (used < SETTLE_LEAST)
		return;
	for (unsigned t = space->first; t; t = shadow_tables[t].next) {
		struct shadow_table *s = &shadow_tables[t];

		if (s->piece || shadow_is_clean(s->gfn, t) || s->gfn >= shadow_frame_count)
			continue;
		any |= shadow_watch(s->gfn, t);
		s->forced = 1;
	}
	if (any)
		shadow_settle();
}

static int lower_make_space(void)
{
	struct space *space;
	unsigned kernel = backend_root(0), user = backend_root(1);
	unsigned most = backend_table_limit() / SPACE_TABLES;

	if (!spaces)
		spaces = backend_memory((most + BACKEND_VCPUS_MAX) * sizeof(*spaces));
	space = &spaces[space_count];
	/* Each processor gets one, whoever must give. */
	if (space_any ? space_count >= most || !pool_has_room(SPACE_ROOM)
		      : space_count && mmu_make_room(2))
		return -1;
	if (space_count && backend_roots_alloc(&kernel, &user))
		return -1;
	space->kernel = kernel;
	space->user = user;
	space->vcpu = backend_vcpu;
	shadow_tables[kernel] = (struct shadow_table){
		.level = 4, .gfn = SHADOW_NO_GFN, .links = space_count
	};
	return space_count++;
}

void lower_purge(void)
{
	for (unsigned i = 0; i < space_count; i++) {
		const struct shadow_table *s = &shadow_tables[spaces[i].kernel];

		if (!spaces[i].running && spaces[i].first &&
		    (s->forced || !shadow_is_clean(s->gfn, spaces[i].kernel)))
			lower_empty(&spaces[i]);
	}
}

/* The spaces that were loaded last: short-lived processes have one of them. */
static uint16_t recent[RECENT];

static void lower_note_recent(unsigned number)
{
	static unsigned next;

	recent[next++ % RECENT] = number;
}

/* One whose level-4 table was written to since it ran: its process is most likely
   gone. -1: there is none, or among many it was not found. */
static int lower_find_abandoned(void)
{
	int all = space_count <= CHOICE_MOST;

	for (unsigned i = 0; i < (all ? space_count : CHOICE_MOST); i++) {
		unsigned number = all ? i : i < RECENT ? recent[i] : lower_random(space_count);
		const struct shadow_table *s = &shadow_tables[spaces[number].kernel];

		if (lower_is_own(&spaces[number]) && !lower_is_drained(&spaces[number]) &&
		    (s->forced || !shadow_is_clean(s->gfn, spaces[number].kernel)))
			return number;
	}
	return -1;
}

/*
 * A space for a root that has none: one whose process is gone; a new one, while there
 * are tables for what it will hold; or another root's, for processes are alike: what
 * is in use in both is mapped at once, and that costs less than the faults that fill
 * a new one.
 */
static unsigned lower_choose(void)
{
	int number = lower_find_abandoned();
	struct space *victim;

	if (number < 0)
		number = lower_make_space();
	if (number >= 0)
		return number;
	victim = lower_victim(lower_is_own_with_tables);
	if (!victim)
		victim = lower_victim(lower_is_own);
	return victim ? victim - spaces : lower_now;
}

/* The space that @gfn had when it ran last, or -1. */
static int lower_known(uint32_t gfn)
{
	unsigned owner = gfn < shadow_frame_count ? shadow_frames[gfn].owner : 0;

	if (owner && owner < SHADOW_WATCHED && shadow_tables[owner].level == 4 &&
	    spaces[shadow_tables[owner].links].vcpu == backend_vcpu)
		return shadow_tables[owner].links;
	for (unsigned i = 0; shadow_is_shared() && i < space_count; i++)
		if (spaces[i].vcpu == backend_vcpu && shadow_tables[spaces[i].kernel].gfn == gfn)
			return i;
	return -1;
}

static unsigned lower_find(uint32_t gfn)
{
	int number;

	if (space_any && shadow_tables[running()->kernel].gfn == gfn)
		return lower_now;
	number = lower_known(gfn);
	return number >= 0 && !lower_is_drained(&spaces[number]) ? (unsigned)number : lower_choose();
}

/* Is @gfn the other root of the pair that runs? It counts as that one, then. */
static int lower_is_pair(uint32_t gfn)
{
	struct space *space = running();
	struct shadow_table *s;

	if (!space_any || space->apart)
		return 0;
	s = &shadow_tables[space->kernel];
	if (gfn != (s->gfn ^ 1))
		return 0;
	if (!space->paired) {
		if (!pairs_match(s->gfn, gfn))
			return 0;
		space->paired = 1;
		s->forced = 1;		/* what was told apart is no more */
		space->list.epoch = 0;
		lower_changes++;
	}
	return pairs_agree(s->gfn, gfn, s->used);
}

int lower_pair_differs(uint64_t va)
{
	struct space *space = running();
	struct shadow_table *s;

	if (!space_any || !space->paired)
		return 0;
	s = &shadow_tables[space->kernel];
	if (pairs_agree_at(s->gfn, s->gfn ^ 1, shadow_index(va, 4)))
		return 0;
	space->paired = 0;
	space->apart = 1;
	s->forced = 1;
	space->list.epoch = 0;
	lower_changes++;
	return 1;
}

int lower_load(uint64_t root)
{
	uint32_t own = root / BACKEND_PAGE < shadow_frame_count ? root / BACKEND_PAGE
								: SHADOW_NO_GFN;
	uint32_t gfn = (lower_on_lesser = lower_is_pair(own)) ? own ^ 1 : own;
	unsigned before = lower_now, number = lower_find(gfn);
	struct space *space = &spaces[number];
	int is_first = !space_clock, is_alone = !space_any;
	int is_other = is_alone || number != before;
	int changed = shadow_tables[space->kernel].gfn != gfn ||
		      !shadow_is_clean(gfn, space->kernel);

	lower_processors += is_alone;
	lower_now = number;
	space_any = 1;
	if (shadow_tables[space->kernel].gfn != gfn)
		space->paired = space->apart = 0;
	lower_top_ignored = space->paired ? PTE_NX : 0;
	if (space->supervisor)
		backend_slow_user = 1;
	space->loaded = ++space_clock;
	if (changed || !lower_is_clean(space)) {
		if (shadow_is_shared())
			lower_settle(space);
		lower_sync(space, space->kernel, gfn, PTE_W | PTE_U);
	}
	lower_root_now = (uint64_t)shadow_tables[space->kernel].gfn * BACKEND_PAGE;
	if (is_other && !is_first) {
		backend_load_roots(space->kernel, space->user);
		shadow_flush_owed &= ~BACKEND_FLUSH;
		if (!is_alone)
			spaces[before].running = 0;
		lower_note_recent(number);
	}
	space->running = 1;
	return changed || space->upper != upper_generation;
}

void lower_upper_done(void)
{
	running()->upper = upper_generation;
}

/* The table below entry @index, which the guest's @entry refers to. */
static unsigned lower_below(struct space *space, unsigned table, unsigned index, int level,
			    uint64_t entry, uint64_t flags)
{
	uint64_t piece = entry & PTE_PS ? entry & ~(PTE_A | PTE_D) : 0;
	uint32_t gfn = piece ? SHADOW_NO_GFN : (entry & PTE_ADDRESS) / BACKEND_PAGE;
	struct shadow_table *s;
	unsigned below;

	if (lower_used(&shadow_tables[table], index)) {
		below = backend_table_of(backend_table_get(table, index));
		s = &shadow_tables[below];
		if (below && (s->piece & ~PTE_D) == piece) {
			if (s->gfn != gfn || s->rights != shadow_rights(flags))
				lower_sync(space, below, gfn, flags);
			return below;
		}
		lower_drop(space, table, index);
	}
	below = pool_alloc_lower(level - 1);
	if (!below)
		return 0;
	s = &shadow_tables[below];
	*s = (struct shadow_table){ .level = level - 1, .piece = piece, .next = space->first,
				    .rights = shadow_rights(flags), .links = space - spaces };
	space->list.epoch = 0;
	if (space->first)
		shadow_tables[space->first].before = below;
	space->first = below;
	lower_claim(below, gfn);
	lower_set_link(space, table, index, backend_table_address(below) | SHADOW_LINK);
	return below;
}

/* A large page of the kernel's, before there is user mode: shared tables. */
static int lower_fill_linear(struct space *space, unsigned table, unsigned index,
			     const struct mmu_walk *walk)
{
	unsigned linear = walk->flags & PTE_U ? 0 :
			  backend_table_linear((walk->gpa & ~0x1fffffull) / BACKEND_PAGE);
	uint64_t have = backend_table_get(table, index), want;

	if (!linear)
		return 0;
	want = backend_table_address(linear) | PTE_P | PTE_A |
	       (walk->flags & (PTE_W | PTE_NX));
	if (!((have ^ want) & SHADOW_COMPARED))
		return 1;
	if (have & PTE_P)
		lower_drop(space, table, index);
	lower_set_link(space, table, index, want);
	return 1;
}

/* Neighbours that the guest has used: most likely they are wanted next. */
static void lower_fill_around(unsigned table, unsigned index, uint64_t flags)
{
	const uint64_t *guest = lower_guest(shadow_tables[table].gfn);
	unsigned start = index & ~(LOWER_AROUND - 1u);

	for (unsigned i = start; guest && i < start + LOWER_AROUND; i++) {
		uint64_t want;

		if (!(guest[i] & PTE_P) || lower_used(&shadow_tables[table], i))
			continue;
		want = lower_leaf(guest[i], flags);
		if (want & PTE_U)
			lower_set_page(table, i, want);
	}
}

static int lower_fill_once(uint64_t va, const struct mmu_walk *walk)
{
	struct space *space = running();
	unsigned table = space->kernel, index = 0;
	uint64_t leaf = shadow_leaf(walk->gpa & PTE_ADDRESS, walk->leaf, walk->flags);
	uint64_t flags = PTE_W | PTE_U;

	if (!leaf)
		return 1;
	for (int level = 4; level > 1; level--) {
		uint64_t entry = walk->entries[level];

		index = shadow_index(va, level);
		if (level == 2 && walk->level >= 2 && lower_fill_linear(space, table, index, walk)) {
			lower_note_supervisor(space);
			return 0;
		}
		if (level <= walk->level)
			entry = walk->leaf;
		if (level == 4)
			entry &= ~lower_top_ignored;
		flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
		table = lower_below(space, table, index, level, entry, flags);
		if (!table)
			return -1;
		if (shadow_tables[table].piece && (leaf & PTE_U) && (leaf & PTE_W))
			shadow_tables[table].piece |= PTE_D;
	}
	if (!(walk->flags & PTE_U))
		lower_note_supervisor(space);
	index = shadow_index(va, 1);
	if (walk->level == 1) {
		quick_remember(va, table);
		lower_fill_around(table, index, flags);
	}
	lower_set_page(table, index, leaf);
	return 0;
}

int lower_fill(uint64_t va, const struct mmu_walk *walk)
{
	int result;

	if (backend_va_reserved(va & ~0xfffull))
		return -1;
	result = lower_fill_once(va, walk);
	if (result < 0) {		/* no tables left but those of this space */
		lower_empty(running());
		result = lower_fill_once(va, walk);
	}
	return result ? -1 : 0;
}

/*
 * Not for an access that the guest makes: no page of user mode's counts as accessed
 * for it. What is mapped so is gone before user mode runs.
 * LIMIT: an access of the kernel's to such a page does not set its accessed bit.
 */
static int lower_fill_early(uint64_t va, struct mmu_walk *walk)
{
	uint32_t error;

	if (!(walk->flags & PTE_U) && mmu_translate(va, 0, walk, &error))
		return -1;
	running()->supervisor = backend_slow_user = 1;
	return lower_fill(va, walk);
}

/* One page alone was mapped, and the next one is to be. Of a large page of user mode's
   faults bring the rest. */
static int lower_is_small(const struct mmu_walk *walk)
{
	return walk->level == 1 || (!(walk->flags & PTE_U) &&
				    !backend_table_linear(walk->gpa >> 21 << 9));
}

void lower_fill_all(uint64_t root)
{
	const uint64_t *top = backend_guest(root);
	uint64_t va = 0;

	while (top && va < (uint64_t)BACKEND_UPPER_FIRST << 39) {
		uint64_t step = 1ull << 39;
		struct mmu_walk walk;
		uint32_t error;

		if (top[shadow_index(va, 4)] & PTE_P) {
			if (!mmu_look(va, &walk, &error)) {
				int none = lower_fill_early(va, &walk);

				step = 1ull << (3 + 9 * (none ? walk.level :
							 lower_is_small(&walk) ? 1 : 2));
			} else {
				step = 1ull << (3 + 9 * walk.level);
			}
		}
		va = (va & ~(step - 1)) + step;
	}
}

void lower_invalidate(uint64_t va)
{
	struct space *space = running();
	unsigned table = space->kernel;
	const uint64_t *guest = lower_guest(shadow_tables[table].gfn);
	uint64_t entry, flags = PTE_W | PTE_U;

	for (int level = 4; level > 1; level--) {
		unsigned index = shadow_index(va, level);
		unsigned below;

		if (!lower_used(&shadow_tables[table], index))
			return;
		entry = guest ? guest[index] & ~(level == 4 ? lower_top_ignored : 0) : 0;
		below = backend_table_of(backend_table_get(table, index));
		if (!below || !(entry & PTE_P) || (entry & PTE_PS) ||
		    shadow_tables[below].piece) {
			lower_drop(space, table, index);
			return;
		}
		flags = (flags & (entry | ~(PTE_W | PTE_U))) | (entry & PTE_NX);
		if (shadow_tables[below].gfn != (entry & PTE_ADDRESS) / BACKEND_PAGE)
			lower_sync(space, below, (entry & PTE_ADDRESS) / BACKEND_PAGE, flags);
		table = below;
		guest = lower_guest(shadow_tables[table].gfn);
	}
	if (lower_used(&shadow_tables[table], shadow_index(va, 1)))
		lower_sync_page(space, table, shadow_index(va, 1),
				guest ? guest[shadow_index(va, 1)] : 0, flags);
}

void lower_before_user(void)
{
	struct space *space = running();

	if (!space->supervisor)
		return;
	lower_empty(space);
	mmu_generation++;
	pool_commit(1);
}

void lower_set_upper_root(unsigned index, uint64_t old, uint64_t entry)
{
	if (!space_count)
		shadow_set(backend_root(0), index, old, entry);
	for (unsigned i = 0; i < space_count; i++)
		shadow_set(spaces[i].kernel, index, old, entry);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Checks what must hold of the shadow whatever the guest has done:
 *  - each leaf maps the page of guest memory that the guest's tables map there, with
 *    no right that they do not give;
 *  - a page that they do not give to user mode is stored as a supervisor page;
 *  - user roots have the lower half of the kernel's, nothing of the upper half, and no
 *    supervisor page if user mode may run on them;
 *  - each frame has as many writers as are counted.
 *
 * First the shadow is updated, as it may hold what a TLB may hold. The check counts the
 * writers down, so the guest cannot go on after it.
 */
#include "lower.h"
#include "upper.h"
#include "../mmu.h"

#define VISITED 0xff		/* a table's level, once it has been looked at */

static const char *check_failed;
static uint64_t check_at;
/* Of the space that is being checked: the guest's root, and whether its lower half may have
   supervisor pages. */
static uint64_t check_root;
static int check_supervisor;

static void check_fail(const char *what, uint64_t va)
{
	if (!check_failed) {
		check_failed = what;
		check_at = va;
	}
}

static int check_is_linear(uint64_t entry)
{
	for (uint64_t gfn = 0; gfn < shadow_vm.frame_count; gfn += 512) {
		unsigned table = backend_table_linear(gfn);

		if (table && !((backend_table_address(table) ^ entry) & PTE_ADDRESS))
			return 1;
	}
	return 0;
}

/* Returns PTE_P, and those of PTE_W and PTE_U that all levels of the guest's tables have for @va,
   and in *@gpa the address. Returns 0 if @va is not mapped. */
static uint64_t check_guest(uint64_t va, uint64_t *gpa)
{
	const uint64_t *table = backend_guest(check_root);
	uint64_t entry = shadow_is_lower(va) ? table ? table[shadow_index(va, 4)] : 0
					     : upper_top_entry(lower_root(), va);
	uint64_t rights = PTE_P | PTE_W | PTE_U;

	for (int level = 4; entry & PTE_P; level--) {
		rights &= entry;
		if (level == 1 || (level < 4 && (entry & PTE_PS))) {
			uint64_t offset = (1ull << (3 + 9 * level)) - 1;

			*gpa = (entry & PTE_ADDRESS & ~offset) | (va & offset);
			return rights;
		}
		table = backend_guest(entry & PTE_ADDRESS);
		if (!table)
			break;
		entry = table[shadow_index(va, level - 1)];
	}
	return 0;
}

static void check_rights(uint64_t entry, uint64_t va)
{
	int supervisor = backend_leaf_is_supervisor(entry);
	uint64_t gpa = 0, rights = check_guest(va, &gpa);

	if (!(rights & PTE_P) || gpa / BACKEND_PAGE != backend_gfn(entry))
		check_fail("is not what the guest's tables map", va);
	if ((entry & PTE_W) && !(rights & PTE_W))
		check_fail("can be written to, and not by the guest's tables", va);
	if (!supervisor && !(rights & PTE_U))
		check_fail("is user mode's, and not by the guest's tables", va);
	if (supervisor && shadow_is_lower(va) && !check_supervisor)
		check_fail("is the supervisor's, and user mode may run on it", va);
}

static void check_leaf(uint64_t entry, uint64_t va)
{
	uint64_t gfn = backend_gfn(entry);

	if (gfn >= shadow_vm.frame_count) {
		check_fail("maps memory that is not the guest's", va);
		return;
	}
	check_rights(entry, va);
	if ((entry & PTE_W) && shadow_vm.frames[gfn].writers != SHADOW_WRITERS_MANY &&
	    !shadow_vm.frames[gfn].writers--)
		check_fail("has a writer that was not counted", va);
}

static void check_table(unsigned table, int level, uint64_t va);

static void check_entry(uint64_t entry, int level, uint64_t va)
{
	unsigned below;

	if (level == 1) {
		check_leaf(entry, va);
		return;
	}
	/* Fixed tables are a processor's own; the back-end checks what is its own there. */
	below = backend_fixed_table(va, level - 1);
	if (!below)
		below = backend_table_of(entry);
	if (below)
		check_table(below, level - 1, va);
	else if (level != 2 || !check_is_linear(entry))
		check_fail("leads to no table of the shadow", va);
}

static void check_table(unsigned table, int level, uint64_t va)
{
	const uint64_t *entries = backend_table_entries(table);

	if (level < 4 && table < backend_table_limit()) {
		if (shadow_vm.tables[table].level == VISITED)
			return;
		shadow_vm.tables[table].level = VISITED;
	}
	for (unsigned i = 0; i < 512; i++) {
		uint64_t at = level == 4 ? shadow_top_va(i) :
					   va + ((uint64_t)i << (3 + 9 * level));

		if ((entries[i] & PTE_P) &&
		    (backend_fixed_table(at, level - 1) || !upper_is_reserved(at, level)))
			check_entry(entries[i], level, at);
	}
}

static void check_user(unsigned kernel, unsigned user)
{
	const uint64_t *all = backend_table_entries(kernel);
	const uint64_t *less = backend_table_entries(user);

	for (unsigned i = 0; i < 512; i++) {
		uint64_t va = shadow_top_va(i);

		if (i < BACKEND_UPPER_FIRST && less[i] != all[i])
			check_fail("differs in user mode", va);
		/* The hypervisor's entries are in all roots; the wedge's must not be in these. */
		if (i >= BACKEND_UPPER_FIRST && (less[i] & PTE_P) &&
		    (!backend_va_reserved(va) ||
		     va >> 39 == (uint64_t)backend_guest_memory >> 39))
			check_fail("is seen by user mode", va);
	}
}

const char *mmu_check(uint64_t *va)
{
	unsigned kernel, user;

	if (!lower_roots(0, &kernel, &user))
		return NULL;		/* nothing has run */
	upper_sync(lower_root());
	for (unsigned i = 0; lower_roots(i, &kernel, &user); i++)
		lower_renew(i, &check_supervisor);
	backend_table_commit(0);
	for (unsigned i = 0; lower_roots(i, &kernel, &user); i++) {
		check_root = lower_renew(i, &check_supervisor);
		check_table(kernel, 4, 0);
		check_user(kernel, user);
	}
	for (uint64_t gfn = 0; gfn < shadow_vm.frame_count; gfn++)
		if (shadow_vm.frames[gfn].writers && shadow_vm.frames[gfn].writers != SHADOW_WRITERS_MANY)
			check_fail("has fewer writers than were counted", gfn * BACKEND_PAGE);
	*va = check_at;
	return check_failed;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What must hold of the wedge itself at the end of a run: its code is as it was
 * linked, and user mode can come by none of its pages or of guest memory, as Xen has
 * stored their entries (entries.h). mmu/shadow/check.c looks at what the guest maps.
 */
#include "entries.h"
#include "xenpv.h"
#include "../backend.h"
#include "../../wedge/print.h"

#define SLOT(va) ((va) >> 39 & 511)
#define LEAST_LEAVES 64u	/* fewer: the tables were not found */

static uint64_t check_sum_first;
static unsigned check_leaves;

static uint64_t check_sum(void)
{
	extern const uint64_t xenpv_image[], xenpv_rodata_end[];
	uint64_t sum = 0;

	for (const uint64_t *p = xenpv_image; p < xenpv_rodata_end; p++)
		sum = (sum << 1 | sum >> 63) ^ *p;
	return sum;
}

void xenpv_check_init(void)
{
	check_sum_first = check_sum();
}

static int check_entry(uint64_t entry, int level, uint64_t va);

/* The table of @level in frame @mfn, which maps from @va on. Non-zero: an entry of
   the wedge's or of guest memory is not the supervisor's. */
static int check_table(uint64_t mfn, int level, uint64_t va)
{
	static uint64_t copies[3][512];
	uint64_t *entries = copies[level - 1];

	__builtin_memcpy(entries, xenpv_window_read(machine_to_phys_mapping[mfn]), 4096);
	for (unsigned i = 0; i < 512; i++)
		if ((entries[i] & ENTRY_P) &&
		    check_entry(entries[i], level, va + ((uint64_t)i << (3 + 9 * level))))
			return -1;
	return 0;
}

/* Where the guest has mappings, mmu/shadow/check.c looks. */
static int check_entry(uint64_t entry, int level, uint64_t va)
{
	uint64_t last = va + (1ull << (3 + 9 * level)) - BACKEND_PAGE;

	if (!backend_va_reserved(va) && !backend_va_reserved(last))
		return 0;
	if (level > 1 && !(entry & ENTRY_PS))
		return check_table((entry & ENTRY_ADDRESS) >> 12, level - 1, va);
	check_leaves++;
	if (backend_leaf_is_supervisor(entry))
		return 0;
	wedge_print("previrt: entry %lx at %lx\n", entry, va);
	return -1;
}

static int check_slot(const uint64_t *root, uint64_t va)
{
	return check_table((root[SLOT(va)] & ENTRY_ADDRESS) >> 12, 3,
			   va & ~((1ull << 39) - 1));
}

/* A processor's own table of @level has the guest's entries that the first one's has. */
static int check_copy(unsigned vcpu, int level)
{
	const uint64_t *first = backend_table_entries(backend_fixed_table(WEDGE_BASE, level));
	const uint64_t *own = xenpv_window_read(machine_to_phys_mapping[xenpv_vcpu_table(vcpu, level)]);

	for (unsigned i = 0; i < 511; i++)
		if ((first[i] ^ own[i]) & ~(uint64_t)(ENTRY_A | ENTRY_D))
			return -1;
	return 0;
}

/* Each processor has tables of its own on the way to the image. */
static int check_image(const uint64_t *root)
{
	if (check_slot(root, WEDGE_BASE))
		return -1;
	for (unsigned i = 1; i < backend_vcpus; i++)
		if (check_table(xenpv_vcpu_table(i, 3), 3, WEDGE_BASE & ~((1ull << 39) - 1)) ||
		    check_copy(i, 3) || check_copy(i, 2))
			return -1;
	return 0;
}

static int check_leads_to_image(uint64_t entry, const uint64_t *root)
{
	if (!((entry ^ root[SLOT(WEDGE_BASE)]) & ENTRY_ADDRESS))
		return 1;
	for (unsigned i = 1; i < backend_vcpus; i++)
		if ((entry & ENTRY_ADDRESS) == xenpv_vcpu_table(i, 3) << 12)
			return 1;
	return 0;
}

/* Other roots have these tables, or (user mode's) none of the wedge's. */
static int check_roots(const uint64_t *root)
{
	unsigned table;
	int level;

	for (unsigned n = 0; (level = xenpv_pool_level(n, &table)) >= 0; n++) {
		uint64_t area, image;

		if (level != 4)
			continue;
		area = backend_table_get(table, SLOT(WEDGE_AREA));
		image = backend_table_get(table, SLOT(WEDGE_BASE));
		if (!area && !image)
			continue;
		if ((area ^ root[SLOT(WEDGE_AREA)]) & ENTRY_ADDRESS ||
		    !check_leads_to_image(image, root))
			return -1;
	}
	return 0;
}

const char *backend_check(void)
{
	const uint64_t *root = backend_table_entries(backend_root(0));

	xenpv_vcpus_stop();
	if (check_sum() != check_sum_first)
		return "the wedge's code has changed";
	if (check_slot(root, WEDGE_AREA) || check_image(root) || check_leaves < LEAST_LEAVES)
		return "the wedge's memory is open to user mode";
	return check_roots(root) ? "a root has other tables of the wedge" : NULL;
}

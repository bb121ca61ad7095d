/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The tables that the processor walks (xen/xen.h: mmu_update, mmuext_op).
 *
 * Invariants: a table of the pool keeps its type (it is pinned) until another
 * level needs it; it is empty when it is free; it is mapped read-only, and only
 * in the wedge.
 */
#include "entries.h"
#include "memory.h"
#include "../../wedge/print.h"

#define QUEUE 128
#define HYPERVISOR_FIRST 256u		/* Xen's own slots of a level-4 table */
#define HYPERVISOR_LAST 271u

/* Names of tables: these, and then the pool's. */
enum {
	TABLE_ROOT = 1, TABLE_USER_ROOT, TABLE_L3, TABLE_L2, TABLE_POOL,
	TABLE_LINEAR = 16384,
};
#define POOL_MOST (TABLE_LINEAR - TABLE_POOL)

extern uint64_t xenpv_wedge_l2[];

uint64_t *xenpv_linear_mfns;
static uint64_t pool_pfn;
static uint64_t fixed_mfns[4];		/* TABLE_ROOT ... TABLE_L2 */
static const uint64_t *fixed_tables[4];

static struct mmu_update queue[QUEUE];
static unsigned queued;
/* What the queue changes, so that backend_table_get knows when to flush it first: entries
   queue_low to queue_high of queue_table; of other tables, those marked in states. */
static unsigned queue_table, queue_low, queue_high;
static uint16_t queue_tables[QUEUE];	/* of each change; 0: a linear one */

/* Of each table below backend_table_limit. */
static struct {
	uint16_t next_free;
	uint8_t level;		/* it is pinned as that; 0: it is not */
	uint8_t queued;
} *states;
static uint16_t free_first[5];
static unsigned pool_tables, pool_fresh, tables_used, tables_peak;

const uint64_t *backend_linear = (const uint64_t *)WEDGE_LINEAR;
const uint64_t backend_leaf_mask = ENTRY_KERNEL | ENTRY_G, backend_leaf_supervisor = ENTRY_KERNEL;

static void tables_flush_queue(void)
{
	long result;

	if (!queued)
		return;
	result = xenpv_call(__HYPERVISOR_mmu_update, (uint64_t)queue, queued, 0, DOMID_SELF);
	if (result < 0)
		for (unsigned i = 0; i < queued && i < 4; i++)
			wedge_print("previrt: update of %lx to %lx\n", queue[i].ptr, queue[i].val);
	xenpv_must("page-table updates", result);
	for (unsigned i = 0; i < queued; i++)
		states[queue_tables[i]].queued = 0;
	queued = 0;
	queue_table = 0;
}

static inline __attribute__((always_inline)) uint64_t tables_mfn(unsigned table)
{
	if (table >= TABLE_LINEAR)
		return xenpv_linear_mfns[table - TABLE_LINEAR];
	if (table < TABLE_POOL)
		return fixed_mfns[table - TABLE_ROOT];
	return xenpv_mfns[pool_pfn + table - TABLE_POOL];
}

/* The queue has room. @table: 0 if its entries are never read back. */
static inline void tables_queue(uint64_t mfn, unsigned table, unsigned index, uint64_t entry)
{
	queue[queued].ptr = mfn << 12 | index * 8 | MMU_NORMAL_PT_UPDATE;
	queue_tables[queued] = table;
	queue[queued++].val = entry;
}

void backend_frame_clean(uint64_t gfn)
{
	if (queued == QUEUE)
		tables_flush_queue();
	tables_queue(xenpv_linear_mfns[gfn / 512], 0, gfn % 512, backend_linear[gfn] & ~ENTRY_D);
}

/* The queue has room. */
static inline void tables_set(unsigned table, unsigned index, uint64_t entry)
{
	tables_queue(tables_mfn(table), table, index, entry);
	if (queue_table != table) {
		if (queue_table)
			states[queue_table].queued = 1;
		queue_table = table;
		queue_low = queue_high = index;
	}
	if (index < queue_low)
		queue_low = index;
	if (index > queue_high)
		queue_high = index;
}

/* Each processor has its own copy of these tables; the guest's entries are the same in all. */
#define FOR_EACH_VCPU(table) ((table) >= TABLE_L3 && (table) <= TABLE_L2)

/* A function of its own, so that the common case makes no call and saves no register. */
static __attribute__((noinline)) void tables_set_rarely(unsigned table, unsigned index, uint64_t entry)
{
	for (unsigned i = 1; FOR_EACH_VCPU(table) && i < backend_vcpus; i++) {
		if (queued == QUEUE)
			tables_flush_queue();
		tables_queue(xenpv_vcpu_table(i, table == TABLE_L3 ? 3 : 2), 0, index, entry);
	}
	if (queued == QUEUE)
		tables_flush_queue();
	tables_set(table, index, entry);
}

void backend_table_set(unsigned table, unsigned index, uint64_t entry)
{
	if (queued == QUEUE || FOR_EACH_VCPU(table))
		tables_set_rarely(table, index, entry);
	else
		tables_set(table, index, entry);
}

int backend_table_set_page(unsigned table, unsigned index, uint64_t va, uint64_t entry,
			   int flush)
{
	(void)table;
	(void)index;
	if (queued)
		tables_flush_queue();
	xenpv_must("a page", xenpv_call(__HYPERVISOR_update_va_mapping, va, entry,
					flush ? UVMF_INVLPG : UVMF_NONE, 0));
	return 0;
}

static const uint64_t *tables_entries(unsigned table)
{
	if (table < TABLE_POOL)
		return fixed_tables[table - TABLE_ROOT];
	return (const uint64_t *)(WEDGE_POOL + (table - TABLE_POOL) * 4096ull);
}

const uint64_t *backend_table_entries(unsigned table)
{
	if (queued && (states[table].queued || table == queue_table))
		tables_flush_queue();
	return tables_entries(table);
}

static __attribute__((noinline)) uint64_t tables_flush_and_get(unsigned table, unsigned index)
{
	tables_flush_queue();
	return tables_entries(table)[index];
}

uint64_t backend_table_get(unsigned table, unsigned index)
{
	if (queued && (states[table].queued ||
		       (table == queue_table && index >= queue_low && index <= queue_high)))
		return tables_flush_and_get(table, index);
	return tables_entries(table)[index];
}

uint64_t backend_table_address(unsigned table)
{
	return tables_mfn(table) << 12;
}

unsigned backend_table_of(uint64_t entry)
{
	uint64_t mfn = (entry & ENTRY_ADDRESS) >> 12, pfn;

	if (!(entry & ENTRY_P))
		return 0;
	for (unsigned i = 0; i < 4; i++)
		if (fixed_mfns[i] == mfn)
			return TABLE_ROOT + i;
	pfn = machine_to_phys_mapping[mfn];
	return pfn - pool_pfn < pool_tables ? pfn - pool_pfn + TABLE_POOL : 0;
}

void backend_table_commit(int flush)
{
	tables_flush_queue();
	if ((flush & BACKEND_FLUSH_ALL) && backend_vcpus > 1)
		xenpv_table_op(MMUEXT_TLB_FLUSH_ALL, 0, "a flush of all");
	else if (flush)
		xenpv_table_op(MMUEXT_TLB_FLUSH_LOCAL, 0, "a flush");
}

static unsigned table_take_free(int level)
{
	unsigned table = free_first[level];

	if (table)
		free_first[level] = states[table].next_free;
	return table;
}

unsigned backend_table_alloc(int level)
{
	static const unsigned pin[] = { 0, MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
		MMUEXT_PIN_L3_TABLE, MMUEXT_PIN_L4_TABLE };
	unsigned table = table_take_free(level);

	if (!table && pool_fresh < pool_tables)
		table = TABLE_POOL + pool_fresh++;
	for (int other = 1; !table && other <= 3; other++) {
		table = table_take_free(other);
		if (table) {
			tables_flush_queue();
			xenpv_table_op(MMUEXT_UNPIN_TABLE, tables_mfn(table), "to unpin");
			states[table].level = 0;
		}
	}
	if (!table)
		return 0;
	if (states[table].level != level) {
		xenpv_table_op(pin[level], tables_mfn(table), "to pin");
		states[table].level = level;
	}
	if (++tables_used > tables_peak)
		tables_peak = tables_used;
	return table;
}

unsigned backend_tables_left(void)
{
	return pool_tables - tables_used;
}

/* Entries of a level-4 table that Xen fills and lets no guest change. */
static int tables_is_hypervisors(unsigned index)
{
	return index >= HYPERVISOR_FIRST && index <= HYPERVISOR_LAST;
}

void backend_table_free(unsigned table)
{
	const uint64_t *entries = backend_table_entries(table);

	for (unsigned i = 0; i < 512; i++)
		if (entries[i] && !(states[table].level == 4 && tables_is_hypervisors(i)))
			backend_table_set(table, i, 0);
	states[table].next_free = free_first[states[table].level];
	free_first[states[table].level] = table;
	tables_used--;
}

void xenpv_tables_print_counters(void)
{
	wedge_print("previrt: count memory tables used %u peak %u of %u guest-frames %lu\n",
		    tables_used, tables_peak, pool_tables, xenpv_start_info->nr_pages - xenpv_guest_pfn);
}

unsigned backend_table_linear(uint64_t gfn)
{
	return backend_is_memory(gfn << 12) && backend_is_memory((gfn + 511) << 12)
		? TABLE_LINEAR + gfn / 512 : 0;
}

unsigned backend_root(int user)
{
	return user ? TABLE_USER_ROOT : TABLE_ROOT;
}

int backend_roots_alloc(unsigned *kernel, unsigned *user)
{
	return xenpv_roots_alloc(backend_vcpu, kernel, user);
}

int xenpv_roots_alloc(unsigned vcpu, unsigned *kernel, unsigned *user)
{
	const uint64_t *first = backend_table_entries(TABLE_ROOT);

	*kernel = backend_table_alloc(4);
	*user = backend_table_alloc(4);
	if (!*kernel || !*user) {
		if (*kernel)
			backend_table_free(*kernel);
		return -1;
	}
	for (unsigned i = 256; i < 512; i++)
		if ((first[i] & ENTRY_P) && !tables_is_hypervisors(i))
			backend_table_set(*kernel, i, first[i]);
	if (vcpu)
		backend_table_set(*kernel, 511, xenpv_vcpu_table(vcpu, 3) << 12 | ENTRY_LINK);
	return 0;
}

void backend_load_roots(unsigned kernel, unsigned user)
{
	struct mmuext_op ops[2] = {
		{ .cmd = MMUEXT_NEW_BASEPTR }, { .cmd = MMUEXT_NEW_USER_BASEPTR },
	};

	tables_flush_queue();
	ops[0].arg1.mfn = tables_mfn(kernel);
	ops[1].arg1.mfn = tables_mfn(user);
	xenpv_must("other roots", xenpv_call(__HYPERVISOR_mmuext_op, (uint64_t)ops, 2, 0,
					     DOMID_SELF));
}

unsigned backend_table_limit(void)
{
	return TABLE_POOL + pool_tables;
}

int xenpv_pool_level(unsigned n, unsigned *table)
{
	*table = TABLE_POOL + n;
	return n < pool_tables ? states[*table].level : -1;
}

unsigned backend_fixed_table(uint64_t va, int level)
{
	if (level == 3 && va >> 39 == WEDGE_BASE >> 39)
		return TABLE_L3;
	if (level == 2 && va >> 30 == WEDGE_BASE >> 30)
		return TABLE_L2;
	return 0;
}

static void tables_init_roots(void)
{
	uint64_t user = xenpv_take_frame();
	const uint64_t *l4 = (const uint64_t *)xenpv_start_info->pt_base;
	uint64_t l3 = (l4[511] & ENTRY_ADDRESS) >> 12;

	fixed_mfns[0] = xenpv_mfns[((uint64_t)l4 - WEDGE_BOOT_BASE) >> 12];
	fixed_mfns[1] = xenpv_mfns[user];
	fixed_mfns[2] = l3;
	fixed_mfns[3] = xenpv_mfns[((uint64_t)xenpv_wedge_l2 - WEDGE_BASE) >> 12];
	fixed_tables[0] = l4;
	fixed_tables[2] = (const uint64_t *)(WEDGE_BOOT_BASE + (machine_to_phys_mapping[l3] << 12));
	fixed_tables[3] = xenpv_wedge_l2;
	fixed_tables[1] = xenpv_map_in_heap(user, 1, ENTRY_READ);
	xenpv_table_op(MMUEXT_PIN_L4_TABLE, xenpv_mfns[user], "the user root");
	xenpv_table_op(MMUEXT_NEW_USER_BASEPTR, xenpv_mfns[user], "the user root");
}

/* The pool's size grows with memory: more memory allows more processes. */
static void tables_init_pool(void)
{
	uint64_t share = xenpv_start_info->nr_pages / WEDGE_POOL_SHARE & ~511ull;

	pool_tables = share < WEDGE_POOL_LEAST ? WEDGE_POOL_LEAST :
		      share > POOL_MOST ? POOL_MOST & ~511u : share;
	pool_pfn = xenpv_next_pfn;
	for (unsigned i = 0; i < pool_tables; i++)
		xenpv_take_frame();
	for (unsigned i = 0; i < pool_tables; i += 512)
		xenpv_map(WEDGE_POOL + i * 4096ull, xenpv_make_l1(pool_pfn + i, 512, ENTRY_READ));
	states = backend_memory(backend_table_limit() * sizeof(*states));
}

void xenpv_tables_init(void)
{
	tables_init_roots();
	tables_init_pool();
}

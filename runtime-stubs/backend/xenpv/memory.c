/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Memory and the tables the processor walks (xen/xen.h: mmu_update,
 * mmuext_op). Frames after Xen's own start-up area are given out in this order:
 * tables of the wedge's map of guest memory, the pool of shadow tables, guest
 * memory.
 *
 * Invariants: a table of the pool keeps its type (it is pinned) until another
 * level needs it; it is empty when it is free; it is mapped read-only, and only
 * in the wedge.
 */
#include "entries.h"
#include "xenpv.h"
#include "../backend.h"
#include "../../rewriter/limits.h"
#include "../../wedge/entry.h"
#include "../../wedge/print.h"

#define GUEST_ALIGN 512u		/* frames: whole linear tables */
#define GUEST_MOST (16ull << 30)	/* bytes, and what a domain for them may have more */
#define GUEST_SLACK (1ull << 28)
#define LINEAR_BYTES (1ull << 21)	/* of guest memory, by one linear table */
#define QUEUE 128
#define VCPU_FRAMES 64u		/* at most: what a further processor takes */
#define HYPERVISOR_FIRST 256u		/* Xen's own slots of a level-4 table */
#define HYPERVISOR_LAST 271u

/* Names of tables: these, and then the pool's. */
enum {
	TABLE_ROOT = 1, TABLE_USER_ROOT, TABLE_L3, TABLE_L2, TABLE_POOL,
	TABLE_LINEAR = 16384,
};
#define POOL_MOST (TABLE_LINEAR - TABLE_POOL)

extern uint64_t xenpv_wedge_l1[], xenpv_wedge_l2[];

static const uint64_t *mfns;
static uint64_t next_pfn, pool_pfn, guest_pfn;
static uint64_t *linear_mfns;		/* by gfn / 512; 0: no memory */
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
uint8_t *backend_guest_memory = (uint8_t *)WEDGE_AREA;
uint64_t backend_low_bytes, backend_guest_bytes;
static uint64_t guest_frames;
const uint64_t *backend_frame_numbers;
const uint64_t backend_leaf_mask = ENTRY_KERNEL | ENTRY_G, backend_leaf_supervisor = ENTRY_KERNEL;

uint64_t xenpv_mfn(uint64_t pfn)
{
	return mfns[pfn];
}

void xenpv_table_op(unsigned cmd, uint64_t mfn, const char *what)
{
	struct mmuext_op op = { .cmd = cmd };

	op.arg1.mfn = mfn;
	xenpv_must(what, xenpv_call(__HYPERVISOR_mmuext_op, (uint64_t)&op, 1, 0, DOMID_SELF));
}

uint64_t xenpv_take_frame(void)
{
	uint64_t pfn = next_pfn++;

	if (pfn >= xenpv_start_info->nr_pages)
		wedge_stop("too little memory");
	xenpv_table_op(MMUEXT_CLEAR_PAGE, mfns[pfn], "to clear a page");
	return pfn;
}

static void memory_flush_queue(void)
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

static inline __attribute__((always_inline)) uint64_t memory_table_mfn(unsigned table)
{
	if (table >= TABLE_LINEAR)
		return linear_mfns[table - TABLE_LINEAR];
	if (table < TABLE_POOL)
		return fixed_mfns[table - TABLE_ROOT];
	return mfns[pool_pfn + table - TABLE_POOL];
}

/* The queue has room. @table: 0 if its entries are never read back. */
static inline void memory_queue(uint64_t mfn, unsigned table, unsigned index, uint64_t entry)
{
	queue[queued].ptr = mfn << 12 | index * 8 | MMU_NORMAL_PT_UPDATE;
	queue_tables[queued] = table;
	queue[queued++].val = entry;
}

void backend_frame_clean(uint64_t gfn)
{
	if (queued == QUEUE)
		memory_flush_queue();
	memory_queue(linear_mfns[gfn / 512], 0, gfn % 512, backend_linear[gfn] & ~ENTRY_D);
}

/* The queue has room. */
static inline void memory_set(unsigned table, unsigned index, uint64_t entry)
{
	memory_queue(memory_table_mfn(table), table, index, entry);
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
static __attribute__((noinline)) void memory_set_rarely(unsigned table, unsigned index, uint64_t entry)
{
	for (unsigned i = 1; FOR_EACH_VCPU(table) && i < backend_vcpus; i++) {
		if (queued == QUEUE)
			memory_flush_queue();
		memory_queue(xenpv_vcpu_table(i, table == TABLE_L3 ? 3 : 2), 0, index, entry);
	}
	if (queued == QUEUE)
		memory_flush_queue();
	memory_set(table, index, entry);
}

void backend_table_set(unsigned table, unsigned index, uint64_t entry)
{
	if (queued == QUEUE || FOR_EACH_VCPU(table))
		memory_set_rarely(table, index, entry);
	else
		memory_set(table, index, entry);
}

int backend_table_set_page(unsigned table, unsigned index, uint64_t va, uint64_t entry,
			   int flush)
{
	(void)table;
	(void)index;
	if (queued)
		memory_flush_queue();
	xenpv_must("a page", xenpv_call(__HYPERVISOR_update_va_mapping, va, entry,
					flush ? UVMF_INVLPG : UVMF_NONE, 0));
	return 0;
}

static const uint64_t *memory_entries(unsigned table)
{
	if (table < TABLE_POOL)
		return fixed_tables[table - TABLE_ROOT];
	return (const uint64_t *)(WEDGE_POOL + (table - TABLE_POOL) * 4096ull);
}

const uint64_t *backend_table_entries(unsigned table)
{
	if (queued && (states[table].queued || table == queue_table))
		memory_flush_queue();
	return memory_entries(table);
}

static __attribute__((noinline)) uint64_t memory_flush_and_get(unsigned table, unsigned index)
{
	memory_flush_queue();
	return memory_entries(table)[index];
}

uint64_t backend_table_get(unsigned table, unsigned index)
{
	if (queued && (states[table].queued ||
		       (table == queue_table && index >= queue_low && index <= queue_high)))
		return memory_flush_and_get(table, index);
	return memory_entries(table)[index];
}

uint64_t backend_table_address(unsigned table)
{
	return memory_table_mfn(table) << 12;
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
	memory_flush_queue();
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
			memory_flush_queue();
			xenpv_table_op(MMUEXT_UNPIN_TABLE, memory_table_mfn(table), "to unpin");
			states[table].level = 0;
		}
	}
	if (!table)
		return 0;
	if (states[table].level != level) {
		xenpv_table_op(pin[level], memory_table_mfn(table), "to pin");
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
static int memory_is_hypervisors(unsigned index)
{
	return index >= HYPERVISOR_FIRST && index <= HYPERVISOR_LAST;
}

void backend_table_free(unsigned table)
{
	const uint64_t *entries = backend_table_entries(table);

	for (unsigned i = 0; i < 512; i++)
		if (entries[i] && !(states[table].level == 4 && memory_is_hypervisors(i)))
			backend_table_set(table, i, 0);
	states[table].next_free = free_first[states[table].level];
	free_first[states[table].level] = table;
	tables_used--;
}

void xenpv_memory_print_counters(void)
{
	wedge_print("previrt: count memory tables used %u peak %u of %u guest-frames %lu\n",
		    tables_used, tables_peak, pool_tables, guest_frames);
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
		if ((first[i] & ENTRY_P) && !memory_is_hypervisors(i))
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

	memory_flush_queue();
	ops[0].arg1.mfn = memory_table_mfn(kernel);
	ops[1].arg1.mfn = memory_table_mfn(user);
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

int backend_va_reserved(uint64_t va)
{
	return (va >= HYPERVISOR_VIRT_START && va < HYPERVISOR_VIRT_END) ||
	       va >> 39 == WEDGE_AREA >> 39 || va >= WEDGE_BASE ||
	       va >> 30 == WEDGE_BOOT_BASE >> 30;
}

/* The frame that is number @n of guest memory. */
static uint64_t memory_gfn(uint64_t n)
{
	return n < backend_low_bytes >> 12 ? n : n + BACKEND_HOLE_FRAMES;
}

uint64_t backend_gfn(uint64_t entry)
{
	uint64_t n = machine_to_phys_mapping[(entry & ENTRY_ADDRESS) >> 12] - guest_pfn;

	return n < guest_frames ? memory_gfn(n) : BACKEND_NO_FRAME;
}

static uint64_t *memory_window(uint64_t pfn, uint64_t rights)
{
	uint64_t entry = pfn ? mfns[pfn] << 12 | rights : 0;

	xenpv_must("a mapping", xenpv_call(__HYPERVISOR_update_va_mapping, WEDGE_WINDOW, entry,
					   UVMF_INVLPG, 0));
	return (uint64_t *)WEDGE_WINDOW;
}

uint64_t *xenpv_window(uint64_t pfn)
{
	return memory_window(pfn, ENTRY_WRITE);
}

const uint64_t *xenpv_window_read(uint64_t pfn)
{
	return memory_window(pfn, ENTRY_READ);
}

/* Makes a level-1 table that maps @count frames from @pfn. Returns the table's frame. */
static uint64_t memory_make_l1(uint64_t pfn, unsigned count, uint64_t flags)
{
	uint64_t table = xenpv_take_frame();
	uint64_t *entries = xenpv_window(table);

	for (unsigned i = 0; i < count; i++)
		entries[i] = mfns[pfn + i] << 12 | flags;
	xenpv_window(0);
	return table;
}

static void memory_update(uint64_t table_mfn, unsigned index, uint64_t entry)
{
	struct mmu_update update = {
		.ptr = table_mfn << 12 | index * 8 | MMU_NORMAL_PT_UPDATE, .val = entry
	};

	xenpv_must("the wedge's map", xenpv_call(__HYPERVISOR_mmu_update, (uint64_t)&update, 1,
						 0, DOMID_SELF));
}

/* The level-3 table of the wedge's own slot; level-2 tables below it are made on demand. */
static uint64_t area_l3, area_l2[512];

static void memory_map(uint64_t va, uint64_t l1_pfn)
{
	unsigned i3 = va >> 30 & 511;

	if (!area_l3) {
		area_l3 = xenpv_take_frame();
		memory_update(fixed_mfns[0], WEDGE_AREA >> 39 & 511, mfns[area_l3] << 12 | ENTRY_LINK);
	}
	if (!area_l2[i3]) {
		area_l2[i3] = xenpv_take_frame();
		memory_update(mfns[area_l3], i3, mfns[area_l2[i3]] << 12 | ENTRY_LINK);
	}
	memory_update(mfns[area_l2[i3]], va >> 21 & 511, mfns[l1_pfn] << 12 | ENTRY_LINK);
}

static uint64_t heap_next = WEDGE_HEAP;

/* Each piece takes 2 MiB of address space and a level-1 table. */
void *backend_memory(size_t size)
{
	uint64_t start = heap_next, count = (size + 4095) / 4096;

	for (uint64_t done = 0; done < count; done += 512) {
		unsigned n = count - done < 512 ? count - done : 512;
		uint64_t first = 0;

		for (unsigned i = 0; i < n; i++) {
			uint64_t pfn = xenpv_take_frame();

			if (!i)
				first = pfn;
		}
		memory_map(heap_next, memory_make_l1(first, n, ENTRY_WRITE));
		heap_next += 1ull << 21;
	}
	if (next_pfn > guest_pfn)
		wedge_stop("the wedge's memory runs into the guest's");
	return (void *)start;
}

/* The pool's size grows with memory: more memory allows more processes. */
static void memory_init_pool(void)
{
	uint64_t share = xenpv_start_info->nr_pages / WEDGE_POOL_SHARE & ~511ull;

	pool_tables = share < WEDGE_POOL_LEAST ? WEDGE_POOL_LEAST :
		      share > POOL_MOST ? POOL_MOST & ~511u : share;
	pool_pfn = next_pfn;
	next_pfn += pool_tables;
	for (unsigned i = 0; i < pool_tables; i++)
		xenpv_table_op(MMUEXT_CLEAR_PAGE, mfns[pool_pfn + i], "to clear a page");
	for (unsigned i = 0; i < pool_tables; i += 512)
		memory_map(WEDGE_POOL + i * 4096ull,
			   memory_make_l1(pool_pfn + i, 512, ENTRY_READ));
}

uint64_t xenpv_ldt_pfn;

static void memory_init_ldt(void)
{
	unsigned count = LDT_FRAMES * backend_vcpus;

	xenpv_ldt_pfn = next_pfn;
	for (unsigned i = 0; i < count; i++)
		xenpv_take_frame();
	memory_map(WEDGE_LDT, memory_make_l1(xenpv_ldt_pfn, count, ENTRY_READ));
}

/* Returns how many frames the guest gets: those left, less what the wedge will take.
   @wanted: bytes, at most; 0: no limit. */
static uint64_t memory_guest_share(uint64_t wanted)
{
	uint64_t left = xenpv_start_info->nr_pages - next_pfn, own;

	/* Linear tables, tables above them, their names; what backend_memory will take. */
	own = left / 512 + 2 * (left / (512 * 512)) + 16 +
	      (left + BACKEND_HOLE_FRAMES) / (512 * 512) + 2 +
	      (left + BACKEND_HOLE_FRAMES) * 16 / 4096 + backend_table_limit() * 136ull / 4096 +
	      (REWRITER_CALLS + REWRITER_JUMPS) * 80ull / 4096 + 9 +
	      (backend_vcpus - 1) * VCPU_FRAMES;
	if (left < own + GUEST_ALIGN)
		wedge_stop("no memory for the guest");
	left -= own;
	if (wanted && wanted >> 12 < left)
		return wanted >> 12;
	if (left > (GUEST_MOST + GUEST_SLACK) >> 12) {
		wedge_print("previrt: the guest would have %lu MiB; a wedge takes 1 to %lu\n",
			    left >> 8, (uint64_t)GUEST_MOST >> 20);
		wedge_stop("too much memory");
	}
	return left & ~(uint64_t)(GUEST_ALIGN - 1);
}

static void memory_place_guest(uint64_t wanted)
{
	guest_frames = memory_guest_share(wanted);
	guest_pfn = xenpv_start_info->nr_pages - guest_frames;
	backend_frame_numbers = mfns + guest_pfn;
	backend_low_bytes = backend_guest_bytes = guest_frames << 12;
	if (backend_low_bytes > BACKEND_LOW_MOST) {
		backend_low_bytes = BACKEND_HOLE;
		backend_guest_bytes += BACKEND_HOLE_END - BACKEND_HOLE;
	}
}

/* Maps the linear tables read-only. Where no memory is, an empty one stands. */
static void memory_map_linear(void)
{
	uint64_t count = backend_guest_bytes >> 21, empty = xenpv_take_frame();

	count += !!(backend_guest_bytes & ((1 << 21) - 1));
	for (uint64_t i = 0; i < count; i += 512) {
		uint64_t table = xenpv_take_frame(), *entries = xenpv_window(table);

		for (uint64_t k = i; k < i + 512 && k < count; k++)
			entries[k - i] = (linear_mfns[k] ? linear_mfns[k] : mfns[empty]) << 12 | ENTRY_READ;
		xenpv_window(0);
		memory_map(WEDGE_LINEAR + i * 4096, table);
	}
}

static void memory_init_guest(uint64_t wanted)
{
	memory_place_guest(wanted);
	linear_mfns = backend_memory((backend_guest_bytes / LINEAR_BYTES + 1) * sizeof(*linear_mfns));
	for (uint64_t n = 0; n < guest_frames; n += 512) {
		uint64_t gfn = memory_gfn(n), left = guest_frames - n;
		uint64_t table = memory_make_l1(guest_pfn + n, left < 512 ? left : 512,
						ENTRY_WRITE);

		if (mfns[table] >> 32)
			wedge_stop("memory past 16 TiB");
		linear_mfns[gfn / 512] = mfns[table];
		memory_map(WEDGE_AREA + gfn * 4096, table);
	}
	memory_map_linear();
	if (next_pfn > guest_pfn)
		wedge_stop("tables run into the guest's memory");
	states = backend_memory(backend_table_limit() * sizeof(*states));
}

static void memory_init_roots(void)
{
	uint64_t user = xenpv_take_frame();
	const uint64_t *l4 = (const uint64_t *)xenpv_start_info->pt_base;
	uint64_t l3 = (l4[511] & ENTRY_ADDRESS) >> 12;

	fixed_mfns[0] = (((uint64_t)l4 - WEDGE_BOOT_BASE) >> 12);
	fixed_mfns[0] = mfns[fixed_mfns[0]];
	fixed_mfns[1] = mfns[user];
	fixed_mfns[2] = l3;
	fixed_mfns[3] = mfns[((uint64_t)xenpv_wedge_l2 - WEDGE_BASE) >> 12];
	fixed_tables[0] = l4;
	fixed_tables[2] = (const uint64_t *)(WEDGE_BOOT_BASE + (machine_to_phys_mapping[l3] << 12));
	fixed_tables[3] = xenpv_wedge_l2;
	fixed_tables[1] = (const uint64_t *)heap_next;
	memory_map(heap_next, memory_make_l1(user, 1, ENTRY_READ));
	heap_next += 1ull << 21;
	xenpv_table_op(MMUEXT_PIN_L4_TABLE, mfns[user], "the user root");
	xenpv_table_op(MMUEXT_NEW_USER_BASEPTR, mfns[user], "the user root");
}

void xenpv_memory_init(uint64_t wanted)
{
	const struct start_info *info = xenpv_start_info;

	mfns = (const uint64_t *)info->mfn_list;
	/* Behind the page tables stand the stack and at least 512 KiB; all up to
	   the next 4 MiB is mapped writable, and so can hold no table. */
	next_pfn = ((info->pt_base - WEDGE_BOOT_BASE) >> 12) + info->nr_pt_frames + 1 + 128;
	next_pfn = (next_pfn + 1023) & ~1023ull;
	memory_init_roots();
	memory_init_pool();
	memory_init_ldt();
	memory_init_guest(wanted);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The guest's memory, and what the wedge has mapped of it. */
#include "entries.h"
#include "memory.h"
#include "../../rewriter/limits.h"
#include "../../wedge/entry.h"
#include "../../wedge/print.h"

#define GUEST_ALIGN 512u		/* frames: whole linear tables */
#define GUEST_MOST (16ull << 30)	/* bytes, and what a domain for them may have more */
#define GUEST_SLACK (1ull << 28)
#define LINEAR_BYTES (1ull << 21)	/* of guest memory, by one linear table */
#define VCPU_FRAMES 64u			/* at most: what a further processor takes */

uint8_t *backend_guest_memory = (uint8_t *)WEDGE_AREA;
uint64_t backend_low_bytes, backend_guest_bytes;
static uint64_t guest_frames;
const uint64_t *backend_frame_numbers;

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
	uint64_t n = machine_to_phys_mapping[(entry & ENTRY_ADDRESS) >> 12] - xenpv_guest_pfn;

	return n < guest_frames ? memory_gfn(n) : BACKEND_NO_FRAME;
}

uint64_t xenpv_ldt_pfn;

static void memory_init_ldt(void)
{
	unsigned count = LDT_FRAMES * backend_vcpus;

	xenpv_ldt_pfn = xenpv_next_pfn;
	for (unsigned i = 0; i < count; i++)
		xenpv_take_frame();
	xenpv_map(WEDGE_LDT, xenpv_make_l1(xenpv_ldt_pfn, count, ENTRY_READ));
}

/* Returns how many frames the guest gets: those left, less what the wedge will take.
   @wanted: bytes, at most; 0: no limit. */
static uint64_t memory_guest_share(uint64_t wanted)
{
	uint64_t left = xenpv_start_info->nr_pages - xenpv_next_pfn, own;

	/* Linear tables, tables above them, their names; what backend_memory will take. */
	own = left / 512 + 2 * (left / (512 * 512)) + 16 +
	      (left + BACKEND_HOLE_FRAMES) / (512 * 512) + 2 +
	      (left + BACKEND_HOLE_FRAMES) * 16 / 4096 + backend_table_limit() * 132ull / 4096 +
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
	xenpv_guest_pfn = xenpv_start_info->nr_pages - guest_frames;
	backend_frame_numbers = xenpv_mfns + xenpv_guest_pfn;
	backend_low_bytes = backend_guest_bytes = guest_frames << 12;
	if (backend_low_bytes > BACKEND_LOW_MOST) {
		backend_low_bytes = BACKEND_HOLE;
		backend_guest_bytes += BACKEND_HOLE_END - BACKEND_HOLE;
	}
}

/* Maps the linear tables read-only. Where no memory is, an empty one stands. */
static void memory_map_linear(void)
{
	const uint64_t *linear = xenpv_linear_mfns;
	uint64_t count = backend_guest_bytes >> 21, empty = xenpv_take_frame();

	count += !!(backend_guest_bytes & ((1 << 21) - 1));
	for (uint64_t i = 0; i < count; i += 512) {
		uint64_t table = xenpv_take_frame(), *entries = xenpv_window(table);

		for (uint64_t k = i; k < i + 512 && k < count; k++)
			entries[k - i] = (linear[k] ? linear[k] : xenpv_mfns[empty]) << 12 | ENTRY_READ;
		xenpv_window(0);
		xenpv_map(WEDGE_LINEAR + i * 4096, table);
	}
}

static void memory_init_guest(uint64_t wanted)
{
	memory_place_guest(wanted);
	xenpv_linear_mfns = backend_memory((backend_guest_bytes / LINEAR_BYTES + 1) *
					   sizeof(*xenpv_linear_mfns));
	for (uint64_t n = 0; n < guest_frames; n += 512) {
		uint64_t gfn = memory_gfn(n), left = guest_frames - n;
		uint64_t table = xenpv_make_l1(xenpv_guest_pfn + n, left < 512 ? left : 512,
						ENTRY_WRITE);

		if (xenpv_mfns[table] >> 32)
			wedge_stop("memory past 16 TiB");
		xenpv_linear_mfns[gfn / 512] = xenpv_mfns[table];
		xenpv_map(WEDGE_AREA + gfn * 4096, table);
	}
	memory_map_linear();
	if (xenpv_next_pfn > xenpv_guest_pfn)
		wedge_stop("tables run into the guest's memory");
}

void xenpv_memory_init(uint64_t wanted)
{
	xenpv_frames_init();
	xenpv_tables_init();
	memory_init_ldt();
	memory_init_guest(wanted);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Guest memory: one file without a name. A machine address is a place in it; the wedge
 * has all of it mapped at WEDGE_AREA, by guest-physical address.
 *
 * Invariant: a page whose entry in the linear tables is clean can be written to by
 * nobody; the wedge's own write to it sets the dirty bit (process_wedge_write).
 */
#include "patch.h"
#include "process.h"
#include "../../host/processors.h"
#include "../../host/space.h"
#include "../../mmu/maps/heat.h"
#include "../../mmu/mmu.h"
#include "../../wedge/print.h"
#include "../../wedge/wedge.h"
#include <linux/memfd.h>
#include <linux/mman.h>

#define FILE_ALIGN (2ull << 20)		/* whole linear tables */
#define DEFAULT_BYTES (256ull << 20)
#define OWN (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE)

uint8_t *backend_guest_memory = (uint8_t *)WEDGE_AREA;
uint64_t backend_low_bytes, backend_guest_bytes;
const uint64_t *backend_frame_numbers;
int process_memory_file;
unsigned process_carried = PROCESS_CARRIED;
uint64_t process_lowest;

static PROCESS_SHARED uint64_t heap_used;
static uint64_t guest_frames;
static uint8_t *clean;			/* by frame: it is not writable in the wedge's map */
static uint8_t *heat;			/* by frame */
/* Frames, as of each processor's next commit with a flush: the last of them, in turns. */
static uint64_t *cleaned;
static PROCESS_SHARED uint64_t cleaned_count;
static uint64_t cleaned_seen;

void process_map_own(uint64_t va, uint64_t size)
{
	process_must("memory for the wedge",
		     sys_call6(__NR_mmap, va, size, PROT_READ | PROT_WRITE, OWN, -1, 0));
}

void *backend_memory(size_t size)
{
	uint64_t start = WEDGE_HEAP + heap_used;

	size = (size + BACKEND_PAGE - 1) & ~(uint64_t)(BACKEND_PAGE - 1);
	if (backend_vcpus == 1)
		process_map_own(start, size);
	heap_used += size + BACKEND_PAGE;	/* with a gap */
	if (backend_vcpus > 1 && heap_used > WEDGE_HEAP_SHARED)
		process_refused("memory for the wedge", 0);
	return (void *)start;
}

/* Guest-physical memory at @gpa is the file from @offset on. */
static void memory_map(uint64_t gpa, uint64_t size, uint64_t offset)
{
	process_must("the guest's memory",
		     sys_call6(__NR_mmap, WEDGE_AREA + gpa, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED_NOREPLACE, process_memory_file, offset));
}

void process_memory_own(void)
{
	clean = backend_memory(backend_guest_bytes / BACKEND_PAGE);
}

void process_memory_init(uint64_t wanted)
{
	uint64_t bytes = ((wanted ? wanted : DEFAULT_BYTES) + FILE_ALIGN - 1) & -FILE_ALIGN;
	uint64_t *numbers;

	process_lowest = host_lowest();
	if (!process_lowest)
		wedge_stop("the host lets this process have no memory below 2 GiB");
	process_memory_file = process_must("a file for the guest's memory",
		sys_call(__NR_memfd_create, (uint64_t)"guest", MFD_CLOEXEC, 0, 0));
	process_must("the guest's memory",
		     sys_call(__NR_ftruncate, process_memory_file, bytes, 0, 0));
	guest_frames = bytes / BACKEND_PAGE;
	backend_low_bytes = backend_guest_bytes = bytes;
	if (bytes > BACKEND_LOW_MOST) {
		backend_low_bytes = BACKEND_HOLE;
		backend_guest_bytes += BACKEND_HOLE_END - BACKEND_HOLE;
		memory_map(BACKEND_HOLE_END, bytes - BACKEND_HOLE, BACKEND_HOLE);
	}
	memory_map(0, backend_low_bytes, 0);
	numbers = backend_memory(guest_frames * sizeof(*numbers));
	for (uint64_t i = 0; i < guest_frames; i++)
		numbers[i] = i;
	backend_frame_numbers = numbers;
	process_memory_own();
	heat = backend_memory(backend_guest_bytes / BACKEND_PAGE);
	cleaned = backend_memory(guest_frames * sizeof(*cleaned));
	maps_tables_init(guest_frames);
	if (wedge_wants_shared && backend_vcpus == 1)
		process_patch_init(bytes);
}

int backend_va_reserved(uint64_t va)
{
	return va < process_lowest || va - WEDGE_NEAR < WEDGE_NEAR_ROOM ||
	       (backend_sites_offset && va - WEDGE_LOW < WEDGE_LOW_SIZE) ||
	       va >> 39 >= BACKEND_UPPER_END;
}

uint64_t backend_gfn(uint64_t entry)
{
	uint64_t n = (entry & PTE_ADDRESS) / BACKEND_PAGE;

	if (n >= guest_frames)
		return BACKEND_NO_FRAME;
	return n < backend_low_bytes / BACKEND_PAGE ? n : n + BACKEND_HOLE_FRAMES;
}

static long memory_protect(uint64_t gfn, uint64_t rights)
{
	long result = sys_call(__NR_mprotect, WEDGE_AREA + gfn * BACKEND_PAGE, BACKEND_PAGE,
			       rights, 0);

	process_calls[CALL_PROTECT]++;
	if (!result)
		clean[gfn] = !(rights & PROT_WRITE);
	return result;
}

void backend_frame_clean(uint64_t gfn)
{
	uint64_t *entry = (uint64_t *)backend_linear + gfn;

	if (!(*entry & PTE_D))
		return;
	if (mmu_watched_level(gfn) % 4 && heat_is_hot(&heat[gfn]))
		return;		/* a root that counts as written to would count as left by its process */
	*entry &= ~PTE_D;
	cleaned[cleaned_count++ % guest_frames] = gfn;
	maps_frame_changed(gfn);
}

static void memory_clean(void)
{
	/* The list has lost some of them: all frames are looked at. */
	uint64_t missed = cleaned_count - cleaned_seen, listed = missed <= guest_frames;
	uint64_t n = listed ? missed : backend_guest_bytes / BACKEND_PAGE;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t gfn = listed ? cleaned[(cleaned_seen + i) % guest_frames] : i;

		/* The host has too many mappings: the frame counts as written to. */
		if (!clean[gfn] && backend_linear[gfn] && !(backend_linear[gfn] & PTE_D) &&
		    memory_protect(gfn, PROT_READ))
			((uint64_t *)backend_linear)[gfn] |= PTE_D;
	}
	cleaned_seen = cleaned_count;
}

int process_memory_is_clean(uint64_t gfn)
{
	return clean[gfn] && !(backend_linear[gfn] & PTE_D);
}

int process_wedge_write(uint64_t address)
{
	uint64_t gfn = (address - WEDGE_AREA) / BACKEND_PAGE;

	if (address < WEDGE_AREA || !backend_is_memory(address - WEDGE_AREA) || !clean[gfn])
		return 0;
	((uint64_t *)backend_linear)[gfn] |= PTE_D;
	process_patch_written(backend_frame(gfn));
	process_must("a page's rights", memory_protect(gfn, PROT_READ | PROT_WRITE));
	return 1;
}

#define ROOM 65536u
#define ROOM_LOWER 131072u
#define LOWER_END ((uint64_t)BACKEND_UPPER_FIRST << 39)
#define RESERVE_CALLS 4096u		/* each has the host make three tables at most */
static struct maps_page kernel_pages[ROOM], lower_pages[ROOM_LOWER];

static long memory_map_here(struct maps *maps, uint64_t va, uint64_t size, unsigned rights,
			    uint64_t frame)
{
	long result;

	process_calls[CALL_MAP]++;
	_Static_assert(MAPS_READ == PROT_READ && MAPS_WRITE == PROT_WRITE &&
		       MAPS_EXECUTE == PROT_EXEC, "rights");
	result = sys_call6(__NR_mmap, va, size, rights, MAP_SHARED | MAP_FIXED | MAP_POPULATE,
			   process_memory_file, frame);
	if (result >= 0)
		process_patch_mapped(maps == &process_maps[0], va, size, rights, frame);
	return result < 0 ? result : 0;
}

/* Leaves nothing from @start to @end, but for what sites name. */
static long memory_nothing(uint64_t start, uint64_t end)
{
	long result = 0;

	if (backend_sites_offset && start < WEDGE_LOW && end > WEDGE_LOW) {
		result = host_reserve(start, WEDGE_LOW);
		start = WEDGE_LOW + WEDGE_LOW_SIZE;
	}
	return result ? result : start < end ? host_reserve(start, end) : 0;
}

static void memory_unmap_here(struct maps *maps, uint64_t va, uint64_t size)
{
	process_calls[CALL_UNMAP]++;
	process_patch_unmapped(va, size);
	/* The host keeps the page tables of the lower half, if it permits so large a mapping. */
	if (maps == &process_maps[0] && !memory_nothing(va, va + size))
		return;
	process_must("to unmap", sys_call(__NR_munmap, va, size, 0, 0));
}

#define HERE .walk = maps_walk_tables, .map = memory_map_here, .unmap = memory_unmap_here, .replaces = 1
struct maps process_maps[2] = {
	{ .pages = lower_pages, .room = ROOM_LOWER, .changes = &maps_changes[0], .alone = 1, HERE },
	{ .pages = kernel_pages, .room = ROOM, .changes = &maps_changes[1], HERE },
};

/* The lower half is reserved, and all of it anew before the host has too many tables. */
static void memory_reserve(void)
{
	static uint64_t next;

	if (process_calls[CALL_MAP] < next)
		return;
	next = process_calls[CALL_MAP] + RESERVE_CALLS;
	maps_forget(&process_maps[0]);
	if (!backend_sites_offset)
		sys_call(__NR_munmap, process_lowest, LOWER_END - process_lowest, 0, 0);
	memory_nothing(process_lowest, LOWER_END);
}

int process_fill(struct maps *maps, unsigned root, uint64_t va, uint32_t access)
{
	return process_must("to map a page", maps_fill(maps, root, va, access));
}

int process_kernel_fill(uint64_t va, uint32_t access)
{
	return process_fill(&process_maps[backend_is_upper(va)], maps_kernel_root, va, access);
}

void backend_table_commit(int flush)
{
	if (!flush)
		return;
	if (flush & BACKEND_FLUSH_ALL)
		host_processors_still();
	memory_clean();
	memory_reserve();
	for (int i = 0; i < 2; i++)
		maps_sync(&process_maps[i], maps_kernel_root);
}

void backend_load_roots(unsigned kernel, unsigned user)
{
	maps_kernel_root = kernel;
	maps_user_root = user;
	process_maps[0].generation = 0;
	process_maps[0].replaces = process_carried == PROCESS_CARRIED;
	process_carried = wedge_wants_shared || backend_vcpus > 1 ? PROCESS_CARRIED : 0;
	backend_table_commit(BACKEND_FLUSH);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "state.h"
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../board/board.h"
#include "../iface/clock.h"
#include "../iface/memory.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"
#include <string.h>

#define STATE_VERSION 2u

struct state_head {
	char mark[8];
	uint32_t version, parts;
	uint64_t time;
};

struct state_part {
	char name[8];
	uint32_t version, reserved;
	uint64_t size;
};

enum { PART_CPU, PART_XSTATE, PART_BOARD, PART_MEMORY, PARTS };

static void state_parts(struct state_part parts[PARTS])
{
	uint64_t hole = backend_guest_bytes > backend_low_bytes ? BACKEND_HOLE_END - backend_low_bytes : 0;

	memset(parts, 0, PARTS * sizeof(parts[0]));
	memcpy(parts[PART_CPU].name, "cpu0", 4);
	parts[PART_CPU].version = CPU_STATE_VERSION;
	parts[PART_CPU].size = cpu_state_size();
	memcpy(parts[PART_XSTATE].name, "xstate0", 7);
	parts[PART_XSTATE].version = CPU_XSTATE_VERSION;
	parts[PART_XSTATE].size = cpu_xstate_size();
	memcpy(parts[PART_BOARD].name, "board", 5);
	parts[PART_BOARD].version = 1;
	parts[PART_BOARD].size = board_state_size();
	memcpy(parts[PART_MEMORY].name, "memory", 6);
	parts[PART_MEMORY].version = 1;
	parts[PART_MEMORY].size = backend_guest_bytes - hole;
}

size_t wedge_state_size(void)
{
	struct state_part parts[PARTS];
	size_t size = sizeof(struct state_head) + sizeof(parts);

	state_parts(parts);
	for (unsigned i = 0; i < PARTS; i++)
		size += parts[i].size;
	return size;
}

static void state_copy_memory(uint8_t *state, int load)
{
	uint64_t upper = backend_guest_bytes > backend_low_bytes ? backend_guest_bytes - BACKEND_HOLE_END : 0;
	uint8_t *low = backend_guest_memory, *high = backend_guest_memory + BACKEND_HOLE_END;

	memcpy(load ? low : state, load ? state : low, backend_low_bytes);
	state += backend_low_bytes;
	if (upper)
		memcpy(load ? high : state, load ? state : high, upper);
}

const char *wedge_save(uint8_t *to)
{
	struct state_head head = { "previrt", STATE_VERSION, PARTS, backend_time() };
	struct state_part parts[PARTS];

	if (backend_vcpus > 1)
		return "there are several processors";
	if (modules_loaded())
		return "the guest has loaded modules";
	state_parts(parts);
	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	memcpy(to, parts, sizeof(parts));
	to += sizeof(parts);
	cpu_save(&previrt_cpu, to);
	to += parts[PART_CPU].size;
	cpu_save_xstate(to);
	to += parts[PART_XSTATE].size;
	board_save(to);
	to += parts[PART_BOARD].size;
	image_undo();
	state_copy_memory(to, 0);
	image_redo();
	return NULL;
}

uint64_t wedge_state_time(const uint8_t *from, size_t size)
{
	struct state_head head;

	if (size < sizeof(head))
		return 0;
	memcpy(&head, from, sizeof(head));
	return memcmp(head.mark, "previrt", 8) ? 0 : head.time;
}

/* Returns 1 if @from has the parts that this machine would save. */
static int state_fits(const uint8_t *from, size_t size)
{
	struct state_part parts[PARTS];
	struct state_head head;

	state_parts(parts);
	if (size != wedge_state_size())
		return 0;
	memcpy(&head, from, sizeof(head));
	return !memcmp(head.mark, "previrt", 8) && head.version == STATE_VERSION && head.parts == PARTS &&
	       !memcmp(from + sizeof(head), parts, sizeof(parts));
}

void wedge_load(const void *bundle, size_t bundle_size, const uint8_t *from, size_t size)
{
	struct state_part parts[PARTS];
	uint64_t entry, end;
	const char *bad;
	size_t length;
	const uint8_t *kernel = boot_machine(bundle, bundle_size, &length);

	state_parts(parts);
	if (!state_fits(from, size))
		wedge_stop("this is not the saved state of such a machine");
	from += sizeof(struct state_head) + sizeof(parts);
	if (cpu_load(&previrt_cpu, from))
		wedge_stop("the saved state of the processor cannot be");
	from += parts[PART_CPU].size;
	if (cpu_load_xstate(from))
		wedge_stop("the saved state of the extended registers cannot be");
	from += parts[PART_XSTATE].size;
	bad = board_load(from, parts[PART_BOARD].size);
	if (bad) {
		wedge_print("previrt: device %s\n", bad);
		wedge_stop("the saved state of a device cannot be");
	}
	state_copy_memory((uint8_t *)from + parts[PART_BOARD].size, 1);
	image_find(kernel, length, &entry, &end);
	image_rewrite();
	mmu_set_root(previrt_cpu.cr3 & PTE_ADDRESS, 0);
	cpu_apply(&previrt_cpu);
	wedge_go();
}

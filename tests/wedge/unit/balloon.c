/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The balloon, by a driver of the test's own and a place that counts what it was given:
 * pages by number, free pages that are told of, wrong chains, saved state.
 */
#include "driver.h"
#include "../../../runtime-stubs/board/places.h"
#include <string.h>

#define SLOT BALLOON_SLOT
#define PFNS 0x30000u
#define FREE 0x40000u
enum { INFLATE, DEFLATE, REPORTING };

static uint8_t *last;
static uint64_t given;

static void keep(struct bus_balloon *balloon, void *at, uint64_t size)
{
	(void)balloon;
	last = at;
	given += size;
	memset(at, 0, size);
}

static struct bus_balloon place = { keep };

static void fresh(void)
{
	given = 0;
	last = NULL;
	machine_balloon = &place;
	machine_start(1);
}

static void offer_one(unsigned queue, uint64_t at, uint32_t size, unsigned flags)
{
	driver_select(queue);
	describe(0, at, size, flags, 0);
	offer(SLOT, 0);
}

static void test_who(void)
{
	machine_balloon = NULL;
	machine_start(1);
	expect("none without a place", config_get(SLOT, 0, 4) == ~0u);
	fresh();
	expect("who it is", config_get(SLOT, 0, 4) == 0x10451af4);
	set_reg(SLOT, DEVICE_SELECT, 4, 0);
	expect("offered", reg(SLOT, DEVICE_FEATURES, 4) == (3u << 28 | 1u << 5) && reg(SLOT, QUEUES, 2) == 3);
	expect("no page is requested", reg(SLOT, CONFIG, 4) == 0);
}

static void test_numbers(void)
{
	const uint32_t pfn[] = { FREE >> 12, (FREE >> 12) + 1, 0xffffffff, MACHINE_MEMORY >> 12 };

	fresh();
	driver_start(SLOT, 1u << 5);
	memcpy(backend_guest_memory + PFNS, pfn, sizeof(pfn));
	backend_guest_memory[FREE] = backend_guest_memory[FREE + 0x1fff] = backend_guest_memory[FREE + 0x2000] = 1;
	offer_one(INFLATE, PFNS, sizeof(pfn), 0);
	expect("pages by number, and none that is no memory", returned() == 1 && given == 0x2000 &&
	       last == backend_guest_memory + FREE + 0x1000 && !backend_guest_memory[FREE] &&
	       !backend_guest_memory[FREE + 0x1fff] && backend_guest_memory[FREE + 0x2000]);
	offer_one(DEFLATE, PFNS, sizeof(pfn), 0);
	expect("taken back", returned() == 1 && given == 0x2000 && reg(SLOT, STATUS, 1) == 0xf);
}

static void test_reported(void)
{
	fresh();
	driver_start(SLOT, 1u << 5);
	offer_one(REPORTING, FREE, 0x10000, WRITE);
	expect("free pages", returned() == 1 && given == 0x10000 && last == backend_guest_memory + FREE);
	offer_one(REPORTING, FREE + 0x800, 0x2000, WRITE);
	expect("whole ones alone", returned() == 2 && given == 0x11000 &&
	       last == backend_guest_memory + FREE + 0x1000);
	offer_one(REPORTING, FREE + 0x800, 0x1000, WRITE);
	offer_one(REPORTING, FREE + 1, 1, WRITE);
	expect("none in it", returned() == 4 && given == 0x11000);
}

static void wrong(const char *what, unsigned queue, uint64_t at, uint32_t size, unsigned flags)
{
	fresh();
	driver_start(SLOT, 1u << 5);
	offer_one(queue, at, size, flags);
	expect(what, reg(SLOT, STATUS, 1) & NEEDS_RESET && !returned() && !given);
}

static void test_wrong(void)
{
	wrong("numbers to be written", INFLATE, PFNS, 16, WRITE);
	wrong("too many numbers", INFLATE, PFNS, 1028, 0);
	wrong("free pages to be read", REPORTING, FREE, 0x1000, 0);
	wrong("free pages that are no memory", REPORTING, MACHINE_MEMORY - 0x1000, 0x2000, WRITE);
}

static void test_saved(void)
{
	static uint8_t saved[1 << 16];
	size_t size = board_state_size();

	fresh();
	driver_start(SLOT, 1u << 5);
	offer_one(REPORTING, FREE, 0x1000, WRITE);
	board_save(saved);
	fresh();
	expect("it goes on", !board_load(saved, size) && reg(SLOT, STATUS, 1) == 0xf);
	offer_one(REPORTING, FREE, 0x3000, WRITE);
	expect("elsewhere", returned() == 2 && given == 0x3000);
	machine_balloon = NULL;
	machine_start(1);
	expect("a balloon that is not there", board_load(saved, size) != NULL);
}

int main(void)
{
	test_who();
	test_numbers();
	test_reported();
	test_wrong();
	test_saved();
	return report("balloon", 16);
}

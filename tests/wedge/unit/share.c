/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The shared folder's device, by a driver of the test's own and somebody behind it who
 * keeps the message and answers when told: messages and answers in parts, one at a time,
 * wrong ones, nobody there, a reset meanwhile, saved state.
 */
#include "driver.h"
#include "../../../runtime-stubs/board/places.h"
#include <string.h>

#define SLOT SHARE_SLOT
#define BUFFER 0x40000u
#define MOST 0x20000u			/* BUS_SHARE_MESSAGE */

static struct { uint8_t bytes[256]; unsigned size, times; } request;
static uint8_t answer[64];
static long answers;			/* what receive gives */
static int gone;

static int keep(struct bus_share *share, const struct bus_segment *segment, unsigned segments)
{
	(void)share;
	request.size = 0;
	request.times++;
	for (unsigned i = 0; i < segments; i++) {
		if (request.size + segment[i].size <= sizeof(request.bytes))
			memcpy(request.bytes + request.size, segment[i].at, segment[i].size);
		request.size += segment[i].size;
	}
	return gone ? -1 : 0;
}

static long give(struct bus_share *share, const struct bus_segment *segment, unsigned segments)
{
	long left = answers, size = answers;
	const uint8_t *from = answer;

	(void)share;
	for (unsigned i = 0; i < segments && left > 0; i++) {
		long part = segment[i].size < left ? (long)segment[i].size : left;

		memcpy(segment[i].at, from, part);
		from += part;
		left -= part;
	}
	answers = 0;
	return size;
}

static struct bus_share folder = { "files", keep, give };

static void fresh(void)
{
	memset(&request, 0, sizeof(request));
	answers = gone = 0;
	machine_share = &folder;
	machine_start(1);
	driver_start(SLOT, 1);
}

/* A message of so many bytes, which says that it has @said, in two parts, with room for
   @room bytes in two more. Chain @n of four descriptors. */
static void ask(unsigned n, unsigned bytes, uint32_t said, unsigned room)
{
	uint8_t *at = backend_guest_memory + BUFFER + 0x1000 * n;

	memset(at, 0x50 + n, 256);
	memcpy(at, &said, 4);
	at[4] = 100;
	at[5] = 0x34;
	at[6] = 0x12;
	describe(4 * n, BUFFER + 0x1000 * n, 5, NEXT, 4 * n + 1);
	describe(4 * n + 1, BUFFER + 0x1000 * n + 5, bytes - 5, NEXT, 4 * n + 2);
	describe(4 * n + 2, BUFFER + 0x1000 * n + 0x800, 3, NEXT | WRITE, 4 * n + 3);
	describe(4 * n + 3, BUFFER + 0x1000 * n + 0x900, room - 3, WRITE, 0);
	offer(SLOT, 4 * n);
}

static void come(long size)
{
	memset(answer, 0x66, sizeof(answer));
	answers = size;
	board_run();
}

static void test_who(void)
{
	machine_share = NULL;
	machine_start(1);
	expect("none without a folder", config_get(SLOT, 0, 4) == ~0u);
	fresh();
	expect("who it is", config_get(SLOT, 0, 4) == 0x10491af4);
	set_reg(SLOT, DEVICE_SELECT, 4, 0);
	expect("offered", reg(SLOT, DEVICE_FEATURES, 4) == (3u << 28 | 1) && reg(SLOT, QUEUES, 2) == 1);
	expect("the tag", reg(SLOT, CONFIG, 2) == 5 && reg(SLOT, CONFIG + 2, 1) == 'f' &&
	       reg(SLOT, CONFIG + 6, 1) == 's');
}

static void test_messages(void)
{
	const uint8_t *memory = backend_guest_memory + BUFFER;

	fresh();
	ask(0, 20, 20, 40);
	expect("it goes out", request.times == 1 && request.size == 20 && request.bytes[4] == 100 &&
	       request.bytes[7] == 0x50 && request.bytes[19] == 0x50 && returned() == 0);
	ask(1, 30, 30, 40);
	expect("the next one waits", request.times == 1);
	board_run();
	expect("no answer yet", returned() == 0);
	come(17);
	expect("answered, in parts", returned() == 1 && returned_bytes() == 17 && memory[0x802] == 0x66 &&
	       memory[0x803] == 0 && memory[0x90d] == 0x66 && memory[0x90e] == 0 && reg(SLOT, ISR, 1) == 1);
	expect("the next one", request.times == 2 && request.size == 30);
	come(40);
	expect("all of its room", returned() == 2 && returned_bytes() == 40);
	expect("nothing is under way", (board_run(), returned() == 2));
}

static void test_alone(void)
{
	static const uint8_t error[] = { 11, 0, 0, 0, 7, 0x34, 0x12, 5, 0, 0, 0 };
	const uint8_t *memory = backend_guest_memory + BUFFER;

	fresh();
	gone = 1;
	ask(0, 20, 20, 40);
	expect("nobody there: an error", returned() == 1 && returned_bytes() == 11 &&
	       !memcmp(memory + 0x800, error, 3) && !memcmp(memory + 0x900, error + 3, 8));
	gone = 0;
	ask(1, 20, 20, 40);
	come(-1);
	expect("gone before the answer", returned() == 2 && returned_bytes() == 11 &&
	       !memcmp(memory + 0x1900, error + 3, 8) && reg(SLOT, STATUS, 1) == 0xf);
}

static void wrong(const char *what, unsigned times)
{
	expect(what, reg(SLOT, STATUS, 1) & NEEDS_RESET && request.times == times && !returned());
	fresh();
}

static void test_wrong(void)
{
	fresh();
	ask(0, 20, 21, 40);
	wrong("another size than it says", 0);
	ask(0, 6, 6, 40);
	wrong("no header", 0);
	ask(0, 20, 20, 10);
	wrong("no room for an error", 0);
	ask(0, 20, 20, 40);
	come(41);
	wrong("an answer that has no room", 1);
	describe(0, BUFFER, MOST, NEXT, 1);
	describe(1, BUFFER, 40, NEXT, 2);
	describe(2, BUFFER, 40, WRITE, 0);
	offer(SLOT, 0);
	wrong("too long a message", 0);
	ask(0, 20, 20, 40);
	come(11);
	expect("as if nothing had been", returned() == 1 && reg(SLOT, STATUS, 1) == 0xf);
}

static void test_reset(void)
{
	fresh();
	ask(0, 20, 20, 40);
	set_reg(SLOT, STATUS, 1, 0);
	expect("a reset waits for the answer", reg(SLOT, STATUS, 1) != 0);
	memset(backend_guest_memory + BUFFER + 0x900, 0, 64);
	come(20);
	expect("and is over with it", reg(SLOT, STATUS, 1) == 0 && returned() == 0);
	driver_start(SLOT, 1);
	ask(0, 20, 20, 40);
	come(11);
	expect("then it works", returned() == 1);
}

static void test_state(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh();
	ask(0, 20, 20, 40);
	size = board_state_size();
	board_save(saved);
	memset(&request, 0, sizeof(request));
	machine_start(1);
	expect("requested once more", size <= sizeof(saved) && !board_load(saved, size) && request.times == 1 &&
	       request.size == 20);
	come(13);
	expect("answered there", returned() == 1 && returned_bytes() == 13);
	machine_share = NULL;
	machine_start(1);
	expect("a folder that is not there", board_load(saved, size) != NULL);
}

int main(void)
{
	test_who();
	test_messages();
	test_alone();
	test_wrong();
	test_reset();
	test_state();
	return report("share", 25);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fuzz target: a hostile guest and virtio's devices. The input is what the
 * guest does: configuration, registers, rings; its other processors, which change
 * memory while the device reads it; and what happens
 * to it: a disk that is late or fails, frames that come, state that was saved and is read again, damaged
 * or not.
 *
 * Asked of every input: no memory error; a read-only disk is never written; requests
 * are within their disk; a frame that is sent is memory of the guest's, and of a size that
 * frames have; a message for the shared folder has the size that its header says, and comes
 * when the one before was answered; what is given back are whole pages of the guest's memory; when
 * all is over and the devices were reset, a sector is read, a frame goes each way, a message
 * is answered, and a page is given back.
 */
#include "guest.h"
#include "../../runtime-stubs/board/devices.h"
#include "../../runtime-stubs/board/places.h"
#include "../../runtime-stubs/wedge/entropy.h"
#include "../../runtime-stubs/bus/memory_disk.h"

#define SECTORS 32u
#define CLEARED (DATA + 0x200)
#define HELD 64u

static uint8_t contents[2][SECTORS * 512];
static struct memory_disk disks[2];
static struct entropy entropy;
static struct bus_disk_request *held[HELD];
static unsigned holds;
static enum { PROMPT, FAILING, LATE } manner;	/* of the disks */
static void (*memory_submit)(struct bus_disk *disk, struct bus_disk_request *request);

static void submit(struct bus_disk *disk, struct bus_disk_request *request)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < request->segments; i++)
		bytes += request->segment[i].size;
	must(request->sectors <= disk->sectors && request->sector <= disk->sectors - request->sectors,
	     "a request within the disk");
	must(!disk->read_only || request->operation == BUS_DISK_READ ||
	     request->operation == BUS_DISK_FLUSH, "nothing is written to a read-only disk");
	must((request->operation != BUS_DISK_READ && request->operation != BUS_DISK_WRITE) ||
	     bytes == request->sectors * BUS_SECTOR, "as many bytes as sectors");
	if (manner == FAILING)
		request->done(request, 1);
	else if (manner == LATE && holds < HELD)
		held[holds++] = request;
	else
		memory_submit(disk, request);
}

static unsigned frames, sent;	/* that are to come; that were sent */

static void send(struct bus_net *net, const struct bus_segment *segment, unsigned segments)
{
	unsigned size = 0;

	(void)net;
	for (unsigned i = 0; i < segments; i++) {
		must_be_memory(&segment[i]);
		size += segment[i].size;
	}
	must(size >= BUS_FRAME_LEAST && size <= BUS_FRAME_LARGEST, "a frame's size");
	sent++;
}

static unsigned large;			/* the size of each third one that comes */

/* The frame has as many bytes as it says, for the sanitizer to see what is read behind it. */
static const uint8_t *receive(struct bus_net *net, unsigned *size)
{
	static uint8_t *bytes;

	net->up = frames % 7 != 6;
	if (!frames)
		return NULL;
	*size = frames % 3 == 2 ? large : frames & 1 ? BUS_FRAME_MOST : 60;
	frames--;
	free(bytes);
	bytes = malloc(*size);
	must(bytes != NULL, "memory");
	memset(bytes, 0x33, *size);
	return bytes;
}

static struct bus_net network = { .mac = { 2 }, .up = 1, .mtu = BUS_MTU_MOST, .send = send, .receive = receive };

static uint8_t asked;			/* an answer is to come */
static unsigned answers;		/* that may come, in what manner */

static int share_send(struct bus_share *share, const struct bus_segment *segment, unsigned segments)
{
	uint64_t size = 0;
	uint32_t said;

	(void)share;
	must(!asked && segment[0].size == 7, "one message at a time, its header first");
	memcpy(&said, segment[0].at, sizeof(said));
	for (unsigned i = 0; i < segments; i++)
		size += segment[i].size;
	must(size == said && size <= BUS_SHARE_MESSAGE, "a message's size");
	asked = manner != FAILING;
	return asked ? 0 : -1;
}

static long share_receive(struct bus_share *share, const struct bus_segment *segment, unsigned segments)
{
	long size = 0;

	(void)share;
	if (!answers)
		return 0;
	answers--;
	asked = 0;
	for (unsigned i = 0; i < segments; i++) {
		memset(segment[i].at, 0x44, segment[i].size);
		size += segment[i].size;
	}
	return answers % 5 == 4 ? -1 : answers % 5 == 3 ? size + 1 : 11;
}

static struct bus_share folder = { "fuzz", share_send, share_receive };

static unsigned given;			/* pages */

static void balloon_keep(struct bus_balloon *balloon, void *at, uint64_t size)
{
	uint64_t from = (uint8_t *)at - backend_guest_memory;

	(void)balloon;
	must(size && from < MACHINE_MEMORY && size <= MACHINE_MEMORY - from &&
	     !((from | size) & (BUS_PAGE - 1)), "whole pages of memory");
	given += size / BUS_PAGE;
}

static struct bus_balloon place = { balloon_keep };

static void finish(void)
{
	struct bus_disk_request *request = held[--holds];

	request->done(request, 0);
}

static void start(void)
{
	for (unsigned i = 0; i < 2; i++) {
		memset(contents[i], 0x10 + i, sizeof(contents[i]));
		memory_disk_init(&disks[i], contents[i], sizeof(contents[i]), i, "fuzz");
		memory_submit = disks[i].disk.submit;
		disks[i].disk.submit = submit;
		machine_disks[i] = &disks[i].disk;
	}
	memset(backend_guest_memory + RING, 0, CLEARED - RING);
	frames = answers = asked = 0;
	large = BUS_FRAME_LARGEST;
	machine_share = &folder;
	machine_balloon = &place;
	network.up = 1;
	machine_net = &network;
	meddling.reads = holds = 0;
	manner = PROMPT;
	entropy_init(&entropy, contents);
	machine_entropy = &entropy.source;
	machine_start(1);
}

/* The requests under way are the old machine's, and gone with it. */
static void move(void)
{
	guest_save();
	holds = asked = 0;
	if (!guest_load())
		start();
}

/* Descriptor @n with flags in its upper bits; @next: with upper bits for what is not
   usual, an address, a length, a next beyond the table. */
static void link(uint8_t n, uint8_t next)
{
	uint64_t address = next & 0x80 ? take(3) : PLAYGROUND / 2;
	uint32_t length = next & 0x40 ? take(2) : 16;

	describe(n % RING_SIZE, address, length, n >> 5, next & 0x20 ? next : next % RING_SIZE);
}

static void act(void)
{
	static const uint8_t sizes[] = { 1, 2, 4, 4 };
	uint8_t op = take(1);
	static const unsigned slots[] = { DISK_SLOT, DISK_SLOT + 1, NET_SLOT, RNG_SLOT };
	unsigned slot = op >> 4 == 15 ? SHARE_SLOT : op >> 4 == 14 || op >> 4 == 10 ? BALLOON_SLOT :
			slots[op >> 4 & 3];
	unsigned size = sizes[op >> 6];

	switch (op & 15) {
	case 0: config_set(slot, take(1) & ~(size - 1), size, take(4)); break;
	case 1: config_get(slot, take(1) & ~(size - 1), size); break;
	case 2: set_reg(slot, take(2) & 0x3fff & ~(size - 1), size, take(size)); break;
	case 3: reg(slot, take(2) & 0x3fff & ~(size - 1), size); break;
	case 4: store(bar(slot, 1) + (take(2) & 0xfff & ~(size - 1)), size, take(4)); break;
	case 5: load(bar(slot, 1) + (take(2) & 0xfff), size); break;
	case 6: driver_start(slot, take(1) & 1 ? 3u << 28 : take(4)); break;
	case 7: link(take(1), take(1)); break;
	case 8:
		driver_select((op >> 6) % 3);
		offer(slot, take(1));
		break;
	case 9: block_request(slot, take(1), take(1), PLAYGROUND / 2, take(2), op >> 5 & 1); break;
	case 10: backend_guest_memory[take(3) & (PLAYGROUND - 1)] = take(1); break;
	case 11:
		if (holds)
			finish();
		frames += op >> 6;
		large = op >> 4 & 1 ? BUS_FRAME_LARGEST : 3000;
		answers += op >> 5 & 1;
		break;
	case 12: move(); break;
	case 13: meddle_later(); break;
	case 14:
		manner = op >> 4 & 3;
		board_run();
		board_interrupt();
		break;
	default: set_reg(slot, STATUS, 1, take(1)); break;
	}
}

static void check_net(void)
{
	frames = sent = 0;
	driver_start(NET_SLOT, 0);
	set_reg(NET_SLOT, STATUS, 1, 0);
	board_run();			/* a frame that waits is lost */
	driver_start(NET_SLOT, 0);
	describe(0, PLAYGROUND / 2, 2000, WRITE, 0);
	offer(NET_SLOT, 0);
	frames = 1;
	board_run();
	must(returned() == 1 && returned_bytes() == 12 + BUS_FRAME_MOST, "a frame comes");
	driver_select(1);
	memset(backend_guest_memory + PLAYGROUND / 2, 0, 12);
	describe(0, PLAYGROUND / 2, 72, 0, 0);
	offer(NET_SLOT, 0);
	must(returned() == 1 && sent == 1, "a frame goes");
}

/* One of as many bytes as there may be, in buffers of 8 KiB. */
static void check_large(void)
{
	driver_start(NET_SLOT, 1u << 3 | 1u << 15);
	driver_select(0);
	for (unsigned i = 0; i < 9; i++) {
		describe(i, PLAYGROUND / 2 + 0x2000 * i, 0x2000, WRITE, 0);
		offer(NET_SLOT, i);
	}
	large = BUS_FRAME_LARGEST;
	frames = 2;			/* the second one is of BUS_FRAME_MOST bytes and finds no buffer */
	board_run();
	must(returned() == 9 && returned_bytes() == 12 + BUS_FRAME_LARGEST - 8 * 0x2000,
	     "a large frame comes");
	driver_select(1);
	memset(backend_guest_memory + PLAYGROUND / 2, 0, 12);
	describe(0, PLAYGROUND / 2, 12 + BUS_FRAME_LARGEST, 0, 0);
	offer(NET_SLOT, 0);
	must(returned() == 1 && sent == 2, "a large frame goes");
}

static void check_share(void)
{
	static const uint8_t message[] = { 19, 0, 0, 0, 100, 1, 0 };

	answers = 1;
	board_run();			/* what was under way */
	answers = 0;
	driver_start(SHARE_SLOT, 1);
	memcpy(backend_guest_memory + PLAYGROUND / 2, message, sizeof(message));
	describe(0, PLAYGROUND / 2, 19, NEXT, 1);
	describe(1, PLAYGROUND / 2 + 64, 64, WRITE, 0);
	offer(SHARE_SLOT, 0);
	answers = 1;
	board_run();
	must(returned() == 1 && returned_bytes() == 11, "a message is answered");
}

static void check_balloon(void)
{
	given = 0;
	driver_start(BALLOON_SLOT, 1u << 5);
	driver_select(2);
	describe(0, PLAYGROUND / 2, BUS_PAGE, WRITE, 0);
	offer(BALLOON_SLOT, 0);
	must(returned() == 1 && given == 1, "a page is given back");
}

static void firmware(unsigned slot)
{
	config_set(slot, 4, 2, 0);
	config_set(slot, 0x10, 4, 0xe0000000 + slot * 0x10000);
	config_set(slot, 0x14, 4, 0xe0000000 + slot * 0x10000 + 0x8000);
}

/* Back to what firmware leaves, and the driver starts anew. */
static void check(void)
{
	input = input_end;
	meddling.reads = 0;
	manner = PROMPT;
	while (holds)
		finish();
	firmware(DISK_SLOT);
	firmware(DISK_SLOT + 1);
	firmware(NET_SLOT);
	firmware(SHARE_SLOT);
	firmware(BALLOON_SLOT);
	for (unsigned slot = DISK_SLOT; slot < DISK_SLOT + 2; slot++) {
		driver_start(slot, 0);
		must(!block_request(slot, 0, 1, PLAYGROUND / 2, 512, 1) && returned_bytes() == 513,
		     "a sector after a reset");
	}
	check_net();
	check_large();
	check_share();
	check_balloon();
	for (unsigned i = 0; i < sizeof(contents[1]); i++)
		must(contents[1][i] == 0x11, "the read-only disk is as it was");
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Disks and networks that are files of the host (runtime-stubs/host), without a guest:
 * requests of many segments, short writes, files that became shorter, are full or closed;
 * frames, messages of a shared folder, and the other end gone. Started in the folder of the file system to be tried.
 */
#define _GNU_SOURCE
#include "../../../runtime-stubs/host/disk.h"
#include "../../../runtime-stubs/host/net.h"
#include "../../../runtime-stubs/host/share.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTORS 256u
#define SEGMENTS 40u

static unsigned passed, failed;
static uint8_t memory[SECTORS * BUS_SECTOR], contents[sizeof(memory)];
static uint64_t announced;
static int ended, result;

static void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

static void before_write(void *at, uint64_t size)
{
	(void)at;
	announced += size;
}

static void done(struct bus_disk_request *request, int bad)
{
	(void)request;
	ended++;
	result = bad;
}

/* Gives whether it went well; the data is in as many segments as there can be, of which
   some are empty. */
static int ask(struct bus_disk *disk, enum bus_disk_operation operation, uint64_t sector,
	       uint64_t sectors)
{
	struct bus_segment segment[SEGMENTS];
	struct bus_disk_request request = { .operation = operation, .sector = sector,
		.sectors = sectors, .segment = segment, .done = done };
	uint32_t left = sectors * BUS_SECTOR, part = left / (SEGMENTS - 4);
	uint8_t *at = memory;

	for (unsigned i = 0; i < SEGMENTS; i++) {
		uint32_t size = i % 16 == 15 || i == 0 ? 0 : i == SEGMENTS - 1 ? left : part;

		size = size < left ? size : left;
		segment[i] = (struct bus_segment){ at, size };
		at += size;
		left -= size;
	}
	request.segments = operation == BUS_DISK_READ || operation == BUS_DISK_WRITE ? SEGMENTS : 0;
	ended = 0;
	disk->submit(disk, &request);
	expect("over once", ended == 1);
	return !result;
}

static int make(const char *name)
{
	int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (unsigned i = 0; i < sizeof(contents); i++)
		contents[i] = rand();
	if (file < 0 || write(file, contents, sizeof(contents)) != sizeof(contents)) {
		perror(name);
		exit(1);
	}
	return file;
}

static int same(int file)
{
	static uint8_t is[sizeof(contents)];

	return pread(file, is, sizeof(is), 0) == sizeof(is) && !memcmp(is, contents, sizeof(is));
}

static void test_transfer(void)
{
	int file = make("transfer");
	struct bus_disk *disk = host_disk(0, file, HOST_WRITE, before_write);

	expect("its size and name", disk->sectors == SECTORS && !disk->read_only && !strcmp(disk->id, "disk0"));
	expect("read", ask(disk, BUS_DISK_READ, 3, 100) && !memcmp(memory, contents + 3 * BUS_SECTOR, 51200) &&
	       announced == 51200);
	memset(memory, 0x5a, sizeof(memory));
	memset(contents + 7 * BUS_SECTOR, 0x5a, 33 * BUS_SECTOR);
	expect("written", ask(disk, BUS_DISK_WRITE, 7, 33) && same(file));
	expect("flushed", ask(disk, BUS_DISK_FLUSH, 0, 0));
	memset(contents + 20 * BUS_SECTOR, 0, 200 * BUS_SECTOR);
	expect("zeroes", ask(disk, BUS_DISK_ZERO, 20, 200) && same(file));
	expect("discarded", ask(disk, BUS_DISK_DISCARD, 0, 16));
	memset(contents, 0, 16 * BUS_SECTOR);
	expect("that alone", same(file));
	close(file);
}

static void test_copy(void)
{
	int file = make("copied");
	struct bus_disk *disk;

	host_disk_place = 0x7ed000000000;
	disk = host_disk(1, file, HOST_COPY, before_write);
	memset(memory, 0x77, sizeof(memory));
	expect("a copy is written", disk && ask(disk, BUS_DISK_WRITE, 5, 9) && same(file));
	memset(memory, 0, sizeof(memory));
	expect("and read", ask(disk, BUS_DISK_READ, 4, 2) && !memcmp(memory, contents + 4 * BUS_SECTOR, BUS_SECTOR) &&
	       memory[BUS_SECTOR] == 0x77);
	expect("the next one's place", host_disk_place >= 0x7ed000000000 + sizeof(contents));
	close(file);
}

/* The host's limit of a file's size makes a write short, and the rest an error. */
static void test_short(void)
{
	const struct rlimit limit = { 100 * BUS_SECTOR + 100, RLIM_INFINITY };
	int file = make("short");
	struct bus_disk *disk = host_disk(2, file, HOST_WRITE, before_write);

	if (ftruncate(file, 90 * BUS_SECTOR))
		exit(1);
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	memset(memory, 0x33, sizeof(memory));
	expect("a short write", !ask(disk, BUS_DISK_WRITE, 80, 60));
	expect("no room at all", !ask(disk, BUS_DISK_WRITE, 200, 1));
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	expect("what was there", pread(file, memory, 80 * BUS_SECTOR, 0) == 80 * BUS_SECTOR &&
	       !memcmp(memory, contents, 80 * BUS_SECTOR));
	expect("a file that became shorter", !ask(disk, BUS_DISK_READ, 99, 10));
	expect("what is left of it", ask(disk, BUS_DISK_READ, 0, 10) && ask(disk, BUS_DISK_FLUSH, 0, 0));
	close(file);
	expect("gone", !ask(disk, BUS_DISK_READ, 0, 1) && !ask(disk, BUS_DISK_WRITE, 0, 1) &&
	       !ask(disk, BUS_DISK_ZERO, 0, 1) && !ask(disk, BUS_DISK_DISCARD, 0, 1));
	expect("a flush that fails", !ask(disk, BUS_DISK_FLUSH, 0, 0));
	expect("the same number", dup2(make("again"), file) == file && ask(disk, BUS_DISK_WRITE, 0, 1));
	expect("no flush succeeds any more", !ask(disk, BUS_DISK_FLUSH, 0, 0));
}

static void test_no_disk(void)
{
	expect("a file that is closed", !host_disk(3, 99, HOST_WRITE, before_write));
	expect("an empty one", !host_disk(3, open("empty", O_RDWR | O_CREAT, 0600), HOST_COPY, before_write) ||
	       host_disk(3, open("empty", O_RDWR), HOST_COPY, before_write)->sectors == 0);
}

static volatile sig_atomic_t woken;

static void wake(int signal)
{
	woken = signal;
}

/* Whether frame after frame comes, of size @from and so on, and no more. */
static int come(struct host_net *net, unsigned from, unsigned frames)
{
	const uint8_t *bytes;
	unsigned size;

	for (unsigned i = 0; i < frames; i++) {
		if (host_net_waits(net) != (i ? -1 : net->file))
			return 0;
		bytes = net->net.receive(&net->net, &size);
		if (!bytes || size != from + i || bytes[size - 1] != 0x44)
			return 0;
	}
	return !net->net.receive(&net->net, &size) && host_net_waits(net) == net->file;
}

static int put(int socket, const uint8_t *frame, unsigned from, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++)
		if (send(socket, frame, from + i, 0) != (ssize_t)(from + i))
			return 0;
	return 1;
}

static void test_net(unsigned mtu)
{
	uint8_t frame[BUS_FRAME_LARGEST], other[BUS_FRAME_LARGEST + 1];
	const struct bus_segment parts[] = { { frame, 14 }, { frame + 14, 0 }, { frame + 14, 46 } };
	static struct host_net net;
	unsigned size;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		exit(1);
	signal(SIGIO, wake);
	signal(SIGPIPE, SIG_IGN);
	net.file = ends[0];
	net.net.mtu = mtu;
	host_net_init(&net);
	memset(frame, 0x44, sizeof(frame));
	net.net.send(&net.net, parts, 3);
	expect("a frame", recv(ends[1], other, sizeof(other), 0) == 60 && other[59] == 0x44);
	expect("none", !net.net.receive(&net.net, &size) && host_net_waits(&net) == ends[0]);
	expect("it is told", send(ends[1], frame, 100, 0) == 100 && woken == SIGIO);
	expect("it has come", come(&net, 100, 1));
	expect("several", put(ends[1], frame, 60, 3) && come(&net, 60, 3) && put(ends[1], frame, 14, 8) &&
	       come(&net, 14, 8));
	expect("the longest", put(ends[1], frame, BUS_FRAME_LEAST + mtu, 1) &&
	       come(&net, BUS_FRAME_LEAST + mtu, 1));
	expect("too long a one is lost", put(ends[1], frame, 60, 1) &&
	       send(ends[1], other, BUS_FRAME_LEAST + mtu + 1, 0) > 0 &&
	       put(ends[1], frame, 61, 1) && come(&net, 60, 2));
	put(ends[1], frame, 60, 1);
	close(ends[1]);
	expect("what was sent before the end", net.net.receive(&net.net, &size) && size == 60 && net.net.up);
	expect("the link is down", !net.net.receive(&net.net, &size) && !net.net.up &&
	       host_net_waits(&net) == -1);
	net.net.send(&net.net, parts, 3);
}

static void test_share(void)
{
	uint8_t message[64], other[64];
	const struct bus_segment parts[] = { { message, 7 }, { message + 7, 0 }, { message + 7, 13 } };
	const struct bus_segment room[] = { { other, 3 }, { other + 10, 20 } };
	struct host_share share;
	int ends[2];

	memset(&share, 0, sizeof(share));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		exit(1);
	share.file = ends[0];
	host_share_init(&share, before_write);
	woken = 0;
	announced = 0;
	memset(message, 0x45, sizeof(message));
	expect("nothing is waited for", host_share_waits(&share) == -1);
	expect("a message", !share.share.send(&share.share, parts, 3) && recv(ends[1], other, 64, 0) == 20 &&
	       other[19] == 0x45 && host_share_waits(&share) == ends[0]);
	expect("no answer yet", share.share.receive(&share.share, room, 2) == 0);
	memset(other, 0, sizeof(other));
	expect("it is told", send(ends[1], message, 20, 0) == 20 && woken == SIGIO);
	expect("it has come, in parts", share.share.receive(&share.share, room, 2) == 20 && announced == 46 &&
	       other[2] == 0x45 && other[3] == 0 && other[26] == 0x45 && other[27] == 0 &&
	       host_share_waits(&share) == -1);
	expect("too long a one", !share.share.send(&share.share, parts, 3) && recv(ends[1], other, 64, 0) == 20 &&
	       send(ends[1], message, 24, 0) == 24 && share.share.receive(&share.share, room, 2) == 24);
	close(ends[1]);
	expect("nobody is there", share.share.receive(&share.share, room, 2) == -1 &&
	       share.share.send(&share.share, parts, 3) == -1);
}

int main(void)
{
	test_transfer();
	test_copy();
	test_short();
	test_no_disk();
	test_net(BUS_MTU);
	test_net(BUS_MTU_MOST);
	test_share();
	printf("files of the host: %u passed, %u failed\n", passed, failed);
	return failed || passed < 47;
}

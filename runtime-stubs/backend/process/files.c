/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Disks, the network and the shared folder: files that the program is started with, as the
 * bundle's files "disks", "net" and "share" tell (wedge/bundle.h).
 */
#include "process.h"
#include "../../board/board.h"
#include "../../host/disk.h"
#include "../../host/net.h"
#include "../../host/share.h"
#include "../../wedge/bundle.h"
#include "../../wedge/print.h"
#include <string.h>

struct process_files process_files;
static struct host_net net;
static struct host_share share;

/* A page that is clean would be refused to the host's kernel. */
static void files_before_write(void *at, uint64_t size)
{
	uint64_t end = (uint64_t)at + size;

	for (uint64_t va = (uint64_t)at & -(uint64_t)BACKEND_PAGE; va < end; va += BACKEND_PAGE)
		process_wedge_write(va);
}

static void files_add_disk(unsigned n, int file, uint8_t letter)
{
	enum host_access access = letter == BUNDLE_DISK_COPY ? HOST_COPY :
				  letter == BUNDLE_DISK_READ ? HOST_READ : HOST_WRITE;
	struct bus_disk *disk = host_disk(n, file, access, files_before_write);

	if (!disk || bus_add_disk(&board_bus, disk))
		wedge_stop("a disk that cannot be used");
	wedge_print("previrt: disk %u: %lu sectors, %s\n", n, disk->sectors,
		    access == HOST_COPY ? "a copy, which is lost at the end" :
		    access == HOST_READ ? "read-only" : "a file");
}

static void files_add_net(int file, const uint8_t *mac)
{
	net.file = process_files.net = file;
	memcpy(net.net.mac, mac, BUS_MAC);
	host_net_init(&net);
	board_bus.net = &net.net;
}

static void files_add_share(int file, const uint8_t *tag, size_t size)
{
	share.file = process_files.share = file;
	memcpy(share.share.tag, tag, size);
	host_share_init(&share, files_before_write);
	board_bus.share = &share.share;
}

int process_share_waits(void)
{
	return process_files.share ? host_share_waits(&share) : -1;
}

int process_net_waits(void)
{
	return process_files.net ? host_net_waits(&net) : -1;
}

void process_files_init(const void *bundle, size_t size)
{
	int file = FILE_FIRST;
	size_t length;
	const uint8_t *found = bundle_find(bundle, size, "net", &length);

	host_disk_place = WEDGE_DISKS;
	if (found && length == BUS_MAC)
		files_add_net(file++, found);
	found = bundle_find(bundle, size, "share", &length);
	if (found && length <= BUS_SHARE_TAG)
		files_add_share(file++, found, length);
	found = bundle_find(bundle, size, "disks", &length);
	process_files.disk = process_files.disk_end = file;
	for (unsigned n = 0; found && n < length && n < BUS_DISKS; n++)
		files_add_disk(n, process_files.disk_end++, found[n]);
}

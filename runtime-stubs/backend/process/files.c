/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * gdb, disks, the network and the shared folder: files that the program is started with, as the
 * bundle's files "gdb", "disks", "net" and "share" tell (wedge/bundle.h).
 */
#include "process.h"
#include "../../board/board.h"
#include "../../gdb/guest.h"
#include "../../host/balloon.h"
#include "../../host/debugger.h"
#include "../../host/disk.h"
#include "../../host/files.h"
#include "../../wedge/bundle.h"
#include "../../wedge/print.h"

struct process_files process_files;

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

	if (!disk || bus_add_disk(&board_vm.bus, disk))
		wedge_stop("a disk that cannot be used");
	wedge_print("previrt: disk %u: %lu sectors, %s\n", n, disk->sectors,
		    access == HOST_COPY ? "a copy, which is lost at the end" :
		    access == HOST_READ ? "read-only" : "a file");
}

void process_files_init(const void *bundle, size_t size)
{
	int file = FILE_FIRST;
	size_t length;
	static const struct gdb_channel gdb = { host_debugger_write, host_debugger_read };
	const uint8_t *found = bundle_find(bundle, size, "gdb", &length);

	if (found && length == sizeof(struct bundle_gdb)) {
		host_debugger_init(process_files.gdb = file++);
		gdb_guest_init(&gdb, (const void *)found);
	}
	host_disk_place = WEDGE_DISKS;
	found = bundle_find(bundle, size, "net", &length);
	if (found && length == BUNDLE_NET_BYTES)
		host_files_add_net(&board_vm.bus, process_files.net = file++, found,
				   found[BUNDLE_NET_MODEL] == BUNDLE_NET_E1000 ? BUS_NET_E1000 :
				   BUS_NET_VIRTIO, found[BUNDLE_NET_MTU] | found[BUNDLE_NET_MTU + 1] << 8);
	if (bundle_find(bundle, size, "balloon", &length))
		board_vm.bus.balloon = host_balloon(files_before_write);
	found = bundle_find(bundle, size, "share", &length);
	if (found && length <= BUS_SHARE_TAG)
		host_files_add_share(&board_vm.bus, process_files.share = file++, found, length,
				     files_before_write);
	found = bundle_find(bundle, size, "disks", &length);
	process_files.disk = process_files.disk_end = file;
	for (unsigned n = 0; found && n < length && n < BUS_DISKS; n++)
		files_add_disk(n, process_files.disk_end++, found[n]);
}

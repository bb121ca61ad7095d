/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Parts of the board that the bundle has (bundle.h): disks in memory, an entropy device, virtio's console. A
 * disk uses the bytes of the bundle in place, as nothing else reads them any more.
 */
#include "entry.h"
#include "wedge.h"
#include "entropy.h"
#include "../bus/memory_disk.h"
#include "print.h"
#include "../board/board.h"

static struct memory_disk disks[BUS_DISKS];
static struct entropy entropy;

/* Finds the file diskN-copy or diskN-ro, N being @n. */
static const uint8_t *parts_find_disk(const void *bundle, size_t size, unsigned n, int *read_only,
				 size_t *length)
{
	char copy[] = "disk0-copy", ro[] = "disk0-ro";
	const uint8_t *data;

	copy[4] = ro[4] = '0' + n;
	data = bundle_find(bundle, size, copy, length);
	*read_only = !data;
	return data ? data : bundle_find(bundle, size, ro, length);
}

static void parts_add_disks(const void *bundle, size_t size)
{
	for (unsigned n = 0; n < BUS_DISKS; n++) {
		char id[] = "disk0";
		size_t length;
		int read_only;
		const uint8_t *data = parts_find_disk(bundle, size, n, &read_only, &length);

		if (!data)
			break;
		id[4] = '0' + n;
		memory_disk_init(&disks[n], (void *)data, length, read_only, id);
		if (bus_add_disk(&board_vm.bus, &disks[n].disk))
			wedge_stop("too many disks");
		wedge_print("previrt: disk %u: %lu sectors, %s\n", n, disks[n].disk.sectors,
			    read_only ? "read-only" : "a copy, which is lost at the end");
	}
}

static void parts_set_models(const void *bundle, size_t size)
{
	size_t length;
	const uint8_t *letter = bundle_find(bundle, size, "models", &length);

	for (unsigned n = 0; letter && n < length && n < board_vm.bus.disks; n++)
		board_vm.bus.disk[n]->model = letter[n] == BUNDLE_MODEL_ATA ? BUS_DISK_ATA :
			letter[n] == BUNDLE_MODEL_AHCI ? BUS_DISK_AHCI : BUS_DISK_VIRTIO;
}

void parts_init(const void *bundle, size_t size)
{
	size_t length;
	const uint8_t *seed = bundle_find(bundle, size, "seed", &length);

	parts_add_disks(bundle, size);
	parts_set_models(bundle, size);
	board_vm.bus.console = bundle_find(bundle, size, "console", &length) != NULL;
	if (!seed || length != ENTROPY_SEED)
		return;
	entropy_init(&entropy, seed);
	board_vm.bus.entropy = &entropy.source;
}

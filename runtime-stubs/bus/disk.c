/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"

int bus_add_disk(struct bus *bus, struct bus_disk *disk)
{
	if (bus->disks == BUS_DISKS)
		return -1;
	bus->disk[bus->disks++] = disk;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Two disks in memory, of which the second is read-only, and a machine with them. For one file
   of each test. */
#ifndef PREVIRT_UNIT_DISKS_H
#define PREVIRT_UNIT_DISKS_H
#include "machine.h"
#include "../../../runtime-stubs/bus/memory_disk.h"
#include <string.h>

#define SECTORS 64u

static uint8_t contents[2][SECTORS * 512];
static struct memory_disk disks[2];

static void fresh(unsigned vcpus)
{
	for (unsigned i = 0; i < 2; i++) {
		memset(contents[i], 0x10 + i, sizeof(contents[i]));
		memory_disk_init(&disks[i], contents[i], sizeof(contents[i]), i, i ? "second" : "first");
		machine_disks[i] = &disks[i].disk;
	}
	machine_start(vcpus);
}

#endif

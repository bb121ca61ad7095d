/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A disk in memory. What is written is lost when the machine ends. */
#ifndef PREVIRT_BUS_MEMORY_DISK_H
#define PREVIRT_BUS_MEMORY_DISK_H
#include "disk.h"

struct memory_disk {
	struct bus_disk disk;
	uint8_t *data;
};

/* @data: @size bytes, of which whole sectors count. They belong to the disk while it exists. */
void memory_disk_init(struct memory_disk *memory, void *data, uint64_t size, int read_only,
		      const char *id);

#endif

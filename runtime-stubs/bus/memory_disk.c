/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "memory_disk.h"
#include <string.h>

static void memory_transfer(uint8_t *data, const struct bus_disk_request *request)
{
	for (unsigned i = 0; i < request->segments; i++) {
		const struct bus_segment *segment = &request->segment[i];

		if (request->operation == BUS_DISK_READ)
			memcpy(segment->at, data, segment->size);
		else
			memcpy(data, segment->at, segment->size);
		data += segment->size;
	}
}

/* Memory does not outlive the machine, so a flush has nothing to do. */
static void memory_submit(struct bus_disk *disk, struct bus_disk_request *request)
{
	struct memory_disk *memory = (struct memory_disk *)disk;
	uint8_t *data = memory->data + request->sector * BUS_SECTOR;

	switch (request->operation) {
	case BUS_DISK_READ:
	case BUS_DISK_WRITE: memory_transfer(data, request); break;
	case BUS_DISK_ZERO: memset(data, 0, request->sectors * BUS_SECTOR); break;
	case BUS_DISK_FLUSH:
	case BUS_DISK_DISCARD: break;
	}
	request->done(request, 0);
}

void memory_disk_init(struct memory_disk *memory, void *data, uint64_t size, int read_only,
		      const char *id)
{
	size_t length = strlen(id);

	memset(memory, 0, sizeof(*memory));
	memory->data = data;
	memory->disk.sectors = size / BUS_SECTOR;
	memory->disk.read_only = read_only;
	memory->disk.submit = memory_submit;
	memcpy(memory->disk.id, id, length < BUS_DISK_ID ? length : BUS_DISK_ID);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "overlay.h"
#include "processors.h"
#include <string.h>

#define PAGE 4096u

/* Returns page @page for writing. @whole: all of it will be written, so its old contents are
   not copied. */
static uint8_t *overlay_own(struct host_overlay *overlay, uint64_t page, int whole)
{
	uint8_t *data = overlay->data + page * PAGE;

	if (!overlay->written[page] && !whole)
		memcpy(data, overlay->base + page * PAGE, PAGE);
	overlay->written[page] = 1;
	return data;
}

/* Writes @size bytes from @at on, page by page. @memory: NULL: zeroes. */
static void overlay_move(struct host_overlay *overlay, uint64_t at, uint8_t *memory, uint64_t size,
			 int reads)
{
	while (size) {
		uint64_t page = at / PAGE, within = at % PAGE;
		uint64_t n = PAGE - within < size ? PAGE - within : size;

		if (reads)
			memcpy(memory, (overlay->written[page] ? overlay->data : overlay->base) + at, n);
		else if (memory)
			memcpy(overlay_own(overlay, page, n == PAGE) + within, memory, n);
		else
			memset(overlay_own(overlay, page, n == PAGE) + within, 0, n);
		memory = memory ? memory + n : NULL;
		at += n;
		size -= n;
	}
}

static void overlay_submit(struct bus_disk *disk, struct bus_disk_request *request)
{
	struct host_overlay *overlay = (struct host_overlay *)disk;
	uint64_t at = request->sector * BUS_SECTOR;

	switch (request->operation) {
	case BUS_DISK_READ:
	case BUS_DISK_WRITE:
		for (unsigned i = 0; i < request->segments; i++) {
			const struct bus_segment *segment = &request->segment[i];

			overlay_move(overlay, at, segment->at, segment->size,
				     request->operation == BUS_DISK_READ);
			at += segment->size;
		}
		break;
	case BUS_DISK_ZERO:
		overlay_move(overlay, at, NULL, request->sectors * BUS_SECTOR, 0);
		break;
	case BUS_DISK_FLUSH:
	case BUS_DISK_DISCARD:
		break;
	}
	request->done(request, 0);
}

long host_overlay_init(struct host_overlay *overlay, const void *base, uint64_t size,
		       const char *id, uint64_t place, uint64_t *end)
{
	uint64_t pages = (size + PAGE - 1) / PAGE, all = pages * PAGE + (pages + PAGE - 1) / PAGE * PAGE;
	size_t length = strlen(id);

	memset(overlay, 0, sizeof(*overlay));
	overlay->base = base;
	overlay->data = (uint8_t *)place;
	overlay->written = overlay->data + pages * PAGE;
	overlay->disk.sectors = size / BUS_SECTOR;
	overlay->disk.submit = overlay_submit;
	memcpy(overlay->disk.id, id, length < BUS_DISK_ID ? length : BUS_DISK_ID);
	*end = place + all;
	return host_processors_memory(place, all);
}

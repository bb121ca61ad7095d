/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A disk that begins with the contents of memory. Writes go to other memory, which all
 * processors share (processors.h), and are lost at the end.
 */
#ifndef PREVIRT_HOST_OVERLAY_H
#define PREVIRT_HOST_OVERLAY_H
#include "../bus/disk.h"

struct host_overlay {
	struct bus_disk disk;
	const uint8_t *base;
	uint8_t *data;
	uint8_t *written;	/* by page: it is in @data, not in @base */
};

/* The file's @size bytes are at @base, in whole pages. Addresses from @place on are free;
   *@end is set after those that are used. Returns 0, or an error of the host, negated. */
long host_overlay_init(struct host_overlay *overlay, const void *base, uint64_t size,
		       const char *id, uint64_t place, uint64_t *end);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A disk that begins as memory holds it, and whose writes go to memory beside it, that
 * all processors share (processors.h); they are lost at the end.
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

/* The file's @size bytes are at @base, whole pages of them; addresses from @place on are free,
   up to *@end then. 0, or an error of the host, negated. */
long host_overlay_init(struct host_overlay *overlay, const void *base, uint64_t size,
		       const char *id, uint64_t place, uint64_t *end);

#endif

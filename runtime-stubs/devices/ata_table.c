/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The bus master's table (BM, 1.2): entries that follow one another. */
#include "ata.h"

#define ENTRY 8u		/* bytes: an address, a count, the last one's mark */
#define ENTRY_LAST (1u << 31)
#define ENTRY_BYTES(count) ((count) & 0xfffe ? (count) & 0xfffe : 0x10000)

uint64_t ata_gather(struct ata_channel *channel, uint64_t bytes)
{
	const struct bus *bus = channel->ata->function.bus;
	uint32_t entry = channel->entry, done = channel->done, d[2];
	uint64_t total = 0;
	unsigned n = 0;

	while (n < ATA_SEGMENTS && total < bytes) {
		uint32_t size, part;
		uint8_t *at;

		if (bus_dma_read(bus, entry, d, sizeof(d)) || done >= ENTRY_BYTES(d[1]))
			return 0;
		size = ENTRY_BYTES(d[1]);
		part = size - done < bytes - total ? size - done : bytes - total;
		at = bus_dma(bus, (d[0] & ~1u) + (uint64_t)done, part);
		if (!at || (d[1] & ENTRY_LAST && done + part == size && total + part < bytes))
			return 0;
		channel->segment[n++] = (struct bus_segment){ at, part };
		total += part;
		done += part;
		if (done == size) {
			done = 0;
			entry += ENTRY;
		}
	}
	channel->then_entry = entry;
	channel->then_done = done;
	channel->request.segments = n;
	return total;
}

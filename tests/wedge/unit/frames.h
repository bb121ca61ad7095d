/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A network of the test's own: what the guest has sent, and what comes. For one file of each
   test. */
#ifndef PREVIRT_UNIT_FRAMES_H
#define PREVIRT_UNIT_FRAMES_H
#include "../../../runtime-stubs/bus/net.h"
#include <string.h>

#define FRAMES 64u

static struct { uint8_t bytes[BUS_FRAME_LARGEST + 1]; unsigned size; } sent[FRAMES], coming[FRAMES];
static unsigned sends, first, behind;	/* frames sent; those from @first to @behind come */

static void frames_send(struct bus_net *net, const struct bus_segment *segment, unsigned segments)
{
	unsigned size = 0;

	(void)net;
	for (unsigned i = 0; i < segments; i++) {
		memcpy(sent[sends % FRAMES].bytes + size, segment[i].at, segment[i].size);
		size += segment[i].size;
	}
	sent[sends++ % FRAMES].size = size;
}

static const uint8_t *frames_receive(struct bus_net *net, unsigned *size)
{
	(void)net;
	if (first == behind)
		return NULL;
	*size = coming[first].size;
	return coming[first++].bytes;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What is behind a shared folder: a program, another domain. It is set before the
 * board starts. A device of the board shows it to the guest. The messages are 9P's.
 * Neither the device nor the bus interprets them.
 */
#ifndef PREVIRT_BUS_SHARE_H
#define PREVIRT_BUS_SHARE_H
#include "dma.h"

#define BUS_SHARE_TAG 32u		/* bytes of a tag, at most */
#define BUS_SHARE_MESSAGE 131072u	/* the most bytes of a message */

struct bus_share {
	char tag[BUS_SHARE_TAG];	/* the name by which the guest mounts it, padded with
					   zeroes */
	/* Sends a message of the guest's, of at most BUS_SHARE_MESSAGE bytes. It is read
	   before the function returns. The previous message must have been answered. -1: the
	   other end is closed. */
	int (*send)(struct bus_share *share, const struct bus_segment *segment, unsigned segments);
	/* Receives the answer. Returns its size, which may exceed the room in the segments;
	   0: it has not come yet; -1: the other end is closed. When it comes, the first
	   processor calls bus_run. */
	long (*receive)(struct bus_share *share, const struct bus_segment *segment, unsigned segments);
};

#endif

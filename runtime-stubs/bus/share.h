/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What is behind a shared folder: whoever has one (a program, another domain) makes it
 * known before the board starts, and a device of the board shows it to the guest. What
 * messages mean, neither the device nor the bus knows: they are 9P's.
 */
#ifndef PREVIRT_BUS_SHARE_H
#define PREVIRT_BUS_SHARE_H
#include "dma.h"

#define BUS_SHARE_TAG 32u		/* bytes of a tag, at most */
#define BUS_SHARE_MESSAGE 131072u	/* of a message */

struct bus_share {
	char tag[BUS_SHARE_TAG];	/* by which the guest mounts it, filled up with zeroes */
	/* A message of the guest's, of at most BUS_SHARE_MESSAGE bytes, which is read within
	   this call; the one before has been answered. -1: nobody is there any more. */
	int (*send)(struct bus_share *share, const struct bus_segment *segment, unsigned segments);
	/* The answer: its size, which may be more than there is room for in the segments; 0:
	   it has not come yet; -1: nobody is there any more. When it comes, the first
	   processor comes to bus_run. */
	long (*receive)(struct bus_share *share, const struct bus_segment *segment, unsigned segments);
};

#endif

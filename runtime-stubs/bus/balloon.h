/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What takes back memory that the guest does not use. It is set before the board
 * starts.
 */
#ifndef PREVIRT_BUS_BALLOON_H
#define PREVIRT_BUS_BALLOON_H
#include <stdint.h>

#define BUS_PAGE 4096u

struct bus_balloon {
	/* The guest does not use the @size bytes at @at, which are whole pages. They may
	   read as anything until the guest writes to them. It may write at any time. */
	void (*give)(struct bus_balloon *balloon, void *at, uint64_t size);
};

#endif

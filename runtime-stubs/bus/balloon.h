/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where memory goes that the guest has no use for; made known before the board starts.
 */
#ifndef PREVIRT_BUS_BALLOON_H
#define PREVIRT_BUS_BALLOON_H
#include <stdint.h>

#define BUS_PAGE 4096u

struct bus_balloon {
	/* Whole pages of the guest's memory may hold anything from now on, until they are
	   written to; the guest may do that at any time. */
	void (*give)(struct bus_balloon *balloon, void *at, uint64_t size);
};

#endif

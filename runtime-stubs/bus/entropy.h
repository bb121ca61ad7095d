/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The source of random bytes for the guest. It is set before the board starts. */
#ifndef PREVIRT_BUS_ENTROPY_H
#define PREVIRT_BUS_ENTROPY_H
#include <stddef.h>

struct bus_entropy {
	/* Fills @to with @size random bytes. */
	void (*fill)(struct bus_entropy *entropy, void *to, size_t size);
};

#endif

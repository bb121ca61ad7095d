/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Where random bytes for the guest come from; made known before the board starts. */
#ifndef PREVIRT_BUS_ENTROPY_H
#define PREVIRT_BUS_ENTROPY_H
#include <stddef.h>

struct bus_entropy {
	/* Fills @to with @size random bytes. */
	void (*fill)(struct bus_entropy *entropy, void *to, size_t size);
};

#endif

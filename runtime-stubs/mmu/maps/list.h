/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The list of mappings of a process of the host (maps.h). */
#ifndef PREVIRT_MMU_MAPS_LIST_H
#define PREVIRT_MMU_MAPS_LIST_H
#include "maps.h"

#define MAPS_RIGHTS 7ull	/* in maps_page.va */

/* Returns the number of the first page whose va, with its rights, is at least @va. */
unsigned maps_list_find(const struct maps *maps, uint64_t va);
/* Adds @n pages from @va on, which the host has mapped; replaces those that were listed. */
void maps_list_add(struct maps *maps, uint64_t va, unsigned n, unsigned rights, uint64_t frame);

#endif

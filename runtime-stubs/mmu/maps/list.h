/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The list of what a process of the host has mapped (maps.h). */
#ifndef PREVIRT_MMU_MAPS_LIST_H
#define PREVIRT_MMU_MAPS_LIST_H
#include "maps.h"

#define MAPS_RIGHTS 7ull	/* in maps_page.va */

/* The number of the first page whose va, with rights, is not below @va. */
unsigned maps_list_find(const struct maps *maps, uint64_t va);
/* The host has mapped @n pages, in the place of what was there. */
void maps_list_add(struct maps *maps, uint64_t va, unsigned n, unsigned rights, uint64_t frame);

#endif

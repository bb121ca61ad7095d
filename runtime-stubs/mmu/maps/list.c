/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "list.h"
#include "../../iface/memory.h"

unsigned maps_list_find(const struct maps *maps, uint64_t va)
{
	unsigned at = 0, end = maps->count;

	while (at < end) {
		unsigned middle = (at + end) / 2;

		if (maps->pages[middle].va < va)
			at = middle + 1;
		else
			end = middle;
	}
	return at;
}

void maps_list_add(struct maps *maps, uint64_t va, unsigned n, unsigned rights,
		   uint64_t frame)
{
	unsigned at = maps_list_find(maps, va), gone = 0;

	while (at + gone < maps->count && maps->pages[at + gone].va < va + n * (uint64_t)BACKEND_PAGE)
		gone++;
	for (unsigned i = maps->count; i > at + gone && n > gone; i--)
		maps->pages[i - 1 + n - gone] = maps->pages[i - 1];
	maps->count += n - gone;
	for (unsigned i = 0; i < n; i++)
		maps->pages[at + i] = (struct maps_page){
			(va + i * BACKEND_PAGE) | rights, frame + i * BACKEND_PAGE
		};
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Has a space changed since it ran? While nothing but the dirty bits of its tables'
 * frames can tell, their numbers stand in a list of its own, for a large process has
 * hundreds, all of which are asked at each load of CR3.
 *
 * Lists are made behind each other in one place; when that is full, all are
 * forgotten, and made anew as their spaces run.
 */
#include "shadow.h"

#define ENTRIES(tables) (2u * (tables))

static uint32_t *asked_frames;
static uint16_t *asked_tables;
static unsigned asked_size, asked_start, asked_used, asked_epoch = 1;

void asked_begin(void)
{
	if (!asked_frames) {
		asked_size = ENTRIES(backend_table_limit());
		asked_frames = backend_memory(asked_size * sizeof(*asked_frames));
		asked_tables = backend_memory(asked_size * sizeof(*asked_tables));
	}
	asked_used = asked_start;
}

static int asked_put(uint32_t gfn, unsigned table)
{
	if (asked_used == asked_size) {
		asked_start = 0;
		asked_epoch++;
		return -1;
	}
	asked_frames[asked_used] = gfn;
	asked_tables[asked_used++] = table;
	return 0;
}

int asked_add(unsigned table)
{
	uint32_t gfn = shadow_tables[table].gfn;

	if (shadow_frames[gfn].writers)
		return -1;		/* other dirty bits tell as well */
	return asked_put(gfn, table);
}

/* Filled up with the first of them. */
void asked_end(struct asked *asked)
{
	while ((asked_used - asked_start) % ASKED_AT_ONCE)
		if (asked_put(asked_frames[asked_start], asked_tables[asked_start]))
			return;
	asked->start = asked_start;
	asked->count = asked_used - asked_start;
	asked->epoch = asked_epoch;
	asked_start = asked_used;
}

int asked_is_known(const struct asked *asked)
{
	return asked->epoch == asked_epoch;
}

int asked_dirty(const struct asked *asked, unsigned from)
{
	const uint64_t *linear = backend_linear;

	for (unsigned i = from; i < asked->count; i += ASKED_AT_ONCE) {
		const uint32_t *f = &asked_frames[asked->start + i];

		_Static_assert(ASKED_AT_ONCE == 8, "as many as stand here");
		if ((linear[f[0]] | linear[f[1]] | linear[f[2]] | linear[f[3]] |
		     linear[f[4]] | linear[f[5]] | linear[f[6]] | linear[f[7]]) & PTE_D)
			return i;
	}
	return -1;
}

unsigned asked_table(const struct asked *asked, unsigned i)
{
	return asked_tables[asked->start + i];
}

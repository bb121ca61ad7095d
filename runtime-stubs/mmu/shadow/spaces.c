/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The spaces, and which of them runs (spaces.h). */
#include "spaces.h"

struct space *spaces;
unsigned space_count;
VCPU_LOCAL unsigned lower_now;
unsigned lower_changes, lower_processors;
VCPU_LOCAL uint64_t lower_root_now;
VCPU_LOCAL uint8_t lower_on_lesser;
VCPU_LOCAL uint8_t space_any;
uint32_t space_clock;

uint64_t lower_root(void)
{
	return lower_root_now;
}

int lower_roots(unsigned n, unsigned *kernel, unsigned *user)
{
	if (n >= space_count)
		return 0;
	*kernel = spaces[n].kernel;
	*user = spaces[n].user;
	return 1;
}

void space_forget_list(unsigned table)
{
	spaces[shadow_tables[table].links].list.epoch = 0;
}

void lower_set_upper_root(unsigned index, uint64_t old, uint64_t entry)
{
	if (!space_count)
		shadow_set(backend_root(0), index, old, entry);
	for (unsigned i = 0; i < space_count; i++)
		shadow_set(spaces[i].kernel, index, old, entry);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The list of spaces (spaces.h). */
#include "spaces.h"

uint64_t lower_root(void)
{
	return spaces_vcpu.root;
}

int lower_roots(unsigned n, unsigned *kernel, unsigned *user)
{
	if (n >= spaces_vm.count)
		return 0;
	*kernel = spaces_vm.space[n].kernel;
	*user = spaces_vm.space[n].user;
	return 1;
}

void space_forget_list(unsigned table)
{
	spaces_vm.space[shadow_vm.tables[table].space].list.epoch = 0;
}

void lower_set_upper_root(unsigned index, uint64_t old, uint64_t entry)
{
	if (!spaces_vm.count)
		shadow_set(backend_root(0), index, old, entry);
	for (unsigned i = 0; i < spaces_vm.count; i++)
		shadow_set(spaces_vm.space[i].kernel, index, old, entry);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Pages of the upper half that became executable in one change of the shadow.
 * mmu_code_appeared is called for them when the change is complete.
 */
#ifndef PREVIRT_MMU_NEW_CODE_H
#define PREVIRT_MMU_NEW_CODE_H
#include <stdint.h>

/* The list of these pages. Of adjacent pages only the first is listed: a module's pages
   become executable together. Derived. */
#define NEW_CODE 64
struct new_code_vm {
	uint64_t pages[NEW_CODE], last;
	unsigned count;
};
extern struct new_code_vm new_code_vm;	/* wedge/vm.h */

/* Adds the page at @va, which has become executable, to the list. */
void new_code_note(uint64_t va);
void new_code_tell(void);
/* The shadow is consistent: calls mmu_code_appeared for the pages of the list. */
static inline void new_code_appear(void)
{
	if (new_code_vm.count)
		new_code_tell();
}

#endif

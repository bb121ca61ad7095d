/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Pages of the upper half that became executable in one change of the shadow. Who listens
 * (mmu_code_appeared) is called when the change is complete.
 */
#ifndef PREVIRT_MMU_NEW_CODE_H
#define PREVIRT_MMU_NEW_CODE_H
#include <stdint.h>

/* Pages that became executable in one change of the shadow; neighbours count
   once, for a module's pages come together. Derived. */
#define NEW_CODE 64
struct new_code_vm {
	uint64_t pages[NEW_CODE], last;
	unsigned count;
};
extern struct new_code_vm new_code_vm;	/* wedge/vm.h */

/* @va has become executable. */
void new_code_note(uint64_t va);
void new_code_tell(void);
/* The shadow is consistent: call who listens. */
static inline void new_code_appear(void)
{
	if (new_code_vm.count)
		new_code_tell();
}

#endif

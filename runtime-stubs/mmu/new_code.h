/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Pages of the upper half that became executable in one change of the shadow. Who listens
 * (mmu_code_appeared) is called when the change is complete.
 */
#ifndef PREVIRT_MMU_NEW_CODE_H
#define PREVIRT_MMU_NEW_CODE_H
#include <stdint.h>

extern unsigned new_code_count;

/* @va has become executable. */
void new_code_note(uint64_t va);
void new_code_tell(void);
/* The shadow is consistent: call who listens. */
static inline void new_code_appear(void)
{
	if (new_code_count)
		new_code_tell();
}

#endif

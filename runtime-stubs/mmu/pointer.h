/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What mmu_pointer has given last, and when it is no more valid. */
#ifndef PREVIRT_MMU_POINTER_H
#define PREVIRT_MMU_POINTER_H
#include "mmu.h"
#include "../iface/fastpath.h"

/* As mmu_generation, of the upper half. VCPU_LOCAL, both */
extern unsigned pointer_kernel_generation;
extern struct pointer {
	uint64_t va;
	unsigned generation, is_global;
	const void *memory;
} pointer_last;

/* Translations are forgotten; @keep_global: but for entries with G. */
static inline void pointer_new_generation(int keep_global)
{
	mmu_generation++;
	if (keep_global && pointer_last.is_global)
		return;
	pointer_kernel_generation++;
	backend_slow_user = 1;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Until when a result of mmu_pointer is valid. */
#ifndef PREVIRT_MMU_POINTER_H
#define PREVIRT_MMU_POINTER_H
#include "mmu.h"
#include "../iface/vcpu.h"

/* The guest flushes translations; @keep_global: those with G stay. */
static inline void pointer_new_generation(int keep_global)
{
	mmu_vcpu.generation++;
	if (keep_global && mmu_vcpu.pointer.is_global)
		return;
	mmu_vcpu.kernel_generation++;
	requests_vcpu.slow = 1;
}

#endif

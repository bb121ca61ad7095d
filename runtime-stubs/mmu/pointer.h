/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What mmu_pointer has given last, and when it is no more valid. */
#ifndef PREVIRT_MMU_POINTER_H
#define PREVIRT_MMU_POINTER_H
#include "mmu.h"
#include "../iface/vcpu.h"

/* Translations are forgotten; @keep_global: but for entries with G. */
static inline void pointer_new_generation(int keep_global)
{
	mmu_vcpu.generation++;
	if (keep_global && mmu_vcpu.pointer.is_global)
		return;
	mmu_vcpu.kernel_generation++;
	requests_vcpu.slow = 1;
}

#endif

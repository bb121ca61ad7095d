/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Moves between XMM registers and device memory. The wedge does not use these registers,
 * so they still have the guest's values. They are accessed by FXSAVE and FXRSTOR, which do
 * not change the upper halves that AVX adds.
 */
#include "device.h"
#include "../mmu/mmu.h"
#include <string.h>

/* SDM volume 1, table 10-2. */
struct vector_state {
	uint8_t head[160];
	uint64_t xmm[16][2];
	uint8_t rest[96];
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct vector_state) == 512, "FXSAVE's area");

enum cpu_result device_vector(struct cpu *cpu, const struct insn_operation *o, uint64_t next,
			      struct cpu_fault *fault)
{
	uint64_t va = cpu_operand_address(cpu, &o->insn, next), *xmm;
	unsigned size = o->size > 8 ? 8 : o->size, words = o->size > 8 ? 2 : 1;
	struct device_operand m[2] = { { .parts = 0 }, { .parts = 0 } };
	struct vector_state state;

	/* Another processor may have changed the instruction since it faulted. */
	if (cpu->cr0 & CR0_TS)
		return cpu_raise(fault, VECTOR_NM, 0);
	for (unsigned i = 0; i < words; i++) {
		enum cpu_result result = device_find(cpu, &m[i], va + 8 * i, size,
						     o->store ? PF_W : 0, fault);
		if (result != CPU_NEXT)
			return result;
	}
	if (!device_is(&m[0]) && !device_is(&m[1]))
		return CPU_UNKNOWN;
	__asm__ volatile("fxsave64 %0" : "=m"(state));
	xmm = &state.xmm[o->insn.reg][o->high];
	if (o->clears)
		xmm[0] = xmm[1] = 0;
	for (unsigned i = 0; i < words; i++) {
		uint64_t value = o->load ? device_get(&m[i]) : xmm[i];

		if (o->store)
			device_put(&m[i], value);
		else
			xmm[i] = value;
	}
	if (o->load)
		__asm__ volatile("fxrstor64 %0" : : "m"(state));
	return CPU_NEXT;
}

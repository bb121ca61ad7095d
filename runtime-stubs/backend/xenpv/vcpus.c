/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Virtual processors. xen/vcpu.h. */
#include "xenpv.h"
#include <xen/vcpu.h>

#define FRAME(entry) (((entry) & 0x000ffffffffff000ull) >> 12)

extern uint64_t xenpv_wedge_l1[];

uint64_t xenpv_first_info_mfn(void)
{
	return FRAME(xenpv_wedge_l1[WEDGE_VCPU_INFO >> 12 & 511]);
}

void xenpv_vcpu_place(unsigned vcpu, uint64_t mfn)
{
	struct vcpu_register_vcpu_info place = { .mfn = mfn };

	xenpv_must("a place for a processor's flags",
		   xenpv_call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, vcpu,
			      (uint64_t)&place, 0));
}

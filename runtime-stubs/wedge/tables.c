/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* After a change of page tables: checks that the guest's code and stack are mapped. */
#include "entry.h"
#include "tables.h"
#include "wedge.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

/*
 * A further processor switches from the firmware's tables to the kernel's while its stack is
 * mapped by the former only. Bare hardware pushes nothing there until the kernel sets
 * another stack, but sites do. So the stack stays identity-mapped until the processor has
 * run user mode.
 */
static int tables_map_stack(void)
{
	uint64_t va = previrt_cpu.r[RSP] - 8;

	return backend_vcpu && !mmu_map_identity(va) ? 0 : -1;
}

void tables_check(unsigned changes)
{
	uint32_t error;

	if (changes == mmu_vm.upper_changes && previrt_cpu.rip >> 63 && previrt_cpu.r[RSP] >> 63)
		return;
	if (mmu_fault(previrt_cpu.rip, PF_I, &error) ||
	    (mmu_fault(previrt_cpu.r[RSP] - 8, PF_W, &error) && tables_map_stack())) {
		tables_check_room();
		wedge_stop("the new page tables map the guest's code or stack no more");
	}
}

int wedge_fast_invlpg(uint64_t va)
{
	if (va >> 63)
		return -1;
	mmu_invalidate(va);
	return 0;
}

void wedge_fast_cr3(uint64_t value, uint64_t rip, uint64_t rsp)
{
	unsigned changes = mmu_vm.upper_changes;

	wedge_cause(PREVIRT_CLASS_ctlreg);
	cpu_load_cr3(&previrt_cpu, value);
	previrt_cpu.rip = rip;
	previrt_cpu.r[RSP] = rsp;
	tables_check(changes);
	tables_check_room();
}

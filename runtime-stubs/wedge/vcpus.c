/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Start of further processors by the board's wake-up mailbox. */
#include "entry.h"
#include "tables.h"
#include "wedge.h"
#include "print.h"
#include "../iface/fastpath.h"
#include "../iface/vcpu.h"
#include "../board/board.h"
#include "../board/mailbox.h"
#include "../mmu/mmu.h"

static void vcpus_start(unsigned vcpu)
{
	wedge_vm.vcpus_woken++;
	mmu_make_room(2);
	backend_vcpu_start(vcpu);
}

void vcpus_init(void)
{
	mailbox_set_start(vcpus_start);
}

void wedge_running_begins(void)
{
	struct cpu *cpu = &previrt_cpu;

	cpu_reset(cpu);
	cpu_apply_reset(cpu);
	board_running_started();
	mmu_start();
	cpu_syscall_changed(cpu);
	cpu->cr3 = 0;
	if (cpu_wake(cpu, mailbox_vector(backend_vcpu))) {
		wedge_print("previrt: processor %u cannot start at %lx\n", backend_vcpu, cpu->rip);
		wedge_stop("instruction not supported before paging");
	}
	mmu_set_root(cpu->cr3 & PTE_ADDRESS, 0);
	tables_check(~mmu_vm.upper_changes);	/* its stack may not be mapped any more */
}

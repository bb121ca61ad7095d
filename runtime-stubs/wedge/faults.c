/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Page faults: the shadow lacks the mapping, or the guest's tables do, or it is device memory.
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../iface/fastpath.h"
#include "../iface/memory.h"
#include "../iface/vcpu.h"
#include "../mmu/mmu.h"

#define MAX_SAME_FAULTS 16
#define FAULTS_WORK_FILL 0x80u	/* in requests_vcpu.work: map wedge_vcpu.prefill */

void wedge_settle_user(void)
{
	uint8_t work = requests_vcpu.work;

	requests_vcpu.work = 0;
	if (work & CPU_WORK_BASES)
		cpu_sync_user_bases(&previrt_cpu);
	if ((work & FAULTS_WORK_FILL) && mmu_cached_prefill(wedge_vcpu.prefill))
		mmu_prefill(wedge_vcpu.prefill);
}

/* The guest's tables map the address to device memory, or to no memory: emulates the access. */
static void faults_device(struct cpu_fault *fault)
{
	uint64_t va = fault->address;
	struct mmu_walk walk = { 0 };
	uint32_t error;

	previrt_cpu.watched = 0;
	switch (cpu_emulate_device(&previrt_cpu, fault)) {
	case CPU_NEXT:
		if ((previrt_cpu.rflags & FLAG_TF) || previrt_cpu.watched)
			wedge_debug(!!(previrt_cpu.rflags & FLAG_TF));
		return;
	case CPU_FAULT:
		wedge_deliver(fault, 0);
		return;
	default:
		if (previrt_cpu.user) {
			/* LIMIT: the instruction is not emulated on device memory. */
			wedge_deliver(&(struct cpu_fault){ .vector = VECTOR_GP, .has_error = 1 }, 0);
			return;
		}
		mmu_translate(va, 0, &walk, &error);
		wedge_print("previrt: nothing to map at %lx, guest-physical %lx\n", va, walk.gpa);
		wedge_stop(backend_is_memory(walk.gpa) ? "access to the wedge" :
			   "an access to device memory that is not carried out");
	}
}

void wedge_page_fault(struct cpu_fault *fault)
{
	uint32_t access = fault->error & (PF_W | PF_I), error = fault->error;
	enum mmu_result result;

	if (previrt_cpu.user)
		access |= PF_U;
	/* The same fault again? It is none in another address space. */
	if (wedge_vcpu.last_fault.address != fault->address || wedge_vcpu.last_fault.rip != previrt_cpu.rip ||
	    wedge_vcpu.last_fault.generation != mmu_vcpu.generation)
		wedge_vcpu.last_fault.count = 0;
	wedge_vcpu.last_fault.address = fault->address;
	wedge_vcpu.last_fault.rip = previrt_cpu.rip;
	wedge_vcpu.last_fault.generation = mmu_vcpu.generation;
	result = mmu_fault(fault->address, access, &fault->error);
	if (wedge_wants_counts) {
		wedge_count_fault(fault->address, error, previrt_cpu.user, result);
		if (result == MMU_NOTHING)
			wedge_count_site(previrt_cpu.rip, 0);
	}
	switch (result) {
	case MMU_MAPPED:
		if (++wedge_vcpu.last_fault.count <= MAX_SAME_FAULTS)
			return;
		if (!previrt_cpu.user)
			wedge_stop("a page fault that does not go away");
		/* LIMIT: user mode has no pages in the upper half. It takes a page fault
		   though the guest's tables allow the access. If the kernel changes
		   nothing and returns, the next fault is #GP, so that there is no loop. */
		fault->error = access | PF_P;
		if (wedge_vcpu.last_fault.count > MAX_SAME_FAULTS + 1)
			*fault = (struct cpu_fault){ .vector = VECTOR_GP, .has_error = 1 };
		wedge_deliver(fault, 0);
		return;
	case MMU_NOTHING:
		wedge_vcpu.last_fault.count = 0;
		faults_device(fault);
		return;
	default:
		break;
	}
	wedge_vcpu.last_fault.count = 0;
	if (previrt_cpu.user) {
		wedge_vcpu.prefill = fault->address;
		requests_vcpu.work |= FAULTS_WORK_FILL;
	}
	wedge_deliver(fault, 0);
}

enum wedge_fast wedge_fast_fault(uint64_t address, uint64_t *frame)
{
	uint32_t error, access = (frame[0] & (PF_W | PF_I)) | PF_U;
	enum mmu_result result;

	if (wedge_vcpu.last_fault.address == address && wedge_vcpu.last_fault.count &&
	    wedge_vcpu.last_fault.generation == mmu_vcpu.generation)
		return WEDGE_FAST_NOT;
	wedge_cause(CAUSE_PAGE_FAULT);
	result = mmu_cached_fault(address, access, &error);
	if (result == MMU_UNKNOWN)
		return WEDGE_FAST_NOT;
	if (wedge_wants_counts)
		wedge_count_fault(address, frame[0], 1, result);
	if (result == MMU_MAPPED) {
		wedge_vcpu.last_fault.address = address;
		wedge_vcpu.last_fault.rip = frame[1];
		wedge_vcpu.last_fault.generation = mmu_vcpu.generation;
		wedge_vcpu.last_fault.count = 1;
	} else {
		frame[0] = error;
		if (cpu_deliver_user_fault(&previrt_cpu, address, frame))
			return WEDGE_FAST_NOT;
		wedge_vcpu.last_fault.count = 0;
		wedge_vcpu.prefill = address;
		requests_vcpu.work |= FAULTS_WORK_FILL;
	}
	wedge_vcpu.counters.exceptions++;
	return result == MMU_MAPPED ? WEDGE_FAST_GOES_ON : WEDGE_FAST_DELIVERED;
}

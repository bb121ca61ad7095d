/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt_vm and previrt_vcpu, and the symbols of their parts. */
#include "vm.h"

VCPU_LOCAL struct vcpu previrt_vcpu;
struct vm previrt_vm;

/* Makes @name the address of member @member of @whole; the types must agree. */
#define PART(name, whole, member) do {							\
	_Static_assert(__builtin_types_compatible_p(__typeof__(name),			\
		       __typeof__(((struct whole *)0)->member)), #name);		\
	__asm__ volatile(".globl " #name "\n.set " #name ", previrt_" #whole " + %c0"	\
			 : : "i"(offsetof(struct whole, member)));			\
} while (0)

/* Never called: the compiler computes the offsets, the assembler defines the symbols. */
static __attribute__((used)) void vm_name_parts(void)
{
	PART(previrt_cpu, vcpu, cpu);
	PART(requests_vcpu, vcpu, requests);
	PART(wedge_vcpu, vcpu, wedge);
	PART(mmu_vcpu, vcpu, mmu);
	PART(paging_vcpu, vcpu, paging);
	PART(soft_tlb_vcpu, vcpu, soft_tlb);
	PART(spaces_vcpu, vcpu, spaces);
	PART(walk_cache_vcpu, vcpu, walk_cache);

	PART(board_vm, vm, board);
	PART(wedge_vm, vm, wedge);
	PART(mmu_vm, vm, mmu);
	PART(new_code_vm, vm, new_code);
	PART(shadow_vm, vm, shadow);
	PART(flushes_vm, vm, flushes);
	PART(spaces_vm, vm, spaces);
	PART(dirty_list_vm, vm, dirty_list);
	PART(nonglobal_vm, vm, nonglobal);
	PART(upper_vm, vm, upper);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A machine and its processors: the parts that each folder defines, composed. What is state
 * a saved machine holds (state.h), and guest memory with it; what is derived is made again
 * from that. Besides, only what was loaded, options, counters and the back-end's own are
 * writable (tests/wedge/writable.list).
 *
 * Each folder reaches its part by a name of its own (vm.c), which is an address that the
 * linker knows: no pointer has to be passed to where every instruction counts. struct vcpu
 * stands at the same address for each processor (VCPU_LOCAL); backend_vcpu_read reads
 * another one's. struct vm is one for all, and one processor at a time uses it
 * (iface/vcpu.h).
 */
#ifndef PREVIRT_WEDGE_VM_H
#define PREVIRT_WEDGE_VM_H
#include "wedge.h"
#include "../board/board.h"
#include "../mmu/mmu.h"
#include "../mmu/new_code.h"
#include "../mmu/shadow/flushes.h"
#include "../mmu/shadow/nonglobal.h"
#include "../mmu/shadow/spaces.h"
#include "../mmu/shadow/upper.h"
#include "../mmu/shadow/walk_cache.h"

struct vcpu {
	struct cpu cpu;				/* state, but for what is marked */
	/* Derived. */
	struct requests_vcpu requests __attribute__((aligned(2)));
	struct wedge_vcpu wedge;
	struct mmu_vcpu mmu;
	struct paging_vcpu paging;
	struct soft_tlb_vcpu soft_tlb;
	struct spaces_vcpu spaces;
	struct walk_cache_vcpu walk_cache;
};

struct vm {
	struct board_vm board;			/* state, but for what is marked */
	/* Derived. */
	struct wedge_vm wedge;
	struct mmu_vm mmu;
	struct new_code_vm new_code;
	struct shadow_vm shadow;
	struct flushes_vm flushes;
	struct spaces_vm spaces;
	struct dirty_list_vm dirty_list;
	struct nonglobal_vm nonglobal;
	struct upper_vm upper;
};

extern struct vcpu previrt_vcpu;		/* VCPU_LOCAL */
extern struct vm previrt_vm;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the tests of the shadow have of a hypervisor: guest memory of FRAMES pages, and
 * TABLES tables, which the program defines; the functions that differ are its own.
 */
#ifndef PREVIRT_TESTS_HYPERVISOR_H
#define PREVIRT_TESTS_HYPERVISOR_H
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include <stdlib.h>

#define MACHINE (1ull << 40)		/* where guest memory lies */
#define TABLE_AT(t) ((uint64_t)(t) << 12 | 1ull << 44)

static uint8_t memory[FRAMES * 4096] __attribute__((aligned(4096)));
static uint64_t tables[TABLES][512], linear[FRAMES], numbers[FRAMES];

uint8_t *backend_guest_memory = memory;
uint64_t backend_low_bytes = sizeof(memory), backend_guest_bytes = sizeof(memory);
const uint64_t *backend_frame_numbers = numbers, *backend_linear = linear;
const uint64_t backend_leaf_mask = PTE_U, backend_leaf_supervisor = 0;
unsigned backend_vcpus = 2, backend_vcpu;

unsigned backend_table_of(uint64_t entry)
{
	unsigned t = (entry & PTE_ADDRESS & ~(1ull << 44)) >> 12;

	return (entry & PTE_P) && (entry & 1ull << 44) && t < TABLES ? t : 0;
}
uint64_t backend_table_get(unsigned table, unsigned index) { return tables[table][index]; }
const uint64_t *backend_table_entries(unsigned table) { return tables[table]; }
uint64_t backend_table_address(unsigned table) { return TABLE_AT(table); }
int backend_table_set_page(unsigned t, unsigned i, uint64_t va, uint64_t entry, int flush)
{
	(void)va;
	(void)flush;
	backend_table_set(t, i, entry);
	return 0;
}
unsigned backend_root(int user) { return 1 + user; }
void backend_load_roots(unsigned kernel, unsigned user) { (void)kernel; (void)user; }
void backend_frame_clean(uint64_t gfn) { linear[gfn] &= ~PTE_D; }
uint64_t backend_gfn(uint64_t entry) { return ((entry & PTE_ADDRESS) - MACHINE) >> 12; }
unsigned backend_table_limit(void) { return TABLES; }
void *backend_memory(size_t size) { return calloc(1, size); }
unsigned backend_fixed_table(uint64_t va, int level) { (void)va; (void)level; return 0; }
int backend_va_reserved(uint64_t va) { (void)va; return 0; }

#endif

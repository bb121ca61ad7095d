/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the parts of the wedge ask of others, where a test does not care: weak,
 * so that a test that does has its own.
 */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/board/board.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include <cpuid.h>

#define QUIET __attribute__((weak))

QUIET int mmu_unchanged(uint64_t va, size_t size, const uint64_t *copy)
{
	(void)va; (void)size; (void)copy;
	return 0;
}
/* Virtual is physical. */
QUIET int mmu_translate(uint64_t va, uint32_t access, struct mmu_walk *walk, uint32_t *error)
{
	*error = access;
	walk->gpa = va;
	return va < 0x10000 ? -1 : 0;
}
QUIET int mmu_look(uint64_t va, struct mmu_walk *walk, uint32_t *error)
{
	(void)va; (void)walk; (void)error;
	return -1;
}
QUIET void mmu_set_root(uint64_t root, int keep) { (void)keep; (void)root; }
QUIET void mmu_flush_all(void) { }
QUIET void mmu_invalidate(uint64_t va) { (void)va; }
QUIET uint32_t ports_read(uint16_t port, int size) { (void)port; (void)size; return 0; }
QUIET void ports_write(uint16_t port, int size, uint32_t v) { (void)port; (void)size; (void)v; }
QUIET void backend_set_fs_base(uint64_t base) { (void)base; }
QUIET uint64_t backend_user_base(int which) { (void)which; return 0; }
QUIET void backend_set_gs_base(int user, uint64_t base) { (void)user; (void)base; }
QUIET int backend_set_gs_selector(uint16_t selector) { (void)selector; return 0; }
QUIET int backend_set_selector(int which, uint16_t s) { (void)which; (void)s; return 0; }
QUIET void backend_set_gdt(const uint64_t *d, unsigned n) { (void)d; (void)n; }
QUIET void backend_set_ldt(unsigned f, const uint64_t *d, unsigned n) { (void)f; (void)d; (void)n; }
QUIET void backend_load_ldt(unsigned count) { (void)count; }
QUIET int backend_set_debug(unsigned reg, uint64_t value) { (void)reg; (void)value; return 0; }
QUIET void backend_set_ts(int on) { (void)on; }
QUIET void backend_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t regs[4])
{
	__cpuid_count(leaf, subleaf, regs[0], regs[1], regs[2], regs[3]);
}
QUIET int mmu_is_apart(uint64_t va) { (void)va; return 0; }
QUIET int backend_set_xcr0(uint64_t value) { (void)value; return 0; }
QUIET int backend_set_tsc_aux(uint32_t value) { (void)value; return 0; }
QUIET void backend_set_tsd(int on) { (void)on; }
QUIET const void *mmu_pointer(uint64_t va, size_t size) { (void)va; (void)size; return NULL; }
QUIET unsigned backend_vcpus = 1, backend_vcpu;
QUIET uint8_t *backend_guest_memory;
QUIET uint64_t backend_low_bytes, backend_guest_bytes;
QUIET const uint8_t *mmu_watch_writes(const void *m, int start) { (void)m; (void)start; return NULL; }
QUIET void backend_read_xstate(uint64_t parts, uint8_t *area) { (void)parts; (void)area; }
QUIET void backend_write_xstate(uint64_t parts, const uint8_t *area) { (void)parts; (void)area; }

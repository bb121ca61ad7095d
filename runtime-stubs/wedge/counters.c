/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the wedge has done, a line for each kind of thing:
 *
 *   previrt: count GROUP NAME WORD NUMBER [WORD NUMBER...]
 *
 * `previrt counts --log' reads them; docs/wedge.md tells what each means.
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../backend/backend.h"
#include "../mmu/mmu.h"

struct wedge_counters wedge_counters;
int wedge_wants_counts, wedge_wants_exact, wedge_wants_check;

/* Executions of sites that came to the wedge by a call or a jump. */
static void counters_sum(uint64_t by_class[PREVIRT_CLASSES], const struct rewriter_kind *kinds,
			 unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		by_class[previrt_insns[kinds[i].insn.op].cls] += kinds[i].count;
}

static void counters_print_classes(void)
{
	const struct rewriter *rw = &wedge_rewriter;
	uint64_t rewritten[PREVIRT_CLASSES] = { 0 };

	counters_sum(rewritten, rw->calls, rw->call_count);
	counters_sum(rewritten, rw->jumps, rw->jump_count);
	for (unsigned i = 0; i < PREVIRT_CLASSES; i++) {
		uint32_t sites = 0, in_line = 0;

		for (int t = 0; t < REWRITER_TEMPLATES; t++) {
			sites += rw->by_class[i][t];
			if (t > REWRITER_LEAVE && t != REWRITER_CALL && t != REWRITER_JUMP)
				in_line += rw->by_class[i][t];
		}
		if (sites || wedge_counters.trapped[i])
			wedge_print("previrt: count class %s sites %u in-line %u rewritten %lu "
				    "trapped %lu emulated %lu\n", previrt_class_names[i], sites,
				    in_line, rewritten[i], wedge_counters.trapped[i],
				    wedge_counters.emulated[i]);
	}
}

static void counters_print(void)
{
	counters_print_classes();
	wedge_print("previrt: count guest entered events %lu interrupts %lu exceptions %lu "
		    "syscalls %lu\n", wedge_counters.events, wedge_counters.interrupts,
		    wedge_counters.exceptions,
		    wedge_counters.syscalls + backend_short_syscalls);
	modules_print_counters();
	wedge_print("previrt: count memory shadow filled %lu reflected %lu root-loads %lu "
		    "full-flushes %lu invalidations %lu\n", mmu_counters.fills,
		    mmu_counters.reflected, mmu_counters.root_loads, mmu_counters.kernel_syncs,
		    mmu_counters.invalidations);
	backend_print_counters();
	wedge_print_causes();
}

/* Non-zero: something is wrong. */
static int ending_check(void)
{
	uint64_t va = 0;
	const char *what = backend_check();

	if (!what && previrt_cpu.cr3)
		what = mmu_check(&va);
	if (what)
		wedge_print("previrt: self-check: %lx %s\n", va, what);
	else
		wedge_print("previrt: self-check: whole\n");
	return what != NULL;
}

int wedge_ending(void)
{
	static int done;

	if (done++)
		return 0;
	if (wedge_wants_counts)
		counters_print();
	return wedge_wants_check && ending_check();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The end of a run: prints the counters, the result of the self-check, the last line. */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../devices/exit_status.h"
#include "../iface/end.h"
#include "../iface/fastpath.h"
#include "../board/board.h"
#include "../mmu/mmu.h"

static void ending_print_classes(void)
{
	const struct rewriter *rw = &wedge_rewriter;
	const struct wedge_counters *c = &wedge_vcpu.counters;

	for (unsigned i = 0; i < PREVIRT_CLASSES; i++) {
		uint32_t sites = 0, in_line = 0;

		for (int t = 0; t < REWRITER_TEMPLATES; t++) {
			sites += rw->by_class[i][t];
			if (t > REWRITER_LEAVE && t != REWRITER_CALL && t != REWRITER_JUMP)
				in_line += rw->by_class[i][t];
		}
		if (!sites && !wedge_counter_sum(&c->trapped[i]))
			continue;
		wedge_print("previrt: count class %s sites %u in-line %u", previrt_class_names[i],
			    sites, in_line);
		wedge_print_counter("rewritten", &c->rewritten[i]);
		wedge_print_counter("trapped", &c->trapped[i]);
		wedge_print_counter("emulated", &c->emulated[i]);
		wedge_print("\n");
	}
}

static void ending_print(void)
{
	const struct wedge_counters *c = &wedge_vcpu.counters;
	uint64_t late, dropped;

	ending_print_classes();
	wedge_print("previrt: count guest entered");
	wedge_print_counter("events", &c->events);
	wedge_print_counter("interrupts", &c->interrupts);
	wedge_print_counter("exceptions", &c->exceptions);
	wedge_print_counters("syscalls", &c->syscalls, &backend_fast_syscalls);
	wedge_print("\n");
	wedge_print("previrt: count device annotated sites %u", wedge_rewriter.devices);
	wedge_print_counter("accesses", &c->devices);
	wedge_print("\n");
	modules_print_counters();
	wedge_print("previrt: count memory shadow");
	wedge_print_counter("filled", &mmu_vcpu.counters.fills);
	wedge_print_counter("reflected", &mmu_vcpu.counters.reflected);
	wedge_print_counter("root-loads", &mmu_vcpu.counters.root_loads);
	wedge_print_counter("full-flushes", &mmu_vcpu.counters.kernel_syncs);
	wedge_print_counter("invalidations", &mmu_vcpu.counters.invalidations);
	wedge_print("\n");
	board_count_ticks(&late, &dropped);
	wedge_print("previrt: count timer tick late %lu dropped %lu\n", late, dropped);
	backend_print_counters();
	wedge_print_causes();
}

/* The self-check. Returns non-zero if something is wrong. */
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

int wedge_ending(int how)
{
	static int done;

	if (!done++) {
		if (wedge_wants_counts)
			ending_print();
		if (wedge_wants_check && ending_check())
			how = EXIT_STOPPED;
	}
	if (how == EXIT_GOOD)
		wedge_print("previrt: end: all is well\n");
	else if (how <= EXIT_GUEST_MAX)
		wedge_print("previrt: end: the guest's status %d\n", how);
	else
		wedge_print("previrt: end: %s\n", how == EXIT_RESET ? "restart" : "stopped");
	return how;
}

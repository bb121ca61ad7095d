/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the wedge has done, a line for each kind of thing:
 *
 *   previrt: count GROUP NAME WORD NUMBER[=NUMBER+NUMBER...] [WORD NUMBER...]
 *
 * What stands behind = is the share of each processor, from the first one on.
 * `previrt counts --log' reads them; docs/wedge.md tells what each means.
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../devices/ends.h"
#include "../iface/end.h"
#include "../iface/fastpath.h"
#include "../iface/vcpu.h"
#include "../board/board.h"
#include "../mmu/mmu.h"

VCPU_LOCAL struct wedge_counters wedge_counters;
#define WEDGE_WORD(name, what) int wedge_wants_##name;
#include "words.def"
#undef WEDGE_WORD

uint64_t wedge_counter_sum(const uint64_t *own)
{
	uint64_t sum = 0, value;

	for (unsigned vcpu = 0; vcpu < backend_vcpus; vcpu++) {
		backend_vcpu_read(vcpu, own, &value, sizeof(value));
		sum += value;
	}
	return sum;
}

/* Of two counters together; @more: NULL, or the second one. */
static void counters_print_both(const char *word, const uint64_t *own, const uint64_t *more)
{
	uint64_t each[BACKEND_VCPUS_MAX], other = 0, sum = 0;

	for (unsigned vcpu = 0; vcpu < backend_vcpus; vcpu++) {
		backend_vcpu_read(vcpu, own, &each[vcpu], sizeof(*own));
		if (more)
			backend_vcpu_read(vcpu, more, &other, sizeof(*more));
		sum += each[vcpu] += other;
	}
	wedge_print(" %s %lu", word, sum);
	for (unsigned vcpu = 0; backend_vcpus > 1 && vcpu < backend_vcpus; vcpu++)
		wedge_print("%c%lu", vcpu ? '+' : '=', each[vcpu]);
}

void wedge_print_counter(const char *word, const uint64_t *own)
{
	counters_print_both(word, own, NULL);
}

static void counters_print_classes(void)
{
	const struct rewriter *rw = &wedge_rewriter;
	const struct wedge_counters *c = &wedge_counters;

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

static void counters_print(void)
{
	const struct wedge_counters *c = &wedge_counters;
	uint64_t late, dropped;

	counters_print_classes();
	wedge_print("previrt: count guest entered");
	wedge_print_counter("events", &c->events);
	wedge_print_counter("interrupts", &c->interrupts);
	wedge_print_counter("exceptions", &c->exceptions);
	counters_print_both("syscalls", &c->syscalls, &backend_fast_syscalls);
	wedge_print("\n");
	modules_print_counters();
	wedge_print("previrt: count memory shadow");
	wedge_print_counter("filled", &mmu_counters.fills);
	wedge_print_counter("reflected", &mmu_counters.reflected);
	wedge_print_counter("root-loads", &mmu_counters.root_loads);
	wedge_print_counter("full-flushes", &mmu_counters.kernel_syncs);
	wedge_print_counter("invalidations", &mmu_counters.invalidations);
	wedge_print("\n");
	board_count_ticks(&late, &dropped);
	wedge_print("previrt: count timer tick late %lu dropped %lu\n", late, dropped);
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

int wedge_ending(int how)
{
	static int done;

	if (!done++) {
		if (wedge_wants_counts)
			counters_print();
		if (wedge_wants_check && ending_check())
			how = ENDS_STOPPED;
	}
	if (how == ENDS_GOOD)
		wedge_print("previrt: end: all is well\n");
	else if (how <= ENDS_GUEST_MAX)
		wedge_print("previrt: end: the guest's status %d\n", how);
	else
		wedge_print("previrt: end: %s\n", how == ENDS_RESET ? "restart" : "stopped");
	return how;
}

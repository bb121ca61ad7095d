/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Prints the counters, a line for each group and name:
 *
 *   previrt: count GROUP NAME WORD NUMBER[=NUMBER+NUMBER...] [WORD NUMBER...]
 *
 * The numbers after = are those of each processor, from the first one on.
 * `previrt counts --log' reads them; docs/wedge.md has the meaning of each.
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../iface/vcpu.h"

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

void wedge_print_counters(const char *word, const uint64_t *own, const uint64_t *more)
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
	wedge_print_counters(word, own, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Counts by processor, of stubs that have a counter for each; see counts.h. */
#include "counts.h"
#include "json.h"
#include <inttypes.h>
#include <stdio.h>

size_t counts_cpus(const struct counts *counts)
{
	size_t i, most = 1;

	for (i = 0; i < counts->sites.n; i++)
		if (counts->sites.v[i].counters > most)
			most = counts->sites.v[i].counters;
	return most;
}

size_t counts_cpus_ran(const struct counts *counts, size_t shown)
{
	size_t i, cpu, most = 1;

	for (i = 0; i < shown; i++) {
		const struct counted *c = &counts->sites.v[i];

		for (cpu = most; cpu < c->counters; cpu++)
			if (counts->counters.v[c->first + cpu].count)
				most = cpu + 1;
	}
	return most;
}

static uint64_t cpus_count(const struct counts *counts, const struct counted *c, size_t cpu)
{
	return cpu < c->counters ? counts->counters.v[c->first + cpu].count : 0;
}

void counts_cpus_json(const struct counts *counts, const struct counted *c)
{
	size_t cpu;

	if (c->counters < 2)
		return;
	json_open("cpus", '[');
	for (cpu = 0; cpu < c->counters; cpu++)
		json_number(NULL, cpus_count(counts, c, cpu));
	json_close();
}

void counts_cpus_text(const struct counts *counts, const struct counted *c, size_t cpus)
{
	for (size_t cpu = 0; cpu < cpus; cpu++)
		printf("%12" PRIu64 " ", cpus_count(counts, c, cpu));
}

void counts_cpus_csv(const struct counts *counts, const struct counted *c)
{
	for (size_t cpu = 0; cpu < counts_cpus(counts); cpu++)
		printf(",%" PRIu64, cpus_count(counts, c, cpu));
}

void counts_cpus_heads(size_t cpus, const char *format)
{
	char name[32];

	for (size_t cpu = 0; cpu < cpus; cpu++) {
		snprintf(name, sizeof(name), "cpu%zu", cpu);
		printf(format, name);
	}
}

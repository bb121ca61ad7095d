/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* One reading of counters as text, JSON or CSV; see counts.h. CSV: RFC 4180, with LF. */
#include "counts.h"
#include "counts_csv.h"
#include "json.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int counts_compare(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->object != y->object)
		return strcmp(x->object, y->object);
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

size_t counts_sort(struct counts *counts)
{
	size_t n = counts->sites.n, ran = 0;

	if (n)
		qsort(counts->sites.v, n, sizeof(*counts->sites.v), counts_compare);
	while (ran < n && counts->sites.v[ran].count)
		ran++;
	return ran;
}

size_t counts_shown(const struct counts *counts, size_t ran)
{
	size_t shown = counts->options.verbose ? counts->sites.n : ran;

	return counts->top && counts->top < shown ? (size_t)counts->top : shown;
}

uint64_t counts_total(const struct counts *counts)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < counts->sites.n; i++)
		total += counts->sites.v[i].count;
	return total;
}

void counts_sites_json(const struct counts *counts, size_t shown)
{
	size_t i;

	for (i = 0; i < shown; i++) {
		const struct counted *c = &counts->sites.v[i];

		json_open(NULL, '{');
		json_number("count", c->count);
		json_text("op", table_op_name(c->op));
		json_text("class", table_class_name(c->op));
		json_text("place", c->place);
		json_hex("address", c->addr);
		json_text("object", c->object);
		json_text("file", c->file);
		json_number("line", c->file ? (uint64_t)c->line : 0);
		counts_cpus_json(counts, c);
		json_close();
	}
}

void counts_sites_text(const struct counts *counts, size_t shown)
{
	bool several = counts->objects.n > 1;
	size_t i, cpus = counts->per_cpu ? counts_cpus_ran(counts, shown) : 0;

	for (i = 0; i < shown; i++) {
		const struct counted *c = &counts->sites.v[i];

		printf("%12" PRIu64 " ", c->count);
		counts_cpus_text(counts, c, cpus);
		printf("%-13s %s", table_op_name(c->op), c->place);
		if (c->file)
			printf(" (%s:%d)", c->file, c->line);
		if (several)
			printf(" [%s]", c->object);
		putchar('\n');
	}
}

static void counts_field(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

void counts_sites_csv(const struct counts *counts, size_t shown, double seconds)
{
	size_t i;

	for (i = 0; i < shown; i++) {
		const struct counted *c = &counts->sites.v[i];

		printf("%.3f,%" PRIu64 ",%s,%s,", seconds, c->count, table_op_name(c->op),
		       table_class_name(c->op));
		counts_field(c->place);
		printf(",0x%" PRIx64 ",", c->addr);
		counts_field(c->object);
		putchar(',');
		counts_field(c->file ? c->file : "");
		printf(",%d", c->file ? c->line : 0);
		if (counts->per_cpu)
			counts_cpus_csv(counts, c);
		putchar('\n');
	}
}

static uint64_t counts_without(const struct counts *counts)
{
	uint64_t sites = 0;
	size_t i;

	for (i = 0; i < counts->uncounted.n; i++)
		sites += counts->uncounted.v[i].sites;
	return sites;
}

static void counts_json(const struct counts *counts, size_t shown, size_t ran)
{
	size_t i;

	json_text("image", counts->memory_path);
	json_number("total", counts_total(counts));
	json_number("counted_sites", counts->sites.n);
	json_number("sites_that_ran", ran);
	json_number("uncounted_sites", counts_without(counts));
	json_open("sites", '[');
	counts_sites_json(counts, shown);
	json_close();
	json_open("uncounted", '[');
	for (i = 0; i < counts->uncounted.n; i++) {
		const struct uncounted *u = &counts->uncounted.v[i];

		json_open(NULL, '{');
		json_text("why", u->why);
		json_text("op", table_op_name(u->op));
		json_text("class", table_class_name(u->op));
		json_number("sites", u->sites);
		json_close();
	}
	json_close();
}

static void counts_text(const struct counts *counts, size_t shown, size_t ran)
{
	size_t i;

	if (!counts->options.quiet) {
		printf("%" PRIu64 " executions; %zu of %zu counted sites ran; %" PRIu64
		       " sites without a counter\n%12s ", counts_total(counts), ran,
		       counts->sites.n, counts_without(counts), "count");
		counts_cpus_heads(counts->per_cpu ? counts_cpus_ran(counts, shown) : 0, "%12s ");
		printf("%-13s %s\n", "op", "place");
	}
	counts_sites_text(counts, shown);
	for (i = 0; counts->options.verbose && i < counts->uncounted.n; i++)
		printf("%12" PRIu64 " %-13s sites without a counter: %s\n",
		       counts->uncounted.v[i].sites, table_op_name(counts->uncounted.v[i].op),
		       counts->uncounted.v[i].why);
}

bool counts_print(struct counts *counts)
{
	size_t ran = counts_sort(counts), shown = counts_shown(counts, ran);
	bool good = true;

	if (counts->options.json)
		json_open(NULL, '{');
	if (counts->csv) {
		fputs(COUNTS_CSV_HEAD, stdout);
		counts_cpus_heads(counts->per_cpu ? counts_cpus(counts) : 0, ",%s");
		putchar('\n');
		counts_sites_csv(counts, shown, 0);
	} else if (counts->options.json) {
		counts_json(counts, shown, ran);
	} else {
		counts_text(counts, shown, ran);
	}
	if (counts->every > 0)
		good = counts_slices(counts);
	if (counts->options.json)
		json_close();
	return good;
}

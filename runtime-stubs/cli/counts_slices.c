/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Counters over time: the same ones read again and again while the kernel runs, and
 * what each slice of time has added. For memory that changes: /proc/kcore, or a file that
 * a virtual machine has its memory in.
 */
#include "counts.h"
#include "diag.h"
#include "json.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double slices_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void slices_wait(double until)
{
	double left = until - slices_now();
	struct timespec t = { .tv_sec = (time_t)left };

	if (left <= 0)
		return;
	t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* What one site has added since @last, which has a value for each counter. */
static bool slices_read_site(struct counts *counts, struct counted *c, uint64_t *last)
{
	size_t i;

	c->count = 0;
	for (i = c->first; i < c->first + c->counters; i++) {
		struct counter *counter = &counts->counters.v[i];
		uint64_t value;

		if (!counts_value(counts, counter->at, c->module, &value)) {
			diag_error(DIAG_NOT_IN_MEMORY, c->object,
				   "the counter of %s cannot be read any more", c->place);
			return false;
		}
		counter->count = value - last[i];
		last[i] = value;
		c->count += counter->count;
	}
	return true;
}

/* Each count becomes what was added since @last, which becomes the value of now. */
static bool slices_read(struct counts *counts, uint64_t *last)
{
	for (size_t i = 0; i < counts->sites.n; i++)
		if (!slices_read_site(counts, &counts->sites.v[i], last))
			return false;
	return true;
}

static void slices_print(const struct counts *counts, size_t shown, double from, double to)
{
	if (counts->csv) {
		counts_sites_csv(counts, shown, to);
	} else if (counts->options.json) {
		json_open(NULL, '{');
		json_real("from", from);
		json_real("to", to);
		json_number("total", counts_total(counts));
		json_open("sites", '[');
		counts_sites_json(counts, shown);
		json_close();
		json_close();
	} else {
		printf("%.3f s to %.3f s: %" PRIu64 " executions\n", from, to, counts_total(counts));
		counts_sites_text(counts, shown);
	}
	fflush(stdout);
}

/* A sorted copy is printed: the order of @counts is that of @last. */
static bool slices_one(struct counts *counts, uint64_t *last, double from, double to)
{
	struct counts sorted;

	if (!slices_read(counts, last))
		return false;
	sorted = *counts;
	sorted.sites.v = util_alloc(counts->sites.n + 1, sizeof(*counts->sites.v));
	memcpy(sorted.sites.v, counts->sites.v, counts->sites.n * sizeof(*counts->sites.v));
	slices_print(&sorted, counts_shown(&sorted, counts_sort(&sorted)), from, to);
	free(sorted.sites.v);
	return true;
}

bool counts_slices(struct counts *counts)
{
	uint64_t *last = util_alloc(counts->counters.n + 1, sizeof(*last)), n;
	double start = slices_now(), from = 0, to;
	bool good = true;
	size_t i;

	for (i = 0; i < counts->counters.n; i++)
		last[i] = counts->counters.v[i].count;
	if (counts->options.json)
		json_open("slices", '[');
	for (n = 1; good && n <= counts->times; n++, from = to) {
		slices_wait(start + (double)n * counts->every);
		to = slices_now() - start;
		good = slices_one(counts, last, from, to);
	}
	if (counts->options.json)
		json_close();
	free(last);
	return good;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The page's hot sites and executions over time, of what counting stubs counted; see page.h. */
#include "page.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HOT_ROWS 60u

/* One site of all runs. */
struct hot {
	const struct page_hit *site;
	uint64_t count[PAGE_RUNS], most;
};

static int hot_same(const struct page_hit *x, const struct page_hit *y)
{
	int order = strcmp(x->place, y->place);

	return order ? order : strcmp(x->op, y->op);
}

static int hot_by_site(const void *a, const void *b)
{
	return hot_same(a, b);
}

static int hot_by_count(const void *a, const void *b)
{
	const struct hot *x = a, *y = b;

	if (x->most != y->most)
		return x->most > y->most ? -1 : 1;
	return hot_same(x->site, y->site);
}

/* Hits come by site. How many sites there are in @hot. */
static size_t hot_collect(const struct page *page, struct hot *hot)
{
	size_t n = 0;

	for (size_t i = 0; i < page->hits.n; i++) {
		const struct page_hit *hit = &page->hits.v[i];

		if (!n || hot_same(hot[n - 1].site, hit))
			hot[n++].site = hit;
		hot[n - 1].count[hit->run] += hit->count;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t r = 0; r < page->runs; r++)
			if (hot[i].count[r] > hot[i].most)
				hot[i].most = hot[i].count[r];
	qsort(hot, n, sizeof(*hot), hot_by_count);
	return n;
}

static void hot_row(struct page *page, const struct hot *hot, uint64_t most)
{
	page_head(page, hot->site->place);
	page_cell(page, hot->site->op);
	page_put(page, "<td>");
	if (*hot->site->file) {
		page_text(page, hot->site->file);
		fprintf(page->out, ":%d", hot->site->line);
	}
	page_put(page, "</td>");
	for (size_t r = 0; r < page->runs; r++)
		page_number(page, hot->count[r]);
	page_bar(page, hot->most, most);
	page_put(page, "</tr>\n");
}

static void hot_sites(struct page *page)
{
	struct hot *hot = util_alloc(page->hits.n + 1, sizeof(*hot));
	char *columns = page->runs > 1 ?
		util_printf("place|instruction|line|#%s|#%s|", page->run[0], page->run[1]) :
		util_copy("place|instruction|line|#executions|");
	size_t n;

	qsort(page->hits.v, page->hits.n, sizeof(*page->hits.v), hot_by_site);
	n = hot_collect(page, hot);
	page_put(page, "<section><h2>Hot sites</h2>\n");
	page_table(page, "Sites that ran most", columns);
	for (size_t i = 0; i < n && i < HOT_ROWS && hot[i].most; i++)
		hot_row(page, &hot[i], hot[0].most);
	page_table_end(page);
	page_put(page, "</section>\n");
	free(columns);
	free(hot);
}

static int hot_by_time(const void *a, const void *b)
{
	const struct page_hit *x = a, *y = b;

	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

/* Executions of the slice that begins at hit @i; @next: the first hit of the next. */
static uint64_t hot_slice(const struct page *page, size_t i, size_t *next)
{
	uint64_t sum = 0;
	size_t j = i;

	while (j < page->hits.n && !hot_by_time(&page->hits.v[i], &page->hits.v[j]))
		sum += page->hits.v[j++].count;
	*next = j;
	return sum;
}

/* What was read first, at second 0, was counted in a time that nobody knows. */
static void hot_times(struct page *page)
{
	uint64_t most = 0, sum;
	size_t i, next;

	qsort(page->hits.v, page->hits.n, sizeof(*page->hits.v), hot_by_time);
	for (i = 0; i < page->hits.n; i = next) {
		sum = hot_slice(page, i, &next);
		if (page->hits.v[i].seconds > 0 && sum > most)
			most = sum;
	}
	if (!most)
		return;
	page_put(page, "<section><h2>Over time</h2>\n");
	page_table(page, "Executions of counted sites, by slice of time", "until second|of|#executions|");
	for (i = 0; i < page->hits.n; i = next) {
		const struct page_hit *hit = &page->hits.v[i];

		sum = hot_slice(page, i, &next);
		if (hit->seconds <= 0)
			continue;
		fprintf(page->out, "<tr><th scope=\"row\">%.3f</th>", hit->seconds);
		page_cell(page, page->run[hit->run]);
		page_number(page, sum);
		page_bar(page, sum, most);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
	page_put(page, "</section>\n");
}

void page_hot(struct page *page)
{
	hot_sites(page);
	hot_times(page);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The map: sections side by side, in each the folders of the source, areas as the number
 * of sites. Each time the longer side is cut, in two halves of about the same number.
 */
#include "page.h"
#include <string.h>

#define MAP_WIDTH 960.0
#define MAP_HEIGHT 480.0
#define LABEL_WIDTH 7.0		/* of a character */
#define LABEL_HEIGHT 16.0

struct map_area { double x, y, width, height; };

static size_t map_sum(const struct page_group *group, size_t n)
{
	size_t sum = 0;

	while (n--)
		sum += group++->sites;
	return sum;
}

unsigned int page_main_class(const struct page_group *group)
{
	unsigned int most = 0;

	for (unsigned int i = 1; i < PREVIRT_CLASSES; i++)
		if (group->by_class[i] > group->by_class[most])
			most = i;
	return most;
}

/* "folder: 12 sites (if 7, io 5)", as text. */
static void map_title(struct page *page, const struct page_group *group)
{
	page_text(page, group->section);
	fputs(", ", page->out);
	page_text(page, group->folder);
	fprintf(page->out, ": %zu sites (", group->sites);
	for (unsigned int i = 0, n = 0; i < PREVIRT_CLASSES; i++)
		if (group->by_class[i])
			fprintf(page->out, "%s%s %zu", n++ ? ", " : "", previrt_class_names[i],
				group->by_class[i]);
	fputs(")", page->out);
}

static void map_one(struct page *page, const struct page_group *group, struct map_area a)
{
	const char *folder = group->folder;
	size_t fits = a.width > 8 ? (size_t)((a.width - 8) / LABEL_WIDTH) : 0;

	fprintf(page->out, "<g class=\"area\" data-box=\"%.1f %.1f %.1f %.1f\"><title>",
		a.x, a.y, a.width, a.height);
	map_title(page, group);
	fprintf(page->out, "</title><rect class=\"c%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"%.1f\"/>", page_main_class(group), a.x, a.y, a.width, a.height);
	if (a.height > LABEL_HEIGHT && fits >= 4 && strlen(folder) <= fits) {
		fprintf(page->out, "<text x=\"%.1f\" y=\"%.1f\">", a.x + 4, a.y + 13);
		page_text(page, folder);
		fputs("</text>", page->out);
	}
	fputs("</g>\n", page->out);
}

static void map_cut(struct page *page, const struct page_group *group, size_t n,
		    struct map_area a)
{
	size_t all = map_sum(group, n), first = group->sites, k = 1;
	struct map_area b = a;
	double part;

	if (n == 1) {
		map_one(page, group, a);
		return;
	}
	while (k + 1 < n && 2 * (first + group[k].sites) <= all)
		first += group[k++].sites;
	part = (double)first / (double)all;
	if (a.width >= a.height) {
		a.width *= part;
		b.x += a.width;
		b.width -= a.width;
	} else {
		a.height *= part;
		b.y += a.height;
		b.height -= a.height;
	}
	map_cut(page, group, k, a);
	map_cut(page, group + k, n - k, b);
}

void page_map(struct page *page, const struct page_kernel *kernel)
{
	const struct page_group *group = kernel->groups.v;
	size_t n = kernel->groups.n, i, j, left = map_sum(group, n);
	struct map_area rest = { 0, 0, MAP_WIDTH, MAP_HEIGHT }, a;

	if (!n)
		return;
	fprintf(page->out, "<svg class=\"map\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		"aria-label=\"Map of sites by section and folder; the table below has the same\">\n",
		MAP_WIDTH, MAP_HEIGHT);
	for (i = 0; i < n; i = j) {
		size_t sites;

		for (j = i; j < n && !strcmp(group[i].section, group[j].section); j++)
			;
		sites = map_sum(group + i, j - i);
		a = rest;
		if (rest.width >= rest.height) {
			a.width *= (double)sites / (double)left;
			rest.x += a.width;
			rest.width -= a.width;
		} else {
			a.height *= (double)sites / (double)left;
			rest.y += a.height;
			rest.height -= a.height;
		}
		left -= sites;
		fputs("<g class=\"section\">", page->out);
		map_cut(page, group + i, j - i, a);
		fputs("</g>\n", page->out);
	}
	fputs("</svg>\n", page->out);
}

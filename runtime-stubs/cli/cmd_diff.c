/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt diff A B: how many sites of each instruction each function has, where
 * A and B differ.
 *
 * A file with a table is represented by its table, one without by a scan of its
 * code; --scan scans both. Pairs count as their instructions, so that an
 * annotated build can be compared with a plain one.
 */
#include "input.h"
#include "insns.h"
#include "json.h"
#include "report.h"
#include "scan.h"
#include "table.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One instruction of one function, in A, B or both. */
struct item {
	const char *place;      /* owned by the names of struct diff */
	unsigned int op;
	uint64_t count[2];
};

struct diff {
	const struct options *options;
	struct exempt *rules;
	ARRAY_OF(struct item) items;
	ARRAY_OF(char *) names;
	bool scanned[2];
	unsigned int side;
	int status;
};

static int diff_compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->place, y->place);

	return order ? order : (int)x->op - (int)y->op;
}

/*
 * The function that holds @addr: the nearest global name or function, so that
 * a label inside it, which one build may lack, does not split it.
 */
static const char *diff_function(const struct image *image, uint64_t addr)
{
	const struct section *s = image_section_at(image, addr);
	size_t i = image_symbol_index(image, addr + 1);

	while (s && i-- && image->symbol[i].addr >= s->addr) {
		const struct symbol *symbol = &image->symbol[i];

		if (image_is_place(symbol) && symbol->section == s->index &&
		    (symbol->type == STT_FUNC || symbol->bind != STB_LOCAL))
			return symbol->name;
	}
	return s ? s->name : "?";
}

static void diff_add(struct diff *diff, const struct image *image, uint64_t addr,
		     unsigned int op)
{
	const char *name = diff_function(image, addr);
	struct item item = { .op = op };

	/* The image goes away before the comparison; neighbours share names. */
	if (!diff->names.n || strcmp(diff->names.v[diff->names.n - 1], name))
		array_add(&diff->names, util_copy(name));
	item.place = diff->names.v[diff->names.n - 1];
	item.count[diff->side] = 1;
	array_add(&diff->items, item);
}

static void diff_add_table(struct diff *diff, const struct image *image,
			   const struct table *table)
{
	size_t i;

	for (i = 0; i < table->sites; i++) {
		const struct site *site = &table->site[i];
		const uint8_t *part = previrt_insns[site->op].part;

		if (!part[0] && !part[1])
			diff_add(diff, image, site->addr, site->op);
		if (part[0])
			diff_add(diff, image, site->addr, part[0]);
		if (part[1])
			diff_add(diff, image, site->addr, part[1]);
	}
}

static void diff_add_scan(struct diff *diff, const struct image *image,
			  const struct table *table)
{
	struct exempt_map *map = exempt_apply(diff->rules, image);
	struct scan *scan = scan_image(image, map, table, false);
	size_t i;

	for (i = 0; i < scan->found.n; i++)
		diff_add(diff, image, scan->found.v[i].addr, scan->found.v[i].op);
	scan_free(scan);
	exempt_unmap(map);
}

static void diff_image(struct image *image, void *context)
{
	struct diff *diff = context;
	struct table *table = table_read(image);

	if (!table) {
		diff->status = EXIT_TROUBLE;
		return;
	}
	if (table->units && !diff->options->scan) {
		diff_add_table(diff, image, table);
	} else {
		diff->scanned[diff->side] = true;
		diff_add_scan(diff, image, table);
	}
	table_free(table);
}

/* Sort the items and add up those of one place and op. */
static void diff_merge(struct diff *diff)
{
	struct item *item = diff->items.v;
	size_t i, n = 0;

	if (diff->items.n)
		qsort(item, diff->items.n, sizeof(*item), diff_compare);
	for (i = 0; i < diff->items.n; i++) {
		if (n && !diff_compare(&item[n - 1], &item[i])) {
			item[n - 1].count[0] += item[i].count[0];
			item[n - 1].count[1] += item[i].count[1];
		} else {
			item[n++] = item[i];
		}
	}
	diff->items.n = n;
}

static void diff_print(const struct options *options, const char *place,
		       const char *op, const uint64_t *count)
{
	if (options->json) {
		json_open(NULL, '{');
		json_text("place", place);
		json_text("op", op);
		json_number("a", count[0]);
		json_number("b", count[1]);
		json_close();
	} else {
		printf("%-40s %-14s %6" PRIu64 " %6" PRIu64 " %+6" PRId64 "\n",
		       place, op, count[0], count[1],
		       (int64_t)(count[1] - count[0]));
	}
}

static size_t diff_functions(const struct diff *diff)
{
	size_t i, differ = 0;

	if (!diff->options->json && !diff->options->quiet)
		printf("%-40s %-14s %6s %6s %6s\n", "function", "instruction",
		       "A", "B", "B-A");
	for (i = 0; i < diff->items.n; i++) {
		const struct item *item = &diff->items.v[i];

		if (item->count[0] == item->count[1])
			continue;
		differ++;
		if (!diff->options->most || differ <= diff->options->most)
			diff_print(diff->options, item->place,
				   table_op_name(item->op), item->count);
	}
	return differ;
}

static void diff_classes(const struct diff *diff)
{
	uint64_t count[PREVIRT_CLASSES + 1][2] = { 0 };
	unsigned int class;
	size_t i;

	for (i = 0; i < diff->items.n; i++) {
		const struct item *item = &diff->items.v[i];

		class = previrt_insns[item->op].name ?
			previrt_insns[item->op].cls : PREVIRT_CLASSES;
		count[class][0] += item->count[0];
		count[class][1] += item->count[1];
	}
	for (class = 0; class < PREVIRT_CLASSES; class++)
		if (count[class][0] || count[class][1])
			diff_print(diff->options, "(all)",
				   previrt_class_names[class], count[class]);
}

static size_t diff_report(const struct diff *diff)
{
	const struct options *options = diff->options;
	size_t differ;

	if (options->json) {
		json_open(NULL, '{');
		json_text("a", options->file[0]);
		json_text("b", options->file[1]);
		json_text("a_from", diff->scanned[0] ? "scan" : "table");
		json_text("b_from", diff->scanned[1] ? "scan" : "table");
		json_open("functions", '[');
	} else if (!options->quiet) {
		printf("A: %s (%s)\nB: %s (%s)\n", options->file[0],
		       diff->scanned[0] ? "scan" : "table", options->file[1],
		       diff->scanned[1] ? "scan" : "table");
	}
	differ = diff_functions(diff);
	if (options->json) {
		json_close();
		json_open("classes", '[');
	}
	if (!options->quiet || options->json)
		diff_classes(diff);
	if (options->json) {
		json_close();
		json_close();
	} else if (!options->quiet) {
		printf("%zu differences\n", differ);
	}
	return differ;
}

static int diff_run(struct diff *diff)
{
	size_t i;

	for (diff->side = 0; diff->side < 2; diff->side++)
		if (!input_each(diff->options->file[diff->side], diff_image, diff))
			diff->status = EXIT_TROUBLE;
	if (diff->status == EXIT_CLEAN) {
		diff_merge(diff);
		if (diff_report(diff))
			diff->status = EXIT_FINDINGS;
	}
	for (i = 0; i < diff->names.n; i++)
		free(diff->names.v[i]);
	free(diff->names.v);
	free(diff->items.v);
	return diff->status;
}

int cmd_diff(int argc, char **argv)
{
	struct options options;
	struct diff diff = { .options = &options };
	int status = EXIT_TROUBLE;

	if (!options_parse(&options, "diff", argc, argv))
		return EXIT_TROUBLE;
	diff.rules = exempt_new();
	if (options.files != 2)
		diag_error(DIAG_USAGE, NULL, "diff: give two files");
	else if (exempt_read_all(diff.rules, &options))
		status = diff_run(&diff);
	exempt_free(diff.rules);
	options_free(&options);
	return report_finish(status);
}

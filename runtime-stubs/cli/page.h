/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The page that `previrt report` writes: one file of HTML, which asks no network and
 * can be read without scripts. cmd_report.c collects, page.c, page_map.c and page_hot.c write.
 * HTML: the living standard of WHATWG; pictures: SVG 2.
 */
#ifndef PREVIRT_CLI_PAGE_H
#define PREVIRT_CLI_PAGE_H
#include "check_report.h"
#include "insns.h"
#include <stdio.h>

/* Sites of one section and one folder of the source, or one function. */
struct page_group {
	char *section, *folder;
	size_t sites, by_class[PREVIRT_CLASSES];
};
struct page_function {
	char *name, *file;	/* file: NULL if no line is known */
	int line;
	size_t sites;
};
struct page_exemption {
	char *rule, *reason;
	size_t used;
};

/* What is told of one kernel. */
struct page_kernel {
	char *name;
	ARRAY_OF(char *) makers;
	ARRAY_OF(struct page_group) groups;	/* by section, the largest first */
	ARRAY_OF(struct page_function) functions;	/* likewise */
	ARRAY_OF(struct page_exemption) exemptions;
	struct tally tally;
	size_t sites, objects, table_bytes, findings;
	uint64_t code, instructions, not_looked_at;
	struct { size_t sites, prefixes, nops; } class[PREVIRT_CLASSES];
};

/* A number out of a wedge's log. */
struct page_count {
	char *log, *group, *name, *word;
	uint64_t value;
};

/* What one site added to its counter in one slice of time of a run; @seconds: its end,
 * or 0 for what had been counted before. */
struct page_hit {
	char *op, *place, *file;	/* file: "" if no line is known */
	double seconds;
	uint64_t count;
	size_t run;
	int line;
};

#define PAGE_RUNS 2		/* as many are told side by side */

struct page {
	FILE *out;
	struct page_kernel kernel[2];
	size_t kernels;
	ARRAY_OF(struct page_count) counts;
	const char *run[PAGE_RUNS];	/* files of counting kernels */
	size_t runs;
	ARRAY_OF(struct page_hit) hits;
};

/* The whole page. */
void page_write(struct page *page);

/* @text with what HTML would take for its own escaped. */
void page_text(struct page *page, const char *text);

/* HTML as it is; tables of one row after another, whose columns are cut at | and have
 * numbers behind a #; the row's heading, cells, and a bar beside its number. */
void page_put(struct page *page, const char *text);
void page_table(struct page *page, const char *caption, const char *columns);
void page_table_end(struct page *page);
void page_head(struct page *page, const char *text);
void page_cell(struct page *page, const char *text);
void page_number(struct page *page, uint64_t value);
void page_bar(struct page *page, uint64_t value, uint64_t most);

/* What counting stubs counted, if they did. */
void page_hot(struct page *page);

/* The map of one kernel: a rectangle for each group, as large as its sites. */
void page_map(struct page *page, const struct page_kernel *kernel);

/* The class that most sites of @group are of. */
unsigned int page_main_class(const struct page_group *group);

#endif

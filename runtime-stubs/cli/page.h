/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The page that `previrt report` writes: one file of HTML, which asks no network and
 * can be read without scripts. cmd_report.c collects, page.c and page_map.c write.
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

struct page {
	FILE *out;
	struct page_kernel kernel[2];
	size_t kernels;
	ARRAY_OF(struct page_count) counts;
};

/* The whole page. */
void page_write(struct page *page);

/* @text with what HTML would take for its own escaped. */
void page_text(struct page *page, const char *text);

/* The map of one kernel: a rectangle for each group, as large as its sites. */
void page_map(struct page *page, const struct page_kernel *kernel);

/* The class that most sites of @group are of. */
unsigned int page_main_class(const struct page_group *group);

#endif

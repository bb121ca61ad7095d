/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What check says of one image behind its findings: numbers, exemptions, data
 * that was told, and what was not looked at.
 */
#ifndef PREVIRT_CLI_CHECK_REPORT_H
#define PREVIRT_CLI_CHECK_REPORT_H
#include "report.h"
#include "rest.h"
#include "told.h"

/* What became of the instructions of one image. */
struct tally {
	uint64_t sensitive, accounted, exempted, missing;
};

struct checked {
	struct report *report;
	struct scan *scan;
	struct table *table;
	struct exempt_map *map;
	struct told told;
	struct rest_list rest;
	struct tally tally;
};

/*
 * Read table and code of @image, by these @rules; check_close frees. False after a
 * numbered error. Then, with the report begun, look at all of it.
 */
void check_look(struct checked *checked, struct image *image);
bool check_open(struct checked *checked, struct image *image, const struct exempt *rules);
void check_close(struct checked *checked);

/* Add bytes of code that are no instruction and no data to what was not looked at. */
void check_add_gaps(struct checked *checked);

/* With --strict: findings for what was not looked at. */
void check_strict(struct checked *checked);

void check_report_json(const struct checked *checked);
void check_report_text(const struct checked *checked);

/* "coverage 98.000%", in @text of 80 bytes; below 100% if @rest was not looked at. */
const char *check_coverage(char *text, uint64_t accounted, uint64_t of, uint64_t rest);

#endif

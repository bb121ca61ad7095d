/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See check_report.h for the contracts. */
#include "check_report.h"
#include "blobs.h"
#include "json.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Hostile files have many: so many are asked about. */
#define GAPS_MOST 1024
#define PARTS_MOST 20u          /* places that are listed without -v */

void check_add_gaps(struct checked *checked)
{
	struct rest part = { 0 };
	size_t i, places = 0;

	for (i = 0; i < checked->scan->gaps.n; i++) {
		const struct gap *gap = &checked->scan->gaps.v[i];

		if (exempt_set_aside(checked->map, gap->addr, gap->addr + gap->size) ||
		    (i < GAPS_MOST && told_is_data(&checked->told, gap->addr, false)))
			continue;
		if (!places++)
			part.addr = gap->addr;
		part.size += gap->size;
	}
	if (!places)
		return;
	part.reason = util_printf("in %zu places, they are no instruction of any mode, and "
				  "nothing tells that they are data", places);
	array_add(&checked->rest.part, part);
	checked->rest.bytes += part.size;
}

static bool check_no_code(const struct checked *checked)
{
	return !checked->scan->insns && !checked->rest.part.n;
}

void check_strict(struct checked *checked)
{
	struct report *report = checked->report;
	size_t i;

	for (i = 0; i < checked->rest.part.n; i++) {
		const struct rest *part = &checked->rest.part.v[i];

		if (part->size)
			report_finding(report, DIAG_NOT_LOOKED_AT, part->addr, "%" PRIu64
				       " bytes were not looked at: %s", part->size,
				       part->reason);
		else
			report_object(report, DIAG_NOT_LOOKED_AT, NULL, "%s", part->reason);
	}
	if (check_no_code(checked) && !strchr(report->image->name, '('))
		report_object(report, DIAG_NO_CODE, NULL, "there is no code in it");
}

const char *check_coverage(char *text, uint64_t accounted, uint64_t of, uint64_t rest)
{
	if (rest && accounted == of)
		return strcpy(text, "coverage below 100%: not all was looked at");
	snprintf(text, 80, "coverage %.3f%%", report_percent(accounted, of));
	return text;
}

static void check_blob(void *context, const char *name, uint64_t size,
		       const char *what)
{
	const struct options *options = context;

	if (options->json) {
		json_open(NULL, '{');
		json_text("name", name);
		json_number("size", size);
		json_text("what", what);
		json_close();
	} else {
		printf("  not looked into: %s, %" PRIu64 " bytes (%s)\n", name,
		       size, what);
	}
}

static void check_rule(void *context, const char *rule, const char *reason,
		       size_t used)
{
	const struct options *options = context;

	if (options->json) {
		if (!used && !options->verbose)
			return;
		json_open(NULL, '{');
		json_text("rule", rule);
		json_text("reason", reason);
		json_number("used", used);
		json_close();
	} else if (used) {
		printf("  exemption: %s: %zu (%s)\n", rule, used, reason);
	} else if (options->verbose) {
		printf("  PV%d: exemption %s matches nothing\n",
		       DIAG_EXEMPTION_UNUSED, rule);
	}
}

static uint64_t check_gap_bytes(const struct scan *scan)
{
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < scan->gaps.n; i++)
		bytes += scan->gaps.v[i].size;
	return bytes;
}

/* An array of objects: the bytes at @addr are @what. */
static void check_json_part(const struct image *image, uint64_t addr, uint64_t size,
			    const char *what)
{
	char *place = size ? image_place(image, addr) : NULL;

	json_open(NULL, '{');
	json_text("place", place);
	json_number("size", size);
	json_text("what", what);
	json_close();
	free(place);
}

void check_report_json(const struct checked *checked)
{
	const struct tally *tally = &checked->tally;
	const struct image *image = checked->report->image;
	double coverage = report_percent(tally->accounted, tally->sensitive - tally->exempted);
	size_t i;

	if ((checked->rest.part.n || check_no_code(checked)) && coverage > 99.999)
		coverage = 99.999;
	json_open("summary", '{');
	json_number("sites", checked->table->sites);
	json_number("instructions", checked->scan->insns);
	json_number("sensitive", tally->sensitive);
	json_number("accounted", tally->accounted);
	json_number("exempt", tally->exempted);
	json_number("missing", tally->missing);
	json_number("undecodable_bytes", check_gap_bytes(checked->scan));
	json_number("not_looked_at_bytes", checked->rest.bytes);
	json_real("coverage", coverage);
	json_close();
	json_open("exemptions", '[');
	exempt_report(checked->map, check_rule, (void *)checked->report->options);
	json_close();
	json_open("embedded", '[');
	blobs_each(image, check_blob, (void *)checked->report->options);
	json_close();
	json_open("data", '[');
	for (i = 0; i < checked->told.part.n; i++)
		check_json_part(image, checked->told.part.v[i].addr,
				checked->told.part.v[i].size, checked->told.part.v[i].what);
	json_close();
	json_open("not_looked_at", '[');
	for (i = 0; i < checked->rest.part.n; i++)
		check_json_part(image, checked->rest.part.v[i].addr,
				checked->rest.part.v[i].size, checked->rest.part.v[i].reason);
	json_close();
}

static void check_more(size_t n, size_t most, const char *what)
{
	if (n > most)
		printf("  ... and %zu more places, %s (-v lists them)\n", n - most, what);
}

/* What was told as data, and what was not looked at. */
static void check_text_parts(const struct checked *checked)
{
	const struct image *image = checked->report->image;
	size_t most = checked->report->options->verbose ? SIZE_MAX : PARTS_MOST;
	char *place;
	size_t i;

	for (i = 0; i < checked->told.part.n && i < most; i++) {
		const struct told_part *part = &checked->told.part.v[i];

		place = image_place(image, part->addr);
		printf("  PV%d: %s: %" PRIu64 " bytes are data (%s)\n", DIAG_TOLD_DATA, place,
		       part->size, part->what);
		free(place);
	}
	check_more(checked->told.part.n, most, "data");
	for (i = 0; !checked->report->options->strict && i < checked->rest.part.n && i < most;
	     i++) {
		const struct rest *part = &checked->rest.part.v[i];

		if (!part->size) {
			printf("  PV%d: %s: %s\n", DIAG_NOT_LOOKED_AT, image->name,
			       part->reason);
			continue;
		}
		place = image_place(image, part->addr);
		printf("  PV%d: %s: %" PRIu64 " bytes were not looked at: %s\n",
		       DIAG_NOT_LOOKED_AT, place, part->size, part->reason);
		free(place);
	}
	if (!checked->report->options->strict)
		check_more(checked->rest.part.n, most, "not looked at");
}

static void check_text_gaps(const struct checked *checked)
{
	const struct scan *scan = checked->scan;
	bool verbose = checked->report->options->verbose;
	size_t i;

	if (scan->gaps.n)
		printf("  PV%d: %" PRIu64 " bytes in %zu places are no "
		       "instruction%s\n", DIAG_UNDECODABLE, check_gap_bytes(scan),
		       scan->gaps.n, verbose ? ":" : " (-v lists them)");
	for (i = 0; verbose && i < scan->gaps.n; i++) {
		char *place = image_place(checked->report->image, scan->gaps.v[i].addr);

		printf("    %s: %" PRIu64 " bytes\n", place, scan->gaps.v[i].size);
		free(place);
	}
}

void check_report_text(const struct checked *checked)
{
	const struct tally *tally = &checked->tally;
	const struct options *options = checked->report->options;
	const struct image *image = checked->report->image;
	char coverage[80];

	if (options->quiet)
		return;
	printf("%s: %zu sites, %" PRIu64 " sensitive instructions: %" PRIu64
	       " accounted for, %" PRIu64 " exempt, %" PRIu64
	       " missing; %s\n", image->name, checked->table->sites,
	       tally->sensitive, tally->accounted, tally->exempted,
	       tally->missing, check_no_code(checked) ? "no coverage, for there is no code" :
	       check_coverage(coverage, tally->accounted, tally->sensitive - tally->exempted,
			      checked->rest.part.n));
	exempt_report(checked->map, check_rule, (void *)options);
	blobs_each(image, check_blob, (void *)options);
	if (!checked->table->units && !tally->sensitive && options->verbose)
		puts("  no table, and nothing sensitive");
	check_text_parts(checked);
	check_text_gaps(checked);
}

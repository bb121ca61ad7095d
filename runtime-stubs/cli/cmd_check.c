/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt check: is every sensitive instruction in the table?
 *
 * Invariant: an instruction counts as accounted for only if a site holds its
 * first byte where the site's instruction stands, and records that op.
 */
#include "blobs.h"
#include "exempt.h"
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

struct check {
	const struct options *options;
	struct exempt *rules;
	int status;
	size_t images;
	/* Of all images. */
	uint64_t sensitive, accounted, exempted;
};

/* What became of the instructions of one image. */
struct tally {
	uint64_t sensitive, accounted, exempted, missing;
};

/* Does @site record the instruction @found, at this very place? */
static bool check_records(const struct site *site, const struct found *found)
{
	const struct previrt_insn *insn = &previrt_insns[site->op];
	uint64_t start = site_insn(site);

	if (site->flags & PREVIRT_SITE_CALL)
		return false;
	if (site->flags & PREVIRT_SITE_FUSED)
		return found->addr >= start &&
		       found->addr < start + site->len &&
		       (insn->part[0] == found->op || insn->part[1] == found->op);
	return found->addr == start && site->op == found->op;
}

static const char *check_unit(const struct image *image, uint64_t addr)
{
	const struct symbol *symbol = image_symbol(image, addr);

	return symbol ? symbol->file : NULL;
}

/* Sources whose every sensitive instruction is missing: never built with us. */
struct source {
	const char *name;
	size_t missing, recorded;
};

static int check_compare_source(const void *a, const void *b)
{
	return strcmp(((const struct source *)a)->name,
		      ((const struct source *)b)->name);
}

static void check_sources(struct report *report, struct source *source, size_t n)
{
	size_t i, j;

	if (n)
		qsort(source, n, sizeof(*source), check_compare_source);
	for (i = 0; i < n; i = j) {
		size_t missing = 0, recorded = 0;

		for (j = i; j < n && !strcmp(source[i].name, source[j].name); j++) {
			missing += source[j].missing;
			recorded += source[j].recorded;
		}
		if (missing && !recorded)
			report_object(report, DIAG_NO_TABLE, source[i].name,
				      "%zu sensitive instructions and none in "
				      "the table", missing);
	}
}

static struct tally check_instructions(struct report *report,
				       const struct scan *scan,
				       const struct table *table,
				       struct exempt_map *map)
{
	ARRAY_OF(struct source) sources = { 0 };
	struct tally tally = { 0 };
	size_t i;

	for (i = 0; i < scan->found.n; i++) {
		const struct found *found = &scan->found.v[i];
		const struct site *site = table_site_at(table, found->addr);
		struct source source = {
			.name = check_unit(report->image, found->addr),
		};

		tally.sensitive++;
		if (site && check_records(site, found)) {
			tally.accounted++;
			source.recorded = 1;
		} else if (exempt_covers(map, found->addr, found->op)) {
			tally.exempted++;
			continue;
		} else {
			tally.missing++;
			source.missing = 1;
			if (site)
				report_finding(report, DIAG_OTHER_OP, found->addr,
					       "'%s' is recorded as '%s'",
					       table_op_name(found->op),
					       table_op_name(site->op));
			else
				report_finding(report, DIAG_UNRECORDED,
					       found->addr,
					       "'%s' is not in the table",
					       table_op_name(found->op));
		}
		if (source.name)
			array_add(&sources, source);
	}
	if (table->units && report->image->type != ET_REL)
		check_sources(report, sources.v, sources.n);
	free(sources.v);
	return tally;
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

static void check_json(const struct report *report, const struct scan *scan,
		       const struct table *table, const struct tally *tally,
		       const struct exempt_map *map)
{
	json_open("summary", '{');
	json_number("sites", table->sites);
	json_number("instructions", scan->insns);
	json_number("sensitive", tally->sensitive);
	json_number("accounted", tally->accounted);
	json_number("exempt", tally->exempted);
	json_number("missing", tally->missing);
	json_number("undecodable_bytes", check_gap_bytes(scan));
	json_real("coverage", report_percent(tally->accounted, tally->sensitive -
					     tally->exempted));
	json_close();
	json_open("exemptions", '[');
	exempt_report(map, check_rule, (void *)report->options);
	json_close();
	json_open("embedded", '[');
	blobs_each(report->image, check_blob, (void *)report->options);
	json_close();
}

static void check_text(const struct report *report, const struct scan *scan,
		       const struct table *table, const struct tally *tally,
		       const struct exempt_map *map)
{
	const struct options *options = report->options;
	size_t i;

	if (options->quiet)
		return;
	printf("%s: %zu sites, %" PRIu64 " sensitive instructions: %" PRIu64
	       " accounted for, %" PRIu64 " exempt, %" PRIu64
	       " missing; coverage %.3f%%\n", report->image->name, table->sites,
	       tally->sensitive, tally->accounted, tally->exempted,
	       tally->missing, report_percent(tally->accounted,
					      tally->sensitive - tally->exempted));
	exempt_report(map, check_rule, (void *)options);
	blobs_each(report->image, check_blob, (void *)options);
	if (!table->units && !tally->sensitive && options->verbose)
		puts("  no table, and nothing sensitive");
	if (scan->gaps.n)
		printf("  PV%d: %" PRIu64 " bytes in %zu places are no "
		       "instruction%s\n", DIAG_UNDECODABLE, check_gap_bytes(scan),
		       scan->gaps.n, options->verbose ? ":" : " (-v lists them)");
	for (i = 0; options->verbose && i < scan->gaps.n; i++) {
		char *place = image_place(report->image, scan->gaps.v[i].addr);

		printf("    %s: %" PRIu64 " bytes\n", place, scan->gaps.v[i].size);
		free(place);
	}
}

static void check_image(struct image *image, void *context)
{
	struct check *check = context;
	struct table *table = table_read(image);
	struct exempt_map *map;
	struct report report;
	struct scan *scan;
	struct tally tally;

	if (!table) {
		check->status = EXIT_TROUBLE;
		return;
	}
	map = exempt_apply(check->rules, image);
	scan = scan_image(image, map, false);
	report_begin(&report, check->options, image);
	tally = check_instructions(&report, scan, table, map);
	if (!table->units && tally.missing)
		report_object(&report, DIAG_NO_TABLE, NULL, "it has no table; "
			      "it was built without the flags");
	report_end_findings(&report);
	if (check->options->json)
		check_json(&report, scan, table, &tally, map);
	else if (tally.sensitive || table->sites || check->options->verbose ||
		 check->options->files == 1)
		check_text(&report, scan, table, &tally, map);
	report_end(&report);
	if (report.findings && check->status == EXIT_CLEAN)
		check->status = EXIT_FINDINGS;
	check->images++;
	check->sensitive += tally.sensitive;
	check->accounted += tally.accounted;
	check->exempted += tally.exempted;
	scan_free(scan);
	exempt_unmap(map);
	table_free(table);
}

static void check_total(const struct check *check)
{
	const struct options *options = check->options;

	if (options->json || options->quiet || check->images < 2)
		return;
	printf("total: %zu objects, %" PRIu64 " sensitive instructions, %" PRIu64
	       " accounted for, %" PRIu64 " exempt; coverage %.3f%%\n",
	       check->images, check->sensitive, check->accounted, check->exempted,
	       report_percent(check->accounted,
			      check->sensitive - check->exempted));
}

int cmd_check(int argc, char **argv)
{
	struct options options;
	struct check check = { .options = &options };
	size_t i;

	if (!options_parse(&options, "check", argc, argv))
		return EXIT_TROUBLE;
	check.rules = exempt_new();
	if (!exempt_read_all(check.rules, &options)) {
		exempt_free(check.rules);
		options_free(&options);
		return EXIT_TROUBLE;
	}
	if (options.json)
		json_open(NULL, '[');
	for (i = 0; i < options.files; i++)
		if (!input_each(options.file[i], check_image, &check))
			check.status = EXIT_TROUBLE;
	if (options.json)
		json_close();
	check_total(&check);
	exempt_free(check.rules);
	options_free(&options);
	return report_finish(check.status);
}

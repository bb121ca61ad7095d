/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt check: is every sensitive instruction in the table?
 *
 * Invariant: an instruction counts as accounted for only if a site holds its
 * first byte where the site's instruction stands, and records that op.
 */
#include "check_report.h"
#include "exempt.h"
#include "guess.h"
#include "input.h"
#include "insns.h"
#include "json.h"
#include "producer.h"
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
	uint64_t sensitive, accounted, exempted, rest, insns;
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

/* A site is there, and it is not this instruction's: what is wrong? */
static void check_other(struct report *report, const struct found *found,
			const struct site *site)
{
	const char *name = table_op_name(found->op);
	char *place;

	if (site->flags & PREVIRT_SITE_CALL) {
		report_finding(report, DIAG_OTHER_OP, found->addr, "'%s' stands where a call "
			       "is recorded", name);
	} else if (site->op == found->op) {
		place = image_place(report->image, site_insn(site));
		report_finding(report, DIAG_OTHER_OP, found->addr, "'%s' is recorded at %s, "
			       "not where it begins: a prefix or a pad is not as recorded",
			       name, place);
		free(place);
	} else {
		report_finding(report, DIAG_OTHER_OP, found->addr, "'%s' is recorded as '%s'",
			       name, table_op_name(site->op));
	}
}

static void check_unrecorded(struct report *report, const struct found *found,
			     struct told *told)
{
	enum decode_mode own = report->image->mode64 ? DECODE_64 : DECODE_32;
	char *hint = told_hint(told, found->addr);
	char *mode = found->mode == own ? util_copy("") :
		     util_printf(" (code of %u bits)", guess_bits(found->mode));
	char *data = !hint ? util_copy("") :
		     util_printf(" (if it is data, exempt it: data | %s | - | REASON)", hint);

	report_finding(report, DIAG_UNRECORDED, found->addr, "'%s' is not in the table%s%s",
		       table_op_name(found->op), mode, data);
	free(data);
	free(mode);
	free(hint);
}

static void check_instructions(struct checked *c)
{
	ARRAY_OF(struct source) sources = { 0 };
	struct report *report = c->report;
	const struct scan *scan = c->scan;
	struct tally tally = { 0 };
	size_t i;

	for (i = 0; i < scan->found.n; i++) {
		const struct found *found = &scan->found.v[i];
		const struct site *site = table_site_at(c->table, found->addr);
		struct source source = {
			.name = check_unit(report->image, found->addr),
		};

		tally.sensitive++;
		if (site && check_records(site, found)) {
			tally.accounted++;
			source.recorded = 1;
		} else if (exempt_covers(c->map, found->addr, found->op)) {
			tally.exempted++;
			continue;
		} else if (!site && told_is_data(&c->told, found->addr, true)) {
			tally.sensitive--;
			continue;
		} else {
			tally.missing++;
			source.missing = 1;
			if (site)
				check_other(report, found, site);
			else
				check_unrecorded(report, found, &c->told);
		}
		if (source.name)
			array_add(&sources, source);
	}
	if (c->table->units && report->image->type != ET_REL)
		check_sources(report, sources.v, sources.n);
	free(sources.v);
	c->tally = tally;
}

/* What an image without a table lacks. */
static const char *check_no_table(const struct image *image)
{
	if (image_section(image, ".interp"))
		return "it has no table, as a user program needs none: only a kernel's "
		       "code is rewritten";
	if (image->type == ET_REL && producer_advice(image))
		return producer_advice(image);
	if (image->type == ET_REL)
		return "it has no table; it was built without the flags";
	return "it has no table; it was built without the flags, or its linker script drops "
	       "the notes (keep them: .note.previrt : { KEEP(*(.note.previrt)) })";
}

/* Look at all of it; the report is left open. */
void check_look(struct checked *c, struct image *image)
{
	c->told = (struct told){ .image = image, .map = c->map, .table = c->table };
	check_instructions(c);
	if (!c->table->units && c->tally.missing)
		report_object(c->report, DIAG_NO_TABLE, NULL, "%s", check_no_table(image));
	rest_find(&c->rest, image, c->scan, c->map);
	check_add_gaps(c);
	if (c->report->options->strict)
		check_strict(c);
	report_end_findings(c->report);
}

/* Add what was found in one image to the sums of all. */
static void check_add(struct check *check, const struct checked *c)
{
	if (c->report->findings && check->status == EXIT_CLEAN)
		check->status = EXIT_FINDINGS;
	check->images++;
	check->sensitive += c->tally.sensitive;
	check->accounted += c->tally.accounted;
	check->exempted += c->tally.exempted;
	check->rest += c->rest.part.n;
	check->insns += c->scan->insns;
}

bool check_open(struct checked *c, struct image *image, const struct exempt *rules)
{
	c->table = table_read(image);
	if (!c->table)
		return false;
	c->map = exempt_apply(rules, image);
	c->scan = scan_image(image, c->map, c->table, false);
	return true;
}

void check_close(struct checked *c)
{
	rest_free(&c->rest);
	told_free(&c->told);
	scan_free(c->scan);
	exempt_unmap(c->map);
	table_free(c->table);
}

static void check_image(struct image *image, void *context)
{
	struct check *check = context;
	struct report report;
	struct checked c = { .report = &report };

	if (!check_open(&c, image, check->rules)) {
		check->status = EXIT_TROUBLE;
		return;
	}
	report_begin(&report, check->options, image);
	check_look(&c, image);
	if (check->options->json)
		check_report_json(&c);
	else if (c.tally.sensitive || c.table->sites || check->options->verbose ||
		 check->options->files == 1 || c.rest.part.n)
		check_report_text(&c);
	report_end(&report);
	check_add(check, &c);
	check_close(&c);
}

static void check_total(const struct check *check)
{
	const struct options *options = check->options;

	char coverage[80];

	if (options->json || options->quiet || check->images < 2)
		return;
	printf("total: %zu objects, %" PRIu64 " sensitive instructions, %" PRIu64
	       " accounted for, %" PRIu64 " exempt; %s\n",
	       check->images, check->sensitive, check->accounted, check->exempted,
	       check_coverage(coverage, check->accounted, check->sensitive - check->exempted,
			      check->rest));
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

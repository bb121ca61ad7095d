/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt stat: sites by class and instruction, their bytes, the table's size.
 */
#include "decode.h"
#include "input.h"
#include "insns.h"
#include "json.h"
#include "report.h"
#include "table.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is counted, for each instruction and in all. */
struct count {
	uint64_t sites, prefixes, nops, bytes, fused, keep, call;
};

struct stat {
	const struct options *options;
	int status;
	size_t images;
};

struct stat_image {
	struct count op[PREVIRT_OP_LIMIT], all;
	uint64_t code;          /* bytes of executable sections */
};

static void stat_add(struct count *count, const struct site *site,
		     unsigned int prefixes)
{
	count->sites++;
	count->prefixes += prefixes;
	count->nops += site->pad;
	count->bytes += site_size(site);
	count->fused += !!(site->flags & PREVIRT_SITE_FUSED);
	count->keep += !!(site->flags & PREVIRT_SITE_KEEP);
	count->call += !!(site->flags & PREVIRT_SITE_CALL);
}

static void stat_sum(struct count *to, const struct count *from)
{
	to->sites += from->sites;
	to->prefixes += from->prefixes;
	to->nops += from->nops;
	to->bytes += from->bytes;
	to->fused += from->fused;
	to->keep += from->keep;
	to->call += from->call;
}

static void stat_collect(const struct image *image, const struct table *table,
			 struct stat_image *stat)
{
	size_t i;

	for (i = 0; i < table->sites; i++) {
		const struct site *site = &table->site[i];
		uint64_t at = site_insn(site);
		const uint8_t *p = image_bytes(image, at, site->len);
		struct decoded insn = { 0 };

		if (p)
			decode_one(image->mode64 ? DECODE_64 : DECODE_32, p,
				   site->len, at, &insn);
		stat_add(&stat->op[site->op], site, insn.pads);
		stat_add(&stat->all, site, insn.pads);
	}
	for (i = 0; i < image->sections; i++)
		if (image->section[i].code)
			stat->code += image->section[i].size;
}

static void stat_json_count(const char *name, const char *class,
			    const struct count *count)
{
	json_open(NULL, '{');
	json_text("op", name);
	json_text("class", class);
	json_number("sites", count->sites);
	json_number("prefix_bytes", count->prefixes);
	json_number("nop_bytes", count->nops);
	json_number("site_bytes", count->bytes);
	json_number("fused", count->fused);
	json_number("keep", count->keep);
	json_number("call", count->call);
	json_close();
}

static double stat_per_site(const struct table *table)
{
	return table->sites ? (double)table->bytes / (double)table->sites : 0;
}

static void stat_json(const struct image *image, const struct table *table,
		      const struct stat_image *stat)
{
	unsigned int op;

	json_open(NULL, '{');
	json_text("file", image->name);
	json_number("sites", table->sites);
	json_number("objects", table->units);
	json_number("code_bytes", stat->code);
	json_number("pad_bytes", stat->all.prefixes + stat->all.nops);
	json_number("table_bytes", table->bytes);
	json_real("table_bytes_per_site", stat_per_site(table));
	json_number("counters", table->counters);
	json_open("ops", '[');
	for (op = 0; op < PREVIRT_OP_LIMIT; op++)
		if (stat->op[op].sites)
			stat_json_count(table_op_name(op), table_class_name(op),
					&stat->op[op]);
	json_close();
	json_close();
}

static void stat_row(const char *name, const struct count *count)
{
	printf("%-16s %7" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64
	       " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 "\n", name, count->sites,
	       count->prefixes, count->nops, count->bytes, count->fused,
	       count->keep, count->call);
}

static void stat_class(const struct stat_image *stat, unsigned int class)
{
	struct count sum = { 0 };
	unsigned int op;
	char name[32];

	for (op = 0; op < PREVIRT_OP_LIMIT; op++)
		if (previrt_insns[op].name && previrt_insns[op].cls == class)
			stat_sum(&sum, &stat->op[op]);
	if (!sum.sites)
		return;
	stat_row(previrt_class_names[class], &sum);
	for (op = 0; op < PREVIRT_OP_LIMIT; op++) {
		if (!previrt_insns[op].name || previrt_insns[op].cls != class ||
		    !stat->op[op].sites)
			continue;
		snprintf(name, sizeof(name), "  %s", previrt_insns[op].name);
		stat_row(name, &stat->op[op]);
	}
}

static void stat_text(const struct image *image, const struct table *table,
		      const struct stat_image *stat)
{
	struct count unknown = { 0 };
	unsigned int i;

	printf("%s: %zu sites of %zu objects\n", image->name, table->sites,
	       table->units);
	if (!table->sites)
		return;
	printf("%-16s %7s %9s %9s %9s %7s %7s %7s\n", "class", "sites",
	       "prefixes", "nops", "bytes", "fused", "keep", "call");
	for (i = 0; i < PREVIRT_CLASSES; i++)
		stat_class(stat, i);
	for (i = 0; i < PREVIRT_OP_LIMIT; i++)
		if (!previrt_insns[i].name)
			stat_sum(&unknown, &stat->op[i]);
	if (unknown.sites)
		stat_row("unknown", &unknown);
	stat_row("all", &stat->all);
	printf("pads: %" PRIu64 " bytes in %" PRIu64 " bytes of code (%.3f%%)\n",
	       stat->all.prefixes + stat->all.nops, stat->code,
	       stat->code ? 100.0 * (double)(stat->all.prefixes + stat->all.nops) /
	       (double)stat->code : 0);
	printf("table: %zu bytes, %.2f a site\n", table->bytes,
	       stat_per_site(table));
	if (table->counters)
		printf("counters: %zu\n", table->counters);
}

/* Operations on memory by space, liveness, hooks: builds with a guest file. */
static void stat_guest(const struct table *table)
{
	size_t count[16][8] = { { 0 } }, bytes = 0, i;
	unsigned int space, op;

	for (i = 0; i < table->operations; i++) {
		const struct operation *o = &table->operation[i];

		count[o->space & 15][o->op & 7]++;
		bytes += (size_t)o->len + o->pad;
	}
	if (table->operations)
		printf("memory: %zu operations in %zu bytes\n", table->operations, bytes);
	for (space = 0; space < 16; space++)
		for (op = 0; op < 8; op++)
			if (count[space][op])
				printf("  %-6s %-8s %7zu\n", table_space_name(space),
				       table_operation_name(op), count[space][op]);
	if (table->hooks)
		printf("hooks: %zu\n", table->hooks);
}

static void stat_liveness(const struct table *table)
{
	const unsigned int flags = 1u << PREVIRT_DEAD_flags;
	size_t i, one = 0, with_flags = 0, both = 0;

	if (!table->lively)
		return;
	for (i = 0; i < table->sites; i++) {
		unsigned int dead = table->site[i].dead;

		one += (dead & ~flags) != 0;
		with_flags += (dead & flags) != 0;
		both += (dead & flags) && (dead & ~flags);
	}
	printf("liveness: of %zu sites in C, the flags are dead behind %zu, a "
	       "register behind %zu; %zu need no save\n", table->lively,
	       with_flags, one, both);
	printf("table with these: %zu bytes\n", table->bytes + table->extra);
}

static void stat_one(struct image *image, void *context)
{
	struct stat *stat = context;
	struct stat_image counts = { 0 };
	struct table *table = table_read(image);

	if (!table) {
		stat->status = EXIT_TROUBLE;
		return;
	}
	stat_collect(image, table, &counts);
	if (stat->options->json) {
		stat_json(image, table, &counts);
	} else if (table->sites || table->operations || stat->options->verbose ||
		   !strchr(image->name, '(')) {
		if (stat->images++)
			putchar('\n');
		stat_text(image, table, &counts);
		stat_guest(table);
		stat_liveness(table);
	}
	table_free(table);
}

int cmd_stat(int argc, char **argv)
{
	struct options options;
	struct stat stat = { .options = &options };
	size_t i;

	if (!options_parse(&options, "stat", argc, argv))
		return EXIT_TROUBLE;
	if (options.json)
		json_open(NULL, '[');
	for (i = 0; i < options.files; i++)
		if (!input_each(options.file[i], stat_one, &stat))
			stat.status = EXIT_TROUBLE;
	if (options.json)
		json_close();
	options_free(&options);
	return report_finish(stat.status);
}

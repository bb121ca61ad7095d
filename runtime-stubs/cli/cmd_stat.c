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
#include <stdlib.h>
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
		enum decode_mode mode = image->mode64 ? DECODE_64 : DECODE_32;
		struct decoded first = { 0 }, second = { 0 };

		if (p && decode_one(mode, p, site->len, at, &first) &&
		    site->flags & PREVIRT_SITE_FUSED)
			decode_one(mode, p + first.len, site->len - first.len,
				   at + first.len, &second);
		stat_add(&stat->op[site->op], site, first.pads + second.pads);
		stat_add(&stat->all, site, first.pads + second.pads);
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

/* A rewriter needs flags and one register: dead ones it need not save. */
struct liveness {
	size_t sites;           /* of which it is known what is dead */
	size_t flags, one, both;
};

static void stat_live(struct liveness *live, unsigned int dead)
{
	const unsigned int flags = 1u << PREVIRT_DEAD_flags;

	live->sites++;
	live->flags += (dead & flags) != 0;
	live->one += (dead & ~flags) != 0;
	live->both += (dead & flags) && (dead & ~flags);
}

/* Builds with a guest file: operations on memory by space, liveness, hooks. */
struct stat_guest {
	size_t count[16][8], bytes;
	struct liveness sites, operations;
};

static void stat_collect_guest(const struct table *table, struct stat_guest *guest)
{
	size_t i;

	for (i = 0; i < table->operations; i++) {
		const struct operation *o = &table->operation[i];

		guest->count[o->space & 15][o->op & 7]++;
		guest->bytes += (size_t)o->len + o->pad;
		stat_live(&guest->operations, o->dead);
	}
	for (i = 0; table->lively && i < table->sites; i++)
		stat_live(&guest->sites, table->site[i].dead);
	guest->sites.sites = table->lively;
}

static void stat_text_liveness(const char *what, const struct liveness *live)
{
	if (live->sites)
		printf("liveness: of %zu %s, the flags are dead behind %zu, a "
		       "register behind %zu; %zu need no save\n", live->sites, what,
		       live->flags, live->one, live->both);
}

static void stat_text_guest(const struct table *table, const struct stat_guest *guest)
{
	unsigned int space, op;

	if (table->operations)
		printf("memory: %zu operations in %zu bytes\n", table->operations,
		       guest->bytes);
	for (space = 0; space < 16; space++)
		for (op = 0; op < 8; op++)
			if (guest->count[space][op])
				printf("  %-6s %-8s %7zu\n", table_space_name(space),
				       table_operation_name(op), guest->count[space][op]);
	if (table->hooks)
		printf("hooks: %zu\n", table->hooks);
	stat_text_liveness("sites in C", &guest->sites);
	stat_text_liveness("operations", &guest->operations);
	if (table->extra)
		printf("table with these: %zu bytes\n", table->bytes + table->extra);
}

static void stat_json_liveness(const char *name, const struct liveness *live)
{
	json_open(name, '{');
	json_number("sites", live->sites);
	json_number("flags_dead", live->flags);
	json_number("register_dead", live->one);
	json_number("no_save", live->both);
	json_close();
}

static void stat_json_guest(const struct table *table, const struct stat_guest *guest)
{
	unsigned int space, op;

	json_number("hooks", table->hooks);
	json_number("extra_table_bytes", table->extra);
	json_open("operations", '[');
	for (space = 0; space < 16; space++)
		for (op = 0; op < 8; op++)
			if (guest->count[space][op]) {
				json_open(NULL, '{');
				json_text("space", table_space_name(space));
				json_text("op", table_operation_name(op));
				json_number("sites", guest->count[space][op]);
				json_close();
			}
	json_close();
	stat_json_liveness("liveness", &guest->sites);
	stat_json_liveness("operations_liveness", &guest->operations);
}

static void stat_json_maker(const char *maker, void *context)
{
	(void)context;
	json_text(NULL, maker);
}

static void stat_text_maker(const char *maker, void *context)
{
	(void)context;
	printf("made by: %s\n", maker);
}

/* "1.0", of the first note; "-": there is none. To be freed. */
static char *stat_version(const struct table *table)
{
	return table->units ? util_printf("%u.%u", table->unit[0].header.version,
					  table->unit[0].header.marks & PREVIRT_MARK_MINOR) : util_copy("-");
}

static double stat_per_site(const struct table *table)
{
	return table->sites ? (double)table->bytes / (double)table->sites : 0;
}

static void stat_json(const struct image *image, const struct table *table,
		      const struct stat_image *stat, const struct stat_guest *guest)
{
	char *version = stat_version(table);
	unsigned int op;

	json_open(NULL, '{');
	json_text("file", image->name);
	json_open("makers", '[');
	table_makers(image, stat_json_maker, NULL);
	json_close();
	json_text("table", version);
	free(version);
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
	stat_json_guest(table, guest);
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
	char *version = stat_version(table);
	unsigned int i;

	printf("%s: %zu sites of %zu objects\n", image->name, table->sites,
	       table->units);
	if (!table->sites) {
		free(version);
		return;
	}
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
	printf("table: %zu bytes, %.2f a site, version %s\n", table->bytes,
	       stat_per_site(table), version);
	free(version);
	table_makers(image, stat_text_maker, NULL);
	if (table->counters)
		printf("counters: %zu\n", table->counters);
}

static void stat_one(struct image *image, void *context)
{
	struct stat *stat = context;
	struct stat_image counts = { 0 };
	struct stat_guest guest = { 0 };
	struct table *table = table_read(image);

	if (!table) {
		stat->status = EXIT_TROUBLE;
		return;
	}
	stat_collect(image, table, &counts);
	stat_collect_guest(table, &guest);
	if (stat->options->json) {
		stat_json(image, table, &counts, &guest);
	} else if (table->sites || table->operations || stat->options->verbose ||
		   !strchr(image->name, '(')) {
		if (stat->images++)
			putchar('\n');
		stat_text(image, table, &counts);
		stat_text_guest(table, &guest);
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

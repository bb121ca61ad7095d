/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt dump: every site of the table; with --scan, every sensitive
 * instruction that decoding finds, whatever the table says.
 */
#include "exempt.h"
#include "input.h"
#include "json.h"
#include "report.h"
#include "scan.h"
#include "table.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dump {
	const struct options *options;
	const struct exempt *rules;
	int status;
};

/* One line: what dump shows of a site or of a found instruction. */
struct row {
	uint64_t addr;
	const char *op, *class;
	unsigned int len, pad, flags;
	bool lively;            /* dead is known */
	unsigned int dead;
	bool hook;              /* regs is meant */
	unsigned int regs;
};

/* Hexadecimal bytes in @text, which has room for 2 * size + 1. */
static void dump_bytes(const struct image *image, const struct row *row,
		       char *text)
{
	size_t size = row->len + row->pad, i;
	const uint8_t *p = image_bytes(image, row->addr, size);

	strcpy(text, "-");
	for (i = 0; p && i < size; i++)
		sprintf(text + 2 * i, "%02x", p[i]);
}

static void dump_row(const struct dump *dump, const struct image *image,
		     const struct row *row)
{
	const struct section *s = image_section_at(image, row->addr);
	char bytes[2 * 2 * 256 + 1], flags[48];
	char *place = image_place(image, row->addr);
	uint64_t addr = image_file_addr(image, row->addr);

	dump_bytes(image, row, bytes);
	table_flag_names(row->flags, flags);
	if (dump->options->json) {
		json_open(NULL, '{');
		json_hex("address", addr);
		json_text("section", s ? s->name : NULL);
		json_text("place", place);
		json_text("op", row->op);
		json_text("class", row->class);
		json_number("length", row->len);
		json_number("pad", row->pad);
		json_text("flags", flags);
		json_text("bytes", bytes);
		if (row->lively)
			json_number("dead", row->dead);
		if (row->hook)
			json_number("registers", row->regs);
		json_close();
	} else {
		printf("%0*" PRIx64 " %-14s %-13s %-9s %2u %2u %-12s %-20s %s",
		       image->mode64 ? 16 : 8, addr, s ? s->name : "?",
		       row->op, row->class, row->len, row->pad, flags, bytes,
		       place);
		if (row->lively)
			printf(" dead=%04x", row->dead);
		if (row->hook)
			printf(" registers=%04x", row->regs);
		putchar('\n');
	}
	free(place);
}

static void dump_scan(const struct dump *dump, const struct image *image,
		      const struct table *table)
{
	struct exempt_map *map = exempt_apply(dump->rules, image);
	struct scan *scan = scan_image(image, map, table, false);
	size_t i;

	for (i = 0; i < scan->found.n; i++) {
		const struct found *found = &scan->found.v[i];
		struct row row = {
			.addr = found->addr, .op = table_op_name(found->op),
			.class = table_class_name(found->op), .len = found->len,
		};

		dump_row(dump, image, &row);
	}
	scan_free(scan);
	exempt_unmap(map);
}

static void dump_table(const struct dump *dump, const struct image *image,
		       const struct table *table)
{
	size_t i;

	for (i = 0; i < table->sites; i++) {
		const struct site *site = &table->site[i];
		struct row row = {
			.addr = site->addr, .op = table_op_name(site->op),
			.class = table_class_name(site->op), .len = site->len,
			.pad = site->pad, .flags = site->flags,
			.lively = table->lively != 0, .dead = site->dead,
		};

		dump_row(dump, image, &row);
	}
	for (i = 0; i < table->operations; i++) {
		const struct operation *o = &table->operation[i];
		char op[16];
		struct row row = {
			.addr = o->addr, .op = op, .len = o->len, .pad = o->pad,
			.class = table_space_name(o->space),
			.lively = true, .dead = o->dead,
		};

		snprintf(op, sizeof(op), "%s-%u", table_operation_name(o->op), o->width);
		dump_row(dump, image, &row);
	}
	for (i = 0; i < table->hooks; i++) {
		struct row row = {
			.addr = table->hook[i].addr, .pad = 5,
			.op = table->hook[i].where ? "exit" : "entry",
			.class = table_meaning_name(table->hook[i].meaning),
			.hook = true, .regs = table->hook[i].regs,
		};

		dump_row(dump, image, &row);
	}
}

static void dump_image(struct image *image, void *context)
{
	struct dump *dump = context;
	struct table *table = table_read(image);

	if (!table && !dump->options->scan) {
		dump->status = EXIT_TROUBLE;
		return;
	}
	if (dump->options->json) {
		json_open(NULL, '{');
		json_text("file", image->name);
		json_open("sites", '[');
	} else if (dump->options->files > 1 || strchr(image->name, '(')) {
		printf("%s:\n", image->name);
	}
	if (dump->options->scan)
		dump_scan(dump, image, table);
	else
		dump_table(dump, image, table);
	if (dump->options->json) {
		json_close();
		json_close();
	}
	if (table)
		table_free(table);
}

int cmd_dump(int argc, char **argv)
{
	struct options options;
	struct dump dump = { .options = &options };
	struct exempt *rules;
	size_t i;

	if (!options_parse(&options, "dump", argc, argv))
		return EXIT_TROUBLE;
	rules = exempt_new();
	if (!exempt_read_all(rules, &options)) {
		exempt_free(rules);
		options_free(&options);
		return EXIT_TROUBLE;
	}
	dump.rules = rules;
	if (options.json)
		json_open(NULL, '[');
	else if (!options.quiet)
		puts("# address section op class length pad flags bytes place");
	for (i = 0; i < options.files; i++)
		if (!input_each(options.file[i], dump_image, &dump))
			dump.status = EXIT_TROUBLE;
	if (options.json)
		json_close();
	exempt_free(rules);
	options_free(&options);
	return report_finish(dump.status);
}

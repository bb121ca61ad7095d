/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt counts: how often each site of a kernel with counting stubs has run,
 * from a memory image; the sites that ran most, with function and line. (What a
 * wedge has counted: counts_log.c.)
 */
#include "counts_log.h"
#include "input.h"
#include "json.h"
#include "kernel.h"
#include "lines.h"
#include "report.h"
#include "table.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP_DEFAULT 20u

struct counted {
	uint64_t count, addr;   /* addr: as the file has it */
	char *place, *file;     /* file: NULL if no line is known */
	const char *object;
	uint8_t op;
	int line;
};

struct counts {
	struct options options;
	const char *memory_path, *log_path;
	uint64_t slide, top;
	bool slides;
	struct memory *memory;
	struct kernel kernel;
	bool located;           /* the kernel was found */
	ARRAY_OF(struct counted) sites;
	ARRAY_OF(char *) objects;
	uint64_t total, uncounted;
	int status;
};

static bool counts_number(const char *name, const char *text, int base, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, base);
	if (*text && *text != '-' && !*end && !errno)
		return true;
	diag_error(DIAG_RANGE, NULL, base == 16 ? "counts: %s %s: a hexadecimal number is needed" :
		   "counts: %s %s: a number from 0 (all) on is needed", name, text);
	return false;
}

static bool counts_option(struct counts *counts, const char *name, const char *value)
{
	if (!strcmp(name, "--image")) {
		counts->memory_path = value;
		return true;
	}
	if (!strcmp(name, "--log")) {
		counts->log_path = value;
		return true;
	}
	if (!strcmp(name, "--slide"))
		return counts->slides = counts_number(name, value, 16, &counts->slide);
	return counts_number(name, value, 10, &counts->top);
}

/* The same with the next word as value. */
static bool counts_next(struct counts *counts, const char *name, int argc, char **argv, int *i)
{
	if (*i + 1 < argc)
		return counts_option(counts, name, argv[++*i]);
	diag_error(DIAG_USAGE, NULL, "counts: %s needs a value", name);
	return false;
}

/* Take this command's own options out of @argv; false after an error. */
static bool counts_parse(struct counts *counts, int argc, char **argv)
{
	static const char *const names[] = { "--image", "--slide", "--top", "--log" };
	char **rest = util_alloc((size_t)argc + 1, sizeof(*rest));
	bool good = true;
	int i, left = 0;
	size_t n;

	for (i = 0; i < argc && good; i++) {
		for (n = 0; n < ARRAY_SIZE(names); n++) {
			size_t size = strlen(names[n]);

			if (strncmp(argv[i], names[n], size))
				continue;
			if (argv[i][size] == '=')
				good = counts_option(counts, names[n], argv[i] + size + 1);
			else if (!argv[i][size])
				good = counts_next(counts, names[n], argc, argv, &i);
			else
				continue;
			break;
		}
		if (n == ARRAY_SIZE(names))
			rest[left++] = argv[i];
	}
	if (good && !counts->memory_path && !counts->log_path)
		diag_error(DIAG_USAGE, NULL, "counts: no --image and no --log given (see `previrt "
			   "help counts`)");
	if (good && counts->log_path) {
		counts->options.json = left && !strcmp(rest[0], "--json");
		good = left == counts->options.json && !counts->memory_path;
		if (!good)
			diag_error(DIAG_USAGE, NULL, "counts: with --log, --json and nothing else");
		free(rest);
		return good;
	}
	good = good && counts->memory_path &&
	       options_parse(&counts->options, "counts", left, rest);
	free(rest);
	return good;
}

/* How the counters of one image are read. */
struct counts_reader {
	struct counts *counts;
	struct image *image;
	const struct table *table;
	const struct section *data;     /* where a module's counters are */
	uint64_t shift;
	size_t counters;
	bool module;
};

static bool counts_read(struct counts_reader *reader, uint64_t counter, uint64_t *value)
{
	const struct kernel *kernel = &reader->counts->kernel;
	const struct section *s = image_section_at(reader->image, counter);

	if (!reader->module)
		return kernel_read_linked(kernel, counter, value, sizeof(*value));
	if (!s)
		return false;
	if (s != reader->data) {
		if (!kernel_find_module(kernel, reader->image, s, &reader->shift))
			return false;
		reader->data = s;
	}
	return kernel_read(kernel, image_wrap(reader->image, counter + reader->shift),
			   value, sizeof(*value));
}

static void counts_add(struct counts_reader *reader, uint64_t addr, uint64_t value)
{
	struct counts *counts = reader->counts;
	const struct site *site = table_site_at(reader->table, addr);
	const struct line *line = lines_at(reader->image, addr);
	struct counted c = {
		.count = value, .addr = image_file_addr(reader->image, addr),
		.place = image_place(reader->image, addr),
		.op = site ? site->op : 0,
		.object = counts->objects.v[counts->objects.n - 1],
	};

	if (line && line->file) {
		c.file = util_copy(line->file);
		c.line = line->line;
	}
	array_add(&counts->sites, c);
	counts->total += value;
}

/* All counters of one note; false if one cannot be read. */
static bool counts_unit(struct counts_reader *reader, const struct section *s,
			const struct previrt_sites_walk *walk,
			const struct previrt_sites_unit *unit)
{
	struct previrt_counter entry;
	size_t i;

	for (i = 0; i < unit->count; i++) {
		uint64_t at = s->addr + previrt_sites_at(unit, i) +
			      (unit->header.marks & PREVIRT_MARK_WIDE ? 8 : 4);
		uint64_t site = image_wrap(reader->image, s->addr +
					   previrt_sites_counter(walk, unit, i, &entry));
		uint64_t counter = image_wrap(reader->image,
					      at + (uint64_t)(int64_t)entry.counter);
		uint64_t value = 0;

		if (!counts_read(reader, counter, &value)) {
			char *place = image_place(reader->image, counter);

			diag_error(DIAG_NOT_IN_MEMORY, reader->image->name,
				   "the counter at %s cannot be read", place);
			free(place);
			return false;
		}
		counts_add(reader, site, value);
		reader->counters++;
	}
	return true;
}

static bool counts_section(struct counts_reader *reader, const struct section *s)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;

	previrt_sites_begin(&walk, s->data, s->size, (unsigned int)s->align);
	while (previrt_sites_next(&walk, &unit) == PREVIRT_SITES_UNIT)
		if (unit.type == PREVIRT_NOTE_COUNTERS &&
		    !counts_unit(reader, s, &walk, &unit))
			return false;
	return true;
}

static bool counts_locate(struct counts *counts, const struct image *image)
{
	if (image->type == ET_REL) {
		if (counts->located)
			return true;
		diag_error(DIAG_NOT_IN_MEMORY, image->name,
			   "give the kernel's vmlinux ahead of its modules");
		return false;
	}
	counts->located = kernel_find(&counts->kernel, counts->memory, image,
				      counts->slides ? &counts->slide : NULL);
	return counts->located;
}

static void counts_image(struct image *image, void *context)
{
	struct counts *counts = context;
	struct table *table = table_read(image);        /* complains itself */
	struct counts_reader reader = {
		.counts = counts, .image = image, .table = table,
		.module = image->type == ET_REL,
	};
	bool good = table != NULL;
	size_t i;

	if (good && !table->counters) {
		diag_error(DIAG_NO_COUNTERS, image->name, "its table has %zu sites "
			   "and no counter", table->sites);
		good = false;
	}
	good = good && counts_locate(counts, image);
	if (good)
		array_add(&counts->objects, util_copy(image->name));
	for (i = 0; good && i < image->sections; i++) {
		const struct section *s = &image->section[i];

		if (s->type == SHT_NOTE && s->data && s->flags & SHF_ALLOC)
			good = counts_section(&reader, s);
	}
	if (good)
		counts->uncounted += table->sites - reader.counters;
	else
		counts->status = EXIT_TROUBLE;
	if (table)
		table_free(table);
}

static int counts_compare(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->object != y->object)
		return strcmp(x->object, y->object);
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void counts_json(const struct counts *counts, size_t shown, size_t ran)
{
	size_t i;

	json_open(NULL, '{');
	json_text("image", counts->memory_path);
	json_number("total", counts->total);
	json_number("counted_sites", counts->sites.n);
	json_number("sites_that_ran", ran);
	json_number("uncounted_sites", counts->uncounted);
	json_open("sites", '[');
	for (i = 0; i < shown; i++) {
		const struct counted *c = &counts->sites.v[i];

		json_open(NULL, '{');
		json_number("count", c->count);
		json_text("op", table_op_name(c->op));
		json_text("class", table_class_name(c->op));
		json_text("place", c->place);
		json_hex("address", c->addr);
		json_text("object", c->object);
		json_text("file", c->file);
		json_number("line", c->file ? (uint64_t)c->line : 0);
		json_close();
	}
	json_close();
	json_close();
}

static void counts_text(const struct counts *counts, size_t shown, size_t ran)
{
	bool several = counts->objects.n > 1;
	size_t i;

	if (!counts->options.quiet)
		printf("%" PRIu64 " executions; %zu of %zu counted sites ran; %" PRIu64
		       " sites without a counter\n%12s %-13s %s\n", counts->total, ran,
		       counts->sites.n, counts->uncounted, "count", "op", "place");
	for (i = 0; i < shown; i++) {
		const struct counted *c = &counts->sites.v[i];

		printf("%12" PRIu64 " %-13s %s", c->count, table_op_name(c->op),
		       c->place);
		if (c->file)
			printf(" (%s:%d)", c->file, c->line);
		if (several)
			printf(" [%s]", c->object);
		putchar('\n');
	}
}

static void counts_print(struct counts *counts)
{
	size_t n = counts->sites.n, ran = 0, shown;

	if (n)
		qsort(counts->sites.v, n, sizeof(*counts->sites.v), counts_compare);
	while (ran < n && counts->sites.v[ran].count)
		ran++;
	shown = counts->options.verbose ? n : ran;
	if (counts->top && counts->top < shown)
		shown = (size_t)counts->top;
	if (counts->options.json)
		counts_json(counts, shown, ran);
	else
		counts_text(counts, shown, ran);
}

static void counts_free(struct counts *counts)
{
	size_t i;

	for (i = 0; i < counts->sites.n; i++) {
		free(counts->sites.v[i].place);
		free(counts->sites.v[i].file);
	}
	for (i = 0; i < counts->objects.n; i++)
		free(counts->objects.v[i]);
	free(counts->sites.v);
	free(counts->objects.v);
	if (counts->memory)
		memory_close(counts->memory);
	options_free(&counts->options);
}

int cmd_counts(int argc, char **argv)
{
	struct counts counts = { .top = TOP_DEFAULT };
	size_t i;

	if (!counts_parse(&counts, argc, argv))
		return EXIT_TROUBLE;
	if (counts.log_path)
		return counts_log(counts.log_path, counts.options.json);
	counts.memory = memory_open(counts.memory_path);
	if (!counts.memory)
		counts.status = EXIT_TROUBLE;
	for (i = 0; counts.memory && i < counts.options.files; i++)
		if (!input_each(counts.options.file[i], counts_image, &counts))
			counts.status = EXIT_TROUBLE;
	if (counts.objects.n)
		counts_print(&counts);
	counts_free(&counts);
	return report_finish(counts.status);
}

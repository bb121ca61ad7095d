/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt counts: how often each site of a kernel with counting stubs has run,
 * from a memory image; the sites that ran most, with function and line. (What a
 * wedge has counted: counts_log.c.)
 */
#include "counts.h"
#include "counts_log.h"
#include "input.h"
#include "lines.h"
#include "report.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How the counters of one image are read. */
struct counts_reader {
	struct counts *counts;
	struct image *image;
	const struct table *table;
	const struct section *data;     /* where a module's counters are */
	uint64_t shift;
	bool *counted;                  /* of each site of the table: it has a counter */
	bool follows;                   /* the counter before this one is of... */
	uint64_t before;                /* ...this site */
	bool module;
};

/* The counter's address in the kernel's memory, as counts_value wants it. */
static bool counts_find(struct counts_reader *reader, uint64_t counter, uint64_t *at)
{
	const struct kernel *kernel = &reader->counts->kernel;
	const struct section *s = image_section_at(reader->image, counter);

	*at = counter;
	if (!reader->module)
		return true;
	if (!s)
		return false;
	if (s != reader->data) {
		if (!kernel_find_module(kernel, reader->image, s, &reader->shift))
			return false;
		reader->data = s;
	}
	*at = image_wrap(reader->image, counter + reader->shift);
	return true;
}

bool counts_value(const struct counts *counts, uint64_t at, bool module, uint64_t *value)
{
	return module ? kernel_read(&counts->kernel, at, value, sizeof(*value)) :
			kernel_read_linked(&counts->kernel, at, value, sizeof(*value));
}

static void counts_add_site(struct counts_reader *reader, uint64_t addr, uint64_t value)
{
	struct counts *counts = reader->counts;
	const struct site *site = table_site_at(reader->table, addr);
	const struct line *line = lines_at(reader->image, addr);
	struct counted c = {
		.count = value, .first = counts->counters.n - 1, .counters = 1,
		.module = reader->module, .addr = image_file_addr(reader->image, addr),
		.place = image_place(reader->image, addr),
		.op = site ? site->op : 0,
		.object = counts->objects.v[counts->objects.n - 1],
	};

	if (line && line->file) {
		c.file = util_copy(line->file);
		c.line = line->line;
	}
	if (site)
		reader->counted[site - reader->table->site] = true;
	array_add(&counts->sites, c);
}

/* Counters of one site stand behind each other, one for each processor. */
static void counts_add(struct counts_reader *reader, uint64_t addr, uint64_t at, uint64_t value)
{
	struct counts *counts = reader->counts;
	struct counter counter = { .count = value, .at = at };

	array_add(&counts->counters, counter);
	if (reader->follows && reader->before == addr) {
		struct counted *c = &counts->sites.v[counts->sites.n - 1];

		c->count += value;
		c->counters++;
		return;
	}
	counts_add_site(reader, addr, value);
	reader->follows = true;
	reader->before = addr;
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
		uint64_t where, value = 0;

		if (!counts_find(reader, counter, &where) ||
		    !counts_value(reader->counts, where, reader->module, &value)) {
			char *place = image_place(reader->image, counter);

			diag_error(DIAG_NOT_IN_MEMORY, reader->image->name,
				   "the counter at %s cannot be read", place);
			free(place);
			return false;
		}
		counts_add(reader, site, where, value);
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

static const char *counts_why(const struct site *site, const char *place)
{
	if (!strncmp(place, "previrt_stub_", 13))
		return "in stub";
	return site->flags & PREVIRT_SITE_KEEP ? "keeps its instruction" : "in assembler file";
}

/* The sites without a counter, by reason and instruction. */
static void counts_uncounted(struct counts_reader *reader)
{
	struct counts *counts = reader->counts;
	size_t i, n;

	for (i = 0; i < reader->table->sites; i++) {
		const struct site *site = &reader->table->site[i];
		struct uncounted u = { .op = site->op, .sites = 1 };
		char *place;

		if (reader->counted[i])
			continue;
		place = image_place(reader->image, site->addr);
		u.why = counts_why(site, place);
		free(place);
		for (n = 0; n < counts->uncounted.n; n++)
			if (counts->uncounted.v[n].why == u.why && counts->uncounted.v[n].op == u.op)
				break;
		if (n < counts->uncounted.n)
			counts->uncounted.v[n].sites++;
		else
			array_add(&counts->uncounted, u);
	}
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
		reader.counted = util_alloc(table->sites + 1, sizeof(*reader.counted));
	if (good)
		array_add(&counts->objects, util_copy(image->name));
	for (i = 0; good && i < image->sections; i++) {
		const struct section *s = &image->section[i];

		if (s->type == SHT_NOTE && s->data && s->flags & SHF_ALLOC)
			good = counts_section(&reader, s);
	}
	if (good)
		counts_uncounted(&reader);
	else
		counts->status = EXIT_TROUBLE;
	free(reader.counted);
	if (table)
		table_free(table);
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
	free(counts->counters.v);
	free(counts->objects.v);
	free(counts->uncounted.v);
	if (counts->memory)
		memory_close(counts->memory);
	free(counts->process_path);
	options_free(&counts->options);
}

int cmd_counts(int argc, char **argv)
{
	struct counts counts = { 0 };
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
	if (counts.objects.n && !counts_print(&counts))
		counts.status = EXIT_TROUBLE;
	counts_free(&counts);
	return report_finish(counts.status);
}

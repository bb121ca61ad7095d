/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt counts: what is read out of a memory image, and how it is asked for. Parts:
 * counts.c reads, counts_options.c takes the command line, counts_print.c prints one
 * reading, counts_cpus.c what of it fell to which processor, counts_slices.c reads again
 * while the kernel runs.
 */
#ifndef PREVIRT_CLI_COUNTS_H
#define PREVIRT_CLI_COUNTS_H
#include "kernel.h"
#include "options.h"
#include "table.h"
#include "util.h"

/* One counter; a site has one, or one for each processor. */
struct counter {
	uint64_t count;         /* until the last reading, or since the one before it */
	uint64_t at;            /* for counts_value */
};

struct counted {
	uint64_t count;         /* the sum of its counters */
	uint64_t addr;          /* of the site, as the file has it */
	size_t first, counters; /* in struct counts, by processor */
	char *place, *file;     /* file: NULL if no line is known */
	const char *object;
	int line;
	uint8_t op;
	bool module;
};

/* Sites of one instruction that have no counter for one reason. */
struct uncounted {
	const char *why;        /* a literal of counts.c */
	uint64_t sites;
	uint8_t op;
};

struct counts {
	struct options options;
	const char *memory_path, *log_path;
	char *process_path;     /* of a guest in a process: memory_path */
	uint64_t slide, top, times;
	double every;           /* seconds; 0: one reading */
	bool slides, csv, per_cpu;
	struct memory *memory;
	struct kernel kernel;
	bool located;           /* the kernel was found */
	ARRAY_OF(struct counted) sites;
	ARRAY_OF(struct counter) counters;
	ARRAY_OF(struct uncounted) uncounted;
	ARRAY_OF(char *) objects;
	int status;
};

/* Take the command line; false after an error. */
bool counts_parse(struct counts *counts, int argc, char **argv);

/* The counter at @at, as it is now; false if it cannot be read. */
bool counts_value(const struct counts *counts, uint64_t at, bool module, uint64_t *value);

/* Print what was read, and all slices that are asked for; false after an error. */
bool counts_print(struct counts *counts);

/* Sort by count; how many ran, and how many are to be shown. */
size_t counts_sort(struct counts *counts);
size_t counts_shown(const struct counts *counts, size_t ran);
uint64_t counts_total(const struct counts *counts);

/* The first @shown sites as the elements of an array that is open; as lines; as lines
 * of CSV, @seconds ahead of each. */
void counts_sites_json(const struct counts *counts, size_t shown);
void counts_sites_text(const struct counts *counts, size_t shown);
void counts_sites_csv(const struct counts *counts, size_t shown, double seconds);

/* How many processors the counters tell apart, 1 if they do not; how many of them have
 * executed one of the first @shown sites. */
size_t counts_cpus(const struct counts *counts);
size_t counts_cpus_ran(const struct counts *counts, size_t shown);

/* The counts of a site by processor: as a member "cpus", as columns of text, as fields
 * of CSV; and what stands above the latter two. */
void counts_cpus_json(const struct counts *counts, const struct counted *c);
void counts_cpus_text(const struct counts *counts, const struct counted *c, size_t cpus);
void counts_cpus_csv(const struct counts *counts, const struct counted *c);
void counts_cpus_heads(size_t cpus, const char *format);

/* Read and print again, counts->times times; false if a counter cannot be read any more. */
bool counts_slices(struct counts *counts);

#endif

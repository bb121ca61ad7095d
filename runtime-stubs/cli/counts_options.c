/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The command line of previrt counts; see counts.h. */
#include "counts.h"
#include "diag.h"
#include "guest_memory.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TOP_DEFAULT 20u
#define TIMES_DEFAULT 10u
#define EVERY_LEAST 0.01
#define EVERY_MOST  86400.0

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

static bool counts_every(struct counts *counts, const char *value)
{
	char *end;

	counts->every = strtod(value, &end);
	if (*value && !*end && counts->every >= EVERY_LEAST && counts->every <= EVERY_MOST)
		return true;
	diag_error(DIAG_RANGE, NULL, "counts: --every %s: seconds from %g to %g are needed", value,
		   EVERY_LEAST, EVERY_MOST);
	return false;
}

static bool counts_option(struct counts *counts, const char *name, const char *value)
{
	if (!strcmp(name, "--image")) {
		counts->memory_path = value;
		return true;
	}
	if (!strcmp(name, "--process")) {
		free(counts->process_path);
		counts->memory_path = counts->process_path = guest_memory_path(value);
		return counts->memory_path;
	}
	if (!strcmp(name, "--log")) {
		counts->log_path = value;
		return true;
	}
	if (!strcmp(name, "--slide"))
		return counts->slides = counts_number(name, value, 16, &counts->slide);
	if (!strcmp(name, "--every"))
		return counts_every(counts, value);
	if (!strcmp(name, "--times"))
		return counts_number(name, value, 10, &counts->times);
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

/* What came besides the own options: --json alone for a log, the files of an image. */
static bool counts_rest(struct counts *counts, int left, char **rest)
{
	if (!counts->memory_path && !counts->log_path) {
		diag_error(DIAG_USAGE, NULL, "counts: no --image, --process or --log given (see `previrt "
			   "help counts`)");
		return false;
	}
	if (!counts->log_path) {
		if (counts->csv && left && !strcmp(rest[0], "--json")) {
			diag_error(DIAG_USAGE, NULL, "counts: --csv or --json, not both");
			return false;
		}
		return options_parse(&counts->options, "counts", left, rest);
	}
	counts->options.json = left && !strcmp(rest[0], "--json");
	if (left == counts->options.json && !counts->memory_path && !counts->csv && !counts->every)
		return true;
	diag_error(DIAG_USAGE, NULL, "counts: with --log, --json and nothing else");
	return false;
}

/* An option of this command's at @argv[*@i]? *@good: and it was taken. */
static bool counts_own(struct counts *counts, int argc, char **argv, int *i, bool *good)
{
	static const char *const names[] = {
		"--image", "--process", "--slide", "--top", "--log", "--every", "--times"
	};
	const char *arg = argv[*i];
	size_t n;

	if (!strcmp(arg, "--csv"))
		return counts->csv = true;
	if (!strcmp(arg, "--per-cpu"))
		return counts->per_cpu = true;
	for (n = 0; n < ARRAY_SIZE(names); n++) {
		size_t size = strlen(names[n]);

		if (strncmp(arg, names[n], size) || (arg[size] && arg[size] != '='))
			continue;
		*good = arg[size] ? counts_option(counts, names[n], arg + size + 1) :
				    counts_next(counts, names[n], argc, argv, i);
		return true;
	}
	return false;
}

bool counts_parse(struct counts *counts, int argc, char **argv)
{
	char **rest = util_alloc((size_t)argc + 1, sizeof(*rest));
	bool good = true;
	int i, left = 0;

	counts->top = TOP_DEFAULT;
	counts->times = TIMES_DEFAULT;
	for (i = 0; i < argc && good; i++)
		if (!counts_own(counts, argc, argv, &i, &good))
			rest[left++] = argv[i];
	good = good && counts_rest(counts, left, rest);
	free(rest);
	return good;
}

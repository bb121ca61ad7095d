/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt counts --log: the counters that a wedge printed at its end
 * (wedge/counters.c), out of the console's log, as tables: one for each group,
 * a row for each name, a column for each word.
 *
 *   previrt: count GROUP NAME WORD NUMBER[=NUMBER+NUMBER...] [WORD NUMBER...]
 *
 * What stands behind = is each processor's share: columns WORD@0, WORD@1, ...
 */
#include "counts_log.h"
#include "diag.h"
#include "json.h"
#include "report.h"
#include "util.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MARK "previrt: count "
#define LOG_COLUMNS 64

struct log_row {
	const char *group, *name;
	uint64_t value[LOG_COLUMNS];
	bool has[LOG_COLUMNS];
};
struct log_group {
	const char *name, *column[LOG_COLUMNS];
	size_t columns;
};
struct log_counts {
	ARRAY_OF(struct log_row) rows;
	ARRAY_OF(struct log_group) groups;
	ARRAY_OF(char *) words;		/* made here: a processor's columns */
	char *text;			/* the log, cut into words */
};

static size_t log_group(struct log_counts *counts, const char *name)
{
	struct log_group group = { .name = name };
	size_t i;

	for (i = 0; i < counts->groups.n; i++)
		if (!strcmp(counts->groups.v[i].name, name))
			return i;
	array_add(&counts->groups, group);
	return i;
}

/* The column of @word; LOG_COLUMNS: there are too many. */
static size_t log_column(struct log_group *group, const char *word)
{
	size_t i;

	for (i = 0; i < group->columns; i++)
		if (!strcmp(group->column[i], word))
			return i;
	if (i < LOG_COLUMNS) {
		group->column[i] = word;
		group->columns++;
	}
	return i;
}

static bool log_value(struct log_group *group, struct log_row *row, const char *word,
		      const char *number, char **end)
{
	size_t column = log_column(group, word);

	if (column == LOG_COLUMNS)
		return false;
	row->value[column] = strtoull(number, end, 10);
	row->has[column] = true;
	return *end != number;
}

/* @number for @word, with the processors' shares. */
static bool log_number(struct log_counts *counts, struct log_group *group, struct log_row *row,
		       const char *word, const char *number)
{
	unsigned cpu = 0;
	char *end;

	if (!log_value(group, row, word, number, &end))
		return false;
	for (; *end == (cpu ? '+' : '='); cpu++) {
		char *share = util_printf("%s@%u", word, cpu);

		array_add(&counts->words, share);
		if (!log_value(group, row, share, end + 1, &end))
			return false;
	}
	return !*end;
}

/* One line, behind the mark; it is cut into words. False if it is none of ours. */
static bool log_line(struct log_counts *counts, char *line)
{
	char *save, *word, *number;
	struct log_row row = { .group = strtok_r(line, " \r", &save) };
	size_t group;

	row.name = strtok_r(NULL, " \r", &save);
	if (!row.group || !row.name)
		return false;
	group = log_group(counts, row.group);
	while ((word = strtok_r(NULL, " \r", &save))) {
		number = strtok_r(NULL, " \r", &save);
		if (!number ||
		    !log_number(counts, &counts->groups.v[group], &row, word, number))
			return false;
	}
	array_add(&counts->rows, row);
	return true;
}

/* Of several runs in one log, the last one counts. */
static void log_read(struct log_counts *counts, char *text)
{
	char *save, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "previrt: wedge for ", 19))
			counts->rows.n = counts->groups.n = 0;
		if (!strncmp(line, LOG_MARK, strlen(LOG_MARK)) &&
		    !log_line(counts, line + strlen(LOG_MARK)))
			diag_warn(DIAG_NO_LOG_COUNTS, NULL, "a line of counters is damaged");
	}
}

static void log_text(const struct log_counts *counts, const struct log_group *group)
{
	size_t i, c;

	printf("%-20s", group->name);
	for (c = 0; c < group->columns; c++)
		printf(" %14s", group->column[c]);
	putchar('\n');
	for (i = 0; i < counts->rows.n; i++) {
		const struct log_row *row = &counts->rows.v[i];

		if (strcmp(row->group, group->name))
			continue;
		printf("  %-18s", row->name);
		for (c = 0; c < group->columns; c++)
			if (row->has[c])
				printf(" %14" PRIu64, row->value[c]);
			else
				printf(" %14s", "");
		putchar('\n');
	}
}

static void log_json(const struct log_counts *counts, const struct log_group *group)
{
	size_t i, c;

	json_open(group->name, '{');
	for (i = 0; i < counts->rows.n; i++) {
		const struct log_row *row = &counts->rows.v[i];

		if (strcmp(row->group, group->name))
			continue;
		json_open(row->name, '{');
		for (c = 0; c < group->columns; c++)
			if (row->has[c])
				json_number(group->column[c], row->value[c]);
		json_close();
	}
	json_close();
}

/* The counters in the log at @path; false after a numbered error. */
static bool log_open(struct log_counts *counts, const char *path)
{
	size_t size, i;
	uint8_t *data = util_read_file(path, &size);

	if (!data) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
		return false;
	}
	counts->text = util_alloc(size + 1, 1);
	for (i = 0; i < size; i++)
		counts->text[i] = data[i] ? (char)data[i] : ' ';
	free(data);
	log_read(counts, counts->text);
	if (!counts->groups.n)
		diag_error(DIAG_NO_LOG_COUNTS, path, "no line begins with '" LOG_MARK "'");
	return counts->groups.n;
}

static void log_close(struct log_counts *counts)
{
	free(counts->rows.v);
	free(counts->groups.v);
	while (counts->words.n)
		free(counts->words.v[--counts->words.n]);
	free(counts->words.v);
	free(counts->text);
}

int counts_log(const char *path, bool json)
{
	struct log_counts counts = { 0 };
	bool good = log_open(&counts, path);
	size_t i;

	if (json && good)
		json_open(NULL, '{');
	for (i = 0; i < counts.groups.n; i++)
		(json ? log_json : log_text)(&counts, &counts.groups.v[i]);
	if (json && good)
		json_close();
	log_close(&counts);
	return report_finish(good ? EXIT_CLEAN : EXIT_TROUBLE);
}

bool counts_log_each(const char *path, counts_log_taker *each, void *context)
{
	struct log_counts counts = { 0 };
	bool good = log_open(&counts, path);
	size_t g, i, c;

	for (g = 0; g < counts.groups.n; g++)
		for (i = 0; i < counts.rows.n; i++) {
			const struct log_group *group = &counts.groups.v[g];
			const struct log_row *row = &counts.rows.v[i];

			for (c = 0; c < group->columns; c++)
				if (!strcmp(row->group, group->name) && row->has[c])
					each(context, group->name, row->name, group->column[c],
					     row->value[c]);
		}
	log_close(&counts);
	return good;
}

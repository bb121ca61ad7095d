/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See lines.h for the contracts. DWARF 5, section 6.2. */
#include "lines.h"
#include "image.h"
#include "progress.h"
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

struct lines {
	Dwarf *dwarf;           /* owns the file names */
	ARRAY_OF(struct line) rows;
};

static void lines_add_unit(struct lines *lines, Dwarf_Die *unit)
{
	Dwarf_Lines *rows;
	size_t i, count;

	if (dwarf_getsrclines(unit, &rows, &count))
		return;
	for (i = 0; i < count; i++) {
		Dwarf_Line *row = dwarf_onesrcline(rows, i);
		struct line line = { 0 };
		bool end = false;

		if (!row || dwarf_lineaddr(row, &line.addr) ||
		    dwarf_lineendsequence(row, &end))
			continue;
		if (!end) {
			line.file = dwarf_linesrc(row, NULL, NULL);
			dwarf_lineno(row, &line.line);
			if (!line.file)
				continue;
		}
		array_add(&lines->rows, line);
	}
}

/* An end of a sequence sorts in front of a row that begins where it ends. */
static int lines_compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (x->file != NULL) - (y->file != NULL);
}

/*
 * Rows that ascend, up to the end of a sequence, or to a row far behind: libdw puts the end of
 * a sequence ahead of rows at the same address, so the next sequence would follow such a row.
 */
#define LINES_FAR 4096u

struct run {
	const struct line *row;
	size_t n;
};

static int lines_compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return lines_compare(x->row, y->row);
}

/*
 * @runs by address, one behind another into @sorted. Few overlap: those of code that was
 * not linked, at address 0. Their rows alone are sorted one by one.
 */
static void lines_join_runs(struct line *sorted, struct run *runs, size_t n)
{
	size_t have = 0, from = 0, joined = 0;
	struct line last = { 0 };

	qsort(runs, n, sizeof(*runs), lines_compare_runs);
	for (size_t i = 0; i <= n; i++) {
		if (i == n || lines_compare(&last, runs[i].row) <= 0) {
			if (joined > 1)
				qsort(sorted + from, have - from, sizeof(*sorted), lines_compare);
			from = have;
			joined = 0;
		}
		if (i == n)
			break;
		memcpy(sorted + have, runs[i].row, runs[i].n * sizeof(*sorted));
		have += runs[i].n;
		joined++;
		if (lines_compare(&last, &sorted[have - 1]) < 0)
			last = sorted[have - 1];
	}
}

/* Compilers write rows by address but for the order of runs, one for a thousand rows. */
static void lines_sort(struct lines *lines)
{
	ARRAY_OF(struct run) runs = { 0 };
	struct line *rows = lines->rows.v, *sorted;

	for (size_t i = 0; i < lines->rows.n; i++) {
		if (!i || !rows[i - 1].file || lines_compare(&rows[i - 1], &rows[i]) > 0 ||
		    rows[i].addr - rows[i - 1].addr > LINES_FAR)
			array_add(&runs, ((struct run){ .row = &rows[i] }));
		runs.v[runs.n - 1].n++;
	}
	sorted = util_grow(NULL, lines->rows.n, sizeof(*sorted));
	lines_join_runs(sorted, runs.v, runs.n);
	free(runs.v);
	free(rows);
	lines->rows.v = sorted;
}

static struct lines *lines_read(struct image *image)
{
	struct lines *lines = util_alloc(1, sizeof(*lines));
	const struct section *info = image_section(image, ".debug_info");
	Dwarf_Off at = 0, next;
	size_t header;

	lines->dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	while (lines->dwarf &&
	       !dwarf_nextcu(lines->dwarf, at, &next, &header, NULL, NULL, NULL)) {
		Dwarf_Die unit;

		if (info)
			progress_now(image->name, info->name, at, info->size);
		if (dwarf_offdie(lines->dwarf, at + header, &unit))
			lines_add_unit(lines, &unit);
		if (next <= at)
			break;
		at = next;
	}
	progress_end();
	if (lines->rows.n)
		lines_sort(lines);
	return lines;
}

const struct line *lines_all(struct image *image, size_t *count)
{
	/* Looking for absent debug information once is enough. */
	if (!image->lines_read) {
		image->lines_read = true;
		if (image_section(image, ".debug_line") ||
		    image_section(image, ".zdebug_line"))
			image->lines = lines_read(image);
	}
	*count = image->lines ? image->lines->rows.n : 0;
	return image->lines ? image->lines->rows.v : NULL;
}

const struct line *lines_at(struct image *image, uint64_t addr)
{
	size_t low = 0, high, mid;
	const struct line *rows = lines_all(image, &high);

	while (low < high) {
		mid = low + (high - low) / 2;
		if (rows[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && rows[low - 1].file ? &rows[low - 1] : NULL;
}

/* The compilation unit that has @addr. */
static bool lines_find_unit(struct lines *lines, uint64_t addr, Dwarf_Die *unit)
{
	Dwarf_Off at = 0, next;
	size_t header;

	for (; lines->dwarf && !dwarf_nextcu(lines->dwarf, at, &next, &header, NULL,
					     NULL, NULL) && next > at; at = next)
		if (dwarf_offdie(lines->dwarf, at + header, unit) &&
		    dwarf_haspc(unit, addr) == 1)
			return true;
	return false;
}

bool lines_function(struct image *image, uint64_t addr, struct function *function)
{
	Dwarf_Die unit, *scope = NULL;
	size_t rows;
	int count, i;

	memset(function, 0, sizeof(*function));
	lines_all(image, &rows);
	if (!image->lines || !lines_find_unit(image->lines, addr, &unit))
		return false;
	function->assembler = dwarf_srclang(&unit) == DW_LANG_Mips_Assembler;
	function->name = dwarf_diename(&unit);
	if (function->assembler)
		return true;
	count = dwarf_getscopes(&unit, addr, &scope);
	for (i = 0; i < count; i++) {
		int tag = dwarf_tag(&scope[i]);

		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
			break;
	}
	function->name = i < count ? dwarf_diename(&scope[i]) : NULL;
	free(scope);
	return function->name;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	if (lines->dwarf)
		dwarf_end(lines->dwarf);
	free(lines->rows.v);
	free(lines);
}

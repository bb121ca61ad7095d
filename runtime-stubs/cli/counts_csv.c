/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Reads CSV as counts_print.c writes it: RFC 4180, with LF or CR LF, quoted or not. */
#include "counts_csv.h"
#include "diag.h"
#include "util.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The field at *@at, whose quotes are taken off in place; *@at is behind its end. What
 * ended it: ',', '\n' or 0. */
static char csv_field(char **at, char **field)
{
	char *from = *at, *to = *at, end;
	bool quoted = *from == '"';

	*field = to;
	from += quoted;
	for (; *from; from++) {
		if (quoted && *from == '"') {
			if (from[1] != '"') {
				quoted = false;
				continue;
			}
			from++;
		} else if (!quoted && (*from == ',' || *from == '\n')) {
			break;
		} else if (!quoted && *from == '\r' && from[1] == '\n') {
			continue;
		}
		*to++ = *from;
	}
	end = *from;
	*at = from + (end != 0);
	*to = 0;
	return end;
}

/* One line; false if it has not the @all fields that it should, more than are looked at
 * if they tell processors apart. */
static bool csv_line(char **at, char *field[CSV_FIELDS], int all)
{
	int fields = 0;
	char *rest, end;

	do
		end = csv_field(at, fields < CSV_FIELDS ? &field[fields] : &rest);
	while (++fields, end == ',');
	return fields == all;
}

static bool csv_lines(const char *path, char *text, int all, counts_csv_taker *each, void *context)
{
	char *field[CSV_FIELDS], *end;

	while (*text) {
		if (!csv_line(&text, field, all))
			break;
		strtod(field[CSV_SECONDS], &end);
		if (end == field[CSV_SECONDS] || *end)
			break;
		strtoull(field[CSV_COUNT], &end, 10);
		if (end == field[CSV_COUNT] || *end)
			break;
		each(context, field);
		if (!*text)
			return true;
	}
	diag_error(DIAG_NO_CSV_COUNTS, path, "a line is damaged, or there is none");
	return false;
}

bool counts_csv_each(const char *path, counts_csv_taker *each, void *context)
{
	size_t size, head = strlen(COUNTS_CSV_HEAD);
	uint8_t *data = util_read_file(path, &size);
	bool good = false;
	char *text, *rest;
	int fields = 1;

	if (!data) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
		return false;
	}
	text = util_alloc(size + 1, 1);
	memcpy(text, data, size);
	free(data);
	for (rest = text; *rest && *rest != '\n'; rest++)
		fields += *rest == ',';
	if (strncmp(text, COUNTS_CSV_HEAD, head) || !strchr(",\r\n", text[head]) || !*rest)
		diag_error(DIAG_NO_CSV_COUNTS, path, "the first line is not '" COUNTS_CSV_HEAD "'");
	else
		good = csv_lines(path, rest + 1, fields, each, context);
	free(text);
	return good;
}

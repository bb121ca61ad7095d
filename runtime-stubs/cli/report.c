/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See report.h for the contracts. */
#include "report.h"
#include "json.h"
#include "lines.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void report_begin(struct report *report, const struct options *options,
		  struct image *image)
{
	memset(report, 0, sizeof(*report));
	report->options = options;
	report->image = image;
	if (!options->json)
		return;
	json_open(NULL, '{');
	json_text("file", image->name);
	json_open("findings", '[');
}

void report_end_findings(struct report *report)
{
	size_t most = report->options->most;

	if (report->options->json)
		json_close();
	else if (most && report->findings > most)
		printf("... and %zu more\n", report->findings - most);
}

void report_end(struct report *report)
{
	if (report->options->json)
		json_close();
}

/* Count a finding; is it to be printed? Head the file's first one. */
static bool report_wanted(struct report *report)
{
	report->findings++;
	if (report->silent)
		return false;
	if (report->options->most && report->findings > report->options->most)
		return false;
	if (!report->headed && !report->options->json &&
	    report->options->files + (strchr(report->image->name, '(') != NULL) > 1)
		printf("%s:\n", report->image->name);
	report->headed = true;
	return true;
}

static void report_print(enum diag number, const char *place,
			 const char *where, const char *message)
{
	bool colour = diag_colour(STDOUT_FILENO);

	printf("%sPV%d:%s %s%s: %s\n", colour ? "\033[33m" : "", (int)number,
	       colour ? "\033[0m" : "", place, where, message);
}

static void report_place(struct report *report, enum diag number, uint64_t addr,
			 const char *message)
{
	const struct section *s = image_section_at(report->image, addr);
	const struct line *line = lines_at(report->image, addr);
	char *place = image_place(report->image, addr), *where;

	if (report->options->json) {
		json_open(NULL, '{');
		json_number("number", number);
		json_text("place", place);
		json_hex("address", image_file_addr(report->image, addr));
		json_text("section", s ? s->name : NULL);
		json_text("source", line ? line->file : NULL);
		json_number("line", line ? (uint64_t)line->line : 0);
		json_text("message", message);
		json_close();
	} else {
		if (line)
			where = util_printf(" (%s, %s:%d)", s ? s->name : "?",
					    line->file, line->line);
		else
			where = util_printf(" (%s)", s ? s->name : "no section");
		report_print(number, place, where, message);
		free(where);
	}
	free(place);
}

void report_finding(struct report *report, enum diag number, uint64_t addr,
		    const char *format, ...)
{
	va_list args;
	char *message;

	if (!report_wanted(report))
		return;
	va_start(args, format);
	if (vasprintf(&message, format, args) >= 0) {
		report_place(report, number, addr, message);
		free(message);
	}
	va_end(args);
}

void report_object(struct report *report, enum diag number, const char *part,
		   const char *format, ...)
{
	const char *place = part ? part : report->image->name;
	va_list args;
	char *message;

	if (!report_wanted(report))
		return;
	va_start(args, format);
	if (vasprintf(&message, format, args) >= 0) {
		if (report->options->json) {
			json_open(NULL, '{');
			json_number("number", number);
			json_text("place", place);
			json_text("message", message);
			json_close();
		} else {
			report_print(number, place, "", message);
		}
		free(message);
	}
	va_end(args);
}

int report_finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		diag_error(DIAG_OUTPUT, NULL, "standard output: %s",
			   strerror(errno));
		return EXIT_TROUBLE;
	}
	return status;
}

double report_percent(uint64_t part, uint64_t whole)
{
	if (part == whole)
		return 100.0;
	/* Rounded down: 99.999 is not all. */
	return floor(100000.0 * (double)part / (double)whole) / 1000.0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a command found in an image, as text or JSON on standard output: each
 * finding with its number and place.
 *
 *   PV101: native_foo+0x1c (.text, arch/x86/foo.c:12): 'wrmsr' is not in the table
 */
#ifndef PREVIRT_CLI_REPORT_H
#define PREVIRT_CLI_REPORT_H
#include "diag.h"
#include "image.h"
#include "options.h"

struct report {
	const struct options *options;
	struct image *image;
	size_t findings;        /* in this image */
	bool headed;            /* the file's name stands there already */
	bool silent;            /* findings are counted, not printed */
};

/*
 * Begin and end the report on one image; in JSON, an object with "file" and an
 * array "findings", left open after report_end_findings for the command's own
 * members until report_end.
 */
void report_begin(struct report *report, const struct options *options,
		  struct image *image);
void report_end_findings(struct report *report);
void report_end(struct report *report);

/* A finding at @addr. */
void report_finding(struct report *report, enum diag number, uint64_t addr,
		    const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A finding about the image, or the named part of it (NULL: all). */
void report_object(struct report *report, enum diag number, const char *part,
		   const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Standard output was written? EXIT_TROUBLE with an error if not. */
int report_finish(int status);

/* A ratio in percent that says 100 only when it is. */
double report_percent(uint64_t part, uint64_t whole);

#endif

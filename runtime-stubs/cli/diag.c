/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See diag.h for the contracts. */
#include "diag.h"
#include "util.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct diag_info diag_list[] = {
#define DIAG(number, name, text, cause, cure) { number, text, cause, cure },
#include "diagnostics.def"
#undef DIAG
#define PVDIAG(number, text, cause, cure) { number, text, cause, cure },
#include "../../plugin/diagnostics.def"
#undef PVDIAG
};
const size_t diag_count = ARRAY_SIZE(diag_list);

const struct diag_info *diag_find(int number)
{
	size_t i;

	for (i = 0; i < diag_count; i++)
		if (diag_list[i].number == number)
			return &diag_list[i];
	return NULL;
}

bool diag_colour(int stream)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(stream);
}

static void diag_print(const char *word, enum diag number, const char *file,
		       const char *format, va_list args)
{
	bool colour = diag_colour(STDERR_FILENO);

	fflush(stdout);
	fprintf(stderr, "previrt: %s%sPV%d:%s ", colour ? "\033[31m" : "", word,
		(int)number, colour ? "\033[0m" : "");
	if (file)
		fprintf(stderr, "%s: ", file);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void diag_error(enum diag number, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_print("", number, file, format, args);
	va_end(args);
}

void diag_warn(enum diag number, const char *file, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	diag_print("warning ", number, file, format, args);
	va_end(args);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See options.h for the contract. */
#include "options.h"
#include "diag.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *options_value(const char *name, int *i, int argc, char **argv)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n))
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	if (argv[*i][n] || *i + 1 >= argc)
		return NULL;
	return argv[++*i];
}

/* Of --max; false after a numbered error. */
static bool options_number(const char *command, const char *text, size_t *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (*text && !*end && *text != '-' && !errno)
		return true;
	diag_error(DIAG_RANGE, NULL, "%s: --max %s: a number from 0 (all) on is needed", command,
		   text);
	return false;
}

bool options_parse(struct options *options, const char *command, int argc,
		   char **argv)
{
	const char *value;
	bool only_files = false;
	int i;

	memset(options, 0, sizeof(*options));
	options->builtin_exemptions = true;
	options->exempt = util_alloc((size_t)argc, sizeof(*options->exempt));
	options->file = util_alloc((size_t)argc, sizeof(*options->file));
	for (i = 0; i < argc; i++) {
		const char *arg = argv[i];

		if (only_files || *arg != '-' || !arg[1])
			options->file[options->files++] = argv[i];
		else if (!strcmp(arg, "--"))
			only_files = true;
		else if (!strcmp(arg, "--json"))
			options->json = true;
		else if (!strcmp(arg, "--verbose") || !strcmp(arg, "-v"))
			options->verbose = true;
		else if (!strcmp(arg, "--quiet") || !strcmp(arg, "-q"))
			options->quiet = true;
		else if (!strcmp(arg, "--scan"))
			options->scan = true;
		else if (!strcmp(arg, "--strict"))
			options->strict = true;
		else if (!strcmp(arg, "--padded"))
			options->padded = true;
		else if (!strcmp(arg, "--no-default-exempt"))
			options->builtin_exemptions = false;
		else if ((value = options_value("--exempt", &i, argc, argv)))
			options->exempt[options->exempts++] = value;
		else if ((value = options_value("--max", &i, argc, argv))) {
			if (options_number(command, value, &options->most))
				continue;
			options_free(options);
			return false;
		} else {
			diag_error(DIAG_USAGE, NULL, "%s: unknown option or "
				   "missing value: '%s' (see `previrt help %s`)",
				   command, arg, command);
			options_free(options);
			return false;
		}
	}
	if (!options->files) {
		diag_error(DIAG_USAGE, NULL, "%s: no file given (see `previrt "
			   "help %s`)", command, command);
		options_free(options);
		return false;
	}
	return true;
}

void options_free(struct options *options)
{
	free(options->exempt);
	free(options->file);
}

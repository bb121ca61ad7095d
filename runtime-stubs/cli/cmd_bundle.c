/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt bundle: what a wedge is given to run, as a file, for those who start the
 * hypervisor's domain themselves (docs/wedge.md).
 */
#include "diag.h"
#include "options.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char bundle_help_text[] =
	"  -k, --kernel VMLINUX  the kernel\n"
	"  -i, --initrd FILE     an initial ramdisk\n"
	"  -a, --append WORDS    the kernel's command line\n"
	"  -o, --output BUNDLE   the file to write\n"
	"A domain's configuration names the wedge as its kernel, the bundle as its\n"
	"ramdisk. Status: 0 written, 2 not.\n";

void bundle_help(void)
{
	run_wedge_help();
	fputs(bundle_help_text, stdout);
}

static bool bundle_parse(struct run *run, const char **output, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i], *value;

		if ((value = options_value("--kernel", &i, argc, argv)) ||
		    (value = options_value("-k", &i, argc, argv))) {
			run->kernel = value;
		} else if ((value = options_value("--initrd", &i, argc, argv)) ||
			   (value = options_value("-i", &i, argc, argv))) {
			run->initrd = value;
		} else if ((value = options_value("--append", &i, argc, argv)) ||
			   (value = options_value("-a", &i, argc, argv))) {
			run->append = value;
		} else if ((value = options_value("--output", &i, argc, argv)) ||
			   (value = options_value("-o", &i, argc, argv))) {
			*output = value;
		} else if ((value = options_value("--wedge", &i, argc, argv))) {
			array_add(&run->options, (char *)value);
			if (!run_wedge_word(value))
				return false;
		} else {
			diag_error(DIAG_USAGE, NULL, "bundle: unknown option or missing value: "
				   "'%s' (see `previrt help bundle`)", arg);
			return false;
		}
	}
	if (!run->kernel || !*output)
		diag_error(DIAG_USAGE, NULL, "bundle: -k VMLINUX and -o BUNDLE are needed (see "
			   "`previrt help bundle`)");
	return run->kernel && *output;
}

static bool bundle_write(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "wb");
	bool good = file && fwrite(data, 1, size, file) == size;

	if (file && fclose(file))
		good = false;
	if (!good)
		diag_error(DIAG_OUTPUT, path, "%s", strerror(errno));
	return good;
}

int cmd_bundle(int argc, char **argv)
{
	struct run run = { .append = "" };
	const char *output = NULL;
	uint8_t *data = NULL;
	bool good = false;
	size_t size;

	if (bundle_parse(&run, &output, argc, argv))
		data = bundle_make(&run, true, &size);
	if (data)
		good = bundle_write(output, data, size);
	free(data);
	free(run.options.v);
	return good ? EXIT_CLEAN : EXIT_TROUBLE;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt --version: the program's version; of the plugins beside it, the digest that
 * --cflags gives and tables bear; with --json also those of the formats.
 */
#include "abi.h"
#include "diag.h"
#include "flags.h"
#include "json.h"
#include "options.h"
#include "report.h"
#include "version.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GCC_FIRST 8
#define GCC_LAST 20

/* The plugin for GCC @major, if there is one. */
static void version_plugin(int major, bool json)
{
	char *plugin = path_plugin(major), *pack = path_pack(), *text;
	uint64_t digest;

	if (plugin && pack && flags_plain_digest(pack, plugin, &digest)) {
		text = util_printf("%016" PRIx64, digest);
		if (json) {
			json_open(NULL, '{');
			json_number("gcc", (uint64_t)major);
			json_text("digest", text);
			json_close();
		} else {
			printf("plugin for GCC %d: %s\n", major, text);
		}
		free(text);
	}
	free(plugin);
	free(pack);
}

int cmd_version(int argc, char **argv)
{
	bool json = argc && !strcmp(argv[0], "--json");
	char *table;

	if (argc > json) {
		diag_error(DIAG_USAGE, NULL, "--version: unknown option '%s' (see `previrt "
			   "--help`)", argv[json]);
		return EXIT_TROUBLE;
	}
	if (json) {
		table = util_printf("%u.%u", PREVIRT_ABI_VERSION, PREVIRT_ABI_MINOR);
		json_open(NULL, '{');
		json_text("previrt", PREVIRT_VERSION);
		json_text("table", table);
		json_text("json", JSON_VERSION);
		json_open("plugins", '[');
		free(table);
	} else {
		puts("previrt " PREVIRT_VERSION);
	}
	for (int major = GCC_FIRST; major <= GCC_LAST; major++)
		version_plugin(major, json);
	if (json) {
		json_close();
		json_close();
	}
	return report_finish(EXIT_CLEAN);
}

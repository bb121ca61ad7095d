/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt init: what to add to a kernel's build, for each kind of build there is. */
#include "diag.h"
#include "options.h"
#include "recipes.h"
#include "report.h"
#include <stdio.h>
#include <string.h>

static const struct { const char *name, *text; } init_recipes[] = {
	{ "kbuild", recipe_kbuild },
	{ "debian", recipe_debian },
	{ "yocto", recipe_yocto },
	{ "buildroot", recipe_buildroot },
};

int cmd_init(int argc, char **argv)
{
	const char *name = argc ? argv[0] : init_recipes[0].name;

	for (size_t i = 0; argc < 2 && i < ARRAY_SIZE(init_recipes); i++)
		if (!strcmp(name, init_recipes[i].name)) {
			fputs(init_recipes[i].text, stdout);
			return report_finish(EXIT_CLEAN);
		}
	diag_error(DIAG_USAGE, NULL, "init: %s: one of kbuild, debian, yocto, buildroot is needed",
		   argc < 2 ? name : "more than one word");
	return EXIT_TROUBLE;
}

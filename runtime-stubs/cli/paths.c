/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where the program's own files are, found from the program itself: in a build
 * tree (bin/previrt beside gcc-12/ and gen/), or below a prefix
 * (PREFIX/bin/previrt, PREFIX/lib/previrt, PREFIX/share/previrt).
 */
#include "options.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The directory above the program's, to be freed. */
static char *path_root(void)
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;
	int i;

	if (n <= 0)
		return util_copy(".");
	program[n] = '\0';
	for (i = 0; i < 2; i++) {
		slash = strrchr(program, '/');
		if (slash)
			*slash = '\0';
	}
	return util_copy(program);
}

/* The first of ROOT/@built and ROOT/@installed that can be read, or NULL. */
static char *path_find(const char *built, const char *installed)
{
	char *root = path_root(), *path = util_printf("%s/%s", root, built);

	if (access(path, R_OK)) {
		free(path);
		path = util_printf("%s/%s", root, installed);
	}
	free(root);
	if (!access(path, R_OK))
		return path;
	free(path);
	return NULL;
}

char *path_pack(void)
{
	return path_find("gen/pack.h", "share/previrt/pack.h");
}

char *path_gas_pack(void)
{
	return path_find("gen/gas_pack.inc", "share/previrt/gas_pack.inc");
}

char *path_exemptions(void)
{
	return path_find("gen/linux.exempt", "share/previrt/linux.exempt");
}

char *path_plugin(int gcc_major)
{
	char *built = util_printf("gcc-%d/previrt.so", gcc_major);
	char *installed = util_printf("lib/previrt/gcc-%d/previrt.so", gcc_major);
	char *path = path_find(built, installed);

	free(built);
	free(installed);
	return path;
}

char *path_guest(const char *name)
{
	char *built = util_printf("guests/%s.guest", name);
	char *installed = util_printf("share/previrt/guests/%s.guest", name);
	char *path = path_find(built, installed);

	free(built);
	free(installed);
	return path;
}

char *path_stubs(const char *name)
{
	char *built = util_printf("gen/stubs_%s.inc", name);
	char *installed = util_printf("share/previrt/stubs/stubs_%s.inc", name);
	char *path = path_find(built, installed);

	free(built);
	free(installed);
	return path;
}

char *path_wedge(const char *file)
{
	char *built = util_printf("wedge/%s", file);
	char *installed = util_printf("lib/previrt/wedge/%s", file);
	char *path = path_find(built, installed);

	free(built);
	free(installed);
	return path;
}

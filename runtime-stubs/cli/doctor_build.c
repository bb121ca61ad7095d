/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What building a pre-virtualized kernel needs: compiler, plugin, files, tools. */
#include "compiler.h"
#include "doctor.h"
#include "options.h"
#include <stdlib.h>
#include <string.h>

#define ANSWER 512

static bool look_compiler(const struct run *run, char **said)
{
	char version[64];
	int major = compiler_major(compiler_default(), version, sizeof(version));

	(void)run;
	*said = util_printf(major < 0 ? "%s is no GCC, or is not there%s" : "%s %s",
			    compiler_default(), major < 0 ? "" : version);
	return major >= 0;
}

/* The compiler takes the plugin? A compiler updated under it is noticed here. */
static bool look_plugin(const struct run *run, char **said)
{
	char answer[ANSWER], *plugin, *option;
	int major = compiler_major(compiler_default(), answer, sizeof(answer));
	bool good;

	(void)run;
	plugin = major < 0 ? NULL : path_plugin(major);
	if (!plugin) {
		*said = major < 0 ? util_copy("no compiler to find one for") :
			util_printf("none for GCC %d", major);
		return false;
	}
	option = util_printf("-fplugin=%s", plugin);
	const char *const arguments[] = { option, "-S", "-x", "c", "-o", "/dev/null",
					  "/dev/null", NULL };

	good = compiler_run(compiler_default(), arguments, true, answer, sizeof(answer));
	*said = good ? util_copy(plugin) : util_copy(answer);
	free(option);
	free(plugin);
	return good;
}

static bool look_files(const struct run *run, char **said)
{
	char *pack = path_pack(), *exempt = path_exemptions(), *guest = path_guest("linux");
	bool good = pack && exempt && guest;

	(void)run;
	*said = good ? util_copy(pack) :
		util_printf("%s is missing", !pack ? "pack.h" : !exempt ? "linux.exempt" :
			    "linux.guest");
	free(pack);
	free(exempt);
	free(guest);
	return good;
}

/* Linux asks for them; all that are missing at once, as Debian's packages. */
static bool look_tools(const struct run *run, char **said)
{
	static const char *const tools[][2] = {
		{ "make", "make" }, { "ld", "binutils" }, { "flex", "flex" },
		{ "bison", "bison" }, { "bc", "bc" }, { "cpio", "cpio" }, { "xz", "xz-utils" },
	};
	char *missing = util_copy("");

	(void)run;
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		char *longer;

		if (doctor_in_path(tools[i][0]))
			continue;
		longer = util_printf("%s %s", missing, tools[i][1]);
		free(missing);
		missing = longer;
	}
	*said = *missing ? util_printf("without Debian's%s", missing) :
		util_copy("make, ld, flex, bison, bc, cpio, xz");
	free(missing);
	return !strncmp(*said, "make", 4);
}

static const struct doctor_check compiler = {
	"compiler", DIAG_COMPILER, "install Debian's gcc-12, or name a GCC in the variable CC",
	look_compiler,
};
static const struct doctor_check plugin = {
	"plugin", DIAG_NO_PLUGIN, "install gcc-12-plugin-previrt, or run `make` with that compiler",
	look_plugin,
};
static const struct doctor_check files = {
	"files", DIAG_NO_PACK, "install previrt anew, or run `make`", look_files,
};
static const struct doctor_check tools = {
	"tools", DIAG_TOOLS, "install these packages with apt-get", look_tools,
};
const struct doctor_check *const doctor_build[] = {
	&doctor_linux, &compiler, &plugin, &files, &tools, NULL,
};

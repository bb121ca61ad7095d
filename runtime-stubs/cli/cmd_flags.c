/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt --cflags and --aflags: the two flags for a kernel's build.
 *
 * The digest in them changes with the plugin and the macro pack, so that kbuild
 * and ccache rebuild what either of them made.
 */
#include "compiler.h"
#include "diag.h"
#include "flags.h"
#include "options.h"
#include "report.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flags {
	const char *mode, *pad, *cc;
	char *stubs;		/* as given, then a path unless the plugin has the text */
	bool plugin, loads, gc_sections;
	char **passed;		/* --class=... and so on, for the plugin itself */
	int passed_count;
	char **guest;           /* as given, then their paths */
	int guests;
	const char *guest_lines;
};

/* Options that the plugin reads, for C and while it preprocesses .S files. */
static const char *const flags_passed[] = {
	"--class=", "--exclude-file=", "--exclude-function=", "--record-file=",
	"--record-function=", "--record-section=", "--wide-file=", "--wide-section=", NULL
};

static bool flags_is_passed(const char *arg)
{
	size_t i;

	for (i = 0; flags_passed[i]; i++)
		if (!strncmp(arg, flags_passed[i], strlen(flags_passed[i])))
			return true;
	return false;
}

static const char *const flags_modes[] = { "pad", "call", "record", NULL };
static const char *const flags_pads[] = { "prefix", "nop", "none", NULL };

/* @value if it is one of @allowed, or NULL after an error. */
static const char *flags_choice(const char *option, const char *value,
				const char *const *allowed)
{
	size_t i;

	for (i = 0; allowed[i]; i++)
		if (!strcmp(value, allowed[i]))
			return allowed[i];
	diag_error(DIAG_USAGE, NULL, "%s=%s: none of %s, %s, %s", option, value,
		   allowed[0], allowed[1], allowed[2]);
	return NULL;
}

/* make splits flags at blanks, and no quoting survives it. */
static bool flags_path_fits(const char *path)
{
	if (!strpbrk(path, " \t'\"\\$#"))
		return true;
	diag_error(DIAG_USAGE, NULL, "'%s': make splits flags at blanks, so "
		   "none may stand here, nor quotes; install previrt elsewhere "
		   "or use another name", path);
	return false;
}

static bool flags_parse(struct flags *flags, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		const char *arg = argv[i];

		if (!strncmp(arg, "--mode=", 7)) {
			flags->mode = flags_choice("--mode", arg + 7, flags_modes);
		} else if (!strncmp(arg, "--pad=", 6)) {
			flags->pad = flags_choice("--pad", arg + 6, flags_pads);
		} else if (!strncmp(arg, "--cc=", 5) && arg[5]) {
			flags->cc = arg + 5;
		} else if (!strncmp(arg, "--stubs=", 8) && arg[8]) {
			free(flags->stubs);
			flags->stubs = util_copy(arg + 8);
		} else if (!strncmp(arg, "--guest=", 8) && arg[8]) {
			flags->guest[flags->guests++] = util_copy(arg + 8);
		} else if (!strncmp(arg, "--guest-lines=", 14) && arg[14]) {
			flags->guest_lines = arg + 14;
		} else if (!strcmp(arg, "--loads")) {
			flags->loads = true;
		} else if (!strcmp(arg, "--gc-sections")) {
			flags->gc_sections = true;
		} else if (!strcmp(arg, "--no-plugin")) {
			flags->plugin = false;
		} else if (flags_is_passed(arg)) {
			if (!flags_path_fits(arg))
				return false;
			flags->passed[flags->passed_count++] = argv[i];
		} else {
			diag_error(DIAG_USAGE, NULL, "'%s': unknown option (see "
				   "`previrt help flags`)", arg);
			return false;
		}
		if (!flags->mode || !flags->pad)
			return false;
	}
	return true;
}

/* -1 after a numbered error. */
static int flags_major(const char *cc)
{
	char answer[64];
	int major = compiler_major(cc, answer, sizeof(answer));

	if (major < 0 && *answer)
		diag_error(DIAG_COMPILER, NULL, "'%s " COMPILER_VERSION "' answers '%s'", cc, answer);
	else if (major < 0)
		diag_error(DIAG_COMPILER, NULL, "'%s " COMPILER_VERSION "' failed; "
			   "name a GCC with --cc=", cc);
	return major;
}

static bool flags_digest(const char *path, uint64_t *digest)
{
	size_t size;
	uint8_t *data = util_read_file(path, &size);

	if (!data) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
		return false;
	}
	*digest = util_fnv(*digest, data, size);
	free(data);
	return true;
}

bool flags_plain_digest(const char *pack, const char *plugin, uint64_t *digest)
{
	*digest = UTIL_FNV_START;
	return flags_digest(pack, digest) && (!plugin || flags_digest(plugin, digest));
}

static void flags_print_passed(const struct flags *flags)
{
	int i;

	for (i = 0; i < flags->passed_count; i++)
		printf(" -fplugin-arg-previrt-%s", flags->passed[i] + 2);
}

static void flags_print_c(const struct flags *flags, const char *plugin,
			  uint64_t digest)
{
	printf("-fplugin=%s -fplugin-arg-previrt-digest=%016" PRIx64, plugin,
	       digest);
	if (strcmp(flags->mode, "pad"))
		printf(" -fplugin-arg-previrt-mode=%s", flags->mode);
	for (int i = 0; i < flags->guests; i++)
		printf(" -fplugin-arg-previrt-guest=%s", flags->guest[i]);
	if (flags->guest_lines)
		printf(" -fplugin-arg-previrt-guest-lines=%s", flags->guest_lines);
	if (flags->loads)
		printf(" -fplugin-arg-previrt-loads");
	if (flags->gc_sections)
		printf(" -fplugin-arg-previrt-gc-sections");
	if (strcmp(flags->pad, "prefix"))
		printf(" -fplugin-arg-previrt-pad=%s", flags->pad);
	if (flags->stubs)
		printf(" -fplugin-arg-previrt-stubs=%s", flags->stubs);
	flags_print_passed(flags);
	putchar('\n');
}

/* The number that the pack has for how to pad. */
static int flags_policy(const struct flags *flags)
{
	if (!strcmp(flags->mode, "record") || !strcmp(flags->pad, "none"))
		return 2;
	return !strcmp(flags->pad, "nop");
}

/*
 * C without the plugin: gas reads the pack ahead of what the compiler wrote. Each
 * word goes by itself, for -Wa, takes a path with a comma apart.
 */
static void flags_print_pack(const struct flags *flags, const char *pack, uint64_t digest)
{
	printf("-Xassembler --defsym -Xassembler .Lpv_full=1 "
	       "-Xassembler --defsym -Xassembler .Lpv_policy=%d ", flags_policy(flags));
	if (flags->gc_sections)
		printf("-Xassembler --defsym -Xassembler .Lpv_ordered=1 ");
	printf("-Xassembler %s -DPREVIRT_DIGEST=0x%016" PRIx64 "\n", pack, digest);
}

static void flags_print_asm(const struct flags *flags, const char *plugin,
			    const char *pack, uint64_t digest)
{
	printf("-include %s -DPREVIRT_POLICY=%d -DPREVIRT_DIGEST=0x%016" PRIx64,
	       pack, flags_policy(flags), digest);
	if (flags->gc_sections)
		printf(" -DPREVIRT_GC_SECTIONS");
	/* No call mode here: hand-written assembly has no stack to count on. */
	if (plugin) {
		printf(" -fplugin=%s", plugin);
		flags_print_passed(flags);
	}
	putchar('\n');
}

static char *flags_find_plugin(const struct flags *flags)
{
	int major = flags_major(flags->cc);
	char *plugin = major < 0 ? NULL : path_plugin(major);

	if (!plugin && major >= 0)
		diag_error(DIAG_NO_PLUGIN, NULL, "no plugin for GCC %d ('%s'); "
			   "build it, or name another compiler with --cc=", major,
			   flags->cc);
	return plugin;
}

static bool flags_print(bool assembler, const struct flags *flags,
			const char *plugin, const char *pack)
{
	uint64_t digest;

	if (!flags_path_fits(pack) || (plugin && !flags_path_fits(plugin)) ||
	    !flags_plain_digest(pack, plugin, &digest))
		return false;
	for (int i = 0; i < flags->guests; i++)
		if (!flags_path_fits(flags->guest[i]) ||
		    !flags_digest(flags->guest[i], &digest))
			return false;
	/* A text of the user's own is neither in the plugin nor in the pack. */
	if (flags->stubs && strchr(flags->stubs, '/') &&
	    (!flags_path_fits(flags->stubs) ||
	     !flags_digest(flags->stubs, &digest)))
		return false;
	if (assembler)
		flags_print_asm(flags, plugin, pack, digest);
	else if (!plugin)
		flags_print_pack(flags, pack, digest);
	else
		flags_print_c(flags, plugin, digest);
	return true;
}

/* Names of guest files to paths, which the compiler finds from anywhere. */
static bool flags_find_guests(struct flags *flags)
{
	for (int i = 0; i < flags->guests; i++) {
		char *given = flags->guest[i];

		flags->guest[i] = strchr(given, '/') ? realpath(given, NULL) :
				  path_guest(given);
		if (!flags->guest[i])
			diag_error(DIAG_NO_GUEST, NULL, "'%s': %s", given,
				   strchr(given, '/') ? strerror(errno) :
				   "there is no such guest file beside the plugin");
		free(given);
		if (!flags->guest[i])
			return false;
	}
	return true;
}

/* A text of stubs that is not in the plugin has a path, which the compiler finds from
 * anywhere. */
static bool flags_find_stubs(struct flags *flags)
{
	char *given = flags->stubs;
	bool path = given && strchr(given, '/');

	if (!given || !strcmp(given, "native") || !strcmp(given, "count"))
		return true;
	flags->stubs = path ? realpath(given, NULL) : path_stubs(given);
	if (!flags->stubs)
		diag_error(DIAG_NO_STUBS, NULL, "'%s': %s", given, path ? strerror(errno) :
			   "there are no such stubs; native, count, percpu, or a path is needed");
	free(given);
	return flags->stubs;
}

/* What only the plugin can do, and was asked for without it; or NULL. */
static const char *flags_wants_plugin(const struct flags *flags, bool assembler)
{
	if (flags->plugin)
		return NULL;
	if (!assembler && !strcmp(flags->mode, "call"))
		return "--mode=call";
	return flags->passed_count ? flags->passed[0] : flags->guests ? "--guest" :
	       flags->loads ? "--loads" : NULL;
}

int cmd_flags(bool assembler, int argc, char **argv)
{
	struct flags flags = { .mode = "pad", .pad = "prefix", .cc = compiler_default(), .plugin = true };
	char *plugin = NULL, *pack;
	bool good;

	flags.passed = util_alloc(argc + 1, sizeof(*flags.passed));
	flags.guest = util_alloc(argc + 1, sizeof(*flags.guest));

	if (!flags_parse(&flags, argc, argv))
		return EXIT_TROUBLE;
	if (flags_wants_plugin(&flags, assembler)) {
		diag_error(DIAG_USAGE, NULL, "%s: the plugin does this, and "
			   "--no-plugin leaves it out", flags_wants_plugin(&flags, assembler));
		return EXIT_TROUBLE;
	}
	if ((flags.loads || flags.guest_lines) && !flags.guests) {
		diag_error(DIAG_USAGE, NULL, "%s: it is about a guest file; give --guest too",
			   flags.loads ? "--loads" : "--guest-lines");
		return EXIT_TROUBLE;
	}
	pack = assembler || flags.plugin ? path_pack() : path_gas_pack();
	if (!pack) {
		diag_error(DIAG_NO_PACK, NULL, "the pack is neither in ../gen nor in "
			   "../share/previrt of this program");
		return EXIT_TROUBLE;
	}
	if (flags.plugin)
		plugin = flags_find_plugin(&flags);
	good = (plugin || !flags.plugin) && flags_find_guests(&flags) &&
	       flags_find_stubs(&flags) && flags_print(assembler, &flags, plugin, pack);
	free(plugin);
	free(pack);
	while (flags.guests--)
		free(flags.guest[flags.guests]);
	free(flags.guest);
	free(flags.stubs);
	free(flags.passed);
	return report_finish(good ? EXIT_CLEAN : EXIT_TROUBLE);
}

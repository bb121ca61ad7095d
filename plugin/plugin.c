/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * The plugin's entry: version policy, arguments, and when what runs. Read
 * this first, then passes.h, asm_template.h and unit.h.
 */
#include "gcc-compat.h"

#include "diagnostics.h"
#include "arguments.h"
#include "guest_load.h"
#include "passes.h"
#include "unit.h"

/* All that the compiler looks up; the rest stays inside. */
#define EXPORT __attribute__((visibility("default")))

EXPORT int plugin_is_GPL_compatible;

static struct plugin_info info = { "1", arguments_help };

/* The name of the first field in which the two builds differ. */
static const char *find_difference(const struct plugin_gcc_version *a,
				   const struct plugin_gcc_version *b)
{
	if (strcmp(a->basever, b->basever))
		return "the version";
	if (strcmp(a->datestamp, b->datestamp))
		return "the date of the build";
	if (strcmp(a->devphase, b->devphase))
		return "the development phase";
	if (strcmp(a->revision, b->revision))
		return "the revision";
	return "the configuration";
}

/*
 * GCC's own check wants the very same build, and distributions rebuild GCC
 * often. The structures the plugin uses stay within a major version.
 */
static bool is_version_good(const struct plugin_gcc_version *compiler)
{
	int theirs = atoi(compiler->basever), ours = GCCPLUGIN_VERSION_MAJOR;
	char *their_major, *our_major;

	if (theirs == ours)
		return true;
	their_major = xasprintf("%d", theirs);
	our_major = xasprintf("%d", ours);
	/* Not error(): the compiler's own structures may be other than ours. */
	fprintf(stderr, "previrt: PV706: ");
	fprintf(stderr, plugin_text(706), gcc_version.basever, compiler->basever,
		find_difference(&gcc_version, compiler), their_major, their_major,
		their_major, our_major);
	fputc('\n', stderr);
	free(their_major);
	free(our_major);
	return false;
}

static void start_unit(void *, void *)
{
	if (unit_is_excluded() || !unit_has_assembly())
		return;
	if (compat_is_intel_syntax()) {
		plugin_error(707, num_in_fnames ? in_fnames[0] : "FILE");
		return;
	}
	unit_print_pack();
}

static void finish_text(void *, void *)
{
	pass_text_finish();
}

static void start_pragmas(void *, void *name)
{
	if (!flag_preprocess_only || !pass_macros_start())
		return;
	pass_text_start();
	register_callback((const char *)name, PLUGIN_FINISH, finish_text, NULL);
}

static void start_ipa(void *, void *)
{
	pass_toplevel_run();
}

static void place(const char *plugin, opt_pass *pass, const char *reference,
		  enum pass_positioning_ops position)
{
	struct register_pass_info pass_info = { pass, reference, 1, position };

	register_callback(plugin, PLUGIN_PASS_MANAGER_SETUP, NULL, &pass_info);
}

static void start_function(void *decl, void *)
{
	pass_hook_keep((tree)decl);
}

/*
 * What needs a guest file. Of passes placed behind the same one, the last is
 * the first to run: so templates are rewritten ahead of the accessors' pass.
 */
static void place_guest(const char *name)
{
	if (!guest_is_loaded())
		return;
	register_callback(name, PLUGIN_PRE_GENERICIZE, start_function, NULL);
	place(name, pass_memory_make(true), PREVIRT_PASS_CFG, PASS_POS_INSERT_AFTER);
	place(name, pass_memory_make(false), PREVIRT_PASS_OPTIMIZED, PASS_POS_INSERT_BEFORE);
	place(name, pass_late_make(), PREVIRT_PASS_FREE_CFG, PASS_POS_INSERT_BEFORE);
}

EXPORT int plugin_init(struct plugin_name_args *args, struct plugin_gcc_version *version)
{
	const char *name = args->base_name;
	bool ignore = getenv("PREVIRT_IGNORE_VERSION") ||
		      arguments_given(args->argc, args->argv, "ignore-version");

	if (!ignore && !is_version_good(version))
		return 1;
	if (!arguments_parse(&previrt_options, args->argc, args->argv))
		return 1;
	for (const struct previrt_pattern *p = previrt_options.guests; p; p = p->next)
		if (!guest_load(p->glob, args->full_name, previrt_options.guest_lines))
			return 1;
	if (previrt_options.help)
		fputs(arguments_help, stderr);
	register_callback(name, PLUGIN_INFO, NULL, &info);
	register_callback(name, PLUGIN_PRAGMAS, start_pragmas, (void *)name);
	register_callback(name, PLUGIN_START_UNIT, start_unit, NULL);
	register_callback(name, PLUGIN_ALL_IPA_PASSES_START, start_ipa, NULL);
	place_guest(name);
	place(name, pass_template_make(), PREVIRT_PASS_CFG, PASS_POS_INSERT_AFTER);
	place(name, pass_function_make(true), PREVIRT_PASS_FINAL, PASS_POS_INSERT_BEFORE);
	place(name, pass_function_make(false), PREVIRT_PASS_FINAL, PASS_POS_INSERT_AFTER);
	return 0;
}

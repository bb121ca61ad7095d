/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Hands every asm template to the rewriter: those of functions right after the
 * CFG is built (before inlining, so each once), top-level asm before the first
 * IPA pass. With -flto both are streamed as rewritten.
 *
 * Must not know what is rewritten: asm_template.c.
 */
#include "gcc-compat.h"

#include "asm_template.h"
#include "diagnostics.h"
#include "parts.h"
#include "pass.h"
#include "passes.h"
#include "unit.h"

static location_t template_place;

static void tell_counted(const char *, size_t, const char *statement, const char *site)
{
	plugin_note(template_place, 717, statement, site);
}

/* decl: the function, NULL of top-level asm. */
static struct asm_template_options template_options(bool basic, tree decl)
{
	struct asm_template_options o = {};

	o.mode64 = compat_is_64bit();
	o.basic = basic;
	o.call = previrt_options.mode == MODE_CALL;
	o.class_off = previrt_options.class_off;
	o.marks = parts_of_section;
	if (previrt_options.pad != POLICY_NONE && previrt_options.mode != MODE_RECORD)
		o.counted = tell_counted;
	o.start_marks = decl ? parts_of_function(decl) : parts_of_unit();
	return o;
}

static void report(location_t where, const struct asm_template_counts *n)
{
	if (previrt_options.verbose)
		inform(where, "previrt: rewrote %u pairs, %u byte forms, %u prefixes, "
		       "%u moves, %u kept, %u forced emulations, %u directives", n->pairs, n->bytes,
		       n->prefixes, n->renames, n->kept, n->forced, n->directives);
}

static void rewrite_statement(gasm *stmt)
{
	struct asm_template_options o = template_options(gimple_asm_input_p(stmt),
							 current_function_decl);
	struct asm_template_counts counts = {};
	char *text;

	template_place = gimple_location(stmt);
	text = asm_template_rewrite(gimple_asm_string(stmt), &o, &counts);

	if (!text)
		return;
	compat_set_asm_string(stmt, text);
	free(text);
	report(gimple_location(stmt), &counts);
}

static bool template_gate(function *)
{
	return !unit_is_excluded();
}

static void template_execute(function *fn)
{
	basic_block bb;

	FOR_EACH_BB_FN(bb, fn)
		for (gimple_stmt_iterator i = gsi_start_bb(bb); !gsi_end_p(i); gsi_next(&i))
			if (gasm *stmt = dyn_cast<gasm *>(gsi_stmt(i)))
				rewrite_statement(stmt);
}

gimple_opt_pass *pass_template_make()
{
	return pass_gimple("previrt_template", template_gate, template_execute);
}

/*
 * Rewritten templates need the pack when they are assembled. In an LTO object
 * this guard travels with them and speaks if the link has no plugin.
 */
static void add_lto_guard()
{
	char *guard = concat(".ifndef .Lpv_pack\n"
			     ".ifndef .Lpv_told\n"
			     ".set .Lpv_told,1\n"
			     ".error \"previrt: PV710: ", plugin_text(710), "\"\n"
			     ".endif\n"
			     ".endif\n", NULL);

	symtab->finalize_toplevel_asm(build_string(strlen(guard), guard));
	free(guard);
}

void pass_toplevel_run()
{
	const struct asm_template_options o = template_options(true, NULL_TREE);
	asm_node *node;

	template_place = UNKNOWN_LOCATION;	if (in_lto_p || unit_is_excluded())
		return;
	for (node = symtab->first_asm_symbol(); node; node = safe_as_a<asm_node *>(node->next)) {
		struct asm_template_counts counts = {};
		char *text = asm_template_rewrite(TREE_STRING_POINTER(node->asm_str), &o, &counts);

		if (!text)
			continue;
		node->asm_str = build_string(strlen(text), text);
		free(text);
		report(UNKNOWN_LOCATION, &counts);
	}
	if (flag_lto)
		add_lto_guard();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Settings of the gas pack that hold for one function's assembly:
 *	.set .Lpv_off,1		the user excluded the function
 *	.set .Lpv_keep,0	call mode: calls can stand in it
 *	previrt_part 1,0	wide entries (or 0,1: no pads)
 *	.set .Lpv_group,1	the linker may drop it, for another unit has it too
 * Outside functions (top-level asm: hand-written functions, and code that Linux
 * copies, such as the templates of optimised kprobes) there are no calls.
 * They are decided for the function whose code it is in the end, after
 * inlining, and reset behind it.
 */
#include "gcc-compat.h"

#include "parts.h"
#include "pass.h"
#include "passes.h"
#include "unit.h"

/* Sections whose code may run with no stack, or with a user's GS or CR3. */
static const struct previrt_pattern stackless_sections[] = {
	{ ".noinstr.text", "Linux: entry code, before state is switched", NULL },
	{ ".entry.text*", "Linux: the entry points", NULL },
	{ ".cpuidle.text", "Linux: idle with instrumentation off", NULL },
	{ ".head.text", "Linux: runs before relocation", NULL },
};

static bool is_excluded(tree decl)
{
	const char *name = IDENTIFIER_POINTER(DECL_ASSEMBLER_NAME(decl));

	for (const struct previrt_pattern *p = previrt_options.exclude_functions; p; p = p->next)
		if (arguments_match(p->glob, name) ||
		    (DECL_NAME(decl) && arguments_match(p->glob, IDENTIFIER_POINTER(DECL_NAME(decl)))))
			return true;
	return false;
}

static bool is_stackless(tree decl)
{
	const char *section = DECL_SECTION_NAME(decl);

	if (lookup_attribute("naked", DECL_ATTRIBUTES(decl)))
		return true;
	for (unsigned i = 0; section && i < ARRAY_SIZE(stackless_sections); i++)
		if (arguments_match(stackless_sections[i].glob, section))
			return true;
	return false;
}

/* Where the function's sites are others than the unit's, and back again. */
static void print_parts(tree decl, bool before)
{
	unsigned unit = parts_of_unit(), parts = parts_of_function(decl);

	if (parts == unit)
		return;
	if (!before)
		parts = unit;
	fprintf(asm_out_file, "\tprevirt_part %d,%d\n", (parts & PART_WIDE) != 0,
		(parts & PART_RECORD) != 0);
}

static bool function_gate(function *)
{
	return !unit_is_excluded() && unit_has_assembly();
}

static void print_settings(function *fn, bool before)
{
	if (is_excluded(fn->decl))
		fprintf(asm_out_file, "\t.set .Lpv_off,%d\n", before);
	print_parts(fn->decl, before);
	if (DECL_COMDAT_GROUP(fn->decl))
		fprintf(asm_out_file, "\t.set .Lpv_group,%d\n", before);
	if (previrt_options.mode == MODE_CALL && !is_stackless(fn->decl))
		fprintf(asm_out_file, "\t.set .Lpv_keep,%d\n", !before);
}

static void before_execute(function *fn)
{
	print_settings(fn, true);
}

static void behind_execute(function *fn)
{
	print_settings(fn, false);
}

rtl_opt_pass *pass_function_make(bool before)
{
	return before ? pass_rtl("previrt_before", function_gate, before_execute)
		      : pass_rtl("previrt_behind", function_gate, behind_execute);
}

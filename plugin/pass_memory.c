/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Finds operations on page tables and device memory in GIMPLE, and marks them.
 *
 * Nothing that decides on the code may change, so plain stores are only marked:
 * their statement's location gets a range that no source has, which stays with
 * the instructions made of it. pass_late.c puts the sites around these. Inline
 * assembly gets the site written into its template.
 *
 * Accessor functions are known by name (named.c), so what they do is marked
 * right after the CFG is built, ahead of inlining. Types are looked at after the
 * last optimization: then a pointer's origin is known through casts and inlined
 * functions, and entries in local variables have gone into registers.
 */
#include "gcc-compat.h"

#include "asm_memory.h"
#include "guest_load.h"
#include "mark.h"
#include "named.h"
#include "pass.h"
#include "passes.h"
#include "unit.h"

void memory_rewrite(gasm *stmt, const char *space, const char *mov, unsigned width,
		    bool fills)
{
	struct asm_memory memory = {};
	char *text;

	memory.space = space;
	memory.mov = mov;
	memory.width = width;
	memory.fills = fills;
	memory.basic = gimple_asm_input_p(stmt);
	text = asm_memory_rewrite(gimple_asm_string(stmt), &memory);
	if (!text)
		return;
	compat_set_asm_string(stmt, text);
	free(text);
}

unsigned memory_width(tree reference)
{
	tree size = TYPE_SIZE_UNIT(TREE_TYPE(reference));

	return size && tree_fits_uhwi_p(size) && tree_to_uhwi(size) <= 16 ?
		tree_to_uhwi(size) : 0;
}

/*
 * The level of the tables that functions of the guest file fill ahead of their
 * being tables, if the statement is theirs, inlined or not; else 0.
 */
static unsigned fill_level(gimple *stmt)
{
	tree function = DECL_ORIGIN(current_function_decl);
	const struct guest_entry *e = guest_at_line(function, GUEST_FILL, 0);

	for (tree block = gimple_block(stmt); !e && block && TREE_CODE(block) == BLOCK;
	     block = BLOCK_SUPERCONTEXT(block)) {
		function = BLOCK_ABSTRACT_ORIGIN(block) ? block_ultimate_origin(block) : NULL_TREE;
		if (function && TREE_CODE(function) == FUNCTION_DECL)
			e = guest_at_line(function, GUEST_FILL, 0);
	}
	return e ? e->value : 0;
}

/*
 *	asm ("call %P2" : "=D"(p) : "0"(p), "i"(clear_page_rep))
 * The level of the tables that a bulk function is called for by assembly, or 0.
 */
static unsigned filled_level(gasm *stmt)
{
	unsigned level = 0;
	bool bulk = false;

	for (unsigned i = 0; i < gimple_asm_ninputs(stmt); i++) {
		tree value = TREE_VALUE(gimple_asm_input_op(stmt, i));
		tree what = TREE_CODE(value) == ADDR_EXPR ? TREE_OPERAND(value, 0) : NULL_TREE;

		if (what && TREE_CODE(what) == FUNCTION_DECL)
			bulk |= memory_is_bulk(what);
		else if (!level && is_gimple_val(value) && POINTER_TYPE_P(TREE_TYPE(value)))
			level = memory_type_pointer(value);
	}
	return bulk && level ? level : fill_level(stmt);
}

/* Assembly with an entry of a page table among its operands in memory. */
static void mark_asm(gasm *stmt)
{
	unsigned fills = filled_level(stmt);

	if (fills)
		memory_rewrite(stmt, guest_level_name(fills), NULL, 0, true);
	for (unsigned i = 0; i < gimple_asm_noutputs(stmt); i++) {
		tree operand = TREE_VALUE(gimple_asm_output_op(stmt, i));
		unsigned level = is_gimple_reg(operand) ? 0 : memory_type_level(operand);

		if (level) {
			memory_rewrite(stmt, guest_level_name(level), "store", memory_width(operand));
			return;
		}
	}
	for (unsigned i = 0; previrt_options.loads && i < gimple_asm_ninputs(stmt); i++) {
		tree operand = TREE_VALUE(gimple_asm_input_op(stmt, i));
		unsigned level = is_gimple_val(operand) ? 0 : memory_type_level(operand);

		if (level) {
			memory_rewrite(stmt, guest_level_name(level), "load", memory_width(operand));
			return;
		}
	}
}

void memory_set_mark(gimple *stmt, unsigned level, bool bulk)
{
	compat_set_location(stmt, mark_location(gimple_location(stmt), level, bulk));
}

/* Functions that fill or copy what their first argument points to. */
bool memory_is_bulk(tree function)
{
	static const char *const names[] = {
		"memcpy", "memmove", "memset", "__memcpy", "__memmove", "__memset",
		"__builtin_memcpy", "__builtin_memmove", "__builtin_memset",
		"clear_page", "copy_page", "clear_page_rep", "clear_page_orig", "clear_page_erms",
	};
	const char *name = function && DECL_NAME(function) ?
		IDENTIFIER_POINTER(DECL_NAME(function)) : "";

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* An atomic builtin, also as what the compiler has made of it. */
static bool is_atomic(gcall *call)
{
	tree function = gimple_call_fndecl(call);
	const char *name = function && DECL_NAME(function) ?
		IDENTIFIER_POINTER(DECL_NAME(function)) : "";

	if (gimple_call_internal_p(call))
		return !strncmp(internal_fn_name(gimple_call_internal_fn(call)), "ATOMIC_", 7);
	return !strncmp(name, "__atomic_", 9) || !strncmp(name, "__sync_", 7);
}

static void mark_call(gcall *call)
{
	tree lhs = gimple_call_lhs(call), function = gimple_call_fndecl(call);
	bool atomic = is_atomic(call);
	unsigned level = lhs && !is_gimple_reg(lhs) ? memory_type_level(lhs) : 0;

	if (!level && gimple_call_num_args(call) && (memory_is_bulk(function) || atomic)) {
		level = memory_type_pointer(gimple_call_arg(call, 0));
		if (!level && memory_is_bulk(function))
			level = fill_level(call);
		if (level)
			memory_set_mark(call, level, memory_is_bulk(function));
		return;
	}
	if (level)
		memory_set_mark(call, level, false);
}

/*
 * *ptep = *ptep | 64 becomes one instruction, with the location of
 *	_2 = _1 | 64;
 *	*ptep_3 = _2;
 * the first of the two. What it makes of registers only is no site.
 */
static void mark_value(tree value, unsigned level)
{
	gimple *def;

	while (handled_component_p(value) || TREE_CODE(value) == VIEW_CONVERT_EXPR)
		value = TREE_OPERAND(value, 0);
	if (TREE_CODE(value) != SSA_NAME || !has_single_use(value))
		return;
	def = SSA_NAME_DEF_STMT(value);
	if (!is_gimple_assign(def) || gimple_assign_load_p(def))
		return;
	memory_set_mark(def, level, false);
}

static void mark_assign(gimple *stmt)
{
	tree lhs = gimple_assign_lhs(stmt);
	unsigned level = is_gimple_reg(lhs) ? 0 : memory_type_level(lhs);

	if (!level && previrt_options.loads && gimple_assign_load_p(stmt))
		level = memory_type_level(gimple_assign_rhs1(stmt));
	if (level) {
		memory_set_mark(stmt, level, false);
		mark_value(gimple_assign_rhs1(stmt), level);
	}
}

/*
 *	memcpy(kernel_to_user_pgdp(dst), ...)
 * After inlining the pointer may be an integer with some bits set, of no type.
 */
static void mark_early(gimple *stmt)
{
	gcall *call = dyn_cast<gcall *>(stmt);
	unsigned level = 0;

	if (call && gimple_call_num_args(call) && memory_is_bulk(gimple_call_fndecl(call)))
		level = memory_type_pointer(gimple_call_arg(call, 0));
	if (level)
		memory_set_mark(call, level, true);
}

static void mark_statement(gimple *stmt, bool early)
{
	named_mark(stmt, early);
	if (early)
		mark_early(stmt);
	if (early || mark_of(gimple_location(stmt)))
		return;
	if (gasm *assembly = dyn_cast<gasm *>(stmt)) {
		mark_asm(assembly);
	} else if (gcall *call = dyn_cast<gcall *>(stmt)) {
		mark_call(call);
	} else if (is_gimple_assign(stmt)) {
		mark_assign(stmt);
	}
}

static bool memory_gate(function *fn)
{
	return guest_is_loaded() && !unit_is_excluded() && !guest_leaves_unit() &&
	       !guest_leaves_function(fn->decl);
}

static void mark_function(function *fn, bool early)
{
	basic_block bb;

	FOR_EACH_BB_FN(bb, fn)
		for (gimple_stmt_iterator i = gsi_start_bb(bb); !gsi_end_p(i); gsi_next(&i))
			mark_statement(gsi_stmt(i), early);
}

static void early_execute(function *fn)
{
	mark_function(fn, true);
}

static void late_execute(function *fn)
{
	mark_function(fn, false);
}

gimple_opt_pass *pass_memory_make(bool early)
{
	return early ? pass_gimple("previrt_accessors", memory_gate, early_execute)
		     : pass_gimple("previrt_memory", memory_gate, late_execute);
}

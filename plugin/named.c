/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#define _Static_assert static_assert	/* C's name of it */
#include "abi.h"
#include "guest_load.h"
#include "named.h"

/*
 *	*p = v;  p->field = v;  p[i] = v;  table[i] = v;
 * A pointer's target or an element of a global array; other variables are known
 * by name, and no accessor is needed for them.
 */
static bool is_target(tree ref)
{
	tree base;

	if (!ref || is_gimple_val(ref) || is_gimple_reg(ref))
		return false;
	base = get_base_address(ref);
	if (!base)
		return false;
	if (TREE_CODE(base) == MEM_REF || TREE_CODE(base) == TARGET_MEM_REF)
		return true;
	return VAR_P(base) && is_global_var(base) && TREE_CODE(TREE_TYPE(base)) == ARRAY_TYPE;
}

/* The assembly's operand in memory that is no variable, or NULL. */
static tree find_target(gasm *stmt)
{
	for (unsigned i = 0; i < gimple_asm_noutputs(stmt); i++)
		if (is_target(TREE_VALUE(gimple_asm_output_op(stmt, i))))
			return TREE_VALUE(gimple_asm_output_op(stmt, i));
	for (unsigned i = 0; i < gimple_asm_ninputs(stmt); i++)
		if (is_target(TREE_VALUE(gimple_asm_input_op(stmt, i))))
			return TREE_VALUE(gimple_asm_input_op(stmt, i));
	return NULL_TREE;
}

/* Of a function's own assembly all counts: addresses may be in registers. */
static void mark_asm(gasm *stmt, const struct guest_entry *e, bool load, bool early)
{
	unsigned space = e->kind == GUEST_DEVICE ? PREVIRT_SPACE_mmio : e->value, width;
	tree target = find_target(stmt);

	if (!early && !target)
		return;
	if (e->kind == GUEST_DEVICE)
		width = e->string ? 0 : e->value;
	else
		width = target ? memory_width(target) : 0;
	memory_rewrite(stmt, guest_space_name(space), load ? "load" : "store", width);
}

/* A copy or fill, but not of a variable of the function's own. */
static bool is_bulk(gcall *call)
{
	tree to = gimple_call_num_args(call) ? gimple_call_arg(call, 0) : NULL_TREE;

	return to && memory_is_bulk(gimple_call_fndecl(call)) &&
		(TREE_CODE(to) != ADDR_EXPR || is_target(TREE_OPERAND(to, 0)));
}

void named_mark(gimple *stmt, bool early)
{
	tree function = current_function_decl;
	unsigned line = LOCATION_LINE(gimple_location(stmt));
	const struct guest_entry *e = guest_at_line(function, GUEST_DEVICE, line);
	bool load = e && !e->write;
	unsigned space;

	if (!e)
		e = guest_at_line(function, GUEST_ACCESSOR, line);
	if (!e)
		return;
	space = e->kind == GUEST_DEVICE ? PREVIRT_SPACE_mmio : e->value;
	if (gasm *assembly = dyn_cast<gasm *>(stmt)) {
		mark_asm(assembly, e, load, early);
	} else if (gcall *call = dyn_cast<gcall *>(stmt)) {
		if (is_bulk(call) || is_target(gimple_call_lhs(call)))
			memory_set_mark(call, space, is_bulk(call));
	} else if (gimple_assign_single_p(stmt)) {
		if (is_target(load ? gimple_assign_rhs1(stmt) : gimple_assign_lhs(stmt)))
			memory_set_mark(stmt, space, false);
	}
}

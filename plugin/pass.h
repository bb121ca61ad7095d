/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * What GCC's pass manager needs of each pass, once for all of them: a pass is a name (in
 * dumps) and two functions. Passes over GIMPLE accept any form of it. No pass changes
 * properties or has a timer.
 */
#ifndef PREVIRT_PASS_H
#define PREVIRT_PASS_H
#include "gcc-compat.h"

/* Returns whether the pass runs for a function. */
typedef bool pass_gate(function *);
/* Runs it. */
typedef void pass_execute(function *);

template <class base>
class previrt_pass : public base {
	pass_gate *gated;
	pass_execute *executed;
public:
	previrt_pass(const pass_data &data, pass_gate *gate_by, pass_execute *execute_by) :
		base(data, g), gated(gate_by), executed(execute_by) {}
	bool gate(function *fn) final override { return gated(fn); }
	unsigned int execute(function *fn) final override
	{
		executed(fn);
		return 0;
	}
};

static inline gimple_opt_pass *pass_gimple(const char *name, pass_gate *gate, pass_execute *execute)
{
	const pass_data data = {
		GIMPLE_PASS, name, OPTGROUP_NONE, TV_NONE, PROP_gimple_any, 0, 0, 0, 0
	};

	return new previrt_pass<gimple_opt_pass>(data, gate, execute);
}

static inline rtl_opt_pass *pass_rtl(const char *name, pass_gate *gate, pass_execute *execute)
{
	const pass_data data = { RTL_PASS, name, OPTGROUP_NONE, TV_NONE, 0, 0, 0, 0, 0 };

	return new previrt_pass<rtl_opt_pass>(data, gate, execute);
}

#endif

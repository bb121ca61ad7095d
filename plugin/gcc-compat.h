/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * The one file that knows GCC's versions and its unstable headers.
 *
 * Everything of GCC's that the plugin uses comes in through here. One .so is
 * built for each major version; within one, GCC keeps its structures.
 * Manual: "GNU Compiler Collection Internals", Plugins.
 */
#ifndef PREVIRT_GCC_COMPAT_H
#define PREVIRT_GCC_COMPAT_H

#include "gcc-plugin.h"
#include "plugin-version.h"

#if GCCPLUGIN_VERSION_MAJOR < 11 || GCCPLUGIN_VERSION_MAJOR > 12
#warning "previrt is tested with the headers of GCC 11 and 12 only"
#endif

#include "backend.h"
#include "rtl.h"
#include "tree.h"
#include "gimple.h"
#include "tree-pass.h"
#include "df.h"
#include "memmodel.h"
#include "tm_p.h"
#include "ssa.h"
#include "tree-ssa.h"
#include "regs.h"
#include "emit-rtl.h"
#include "rtl-iter.h"
#include "cfgrtl.h"
#include "function-abi.h"
#include "insn-config.h"
#include "insn-attr.h"
#include "internal-fn.h"
#include "fold-const.h"
#include "stringpool.h"
#include "attribs.h"
#include "function.h"
#include "basic-block.h"
#include "gimple-iterator.h"
#include "context.h"
#include "cgraph.h"
#include "symtab.h"
#include "output.h"
#include "opts.h"
#include "options.h"
#include "toplev.h"
#include "target.h"
#include "diagnostic-core.h"
#include "cpplib.h"

/* The pass position "right after the one that builds the CFG". */
#define PREVIRT_PASS_CFG "cfg"
/* The pass that prints a function's assembly. */
#define PREVIRT_PASS_FINAL "final"

/* The last pass over GIMPLE. */
#define PREVIRT_PASS_OPTIMIZED "optimized"
/* The first that has instructions as they will be printed, but no CFG. */
#define PREVIRT_PASS_FREE_CFG "*free_cfg"

/* GCC 11 and 12: the template is a member that no function sets. */
static inline void compat_set_asm_string(gasm *stmt, const char *text)
{
	stmt->string = ggc_strdup(text);
}

/*
 * Not gimple_set_location: GCC 12's would also copy which warnings are off,
 * by a function that GCC 11 does not have.
 */
static inline void compat_set_location(gimple *stmt, location_t where)
{
	stmt->location = where;
}

/* cpplib keeps the tokens of a macro behind the structure since GCC 9. */
static inline cpp_token *compat_macro_tokens(cpp_macro *macro)
{
	return macro->exp.tokens;
}

/* An object-like macro made of tokens: #define name tokens. */
static inline cpp_macro *compat_plain_macro(cpp_hashnode *node)
{
	if (!cpp_user_macro_p(node) || !node->value.macro ||
	    node->value.macro->kind != cmk_macro || node->value.macro->fun_like)
		return NULL;
	return node->value.macro;
}

static inline bool compat_is_64bit()
{
	return TARGET_64BIT;
}

/* -m16: 32-bit instructions with prefixes, for real mode. */
static inline bool compat_is_16bit()
{
	return TARGET_CODE16;
}

/* -mfunction-return=thunk-extern: functions return by __x86_return_thunk. */
static inline bool compat_returns_by_thunk()
{
	return ix86_function_return == indirect_branch_thunk_extern;
}

static inline bool compat_is_intel_syntax()
{
	return ix86_asm_dialect == ASM_INTEL;
}

/*
 * The preprocessor lives in the C compilers only, not in lto1; so these may be
 * NULL.
 */
extern struct cpp_reader *parse_in __attribute__((weak));
#pragma weak cpp_get_callbacks
#pragma weak cpp_get_options
#pragma weak cpp_define

static inline bool compat_has_preprocessor()
{
	return &parse_in && parse_in && cpp_get_callbacks;
}

#endif

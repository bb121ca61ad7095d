/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * What the plugin does at which time of a compilation.
 */
#ifndef PREVIRT_PASSES_H
#define PREVIRT_PASSES_H

/* Rewrite asm templates of functions, right after their CFG is built. */
class gimple_opt_pass *pass_template_make();

/* Rewrite top-level asm; before any of it is printed or streamed. */
void pass_toplevel_run();

/*
 * Around a function's assembly (before and behind the pass that prints it):
 * settings for functions that are excluded or cannot take a call.
 */
class rtl_opt_pass *pass_function_make(bool before);

/*
 * Find operations on page tables and device memory: early (right after the CFG
 * is built) by functions' names, and late (after the last optimization) by type.
 */
class gimple_opt_pass *pass_memory_make(bool early);

/* Keep a function with a hook as the source has it; before it is lowered. */
void pass_hook_keep(tree decl);

/*
 * While instructions still have a CFG and final registers: sites around marked
 * operations, liveness for sites, hooks.
 */
class rtl_opt_pass *pass_late_make();

/*
 * While a .S file is preprocessed: rewrite byte-coded macros as defined. False
 * if it is left alone.
 */
bool pass_macros_start();

/* Rewrite what the preprocessor writes: before it does, and when it has. */
void pass_text_start();
void pass_text_finish();

#endif

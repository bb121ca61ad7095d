/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Writes down what only the final instructions tell, as text for gas around
 * them or in templates; no instruction is added, moved or changed.
 *
 *	movq %rax, (%rdi)	marked by pass_memory.c
 * ->	previrt_mem_begin 7,4
 *	movq %rax, (%rdi)
 *	previrt_mem_end 7,store,8,pte,0x1014
 *
 *	asm "cli"
 * ->	asm ".set .Lpv_dead,0x1014; cli; .set .Lpv_dead,0"
 *
 * LIMIT: an exit hook stands ahead of a tail call.
 */
#include "gcc-compat.h"

#define _Static_assert static_assert	/* C's name of it */
#include "abi.h"
#include "asm_memory.h"
#include "guest_load.h"
#include "liveness.h"
#include "mark.h"
#include "pass.h"
#include "passes.h"
#include "unit.h"

/* Room for an absolute call; as .Lpv_mem_target of the pack. */
enum { MEMORY_TARGET = 7 };

struct operation {
	rtx_insn *insn;
	const char *op;
	unsigned width, space, dead;
};

/* A push, a spill or a local variable. */
static bool is_stack(const_rtx mem)
{
	subrtx_iterator::array_type array;
	tree expr = MEM_EXPR(mem);

	FOR_EACH_SUBRTX(i, array, XEXP(mem, 0), NONCONST)
		if (REG_P(*i) && (REGNO(*i) == SP_REG ||
				  (REGNO(*i) == BP_REG && frame_pointer_needed)))
			return true;
	expr = expr ? get_base_address(expr) : NULL_TREE;
	return expr && DECL_P(expr) && !is_global_var(expr);
}

static unsigned width_of(const_rtx mem)
{
	return GET_MODE(mem) == BLKmode ? 0 : GET_MODE_SIZE(GET_MODE(mem)).to_constant();
}


static bool holds_code(const_rtx x, enum rtx_code code)
{
	subrtx_iterator::array_type array;

	FOR_EACH_SUBRTX(i, array, x, ALL)
		if (GET_CODE(*i) == code)
			return true;
	return false;
}

/* The first memory in an expression that is not the stack's. */
static const_rtx find_memory(const_rtx x)
{
	subrtx_iterator::array_type array;

	FOR_EACH_SUBRTX(i, array, x, NONCONST)
		if (MEM_P(*i) && !is_stack(*i))
			return *i;
	return NULL;
}

/*
 * One part of an instruction that stores:
 *	(set (mem) (reg))			store
 *	(set (mem) (ior (mem) (reg)))		rmw
 *	(set (mem:BLK (reg di)) (const_int 0))	copy
 *	(set (mem) (unspec_volatile ...))	an atomic builtin
 *	(set (mem:BLK (scratch)) ...)		a barrier: nothing
 */
static bool look_at_store(const_rtx set, const char *builtin, struct operation *found)
{
	const_rtx mem = SET_DEST(set);

	while (GET_CODE(mem) == STRICT_LOW_PART || GET_CODE(mem) == ZERO_EXTRACT || SUBREG_P(mem))
		mem = XEXP(mem, 0);
	if (!MEM_P(mem) || GET_CODE(XEXP(mem, 0)) == SCRATCH || is_stack(mem))
		return false;
	found->width = width_of(mem);
	found->op = GET_MODE(mem) == BLKmode ? "copy" : builtin ? builtin :
		find_memory(SET_SRC(set)) ? "rmw" : "store";
	return true;
}

static bool holds_unspec(const_rtx x, int number)
{
	subrtx_iterator::array_type array;

	FOR_EACH_SUBRTX(i, array, x, ALL)
		if (GET_CODE(*i) == UNSPEC_VOLATILE && XINT(*i, 1) == number)
			return true;
	return false;
}

/*
 * What an atomic builtin's instruction is, or NULL:
 *	(set (mem) (unspec_volatile [(mem) ... ] UNSPECV_CMPXCHG))	cmpxchg
 *	(set (mem) (unspec_volatile [(and (mem) ...)] UNSPECV_LOCK))	bit
 *	(set (mem) (plus (mem) (reg)))	beside UNSPECV_XCHG		bit
 *	(set (mem) (reg))		beside UNSPECV_XCHG		xchg
 */
static const char *find_builtin(const_rtx pattern)
{
	if (holds_unspec(pattern, UNSPECV_CMPXCHG))
		return "cmpxchg";
	if (holds_unspec(pattern, UNSPECV_LOCK) ||
	    (holds_unspec(pattern, UNSPECV_XCHG) && holds_code(pattern, PLUS)))
		return "bit";
	return holds_code(pattern, UNSPEC_VOLATILE) ? "xchg" : NULL;
}

/* What an instruction does to memory; false: nothing that counts. */
static bool find_operation(const_rtx pattern, bool loads, struct operation *found)
{
	bool parallel = GET_CODE(pattern) == PARALLEL;
	const char *builtin = parallel ? find_builtin(pattern) : NULL;
	const_rtx load = NULL;

	for (int i = 0; i < (parallel ? XVECLEN(pattern, 0) : 1); i++) {
		const_rtx set = parallel ? XVECEXP(pattern, 0, i) : pattern;

		if (GET_CODE(set) != SET)
			continue;
		if (look_at_store(set, builtin, found))
			return true;
		if (!load)
			load = find_memory(SET_SRC(set));
	}
	if (!load || !loads)
		return false;
	found->op = "load";
	found->width = width_of(load);
	return true;
}

/* The ASM_OPERANDS or ASM_INPUT of an asm statement's instruction, or NULL. */
static rtx find_asm(rtx x)
{
	if (GET_CODE(x) == PARALLEL)
		x = XVECEXP(x, 0, 0);
	if (GET_CODE(x) == SET)
		x = SET_SRC(x);
	return GET_CODE(x) == ASM_OPERANDS || GET_CODE(x) == ASM_INPUT ? x : NULL_RTX;
}

/* Is this instruction an operation that was marked? */
static bool is_marked(rtx_insn *insn, struct operation *found)
{
	unsigned mark = mark_of(INSN_LOCATION(insn));

	if (!mark || find_asm(PATTERN(insn)))
		return false;
	found->insn = insn;
	found->space = mark & (MARK_BULK - 1);
	if (CALL_P(insn)) {
		found->op = "copy";
		found->width = 0;
		return mark & MARK_BULK;
	}
	return find_operation(PATTERN(insn), previrt_options.loads ||
			      found->space == PREVIRT_SPACE_mmio, found);
}

/*
 * Behind several statements only what none of them names can be dead, and of
 * the flags nothing is known.
 */
static void tell_template(rtx_insn *insn, unsigned dead)
{
	rtx body = find_asm(PATTERN(insn));
	const char *old = XSTR(body, 0);
	bool basic = GET_CODE(body) == ASM_INPUT;
	enum asm_sites sites = asm_memory_count(old, basic, compat_is_64bit());
	char *text;

	if (sites == ASM_SITES_AMONG)
		dead &= ~(liveness_named(insn) | liveness_flags());
	if (sites == ASM_SITES_NONE || !dead)
		return;
	text = xasprintf(".set .Lpv_dead,%u\n\t%s\n\t.set .Lpv_dead,0", dead, old);
	old = ggc_strdup(text);
	free(text);
	XSTR(body, 0) = old;
	if (GET_CODE(PATTERN(insn)) != PARALLEL)
		return;
	for (int i = 1; i < XVECLEN(PATTERN(insn), 0); i++) {	/* one for each output */
		rtx set = XVECEXP(PATTERN(insn), 0, i);

		if (GET_CODE(set) == SET && GET_CODE(SET_SRC(set)) == ASM_OPERANDS)
			XSTR(SET_SRC(set), 0) = old;
	}
}

static rtx make_text(char *text, location_t where)
{
	rtx x = gen_rtx_ASM_INPUT_loc(VOIDmode, ggc_strdup(text), where);

	free(text);
	return x;
}

static rtx_insn *place_text(char *text, rtx_insn *insn, bool before)
{
	rtx x = make_text(text, BUILTINS_LOCATION);	/* no file: no "# line" */
	rtx_insn *placed = before ? emit_insn_before(x, insn) : emit_insn_after(x, insn);

	INSN_LOCATION(placed) = INSN_LOCATION(insn);
	return placed;
}

/* NOPs where prefixes are not sure to be ignored: 32-bit code, calls. */
static int count_prefixes(rtx_insn *insn)
{
	int length = get_attr_length(insn);

	if (!compat_is_64bit() || !NONJUMP_INSN_P(insn) || length >= MEMORY_TARGET)
		return 0;
	return MEMORY_TARGET - length;
}

/* memset(p, 0, n); return; became a jump, whose length gas decides late. */
static bool is_tail_call(const rtx_insn *insn)
{
	return CALL_P(insn) && SIBLING_CALL_P(insn);
}

static void put_site(const struct operation *o)
{
	static unsigned number;

	number++;
	place_text(xasprintf("previrt_mem_begin %u,%d", number, count_prefixes(o->insn)),
		   o->insn, true);
	place_text(xasprintf("previrt_mem_%s %u,%s,%u,%s,%u", is_tail_call(o->insn) ? "tail" : "end",
			     number, o->op, o->width, guest_space_name(o->space), o->dead),
		   o->insn, false);
}

static void put_hook(const struct guest_entry *hook, rtx_insn *insn, unsigned regs, bool before)
{
	place_text(xasprintf("previrt_hook %u,%u,%u", hook->value, hook->exit, regs), insn, before);
}

static void put_hooks(tree function)
{
	const struct guest_entry *entry = guest_hook(function, false);
	const struct guest_entry *leave = guest_hook(function, true);
	basic_block bb;

	if (entry)
		put_hook(entry, BB_HEAD(ENTRY_BLOCK_PTR_FOR_FN(cfun)->next_bb),
			 liveness_arguments(function), false);
	if (!leave)
		return;
	FOR_EACH_BB_FN(bb, cfun) {
		rtx_insn *end = BB_END(bb);

		if ((JUMP_P(end) && returnjump_p(end)) || is_tail_call(end))
			put_hook(leave, end, liveness_result(function), true);
	}
}

/* Where it is inlined there is no entry, and a clone has other arguments. */
void pass_hook_keep(tree decl)
{
	if (!guest_hook(decl, false) && !guest_hook(decl, true))
		return;
	DECL_UNINLINABLE(decl) = 1;
	DECL_ATTRIBUTES(decl) = tree_cons(get_identifier("noclone"), NULL_TREE,
					  DECL_ATTRIBUTES(decl));
}

/* Does the function have anything to say anything about? */
static bool is_worth_it()
{
	for (rtx_insn *insn = get_insns(); insn; insn = NEXT_INSN(insn))
		if (NONDEBUG_INSN_P(insn) &&
		    (find_asm(PATTERN(insn)) || mark_of(INSN_LOCATION(insn))))
			return true;
	return false;
}

/* One block from its end: templates at once, operations later. */
static void look_at_block(basic_block bb, bitmap live, vec<operation> *operations)
{
	rtx_insn *insn;

	bitmap_copy(live, df_get_live_out(bb));
	df_simulate_initialize_backwards(bb, live);
	FOR_BB_INSNS_REVERSE(bb, insn) {
		struct operation found = {};

		if (!NONDEBUG_INSN_P(insn))
			continue;
		found.dead = liveness_dead(live);
		if (is_marked(insn, &found))
			operations->safe_push(found);
		if (find_asm(PATTERN(insn)))
			tell_template(insn, found.dead);
		df_simulate_one_insn_backwards(bb, insn, live);
	}
}

static bool late_gate(function *)
{
	return guest_is_loaded() && !unit_is_excluded() && unit_has_assembly();
}

static void late_execute(function *fn)
{
	auto_vec<operation> operations;
	basic_block bb;

	if (is_worth_it()) {
		int flags = df_clear_flags(DF_LR_RUN_DCE);

		df_analyze();
		df_set_flags(flags & DF_LR_RUN_DCE);
		liveness_begin();
		auto_bitmap live;
		FOR_EACH_BB_FN(bb, fn)
			look_at_block(bb, live, &operations);
	}
	for (unsigned i = 0; i < operations.length(); i++)
		put_site(&operations[i]);
	if (!guest_leaves_unit() && !guest_leaves_function(fn->decl))
		put_hooks(fn->decl);
}

rtl_opt_pass *pass_late_make()
{
	return pass_rtl("previrt_late", late_gate, late_execute);
}

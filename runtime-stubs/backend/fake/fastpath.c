/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The back-end's part of the fast path, for tests that run its code on the host by
 * themselves. Where that calls C, or leaves for the slow path, the test ends.
 */
#include "../../fastpath/fastpath.h"
#include "../../rewriter/limits.h"
#include <stdlib.h>

uint8_t fastpath_masked, fastpath_pending, fastpath_stale_selectors;
uint64_t previrt_call_slots[REWRITER_CALLS], previrt_jump_slots[REWRITER_JUMPS];
char backend_stack_top[1];

uint64_t fastpath_call_stub(unsigned slot)
{
	return (uint64_t)&previrt_call_slots[slot];
}

uint64_t fastpath_call_of(unsigned slot, const struct insn *insn)
{
	(void)slot;
	(void)insn;
	return 0;
}

void fastpath_site_behind(void) { abort(); }
void fastpath_call_invlpg(void) { abort(); }
void fastpath_call_cr3(void) { abort(); }
void fastpath_call_wrmsr(void) { abort(); }
void fastpath_call_selectors(void) { abort(); }
void fastpath_call_sreg(void) { abort(); }
void fastpath_call_io(void) { abort(); }
void fastpath_call_device(void) { abort(); }

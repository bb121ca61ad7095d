/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The C functions that call.S calls. Each returns 0, or the address where the guest goes on instead
   of behind the site: the slow path's. */
#include "fastpath.h"
#include "../wedge/entry.h"
#include "../rewriter/limits.h"
#include "../rewriter/rewriter.h"
#include "insns.h"

extern const uint64_t fastpath_call_invlpgs[16], fastpath_call_cr3s[16], fastpath_call_sregs[6][16],
	fastpath_call_wrmsrs[1], fastpath_call_ios[1], fastpath_call_devices[1];
extern uint64_t fastpath_rcx;

/*
 * IN and OUT of one byte, by slot; without a window if the port is in dx. If there are more
 * such slots than entries here, the others take the slow path.
 */
#define CALL_IOS 64
static struct wedge_io call_ios[CALL_IOS];
static uint8_t call_io_of[REWRITER_CALLS];
static unsigned call_io_count;

static uint64_t call_io_call(unsigned slot, const struct insn *insn)
{
	struct wedge_io *io = &call_ios[call_io_count];

	if (insn->opcode & 1 || call_io_count == CALL_IOS)
		return 0;
	call_io_of[slot] = call_io_count++;
	io->out = insn->op == PREVIRT_OP_out;
	if (!(insn->opcode & 8))
		wedge_find_port(io, insn->imm & 0xff);
	return fastpath_call_ios[0];
}

uint64_t fastpath_call_of(unsigned slot, const struct insn *insn)
{
	switch (insn->op) {
	case REWRITER_DEVICE:
		return insn->reg == RSP ? 0 : fastpath_call_devices[0];
	case PREVIRT_OP_invlpg:
		return insn->base == INSN_NO_REG || insn->base == INSN_RIP ||
		       insn->index != INSN_NO_REG || insn->disp || insn->asize != 8 ||
		       insn->segment == INSN_FS || insn->segment == INSN_GS ?
		       0 : fastpath_call_invlpgs[insn->base];
	case PREVIRT_OP_mov_to_cr:
		return insn->reg == 3 ? fastpath_call_cr3s[insn->rm] : 0;
	case PREVIRT_OP_mov_to_sreg:
		return !insn->is_memory && (insn->reg & 7) < SEGS ?
		       fastpath_call_sregs[insn->reg & 7][insn->rm] : 0;
	case PREVIRT_OP_wrmsr:
		return fastpath_call_wrmsrs[0];
	case PREVIRT_OP_in:
	case PREVIRT_OP_out:
		return call_io_call(slot, insn);
	}
	return 0;
}

/* Returns the slot of the call that led here, by its return address, which is at @rsp. */
static unsigned call_slot_at(uint64_t rsp)
{
	const int32_t *at = *(const int32_t *const *)rsp;

	return ((uint64_t)(int64_t)at[-1] - (uint64_t)previrt_call_slots) / 8;
}

static unsigned call_slot(void)
{
	return call_slot_at(previrt_cpu.r[RSP]);
}

static uint64_t call_slow(void)
{
	return fastpath_call_stub(call_slot());
}

/* Returns 0 if the slow path is to be taken: an event is pending and events were not masked. */
static int call_may(uint32_t masked)
{
	return masked || !fastpath_pending;
}

uint64_t fastpath_call_invlpg(uint64_t va, uint32_t masked)
{
	int done;

	if (!call_may(masked))
		return call_slow();
	fastpath_lock();
	done = !wedge_fast_invlpg(va);
	fastpath_unlock();
	return done ? 0 : call_slow();
}

uint64_t fastpath_call_cr3(uint64_t value, uint32_t masked)
{
	uint64_t rsp = previrt_cpu.r[RSP], rip = *(const uint64_t *)rsp;

	/* A stack in the lower half may not be mapped after the load: slow path. */
	if (!call_may(masked) || value >> CPU_CR3_PLAIN || !((rsp & rip) >> 63))
		return call_slow();
	fastpath_lock();
	wedge_fast_cr3(value, rip, rsp + 8);
	fastpath_unlock();
	previrt_cpu.r[RSP] = rsp;
	return 0;
}

uint64_t fastpath_call_sreg(uint64_t value, uint32_t masked, int which)
{
	int done;

	if (!call_may(masked))
		return call_slow();
	fastpath_lock();
	fastpath_look_at_selectors();
	done = !cpu_fast_load(&previrt_cpu, which, value);
	fastpath_unlock();
	return done ? 0 : call_slow();
}

/* The registers that call.S has pushed, in this order. */
struct call_saved { uint64_t r11, r10, r9, r8, rsi, rdx, rax; };

uint64_t fastpath_call_wrmsr(uint32_t msr, uint32_t masked, const struct call_saved *saved)
{
	int done;

	if (!call_may(masked))
		return call_slow();
	fastpath_lock();
	fastpath_look_at_selectors();
	done = !cpu_fast_wrmsr(&previrt_cpu, msr, (uint32_t)saved->rax | saved->rdx << 32);
	fastpath_unlock();
	return done ? 0 : call_slow();
}

/* The rarer cases: the port in dx, several processors. */
static __attribute__((noinline)) uint64_t call_any_io(const struct wedge_io *slot,
						      struct call_saved *saved)
{
	struct wedge_io io = *slot;

	if (!io.window)
		wedge_find_port(&io, saved->rdx);
	fastpath_lock();
	wedge_fast_io(&io, (uint8_t *)&saved->rax, fastpath_pending);
	fastpath_unlock();
	return 0;
}

uint64_t fastpath_call_io(uint64_t ignored, uint32_t masked, struct call_saved *saved)
{
	const struct wedge_io *io = &call_ios[call_io_of[call_slot()]];
	uint8_t events = fastpath_pending;

	(void)ignored;
	if (events && !masked)
		return call_slow();
	if (!io->window || backend_vcpus > 1)
		return call_any_io(io, saved);
	return wedge_fast_io(io, (uint8_t *)&saved->rax, events);
}

/* call.S has put rdi and what C functions save into struct cpu, and loads the latter from there. */
uint64_t fastpath_call_device(uint64_t ignored, uint32_t masked, struct call_saved *saved)
{
	uint64_t *r = previrt_cpu.r, rsp = r[RSP];
	uint8_t events = fastpath_pending;
	int failed;

	(void)ignored;
	if (events && !masked)
		return call_slow();
	r[RAX] = saved->rax, r[RCX] = fastpath_rcx, r[RDX] = saved->rdx, r[RSI] = saved->rsi;
	r[R8] = saved->r8, r[R9] = saved->r9, r[R10] = saved->r10, r[R11] = saved->r11;
	r[RSP] = rsp + 8;
	fastpath_lock();
	failed = wedge_fast_device(call_slot_at(rsp), *(const uint64_t *)rsp, events);
	fastpath_unlock();
	r[RSP] = rsp;
	if (failed)
		return call_slow();
	*saved = (struct call_saved){ r[R11], r[R10], r[R9], r[R8], r[RSI], r[RDX], r[RAX] };
	fastpath_rcx = r[RCX];
	return 0;
}

uint64_t fastpath_call_selectors(uint64_t ignored, uint32_t masked)
{
	(void)ignored;
	if (!call_may(masked))
		return call_slow();
	fastpath_lock();
	fastpath_look_at_selectors();
	fastpath_unlock();
	return previrt_call_slots[call_slot()];
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The C behind lean.S: 0, or where the guest goes on instead. */
#include "xenpv.h"
#include "short.h"
#include "../../wedge/entry.h"
#include "../../rewriter/limits.h"
#include "insns.h"

extern uint64_t xenpv_call_slots[];
extern const uint64_t xenpv_lean_invlpgs[16], xenpv_lean_cr3s[16], xenpv_lean_sregs[6][16],
	xenpv_lean_wrmsrs[1], xenpv_lean_ios[1];

/*
 * in and out of a byte, by slot; without a range if the port is in dx. Only so many
 * of the slots have one: the others take the long way.
 */
#define LEAN_IOS 64
static struct wedge_io lean_ios[LEAN_IOS];
static uint8_t lean_io_of[REWRITER_CALLS];
static unsigned lean_io_count;

static uint64_t lean_io_call(unsigned slot, const struct insn *insn)
{
	struct wedge_io *io = &lean_ios[lean_io_count];

	if (insn->opcode & 1 || lean_io_count == LEAN_IOS)
		return 0;
	lean_io_of[slot] = lean_io_count++;
	io->port = insn->imm & 0xff;
	io->out = insn->op == PREVIRT_OP_out;
	if (!(insn->opcode & 8))
		io->range = wedge_port(io->port);
	return xenpv_lean_ios[0];
}

uint64_t xenpv_lean_call(unsigned slot, const struct insn *insn)
{
	switch (insn->op) {
	case PREVIRT_OP_invlpg:
		return insn->base == INSN_NO_REG || insn->base == INSN_RIP ||
		       insn->index != INSN_NO_REG || insn->disp || insn->asize != 8 ||
		       insn->segment == INSN_FS || insn->segment == INSN_GS ?
		       0 : xenpv_lean_invlpgs[insn->base];
	case PREVIRT_OP_mov_to_cr:
		return insn->reg == 3 ? xenpv_lean_cr3s[insn->rm] : 0;
	case PREVIRT_OP_mov_to_sreg:
		return !insn->is_memory && (insn->reg & 7) < SEGS ?
		       xenpv_lean_sregs[insn->reg & 7][insn->rm] : 0;
	case PREVIRT_OP_wrmsr:
		return xenpv_lean_wrmsrs[0];
	case PREVIRT_OP_in:
	case PREVIRT_OP_out:
		return lean_io_call(slot, insn);
	}
	return 0;
}

/* The slot of the call that led here; its return address stands on the stack. */
static unsigned lean_slot(void)
{
	const int32_t *at = *(const int32_t *const *)previrt_cpu.r[RSP];

	return ((uint64_t)(int64_t)at[-1] - (uint64_t)xenpv_call_slots) / 8;
}

static uint64_t lean_long_way(void)
{
	return xenpv_call_stub(lean_slot());
}

/* Events that came while they were masked want the long way, and so do a kernel's
   flags that are not the processor's. */
static int lean_may(uint32_t masked)
{
	return masked || !xenpv_vcpu->evtchn_upcall_pending;
}

uint64_t xenpv_lean_invlpg(uint64_t va, uint32_t masked)
{
	int done;

	if (!lean_may(masked))
		return lean_long_way();
	xenpv_lock_shortly();
	done = !wedge_quick_invlpg(va);
	xenpv_unlock_shortly();
	return done ? 0 : lean_long_way();
}

uint64_t xenpv_lean_cr3(uint64_t value, uint32_t masked)
{
	uint64_t rsp = previrt_cpu.r[RSP], rip = *(const uint64_t *)rsp;

	/* A stack in the lower half may be gone: it is not read again then. */
	if (!lean_may(masked) || value >> CPU_CR3_PLAIN || !((rsp & rip) >> 63))
		return lean_long_way();
	xenpv_lock_shortly();
	wedge_quick_cr3(value, rip, rsp + 8);
	xenpv_unlock_shortly();
	previrt_cpu.r[RSP] = rsp;
	return 0;
}

uint64_t xenpv_lean_sreg(uint64_t value, uint32_t masked, int which)
{
	int done;

	if (!lean_may(masked))
		return lean_long_way();
	xenpv_lock_shortly();
	xenpv_look_at_selectors();
	done = !cpu_quick_load(&previrt_cpu, which, value);
	xenpv_unlock_shortly();
	return done ? 0 : lean_long_way();
}

/* As lean.S has pushed them. */
struct lean_saved { uint64_t r11, r10, r9, r8, rsi, rdx, rax; };

uint64_t xenpv_lean_wrmsr(uint32_t msr, uint32_t masked, const struct lean_saved *saved)
{
	int done;

	if (!lean_may(masked))
		return lean_long_way();
	xenpv_lock_shortly();
	xenpv_look_at_selectors();
	done = !cpu_quick_wrmsr(&previrt_cpu, msr, (uint32_t)saved->rax | saved->rdx << 32);
	xenpv_unlock_shortly();
	return done ? 0 : lean_long_way();
}

/* What is not so common: the port in dx, several processors. */
static __attribute__((noinline)) uint64_t lean_any_io(const struct wedge_io *slot,
						      struct lean_saved *saved)
{
	struct wedge_io io = *slot;

	if (!io.range) {
		io.port = saved->rdx;
		io.range = wedge_port(io.port);
	}
	xenpv_lock_shortly();
	wedge_quick_io(&io, (uint8_t *)&saved->rax, xenpv_vcpu->evtchn_upcall_pending);
	xenpv_unlock_shortly();
	return 0;
}

uint64_t xenpv_lean_io(uint64_t ignored, uint32_t masked, struct lean_saved *saved)
{
	const struct wedge_io *io = &lean_ios[lean_io_of[lean_slot()]];
	uint8_t events = xenpv_vcpu->evtchn_upcall_pending;

	(void)ignored;
	if (events && !masked)
		return lean_long_way();
	if (!io->range || backend_vcpus > 1)
		return lean_any_io(io, saved);
	return wedge_quick_io(io, (uint8_t *)&saved->rax, events);
}

uint64_t xenpv_lean_selectors(uint64_t ignored, uint32_t masked)
{
	(void)ignored;
	if (!lean_may(masked))
		return lean_long_way();
	xenpv_lock_shortly();
	xenpv_look_at_selectors();
	xenpv_unlock_shortly();
	return xenpv_call_slots[lean_slot()];
}

void xenpv_settle_user(void)
{
	xenpv_lock_shortly();
	wedge_settle_user();
	xenpv_unlock_shortly();
}

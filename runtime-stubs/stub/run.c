/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User code runs until something happens. An interruption is a property of the
 * supervisor's request: it is reported only when no event has come first.
 */
#include "channel.h"
#include "../host/sys.h"
#include <linux/audit.h>
#include <linux/signal.h>
#include <string.h>

extern const char stub_code[], stub_iret[], stub_selectors[], stub_selected[];

#define NUMBER_URETPROBE 335u	/* passes each filter, and is SIGILL without its number */
#define VSYSCALL 0xffffffffff600000ull
#define ERROR_FETCH 0x14u	/* of a page fault: user mode, instruction fetch */

/* Is there a request? It is met. */
static int run_interrupted(struct stub *stub)
{
	return __atomic_exchange_n(&stub->interrupt, 0, __ATOMIC_SEQ_CST);
}

void stub_interrupt(struct stub *stub)
{
	/* One signal at a time: each takes room on the stub's stack until it is answered. */
	if (!__atomic_exchange_n(&stub->interrupt, 1, __ATOMIC_SEQ_CST) && stub->pid)
		sys_call(__NR_tgkill, stub->pid, stub->pid, SIGURG, 0);
}

static enum stub_event run_exception(struct stub *stub, uint32_t vector, uint32_t error,
				     uint64_t address)
{
	stub->vector = vector;
	stub->error = error;
	stub->address = address;
	return STUB_EXCEPTION;
}

/* SIGSYS. The host's kernel has carried out the return of a call into its own page. */
static enum stub_event run_syscall(struct stub *stub, const struct stub_frame *frame)
{
	if ((frame->call_address & ~0xfffull) == VSYSCALL) {
		stub->rip = frame->call_address;
		stub->r[RSP] -= 8;
		return run_exception(stub, VECTOR_PF, ERROR_FETCH, frame->call_address);
	}
	return frame->architecture == AUDIT_ARCH_X86_64 ? STUB_SYSCALL : STUB_SYSCALL32;
}

static enum stub_event run_event(struct stub *stub, const struct channel_message *message)
{
	const struct stub_frame *frame = &message->frame;

	/* What the frame is for cannot be loaded: user code is where it was put. */
	if (frame->rip == STUB_CODE + (uint64_t)(stub_iret - stub_code))
		return run_exception(stub, frame->vector & 31, frame->error, 0);
	if (frame->rip >= STUB_CODE && frame->rip < STUB_CODE + STUB_CODE_SIZE)
		return STUB_BROKEN;
	frame_take(stub, message->address, frame);
	if (frame->signal == SIGSYS)
		return run_syscall(stub, frame);
	if (frame->signal == SIGILL && frame->code == SI_KERNEL) {
		stub->r[RAX] = NUMBER_URETPROBE;
		return STUB_SYSCALL;
	}
	return run_exception(stub, frame->vector & 31, frame->error, frame->address);
}

/* 64-bit code, in which nothing of the stack's segment counts, goes on with another if the host
   does not load it. */
static int run_without_stack(struct stub *stub, const struct stub_frame *frame)
{
	if (frame->rip != STUB_CODE + (uint64_t)(stub_iret - stub_code) ||
	    stub->seg[SEG_CS] != HOST_CS || !stub_is_local(stub->seg[SEG_SS]))
		return 0;
	stub->seg[SEG_SS] = HOST_SS;
	return 1;
}

/* On the way to user code a selector could not be loaded: all are null, and no other fault comes
   of them. */
static int run_without_selectors(struct stub *stub, const struct stub_frame *frame)
{
	uint64_t at = frame->rip - STUB_CODE;
	int any = 0;

	if (at < (uint64_t)(stub_selectors - stub_code) || at >= (uint64_t)(stub_selected - stub_code))
		return 0;
	for (unsigned i = 0; i < FRAME_SELECTORS; i++) {
		any |= stub->seg[frame_selectors[i]] & ~3u;
		stub->seg[frame_selectors[i]] = 0;
	}
	return any != 0;
}

static enum stub_event run_gone(struct stub *stub, int broken)
{
	channel_end(stub);
	/* A stub of which only SIGKILL is left cannot have done that itself. */
	return broken || (stub->status & 0x7f) != SIGKILL ? STUB_BROKEN : STUB_KILLED;
}

static void run_go(struct stub *stub)
{
	frame_put(stub);
	if (stub->ordered)
		channel_command(stub, &stub->order, stub->frame);
	else
		channel_answer(stub, stub->frame);
}

static enum stub_event run_wait(struct stub *stub, struct channel_message *message)
{
	for (;;) {
		switch (channel_receive(stub, message)) {
		case GOT_EVENT:
			stub->ordered = 0;
			if (!run_without_selectors(stub, &message->frame) &&
			    !run_without_stack(stub, &message->frame))
				return run_event(stub, message);
			/* The signal may have come before this, and there is no other. */
			if (run_interrupted(stub))
				return STUB_INTERRUPTED;
			run_go(stub);
			break;
		case GOT_LOST:
			if (run_interrupted(stub))
				return STUB_INTERRUPTED;
			channel_repeat(stub);
			break;
		case GOT_SIGNAL:
			stub->ordered = 0;
			frame_take(stub, message->address, &message->frame);
			if (run_interrupted(stub))
				return STUB_INTERRUPTED;
			run_go(stub);
			break;
		case GOT_NOTHING:
			return run_gone(stub, 0);
		case GOT_CALL:
			if (!stub->ordered ||
			    memcmp(&message->call, &stub->order, sizeof(stub->order)))
				return STUB_BROKEN;
			channel_allow(stub);
			break;
		case GOT_RESULT:
			if (!stub->ordered)
				return STUB_BROKEN;
			stub->ordered = 0;
			return STUB_REFUSED;
		case GOT_RUBBISH:
			return STUB_BROKEN;
		}
	}
}

enum stub_event stub_run(struct stub *stub)
{
	struct channel_message message;
	enum stub_event event;

	if (!stub->pid)
		return STUB_BROKEN;
	if (run_interrupted(stub))
		return STUB_INTERRUPTED;
	run_go(stub);
	event = run_wait(stub, &message);
	if (event == STUB_BROKEN)
		return run_gone(stub, 1);
	run_interrupted(stub);
	return event;
}

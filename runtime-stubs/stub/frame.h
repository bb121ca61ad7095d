/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What lies in the region. All of it can be written by user code, so the supervisor
 * reads each thing once, and checks what it has read.
 */
#ifndef PREVIRT_STUB_FRAME_H
#define PREVIRT_STUB_FRAME_H
#include "stub.h"
#include <asm/ldt.h>
#include <linux/filter.h>

#define STUB_STEPS 31u
#define STUB_FILTER 13u		/* instructions */

/* One system call of the start: (result ^ expected) & mask must be 0. */
struct stub_step {
	int64_t number;
	uint64_t argument[6], expected, mask;
	volatile int64_t result;
};

/* <linux/signal.h>: struct kernel_sigaction, as rt_sigaction(2) reads it. */
struct stub_action {
	uint64_t handler, flags, restorer, mask;
};

struct stub_control {
	uint64_t sequence, first, command[7], then;
	uint16_t had[4], load[4];	/* in the order of frame_selectors */
	uint64_t mask;			/* signals held back */
	struct stub_action action;
	uint64_t stack[3];		/* stack_t */
	uint64_t base;			/* where arch_prctl(2) puts one */
	struct user_desc descriptor;	/* that modify_ldt(2) reads */
	struct sock_filter filter[2][STUB_FILTER];
	struct sock_fprog program[2];
	struct stub_step step[STUB_STEPS];
};

_Static_assert(offsetof(struct stub_control, sequence) == CONTROL_SEQUENCE, "sequence");
_Static_assert(offsetof(struct stub_control, first) == CONTROL_FIRST, "first");
_Static_assert(offsetof(struct stub_control, command) == CONTROL_COMMAND, "command");
_Static_assert(offsetof(struct stub_control, then) == CONTROL_THEN, "then");
_Static_assert(offsetof(struct stub_control, had) == CONTROL_HAD, "had");
_Static_assert(offsetof(struct stub_control, load) == CONTROL_LOAD, "load");
_Static_assert(sizeof(struct stub_control) <= STUB_STACK_OFFSET, "one page");
_Static_assert(offsetof(struct stub_step, argument) == STEP_ARGUMENTS, "argument");
_Static_assert(offsetof(struct stub_step, expected) == STEP_EXPECTED, "expected");
_Static_assert(offsetof(struct stub_step, mask) == STEP_MASK, "mask");
_Static_assert(offsetof(struct stub_step, result) == STEP_RESULT, "result");
_Static_assert(sizeof(struct stub_step) == STEP_SIZE, "step");

/* struct rt_sigframe of arch/x86: struct ucontext with struct sigcontext_64
   (<asm/sigcontext.h>), and siginfo_t. */
struct stub_frame {
	uint64_t restorer, context[5];
	uint64_t r[16], rip, rflags;	/* in the order of frame_order */
	uint16_t cs, gs, fs, ss;
	uint64_t error, vector, mask, address;
	uint64_t fpu, reserved[8], signals;
	int32_t signal, number, code, pad;
	uint64_t call_address;		/* from here on as SIGSYS has it */
	uint32_t call, architecture;
	uint64_t rest[12];
};

/* Numbers of cpu.h, in the order of struct stub_frame. */
extern const uint8_t frame_order[16];
#define FRAME_SELECTORS 4u
extern const uint8_t frame_selectors[FRAME_SELECTORS];

_Static_assert(offsetof(struct stub_frame, r) == FRAME_R8, "r8");
_Static_assert(offsetof(struct stub_frame, r[8]) == FRAME_RDI, "rdi");
_Static_assert(offsetof(struct stub_frame, r[10]) == FRAME_RBP, "rbp");
_Static_assert(offsetof(struct stub_frame, rip) == FRAME_RIP, "rip");
_Static_assert(offsetof(struct stub_frame, fpu) == FRAME_FPU, "fpu");
_Static_assert(sizeof(struct stub_frame) == FRAME_SIZE, "frame");

/* The processor's XSAVE: frame_init finds out. 0, or as stub_init. */
int frame_init(void);

/* Returns where the supervisor has the stub's @address. */
static inline void *frame_at(const struct stub *stub, uint64_t address)
{
	return (char *)stub->control + (address - STUB_REGION);
}

/* Returns 1 if a frame stands at @address that can be read and loaded; *@copy has it then. */
int frame_read(const struct stub *stub, uint64_t address, struct stub_frame *copy);
/* Takes user code's registers from @copy, which was read at @address. */
void frame_take(struct stub *stub, uint64_t address, const struct stub_frame *copy);
/* The frame at stub->frame has user code's registers, for the way to it. */
void frame_put(struct stub *stub);
/* The way to user code, or to the stub's own, loads these selectors. */
void frame_put_selectors(struct stub *stub);
void frame_put_raw_selectors(struct stub *stub);
/* The frame at @address, read as @copy: the way back to code of the stub's own. */
void frame_put_raw(struct stub *stub, uint64_t address, const struct stub_frame *copy);
/* A first frame, all 0; the registers of @stub, too. */
void frame_first(struct stub *stub);

#endif

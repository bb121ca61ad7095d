/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * User code that jumps into its stub's code, writes its region, and moves its stack
 * there: at worst this stub ends, and the supervisor is told so.
 */
#include "toy.h"
#include "../../runtime-stubs/stub/frame.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char stub_code[], stub_stepped[], stub_answered[], stub_called[], stub_iret[],
	stub_code_end[];

static uint64_t place(const char *label)
{
	return STUB_CODE + (uint64_t)(label - stub_code);
}

/* User code jumps to @rip with these registers; what comes of it. */
static int forge(uint64_t rip, uint64_t rax, uint64_t rdi, uint64_t rsi, uint64_t rdx)
{
	if (!toy.pid)
		toy_new();
	TOY_PIECE(jump);
	toy.rip = rip;
	toy.r[RAX] = rax;
	toy.r[RDI] = rdi;
	toy.r[RSI] = rsi;
	toy.r[RDX] = rdx;
	toy.r[RSP] = STUB_REGION + 0x8000;
	return toy_run_for(100000);
}

/* With a signal to the supervisor in the registers, which would end it. */
static void forge_signal(const char *what, uint64_t rip)
{
	expect_equal(what, forge(rip, SYS_kill, getpid(), SIGUSR2, 0), STUB_BROKEN);
}

static void test_calls_of_its_own(void)
{
	uint64_t call = place(stub_called) - 2;

	expect_equal("a mapping of its own", forge(call, SYS_mmap, 0x30000000, 4096, 7),
		     STUB_BROKEN);
	expect_equal("its stub is gone", toy_run(), STUB_BROKEN);
	expect_equal("for calls, too", stub_unmap(&toy, TOY_CODE, 4096), -3);
	expect_equal("unmapping the code", forge(call, SYS_munmap, STUB_CODE, 4096, 0),
		     STUB_BROKEN);
	expect_equal("a return from a signal", forge(call, SYS_rt_sigreturn, 0, 0, 0),
		     STUB_BROKEN);
	expect_equal("a descriptor", forge(call, SYS_modify_ldt, 0x11,
					   STUB_REGION + offsetof(struct stub_control, descriptor), 16),
		     STUB_BROKEN);
	forge_signal("a signal by the call's place", call);
	forge_signal("a signal by the notification's place", place(stub_answered) - 2);
	forge_signal("a signal by the start's place", place(stub_stepped) - 2);
}

/* A command that stands in the region already. */
static void test_command_of_its_own(void)
{
	uint64_t *command;

	toy_new();
	command = (uint64_t *)((char *)toy.control + CONTROL_COMMAND);
	command[0] = SYS_kill;
	command[1] = getpid();
	command[2] = SIGUSR2;
	expect_equal("a command", forge(place(stub_iret) + 2, 0, 0, 0, 0), STUB_BROKEN);
}

/* What somebody changes in the region between the supervisor's order and the call. */
static void test_changed_command(unsigned rounds)
{
	unsigned refused = 0;
	pid_t pid = fork();

	if (!pid)
		for (volatile uint64_t *command = toy.control->command;;) {
			command[0] = SYS_kill;
			command[1] = getppid();
			command[2] = SIGUSR2;
		}
	for (unsigned i = 0; i < rounds && toy.pid; i++)
		refused += !!stub_map(&toy, 0x30000000, 4096, STUB_READ, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect("it ends the stub", refused == !toy.pid);
	toy_new();
}

/* A signal's frame that leads to its own notification, for ever. */
static void test_circle(void)
{
	uint64_t at = 0x8000, *frame;

	toy_new();
	frame = (uint64_t *)((char *)toy.control + at);
	frame[FRAME_RIP / 8] = place(stub_answered) - 2;
	frame[FRAME_RIP / 8 - 1] = STUB_REGION + 0xf000;
	frame[FRAME_RDI / 8] = STUB_REGION + at;
	frame[FRAME_RDI / 8 + 1] = toy.sequence + 1;
	frame[FRAME_RBP / 8 + 3] = STUB_NOTIFY;
	frame[FRAME_FPU / 8] = STUB_REGION + 0x9000;
	expect_equal("a circle", forge(place(stub_answered) - 2, STUB_NOTIFY, STUB_REGION + at,
				       toy.sequence + 1, 0), STUB_BROKEN);
}

static void test_notifications(void)
{
	uint64_t notify = place(stub_answered) - 2, frame = STUB_REGION + 0x4000;

	toy_new();
	expect_equal("a result", forge(notify, STUB_NOTIFY, STUB_RESULT, toy.sequence + 1, 0),
		     STUB_BROKEN);
	toy_new();
	expect_equal("a number", forge(notify, STUB_NOTIFY, frame, toy.sequence + 7, 0),
		     STUB_BROKEN);
	for (unsigned i = 0; i < 7; i++) {
		const uint64_t frames[] = { 0, STUB_REGION + (1ull << 40), 0x1000, STUB_REGION, STUB_REGION + 0x1000,
					    STUB_REGION + STUB_REGION_SIZE - 64, ~0ull };

		toy_new();
		expect_equal("a frame that is none",
			     forge(notify, STUB_NOTIFY, frames[i], toy.sequence + 1, 0),
			     STUB_BROKEN);
	}
}

/* A good frame, but with the kernel's code: the guest's kernel would take user code for itself. */
static void test_selectors(void)
{
	uint64_t at = 0x4000;
	struct stub_frame *frame;

	toy_new();
	frame = (struct stub_frame *)((char *)toy.control + at);
	memset(frame, 0, sizeof(*frame));
	frame->rip = TOY_CODE;
	frame->cs = 0x10;
	frame->ss = 0x18;
	frame->signal = SIGSEGV;
	frame->code = SI_KERNEL;
	frame->vector = VECTOR_GP;
	frame->fpu = STUB_REGION + 0x9000;
	expect_equal("a frame of the kernel's", forge(place(stub_answered) - 2, STUB_NOTIFY,
						      STUB_REGION + at, toy.sequence + 1, 0),
		     EXCEPTION(VECTOR_GP));
	expect_equal("its code is user mode's", toy.seg[SEG_CS], HOST_CS);
	expect_equal("its stack, too", toy.seg[SEG_SS], HOST_SS);
}

/* A frame of user code's own, at random, with the right number. */
static void test_frames(unsigned rounds)
{
	uint64_t at = 0x4000, *frame;

	for (unsigned i = 0; i < rounds; i++) {
		if (!toy.pid)
			toy_new();
		frame = (uint64_t *)((char *)toy.control + at);
		for (unsigned n = 0; n < FRAME_SIZE / 8; n++)
			frame[n] = toy_random() % 4 ? toy_random() : STUB_REGION + toy_random() % 0x10000;
		frame[FRAME_FPU / 8] = STUB_REGION + (toy_random() % 0x10000 & -64u);
		((uint32_t *)frame)[(FRAME_FPU + 80) / 4] = toy_random() % 32;
		((uint32_t *)frame)[(FRAME_FPU + 88) / 4] = toy_random() % 4;
		forge(place(stub_answered) - 2, STUB_NOTIFY, STUB_REGION + at,
		      toy.sequence + 1, 0);
		if (!toy.pid)
			continue;
		/* It goes on with what the frame said. */
		toy_run_for(100000);
	}
	toy_new();
	TOY_PIECE(breakpoint);
	expect_equal("forged frames", toy_run(), EXCEPTION(VECTOR_BP));
}

/* Any byte of the code, with any registers. */
static void test_jumps(unsigned step)
{
	unsigned ends[STUB_KILLED + 1] = { 0 };

	for (uint64_t rip = STUB_CODE + toy_random() % step; rip < place(stub_code_end);
	     rip += step) {
		int event;

		if (!toy.pid)
			toy_new();
		TOY_PIECE(jump);
		toy.rip = rip;
		for (unsigned n = 0; n < 16; n++)
			toy.r[n] = toy_random() % 2 ? toy_random()
						    : STUB_REGION + (toy_random() % 0x10000 & -8u);
		toy.rflags = toy_random();
		event = toy_run_for(20000);
		ends[event >= EXCEPTION(0) ? STUB_EXCEPTION : event]++;
	}
	expect_equal("nobody else has ended a stub", ends[STUB_KILLED], 0);
	printf("jumps: %u broken, %u exceptions, %u calls, %u interrupted\n", ends[STUB_BROKEN],
	       ends[STUB_EXCEPTION], ends[STUB_SYSCALL], ends[STUB_INTERRUPTED]);
}

/* The host's kernel pushes the frame where the stack is, if that is in the region. */
static void test_stacks(void)
{
	for (uint64_t rsp = STUB_REGION; rsp <= STUB_REGION + STUB_REGION_SIZE; rsp += 0xff8) {
		int event;

		if (!toy.pid)
			toy_new();
		TOY_PIECE(ud2);
		toy.r[RSP] = rsp;
		event = toy_run();
		expect("a stack in the region", event == STUB_BROKEN ||
		       (event == (int)EXCEPTION(VECTOR_UD) && toy.r[RSP] == rsp));
	}
	toy_new();
	TOY_PIECE(clear_sequence);
	toy.r[RDI] = STUB_REGION + CONTROL_SEQUENCE;
	expect_equal("another number in the region", toy_run(), STUB_BROKEN);
}

void test_forging(unsigned rounds)
{
	test_calls_of_its_own();
	test_command_of_its_own();
	toy_new();
	test_changed_command(rounds);
	test_notifications();
	test_circle();
	test_selectors();
	test_frames(rounds / 10);
	test_jumps(rounds < 1000 ? 4 : 1);
	test_stacks();
}

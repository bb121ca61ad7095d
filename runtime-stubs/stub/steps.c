/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The system calls with which a fork of the supervisor becomes a stub: it loses all
 * that the supervisor has, and then each system call of its own.
 *
 * Invariants: signals but for those of the handler are held back for good, so those of
 * a terminal are the supervisor's alone. With the supervisor's thread the stub ends.
 */
#include "start.h"
#include <asm/prctl.h>
#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <string.h>

#define REQUEST_XSTATE 0x1023u	/* ARCH_REQ_XCOMP_PERM, since Linux 5.16 */
#define XSTATE_TILES 18u
#define HANDLER_FLAGS (SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART | SA_RESTORER)
#define REMAP (MREMAP_MAYMOVE | MREMAP_FIXED)
/* What a step is expected to give: expected, mask. */
#define NO_ERROR 0, 1ull << 63
#define EXACTLY(value) (value), ~0ull
#define ANYTHING 0, 0

extern const char stub_code[], stub_handler[], stub_answered[], stub_called[],
	stub_stepped[];

static const uint8_t handled[] = {
	SIGSYS, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGURG,
};

static uint64_t steps_place(const char *label)
{
	return STUB_CODE + (uint64_t)(label - stub_code);
}

#define IN_STUB(field) (STUB_REGION + offsetof(struct stub_control, field))

static void steps_append(struct start *start, const char *what, uint64_t expected,
			 uint64_t mask, int64_t number, const uint64_t *arguments)
{
	struct stub_step *step = &start->control->step[start->steps];

	start->what[start->steps++] = what;
	step->number = number;
	memcpy(step->argument, arguments, sizeof(step->argument));
	step->expected = expected;
	step->mask = mask;
	step->result = START_NOT_YET;
}
#define STEP(what, expectation, number, ...) \
	steps_append(start, what, expectation, number, (const uint64_t[6]){ __VA_ARGS__ })

/*
 * The host tells the supervisor of a system call right before stub_answered, by its
 * number, and of any right before stub_called. All others are SIGSYS. The first filter
 * lets the steps behind it pass, and the second does not; of two filters the stricter
 * word counts.
 */
static void steps_write_filter(struct stub_control *control, unsigned n)
{
	uint32_t answered = steps_place(stub_answered), called = steps_place(stub_called);
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 10),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STUB_CODE >> 32, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, called, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)steps_place(stub_stepped), 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, answered, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STUB_NOTIFY, 0, 2),
		BPF_STMT(BPF_RET | BPF_K, n ? SECCOMP_RET_ALLOW : SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, n ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};

	_Static_assert(sizeof(filter) == sizeof(control->filter[n]), "filter");
	memcpy(control->filter[n], filter, sizeof(filter));
	control->program[n].len = STUB_FILTER;
	control->program[n].filter = (struct sock_filter *)IN_STUB(filter[n]);
}

static void steps_write_signals(struct stub_control *control)
{
	control->mask = ~0ull;
	for (unsigned i = 0; i < sizeof(handled); i++)
		control->mask &= ~(1ull << (handled[i] - 1));
	control->action.handler = steps_place(stub_handler);
	control->action.flags = HANDLER_FLAGS;
	control->action.restorer = steps_place(stub_handler);	/* never returned to */
	control->stack[0] = STUB_REGION + STUB_STACK_OFFSET;
	control->stack[2] = STUB_REGION_SIZE - STUB_STACK_OFFSET;
}

/* Code and region are at their places; nothing else is left. */
static void steps_write_moves(struct start *start)
{
	uint64_t end = STUB_CODE + STUB_CODE_SIZE, region_end = STUB_REGION + STUB_REGION_SIZE;
	unsigned next = start->steps + 3;

	STEP("its code", NO_ERROR, __NR_mremap, start->code, 0, STUB_CODE_SIZE, REMAP, STUB_CODE);
	STEP("its region", NO_ERROR, __NR_mremap, (uint64_t)start->control, 0,
	     STUB_REGION_SIZE, REMAP, STUB_REGION);
	STEP("its place", ANYTHING, STEP_MOVE, IN_STUB(step[next]), STUB_CODE);
	STEP("what is below", EXACTLY(0), __NR_munmap, 0, STUB_CODE);
	STEP("its reserve", ANYTHING, __NR_mmap, STUB_LOWEST, STUB_CODE - STUB_LOWEST, PROT_NONE,
	     STUB_NOTHING, -1, 0);
	STEP("what is between", EXACTLY(0), __NR_munmap, end, STUB_REGION - end);
	STEP("what is above", EXACTLY(0), __NR_munmap, region_end, STUB_TOP - region_end);
}

void steps_write(struct start *start)
{
	steps_write_filter(start->control, 0);
	steps_write_filter(start->control, 1);
	steps_write_signals(start->control);
	STEP("its end with the supervisor", EXACTLY(0), __NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
	STEP("its parent", EXACTLY(start->parent), __NR_getppid, 0);
	STEP("no dumps", EXACTLY(0), __NR_prctl, PR_SET_DUMPABLE, 0);
	STEP("no new privileges", EXACTLY(0), __NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
	STEP("its tile registers", ANYTHING, __NR_arch_prctl, REQUEST_XSTATE, XSTATE_TILES);
	STEP("its base of fs", EXACTLY(0), __NR_arch_prctl, ARCH_SET_FS, 0);
	STEP("its base of gs", EXACTLY(0), __NR_arch_prctl, ARCH_SET_GS, 0);
	steps_write_moves(start);
	STEP("its stack", EXACTLY(0), __NR_sigaltstack, IN_STUB(stack), 0);
	for (unsigned i = 0; i < sizeof(handled); i++)
		STEP("its handler", EXACTLY(0), __NR_rt_sigaction, handled[i], IN_STUB(action), 0, 8);
	STEP("its signals", EXACTLY(0), __NR_rt_sigprocmask, SIG_SETMASK, IN_STUB(mask), 0, 8);
	start->listener = start->steps;
	STEP("its filter", NO_ERROR, __NR_seccomp, SECCOMP_SET_MODE_FILTER,
	     SECCOMP_FILTER_FLAG_NEW_LISTENER, IN_STUB(program[0]));
	STEP("its listener", NO_ERROR, __NR_futex,
	     IN_STUB(step[start->listener].result) + 4, FUTEX_WAKE, 1);
	STEP("its second filter", EXACTLY(0), __NR_seccomp, SECCOMP_SET_MODE_FILTER, 0,
	     IN_STUB(program[1]));
	STEP("its code", ANYTHING, STEP_END, 0);
}

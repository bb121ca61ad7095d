/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Stubs begin and end. The fork shares the supervisor's table of files until the
 * supervisor has the listener; then it gets a table of its own, with guest memory only.
 */
#include "start.h"
#include "channel.h"
#include "../host/sys.h"
#include <asm-generic/errno.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/time_types.h>
#include <string.h>

#define PATIENCE 10000000	/* ns between two looks at the process */
#define PLACES 4096u
#define RSEQ_SIGNATURE 0x53053053u
#define RSEQ_UNREGISTER 1u

extern const char stub_code[], stub_code_end[];
void stub_signal_return(void);

static uint64_t code;		/* STUB_CODE's page, in the supervisor */

/* An area for restartable sequences is registered once. */
static int start_check_rseq(void)
{
	static uint8_t area[32] __attribute__((aligned(32)));
	long result = sys_call(__NR_rseq, (uint64_t)area, sizeof(area), 0, RSEQ_SIGNATURE);

	if (result < 0)
		return result == -ENOSYS ? 0 : -EBUSY;
	return sys_call(__NR_rseq, (uint64_t)area, sizeof(area), RSEQ_UNREGISTER, RSEQ_SIGNATURE);
}

uint64_t stub_place;

/* Anywhere, or at a place that is free from stub_place on. */
static long start_shared(uint64_t size)
{
	const uint64_t flags = MAP_SHARED | MAP_ANONYMOUS, rights = PROT_READ | PROT_WRITE;
	static uint64_t next;		/* behind the last one that was found */
	long result;

	if (!stub_place)
		return sys_call6(__NR_mmap, 0, size, rights, flags, -1, 0);
	for (unsigned i = 0; i < PLACES; i++) {
		result = sys_call6(__NR_mmap, stub_place + next++ % PLACES * STUB_REGION_SIZE, size,
				   rights, flags | MAP_FIXED_NOREPLACE, -1, 0);
		if (result != -EEXIST)
			break;
	}
	return result;
}

static void start_on_child(int signal)
{
	(void)signal;
	channel_child();
}

int stub_init(void)
{
	struct stub_action action = {
		(uint64_t)start_on_child, SA_RESTORER | SA_ONSTACK, (uint64_t)stub_signal_return, 0,
	};
	long result = start_check_rseq();

	if (result || (result = frame_init()) || (result = channel_init()))
		return result;
	result = start_shared(STUB_CODE_SIZE);
	if (result < 0)
		return result;
	code = result;
	memcpy((void *)code, stub_code, stub_code_end - stub_code);
	result = sys_call(__NR_mprotect, code, STUB_CODE_SIZE, PROT_READ | PROT_EXEC, 0);
	if (result)
		return result;
	return sys_call(__NR_rt_sigaction, SIGCHLD, (uint64_t)&action, 0, sizeof(action.mask));
}

/* The fork goes on with the list, without a stack. */
static long start_fork(const struct start *start)
{
	register uint64_t steps __asm__("r12") = (uint64_t)start->control->step;
	register uint64_t r10 __asm__("r10") = 0;
	register uint64_t r8 __asm__("r8") = 0;
	long pid;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%esp, %%esp\n\t"	/* on no stack of signals */
			 "jmp *%[code]\n"
			 "1:"
			 : "=a"(pid)
			 : "0"(__NR_clone), "D"(CLONE_FILES | SIGCHLD), "S"(0), "d"(0), "r"(r10),
			   "r"(r8), "r"(steps), [code] "b"(start->code)
			 : "rcx", "r11", "memory");
	return pid;
}

/* The step that has failed, or the process ended: why. */
static long start_failed(struct stub *stub, const struct start *start)
{
	const struct stub_step *step = stub->control->step;

	for (unsigned i = 0; i < start->steps; i++, step++) {
		stub->refused = start->what[i];
		if (step->number == STEP_MOVE)
			continue;
		if (step->result == START_NOT_YET)
			break;
		if (((uint64_t)step->result ^ step->expected) & step->mask)
			return step->result < 0 ? step->result : -EPERM;
	}
	return -ESRCH;
}

/* The listener, as soon as there is one. */
static long start_await(struct stub *stub, const struct start *start)
{
	const struct stub_step *step = stub->control->step + start->listener;
	const struct __kernel_timespec patience = { 0, PATIENCE };

	while (step->result == START_NOT_YET) {
		sys_call(__NR_futex, (uint64_t)&step->result + 4, FUTEX_WAIT,
			 (uint64_t)START_NOT_YET >> 32, (uint64_t)&patience);
		if (step->result == START_NOT_YET && channel_has_ended(stub->pid))
			break;
	}
	return step->result >= 0 ? step->result : start_failed(stub, start);
}

/* A table of files of its own, with @memory alone. */
static long start_close_files(struct stub *stub, int memory)
{
	const struct channel_call below = {
		__NR_close_range, { 0, memory - 1, CLOSE_RANGE_UNSHARE },
	}, above = {
		__NR_close_range, { memory + 1, ~0u, CLOSE_RANGE_UNSHARE },
	};
	long result = 0;

	if (memory > 0)
		result = call_make(stub, &below);
	return result ? result : call_make(stub, &above);
}

static long start_run(struct stub *stub, struct start *start, int memory)
{
	static const uint64_t all = ~0ull;
	struct channel_message message;
	uint64_t before;
	long result;

	sys_call(__NR_rt_sigprocmask, SIG_BLOCK, (uint64_t)&all, (uint64_t)&before, sizeof(all));
	result = start_fork(start);
	sys_call(__NR_rt_sigprocmask, SIG_SETMASK, (uint64_t)&before, 0, sizeof(before));
	if (result < 0)
		return result;
	stub->pid = result;
	result = start_await(stub, start);
	if (result < 0)
		return result;
	stub->listener = result;
	stub->refused = "its files";
	channel_attend(stub);
	if (channel_receive(stub, &message) != GOT_RESULT)
		return -ESRCH;
	return start_close_files(stub, memory);
}

int stub_create(struct stub *stub, int memory)
{
	struct start start = { .code = code };
	long result;

	memset(stub, 0, sizeof(*stub));
	stub->memory = memory;
	stub->refused = "a region";
	result = start_shared(STUB_REGION_SIZE);
	if (result < 0)
		return result;
	stub->control = start.control = (struct stub_control *)result;
	stub->refused = "a process";
	frame_first(stub);
	stub->control->first = stub->frame;
	stub->control->sequence = stub->sequence = 1;
	start.parent = sys_call(__NR_getpid, 0, 0, 0, 0);
	steps_write(&start);
	result = start_run(stub, &start, memory);
	if (result < 0)
		stub_destroy(stub);
	else
		stub->refused = NULL;
	return result;
}

void stub_destroy(struct stub *stub)
{
	channel_end(stub);
	if (stub->control)
		sys_call(__NR_munmap, (uint64_t)stub->control, STUB_REGION_SIZE, 0, 0);
	stub->control = NULL;
}

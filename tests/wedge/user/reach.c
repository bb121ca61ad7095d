/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tries from user mode to read, write and execute what only a kernel or a wedge
 * may: each attempt must end in a signal; and has the kernel try it on its
 * behalf, by system calls with such addresses, which must fail: one after the other all
 * that read or write there, also in the stretch of user addresses in which a wedge in a
 * process of a host could name its variables by 32 bits. Run in the guest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static sigjmp_buf back;

static void caught(int signal)
{
	siglongjmp(back, signal);
}

static const struct { uint64_t address; const char *what; } places[] = {
	{ 0xffffffff81000000, "kernel text" },
	{ 0xffffffff81c00000, "kernel data" },
	{ 0xffff888000000000, "all memory, start" },
	{ 0xffff888001000000, "all memory, 16 MiB" },
	{ 0xfffffe0000000000, "descriptor tables" },
	{ 0xffffc90000000000, "vmalloc" },
	{ 0xffffffffffe00000, "wedge text" },
	{ 0xffffffffffe3d000, "wedge data" },
	{ 0xfffffffffffe0000, "top" },
	{ 0xffffffffffff0000, "page shared with the hypervisor" },
	{ 0xfffffc0000000000, "wedge's map of memory" },
	{ 0xfffffc4000000000, "wedge's tables" },
	{ 0xfffffc4040000000, "wedge's table of segments" },
	{ 0xffffffff40000000, "where the wedge was loaded" },
	{ 0xffff800000000000, "the hypervisor's table" },
	{ 0xffff82d040200000, "the hypervisor" },
	/* In a process of a host (docs/process.md): elsewhere nothing is there. */
	{ 0x4000c0000000, "all memory, start" },
	{ 0x4000c1000000, "kernel text" },
	{ 0x4000c1c00000, "kernel data" },
	{ 0x500000000000, "vmalloc" },
	{ 0x7c0000000000, "descriptor tables" },
	{ 0x400080000000, "wedge's slots" },
	{ 0x7e0000000000, "wedge's map of memory" },
	{ 0x7e8000000000, "wedge's tables" },
	{ 0x7e9000000000, "wedge's linear tables" },
	{ 0x7ea000000000, "wedge's heap" },
	{ 0x7eb000000000, "what was loaded" },
	{ 0x7ec000000000, "regions of stubs" },
	{ 0x7ed000000000, "wedge text" },
	{ 0x7ed000034000, "wedge data" },
	{ 0x7ed000036000, "wedge data, further on" },
};

/* None of it is the program's own. */
#define STRETCH 0x70000000ul
#define STRETCH_END 0x80000000ul
#define STRETCH_STEP 0x10000ul

static int attempt(int how, uint64_t address)
{
	int signal = sigsetjmp(back, 1);

	if (signal)
		return signal;
	if (how == 0)
		(void)*(volatile uint64_t *)address;
	else if (how == 1)
		*(volatile uint8_t *)address = 0;
	else
		((void (*)(void))address)();
	return 0;
}

/* The program's own side of each call. */
static int pipe_of[2];
static char byte;
static struct iovec own = { &byte, 1 };
static const struct timespec at_once;

static long lend_write(uint64_t at) { return write(pipe_of[1], (void *)at, 8); }
static long lend_read(uint64_t at) { return read(pipe_of[0], (void *)at, 1); }
static long lend_stack(uint64_t at) { return syscall(SYS_sigaltstack, at, NULL); }
static long lend_old_stack(uint64_t at) { return syscall(SYS_sigaltstack, NULL, at); }
static long lend_clock(uint64_t at) { return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at); }
static long lend_sleep(uint64_t at) { return syscall(SYS_nanosleep, at, NULL); }

static long lend_copy(uint64_t at, long call)
{
	struct iovec lent = { (void *)at, 1 };

	return syscall(call, getpid(), &lent, 1, &own, 1, 0);
}
static long lend_copy_to(uint64_t at) { return lend_copy(at, SYS_process_vm_readv); }
static long lend_copy_from(uint64_t at) { return lend_copy(at, SYS_process_vm_writev); }

/* By __put_user, whose test of the address is another than that of copies. */
static long lend_put(uint64_t at) { return syscall(SYS_getcpu, at, NULL, NULL); }
static long lend_put_8(uint64_t at) { return syscall(SYS_time, at); }

static long lend_futex(uint64_t at)
{
	return syscall(SYS_futex, at, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &at_once);
}
static long lend_futex_write(uint64_t at)
{
	static uint32_t word;

	return syscall(SYS_futex, &word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, at,
		       FUTEX_OP(FUTEX_OP_ADD, 0, FUTEX_OP_CMP_EQ, 0));
}

static const struct { const char *what; long (*lend)(uint64_t at); } calls[] = {
	{ "write", lend_write }, { "read", lend_read },
	{ "process_vm_readv", lend_copy_to }, { "process_vm_writev", lend_copy_from },
	{ "sigaltstack", lend_stack }, { "sigaltstack, the old one", lend_old_stack },
	{ "clock_gettime", lend_clock }, { "nanosleep", lend_sleep },
	{ "getcpu", lend_put }, { "time", lend_put_8 },
	{ "futex", lend_futex }, { "futex, with a write", lend_futex_write },
};

/* By which call has the kernel come to @at? NULL: by none. */
static const char *lent(uint64_t at)
{
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		errno = 0;
		if (calls[i].lend(at) >= 0 || (errno != EFAULT && errno != ENOSYS))
			return calls[i].what;
	}
	return NULL;
}

static unsigned lend_all(void)
{
	unsigned reached = 0;
	const char *by;

	if (pipe(pipe_of) || write(pipe_of[1], &byte, 1) != 1)
		return 1;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if ((by = lent(places[i].address))) {
			printf("BAD the kernel, by %s: %s\n", by, places[i].what);
			reached++;
		}
	for (uint64_t at = STRETCH; at < STRETCH_END; at += STRETCH_STEP)
		if ((by = lent(at))) {
			printf("BAD the kernel, by %s: %lx\n", by, at);
			reached++;
		}
	return reached;
}

int main(void)
{
	static const char *const ways[] = { "read", "write", "execute" };
	unsigned reached = 0;

	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, caught);
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (int how = 0; how < 3; how++)
			if (!attempt(how, places[i].address)) {
				printf("BAD %s: %s\n", ways[how], places[i].what);
				reached++;
			}
	reached += lend_all();
	printf("%u places reached of %zu\n", reached, sizeof(places) / sizeof(places[0]));
	return reached != 0;
}

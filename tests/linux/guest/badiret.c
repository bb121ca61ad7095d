/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * badiret: returns to user mode that fault in the kernel, by way of a signal
 * frame changed by its handler: SS or CS that cannot be loaded, an address
 * that is not canonical, and 16-bit stack segments (espfix).
 *
 * The kernel compares the faulting address with the label of its iret: were
 * the instruction anywhere but at that label, these would be oopses.
 * Intel SDM vol. 2, IRET; vol. 3, 6.12.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>
#include "guest.h"

struct bad_return {
	const char *what;
	int cs, ss;		/* -1: as it was; LDT entry numbers from 100 on */
	int noncanonical;
	int code32;		/* go to int3 in low memory with this CS */
};

#define LDT_BASE 100
#define LDT_ABSENT	(LDT_BASE + 0)
#define LDT_DATA32	(LDT_BASE + 1)
#define LDT_DATA16	(LDT_BASE + 2)
#define LDT_CODE32	(LDT_BASE + 3)
#define LDT_EMPTY	(LDT_BASE + 9)
#define SP_MARK		0x5a3c	/* low half of the stack pointer seen at int3 */

static const struct bad_return cases[] = {
	{ "SS not present",		-1, LDT_ABSENT, 0, 0 },
	{ "SS empty",			-1, LDT_EMPTY, 0, 0 },
	{ "SS is code",			-1, LDT_CODE32, 0, 0 },
	{ "CS is data",			LDT_DATA32, -1, 0, 0 },
	{ "CS empty",			LDT_EMPTY, -1, 0, 0 },
	{ "CS null",			3, -1, 0, 0 },
#ifdef __x86_64__
	{ "RIP not canonical",		-1, -1, 1, 0 },
#endif
	{ "16-bit SS, 32-bit CS",	LDT_CODE32, LDT_DATA16, 0, 1 },
	{ "32-bit SS, 32-bit CS",	LDT_CODE32, LDT_DATA32, 0, 1 },
	{ "SS not present, 32-bit CS",	LDT_CODE32, LDT_ABSENT, 0, 1 },
	{ "SS empty, 32-bit CS",	LDT_CODE32, LDT_EMPTY, 0, 1 },
};

static const struct bad_return *current;
static unsigned char *low_code, *low_stack;
static sigjmp_buf back;

static int selector(int n)
{
	return n < LDT_BASE ? n : LDT_SELECTOR(n - LDT_BASE);
}

#ifdef __x86_64__
/* REG_CSGSFS holds cs, gs, fs and ss, 16 bits each from the low end. */
static void set_selector(ucontext_t *uc, int shift, int value)
{
	uint64_t *g = (uint64_t *)&uc->uc_mcontext.gregs[REG_CSGSFS];

	*g = (*g & ~(UINT64_C(0xffff) << shift)) | (uint64_t)(uint16_t)value << shift;
}
#define SET_CS(uc, v)	set_selector(uc, 0, v)
#define SET_SS(uc, v)	set_selector(uc, 48, v)
#define GET_CS(uc)	((int)(uc->uc_mcontext.gregs[REG_CSGSFS] & 0xffff))
#define GET_SS(uc)	((int)((uint64_t)uc->uc_mcontext.gregs[REG_CSGSFS] >> 48))
#define PC REG_RIP
#define SP REG_RSP
#else
#define SET_CS(uc, v)	((uc)->uc_mcontext.gregs[REG_CS] = (v))
#define SET_SS(uc, v)	((uc)->uc_mcontext.gregs[REG_SS] = (v))
#define GET_CS(uc)	((int)(uc->uc_mcontext.gregs[REG_CS] & 0xffff))
#define GET_SS(uc)	((int)(uc->uc_mcontext.gregs[REG_SS] & 0xffff))
#define PC REG_EIP
#define SP REG_ESP		/* REG_UESP is for the handler to read only */
#endif

static void on_usr1(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	if (current->cs >= 0)
		SET_CS(uc, selector(current->cs));
	if (current->ss >= 0)
		SET_SS(uc, selector(current->ss));
	if (current->noncanonical)
		uc->uc_mcontext.gregs[PC] = (greg_t)(UINT64_C(1) << 63);
	if (current->code32) {
		uc->uc_mcontext.gregs[PC] = (greg_t)(uintptr_t)low_code;
		uc->uc_mcontext.gregs[SP] = (greg_t)((uintptr_t)low_stack | SP_MARK);
	}
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	printf("  signal %d, trap %d, error %#x, cs %#x, ss %#x", sig,
	       (int)uc->uc_mcontext.gregs[REG_TRAPNO],
	       (int)uc->uc_mcontext.gregs[REG_ERR], GET_CS(uc), GET_SS(uc));
	if (current->code32)
		printf(", sp %#x, at +%d", (int)(uc->uc_mcontext.gregs[SP] & 0xffff),
		       (int)((uintptr_t)uc->uc_mcontext.gregs[PC] - (uintptr_t)low_code));
	putchar('\n');
	siglongjmp(back, 1);
}

static int one_case(void *arg)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGTRAP, SIGILL };
	struct sigaction sa = { .sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t ss = { .ss_size = 1 << 16 };
	size_t i;

	current = arg;
	ss.ss_sp = malloc(ss.ss_size);
	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_sigaction = on_fault;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigaction(faults[i], &sa, NULL);
	guest_set_ldt(LDT_ABSENT - LDT_BASE, SEG_ABSENT);
	guest_set_ldt(LDT_DATA32 - LDT_BASE, SEG_DATA32);
	guest_set_ldt(LDT_DATA16 - LDT_BASE, SEG_DATA16);
	guest_set_ldt(LDT_CODE32 - LDT_BASE, SEG_CODE32);
	if (!sigsetjmp(back, 1)) {
		raise(SIGUSR1);
		printf("  came back\n");
		return 1;
	}
	return 0;
}

static void *map_low(uintptr_t where, size_t size)
{
	return mmap((void *)where, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int test_badiret(void)
{
	size_t i;
	int bad = 0, round;

	low_code = map_low(0x10000000, 4096);
	low_stack = map_low(0x20000000, 1 << 16);
	if (low_code == MAP_FAILED || low_stack == MAP_FAILED)
		return guest_check(0, "low memory");
	memset(low_code, 0xcc, 4096);
	/* Twice, as a fix-up that leaves something behind shows in the second. */
	for (round = 0; round < 2; round++)
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			bad |= guest_in_child(cases[i].what, one_case,
					      (void *)&cases[i]) != 0;
	return bad;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tries from user mode to read, write and execute what only a kernel or a wedge
 * may: each attempt must end in a signal. Run in the guest.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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
	{ 0xffffffff40000000, "where the wedge was loaded" },
	{ 0xffff800000000000, "the hypervisor's table" },
	{ 0xffff82d040200000, "the hypervisor" },
};

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
	printf("%u places reached\n", reached);
	return reached != 0;
}

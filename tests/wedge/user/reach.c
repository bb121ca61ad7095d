/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Tries from user mode to read, write and execute what only a kernel or a wedge
 * may: each attempt must end in a signal; and has the kernel try it on its
 * behalf, by system calls with such addresses, which must fail. Run in the guest.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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
	{ 0x70000000, "wedge text" },
	{ 0x7e0000000000, "wedge's map of memory" },
	{ 0x7e8000000000, "wedge's tables" },
	{ 0x7eb000000000, "what was loaded" },
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

/* Through the kernel: out of the place into a pipe, or the other way. */
static int lend(int out, uint64_t address)
{
	char byte = 0;
	int fd[2], reached;

	if (pipe(fd))
		return 1;
	if (!out && write(fd[1], &byte, 1) != 1)
		return 1;
	errno = 0;
	if (out)
		reached = write(fd[1], (void *)address, 8) >= 0;
	else
		reached = read(fd[0], (void *)address, 1) >= 0;
	reached |= errno != EFAULT;
	close(fd[0]);
	close(fd[1]);
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
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (int out = 0; out < 2; out++)
			if (lend(out, places[i].address)) {
				printf("BAD the kernel %s: %s\n", out ? "reads" : "writes",
				       places[i].what);
				reached++;
			}
	printf("%u places reached of %zu\n", reached, sizeof(places) / sizeof(places[0]));
	return reached != 0;
}

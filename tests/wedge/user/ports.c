/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A program that its kernel has given ports (ioperm, iopl), and others that have none:
 * each of them tries IN and OUT of each size, and strings, at ports given and not
 * given, at the edges of both and at the last one; as a child, after the right was given
 * up, and as a process that runs in between. What each comes to must be the same on the
 * bare machine.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 0x2f8		/* a second serial port's, which is not there */
#define COUNT 7

static sigjmp_buf back;

static void caught(int signal)
{
	siglongjmp(back, signal);
}

/* What the access @how of @size bytes at @port comes to. */
static int try(int how, int size, uint16_t port)
{
	static uint32_t word;
	void *at = &word;
	int signal = sigsetjmp(back, 1);

	if (signal)
		return signal;
	switch (how * 8 + size) {
	case 1: inb(port); break;
	case 2: inw(port); break;
	case 4: inl(port); break;
	case 9: outb(0xff, port); break;
	case 10: outw(0xffff, port); break;
	case 12: outl(0xffffffff, port); break;
	case 17: __asm__ volatile("insb" : "+D"(at) : "d"(port) : "memory"); break;
	case 18: __asm__ volatile("insw" : "+D"(at) : "d"(port) : "memory"); break;
	case 20: __asm__ volatile("insl" : "+D"(at) : "d"(port) : "memory"); break;
	case 25: __asm__ volatile("outsb" : "+S"(at) : "d"(port)); break;
	case 26: __asm__ volatile("outsw" : "+S"(at) : "d"(port)); break;
	case 28: __asm__ volatile("outsl" : "+S"(at) : "d"(port)); break;
	case 33: __asm__ volatile("cli"); break;
	case 34: __asm__ volatile("sti"); break;
	case 36: __asm__ volatile("hlt"); break;
	}
	return 0;
}

static void all(const char *who)
{
	static const uint16_t ports[] = { FIRST - 4, FIRST - 1, FIRST, FIRST + 1, FIRST + COUNT - 1,
		FIRST + COUNT, FIRST + COUNT + 1, 0x7ff8, 0xfffc, 0xfffe, 0xffff };

	printf("%s:", who);
	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		printf(" %x", ports[i]);
		for (int how = 0; how < 4; how++)
			for (int size = 1; size < 8; size *= 2)
				printf("%c%d", size == 1 ? ' ' : '.', try(how, size, ports[i]));
	}
	printf("; flags %d %d %d\n", try(4, 1, 0), try(4, 2, 0), try(4, 4, 0));
}

static void child(const char *who)
{
	int status;

	fflush(stdout);
	if (!fork()) {
		all(who);
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	printf("%s: status %x\n", who, status);
}

int main(void)
{
	int to_other[2], from_other[2];
	char byte = 0;

	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	if (pipe(to_other) || pipe(from_other))
		return 1;
	if (!fork()) {		/* it was there before, and runs while the other has ports */
		while (read(to_other[0], &byte, 1) == 1 && byte) {
			all("another");
			fflush(stdout);
			if (write(from_other[1], &byte, 1) != 1)
				break;
		}
		_exit(0);
	}
	all("with none");
	printf("ioperm %d\n", ioperm(FIRST, COUNT, 1));
	for (byte = 1; byte < 3; byte++) {
		all("with ports");
		fflush(stdout);
		if (write(to_other[1], &byte, 1) != 1 || read(from_other[0], &byte, 1) != 1)
			return 1;
		child("its child");
		printf("iopl %d\n", iopl(byte == 1 ? 3 : 0));
	}
	printf("given up %d\n", ioperm(FIRST, COUNT, 0));
	all("with none again");
	byte = 0;
	if (write(to_other[1], &byte, 1) != 1)
		return 1;
	while (wait(NULL) > 0)
		;
	printf("ok ports\n");
	return 0;
}

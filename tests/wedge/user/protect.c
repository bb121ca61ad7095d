/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Rights of a process's own pages, changed again and again: one file mapped with other
 * rights at three places, code that is written and run in turn, pages of a parent and a
 * child, and what is unmapped and mapped anew at the same place. Each access must do
 * what the rights of the moment say.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define ROUNDS 60
#define PLACES 3
#define CODE "\xb8\0\0\0\0\xc3"		/* mov $n, %eax; ret */

static sigjmp_buf back;
static unsigned bad, checks;

static void caught(int signal)
{
	siglongjmp(back, signal);
}

static int reads(volatile uint8_t *at, int *value)
{
	if (sigsetjmp(back, 1))
		return 0;
	*value = at[1];
	return 1;
}

static int writes(volatile uint8_t *at, int value)
{
	if (sigsetjmp(back, 1))
		return 0;
	at[1] = value;
	return 1;
}

static int runs(uint8_t *at, int *value)
{
	if (sigsetjmp(back, 1))
		return 0;
	*value = ((int (*)(void))at)();
	return 1;
}

static void expect(int ok, const char *what, int round)
{
	checks++;
	if (!ok && bad++ < 10)
		printf("BAD %s, round %d\n", what, round);
}

static void look(uint8_t *at, int rights, int now, int round)
{
	int value = -1;

	expect(reads(at, &value) == !!(rights & (PROT_READ | PROT_WRITE | PROT_EXEC)), "a read", round);
	expect(value < 0 || value == now, "what was read", round);
	expect(writes(at, now) == !!(rights & PROT_WRITE), "a write", round);
	value = -1;
	expect(runs(at, &value) == !!(rights & PROT_EXEC), "a run", round);
	expect(value < 0 || value == now, "what was run", round);
}

/* The same page with other rights at each place, in turn. */
static void aliases(int file)
{
	static const int rights[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_NONE,
		PROT_READ | PROT_WRITE | PROT_EXEC };
	uint8_t *place[PLACES], *all = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	for (int i = 0; i < PLACES; i++)
		place[i] = mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, file, 0);
	memcpy(all, CODE, sizeof(CODE));
	for (int round = 0; round < ROUNDS; round++) {
		all[1] = round;
		for (int i = 0; i < PLACES; i++) {
			int r = rights[(round * (i + 1) + i) % 5];

			if (round % 7 == i)
				mmap(place[i], PAGE, r, MAP_SHARED | MAP_FIXED, file, 0);
			else
				mprotect(place[i], PAGE, r);
			look(place[i], r, round, round);
		}
	}
}

/* A child's pages are its own, whoever writes first. */
static void families(void)
{
	uint8_t *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int value, status;

	for (int round = 0; round < ROUNDS; round++) {
		memcpy(p, CODE, sizeof(CODE));
		p[1] = round;
		if (!fork()) {
			bad = 0;
			if (round % 2)
				p[1] = round + 100;
			mprotect(p, PAGE, round % 3 ? PROT_READ | PROT_EXEC : PROT_READ | PROT_WRITE);
			look(p, round % 3 ? PROT_READ | PROT_EXEC : PROT_READ | PROT_WRITE,
			     round % 2 ? round + 100 : round, round);
			munmap(p, PAGE);
			expect(!reads(p, &value), "what is unmapped", round);
			_exit(bad != 0);
		}
		if (round % 4 == 0)
			p[1] = round + 50;
		wait(&status);
		expect(!status, "a child", round);
		expect(p[1] == (round % 4 ? round : round + 50), "the parent's page", round);
	}
}

int main(void)
{
	int file = memfd_create("aliases", 0);

	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	if (file < 0 || ftruncate(file, PAGE))
		return 1;
	aliases(file);
	families();
	printf("%u checks\n", checks);
	printf(bad ? "BAD rights\n" : "ok rights\n");
	return bad != 0;
}

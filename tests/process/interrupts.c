/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Interruptions: they end a loop, and never change, lose or repeat another event,
 * wherever the signal meets the stub.
 */
#define _GNU_SOURCE
#include "toy.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 1000		/* no number that the host's kernel takes for itself */

static void test_loop(void)
{
	uint64_t before = 0;

	TOY_PIECE(loop);
	toy.r[RBX] = 0;
	toy.r[R12] = 0x1212;
	for (unsigned i = 0; i < 20; i++) {
		expect_equal("a loop", toy_run_for(2000), STUB_INTERRUPTED);
		expect("goes on where it was", toy.r[RBX] >= before);
		expect("registers", toy.r[R12] == 0x1212 && toy.rip - TOY_CODE < 6);
		before = toy.r[RBX];
	}
	expect("has run", before > 0);
	stub_interrupt(&toy);
	expect_equal("a request before", toy_run(), STUB_INTERRUPTED);
	expect_equal("user code has not run", toy.r[RBX], before);
}

/*
 * A process on all processors, if there are several, that sends signals to the stub: one
 * after each event, at any time until the next.
 */
static pid_t storm(int target, const volatile uint64_t *events)
{
	static const int signals[] = { SIGURG, SIGURG, SIGURG, SIGSEGV, SIGTERM, SIGINT };
	pid_t pid = fork();
	uint64_t seen = 0;
	cpu_set_t all;

	if (pid)
		return pid;
	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	while (!kill(target, signals[toy_random() % 6])) {
		while (*events == seen)
			sched_yield();
		seen = *events;
		for (volatile unsigned n = toy_random() % 30000; n; n--)
			;
	}
	_exit(0);
}

/* One event in a storm, the one with number @count; it may be an interruption. */
static int one_event(uint64_t count, unsigned *asked)
{
	int event;

	if (toy_random() % 4 == 0) {
		++*asked;
		toy_alarm(1 + toy_random() % 100);
	}
	event = toy_run();
	if (event == STUB_INTERRUPTED)
		return event;
	expect_equal("an event in a storm", event, STUB_SYSCALL);
	expect_equal("its number", toy.r[RAX], count);
	if (count % 16 == 0)
		expect_equal("a call in a storm",
			     stub_map(&toy, 0x20000000, 4096, STUB_READ, 0), 0);
	if (count % 4 == 1)
		expect_equal("a call on the way in a storm",
			     stub_map_next(&toy, 0x20000000, 4096, STUB_READ, 0), 0);
	return event;
}

/* The numbers that come are those that user code counts, in order. */
static void test_storm(unsigned rounds)
{
	uint64_t *events = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
	unsigned interrupted = 0, asked = 0;
	uint64_t count = FIRST;
	pid_t pid = storm(toy.pid, events);

	TOY_PIECE(calls);
	toy.r[RBX] = count;
	while (*events < rounds && toy.pid) {
		if (one_event(count + 1, &asked) == STUB_INTERRUPTED)
			interrupted++;
		else
			count++;
		++*events;
	}
	expect_equal("events of a storm", *events, rounds);
	toy_alarm(0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	expect("no interruption that nobody asked for", interrupted <= asked);
	munmap(events, 4096);
	printf("storm: %lu events, %u of %u interruptions\n", count - FIRST, interrupted, asked);
}

void test_interrupts(unsigned rounds)
{
	test_loop();
	test_storm(rounds * 10);
}

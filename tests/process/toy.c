/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Stubs, tried by a supervisor that is a toy: see the files beside this one.
 *
 * usage: toy [ROUNDS [TEST...]]
 *
 * A program of glibc's has an area for restartable sequences, which a stub must not
 * inherit, unless a variable of the environment is set: then the program starts again.
 *
 * The last line is "N passed, N failed".
 */
#define _GNU_SOURCE
#include "toy.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

struct stub toy;
int toy_memory;
uint8_t *toy_bytes;

static unsigned passed, failed;
static uint64_t seed = 88172645463325252ull;

uint64_t toy_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

int any_failed(void)
{
	return failed != 0;
}

void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

void expect_equal(const char *what, uint64_t got, uint64_t wanted)
{
	expect(what, got == wanted);
	if (got != wanted)
		printf("    got %lx, wanted %lx\n", got, wanted);
}

void toy_start(struct stub *stub)
{
	int error = stub_create(stub, toy_memory);

	if (!error)
		error = stub_map(stub, TOY_CODE, 4096, STUB_READ | STUB_EXECUTE, 0);
	if (!error)
		error = stub_map(stub, TOY_DATA, TOY_DATA_SIZE, STUB_READ | STUB_WRITE,
				 TOY_DATA_AT);
	if (!error)
		return;
	printf("BAD a stub: %s: %s\n", stub->refused ? stub->refused : "memory",
	       strerror(-error));
	exit(1);
}

void toy_new(void)
{
	stub_destroy(&toy);
	toy_start(&toy);
}

void toy_piece(const char *code, const char *end)
{
	memcpy(toy_bytes, code, end - code);
	toy.rip = TOY_CODE;
	toy.rflags = 0;
}

int toy_run(void)
{
	enum stub_event event = stub_run(&toy);

	return event == STUB_EXCEPTION ? (int)EXCEPTION(toy.vector) : (int)event;
}

static void on_alarm(int signal)
{
	(void)signal;
	stub_interrupt(&toy);
}

void toy_alarm(unsigned us)
{
	struct itimerval in = { { 0, 0 }, { us / 1000000, us % 1000000 } };

	setitimer(ITIMER_REAL, &in, NULL);
}

int toy_run_for(unsigned us)
{
	int event;

	toy_alarm(us);
	event = toy_run();
	toy_alarm(0);
	return event;
}

static void prepare(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	cpu_set_t one;
	int error;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	sigaction(SIGALRM, &action, NULL);
	toy_memory = memfd_create("memory", MFD_CLOEXEC);
	if (ftruncate(toy_memory, TOY_SIZE))
		exit(1);
	toy_bytes = mmap(NULL, TOY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, toy_memory, 0);
	error = stub_init();
	if (error)
		printf("BAD stub_init: %s\n", strerror(-error));
	if (error || toy_bytes == MAP_FAILED)
		exit(1);
}

static const struct {
	const char *name;
	void (*run)(unsigned rounds);
} tests[] = {
	{ "registers", test_registers }, { "events", test_events },
	{ "mapping", test_mapping }, { "vectors", test_vectors },
	{ "interrupts", test_interrupts }, { "forging", test_forging }, { "local", test_local }, { "life", test_life },
	{ "place", test_place }, { "calls", test_calls },
};

static int is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return argc <= 2;
}

#define TUNABLES "GLIBC_TUNABLES"

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? atoi(argv[1]) : 1000;

	if (!getenv(TUNABLES)) {
		setenv(TUNABLES, "glibc.pthread.rseq=0", 1);
		execv("/proc/self/exe", argv);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare();
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (is_wanted(tests[i].name, argc, argv)) {
			toy_new();
			tests[i].run(rounds);
		}
	stub_destroy(&toy);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}

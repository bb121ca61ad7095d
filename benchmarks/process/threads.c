/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * How much longer do two busy threads of one process take than one, each for the same work?
 * As the first program of a guest, or one of the host's. Work without system calls, with
 * one now and then, and such that maps and touches memory which both threads have.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7

static volatile unsigned long sink;

static unsigned long count(unsigned long n)
{
	unsigned long x = 1;

	while (n--)
		x = x * 6364136223846793005ul + 1442695040888963407ul;
	return x;
}

static void alone(void)
{
	sink = count(100000000);
}

static void with_calls(void)
{
	for (int i = 0; i < 2000; i++) {
		sink = count(20000);
		syscall(SYS_getppid);
	}
}

static void with_memory(void)
{
	for (int i = 0; i < 200; i++) {
		volatile char *memory = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (int page = 0; page < 16; page++)
			memory[page * 4096] = 1;
		munmap((void *)memory, 16 * 4096);
	}
}

static void *thread(void *work)
{
	((void (*)(void))work)();
	return NULL;
}

static double run(void (*work)(void), int threads)
{
	pthread_t other[8];
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 1; i < threads; i++)
		pthread_create(&other[i], NULL, thread, (void *)work);
	work();
	for (int i = 1; i < threads; i++)
		pthread_join(other[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
}

/* The least of some rounds: what a host's other programs take away counts least there. */
static void measure(const char *name, void (*work)(void))
{
	double least[3] = { 0, 1e9, 1e9 };

	for (int i = 0; i < ROUNDS; i++)
		for (int threads = 1; threads <= 2; threads++) {
			double ms = run(work, threads);

			least[threads] = ms < least[threads] ? ms : least[threads];
		}
	printf("threads %s %.1f %.1f ms, %.2f times\n", name, least[1], least[2], least[2] / least[1]);
	fflush(stdout);
}

int main(void)
{
	measure("alone", alone);
	measure("calls", with_calls);
	measure("memory", with_memory);
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
	return 0;
}

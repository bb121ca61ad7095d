/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * processors: what several processors do to each other. Mappings that one takes
 * away are gone for all, at once; a word is handed on from one to the next;
 * threads move about and keep their registers; all fork, map and touch memory
 * while modules come and go. stress: the same again and again, a few times or, with
 * previrt.stress=SECONDS on the kernel's command line, for so long.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guest.h"

#define MOST 8
#define PAGE 4096ul
#define PAGES 16
#define PLACE ((volatile int *)0x200000000000)
#define ROUNDS 30
#define HANDED_ON 500
#define MOVES 200
#define CHILDREN 20
#define STRESS_ROUNDS 10
#define MODULES_EACH 5		/* rounds: loading them is slow */
#define TOO_LONG 60		/* s, for a word that is handed on */

static int count;

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void wait_for(atomic_int *word, int value)
{
	while (atomic_load(word) != value)
		sched_yield();
}

/* Mappings: the first thread changes them, all others look. */
enum look { LOOK_SAME, LOOK_WRITE, LOOK_GONE, LOOK_END };
static atomic_int look_turn, look_done, look_bad;
static enum look look_what;
static int look_value;
static __thread sigjmp_buf look_back;

static void look_fault(int signal)
{
	(void)signal;
	siglongjmp(look_back, 1);
}

/* Is the first word of page @page @value, or (-1) does reading fault? */
static int look_read(int page)
{
	if (sigsetjmp(look_back, 1))
		return -1;
	return PLACE[page * PAGE / sizeof(int)];
}

static int look_write(int page)
{
	if (sigsetjmp(look_back, 1))
		return -1;
	PLACE[page * PAGE / sizeof(int)] = 0;
	return 0;
}

static int look_once(void)
{
	int bad = 0;

	for (int page = 0; page < PAGES; page++)
		switch (look_what) {
		case LOOK_SAME: bad += look_read(page) != look_value + page; break;
		case LOOK_WRITE: bad += look_write(page) != -1; break;
		case LOOK_GONE: bad += look_read(page) != -1; break;
		case LOOK_END: break;
		}
	return bad;
}

static void *look_thread(void *cpu)
{
	int turn = 0;

	stay_on((int)(long)cpu);
	for (;;) {
		wait_for(&look_turn, ++turn);
		atomic_fetch_add(&look_bad, look_once());
		atomic_fetch_add(&look_done, 1);
		if (look_what == LOOK_END)
			return NULL;
	}
}

static void look_all(enum look what, int value)
{
	look_what = what;
	look_value = value;
	atomic_store(&look_done, 0);
	atomic_fetch_add(&look_turn, 1);
	wait_for(&look_done, count - 1);
}

static int test_mappings(void)
{
	struct sigaction action = { .sa_handler = look_fault };
	pthread_t thread[MOST];

	sigaction(SIGSEGV, &action, NULL);
	atomic_store(&look_turn, 0);
	atomic_store(&look_bad, 0);
	stay_on(0);
	for (long i = 1; i < count; i++)
		pthread_create(&thread[i], NULL, look_thread, (void *)i);
	for (int round = 0; round < ROUNDS; round++) {
		mmap((void *)PLACE, PAGES * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		for (int page = 0; page < PAGES; page++)
			PLACE[page * PAGE / sizeof(int)] = round + page;
		look_all(LOOK_SAME, round);
		mprotect((void *)PLACE, PAGES * PAGE, PROT_READ);
		look_all(LOOK_WRITE, 0);
		munmap((void *)PLACE, PAGES * PAGE);
		look_all(LOOK_GONE, 0);
	}
	look_all(LOOK_END, 0);
	for (int i = 1; i < count; i++)
		pthread_join(thread[i], NULL);
	signal(SIGSEGV, SIG_DFL);
	return guest_check(!atomic_load(&look_bad), "mappings are the same for all");
}

/* A word handed on from processor to processor, by futex. */
static atomic_int baton;

static void *hand_on(void *cpu)
{
	struct timespec too_long = { .tv_sec = TOO_LONG };
	int me = (int)(long)cpu, now;

	stay_on(me);
	while ((now = atomic_load(&baton)) < HANDED_ON) {
		if (now % count != me) {
			if (syscall(SYS_futex, &baton, FUTEX_WAIT_PRIVATE, now, &too_long, NULL, 0) &&
			    errno == ETIMEDOUT) {
				printf("BAD %d waits: %d, now %d\n", me, now, atomic_load(&baton));
				return NULL;
			}
			continue;
		}
		atomic_store(&baton, now + 1);
		syscall(SYS_futex, &baton, FUTEX_WAKE_PRIVATE, MOST, NULL, NULL, 0);
	}
	return NULL;
}

static int test_futexes(void)
{
	pthread_t thread[MOST];

	atomic_store(&baton, 0);
	for (long i = 1; i < count; i++)
		pthread_create(&thread[i], NULL, hand_on, (void *)i);
	hand_on(NULL);
	for (int i = 1; i < count; i++)
		pthread_join(thread[i], NULL);
	return guest_check(atomic_load(&baton) == HANDED_ON, "handed on by futex");
}

/* A thread that moves about has its registers, its GS and FS with it. */
static int move_about(void *unused)
{
	double sum = 0, same = 0;
	int wrong = 0;

	(void)unused;
	for (int i = 0; i < MOVES; i++) {
		stay_on(i % count);
		wrong += sched_getcpu() != i % count;
		sum += 1.0 / (i + 1);
	}
	for (int i = 0; i < MOVES; i++)
		same += 1.0 / (i + 1);
	return guest_check(!wrong && sum == same, "moved from one to the next");
}

/* All at once: children that map, touch and end. */
static int touch_and_end(void)
{
	size_t size = 64 * PAGE;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < size; i += PAGE)
		p[i] = i / PAGE;
	mprotect(p, size / 2, PROT_READ);
	for (size_t i = 0; i < size; i += PAGE)
		if (p[i] != (char)(i / PAGE))
			return 2;
	return munmap(p, size) ? 3 : 0;
}

static int fork_many(int cpu)
{
	int bad = 0, status;

	stay_on(cpu);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid) {
			if (i % 2)
				stay_on((cpu + i) % count);
			_exit(touch_and_end());
		}
		bad |= pid < 0 || waitpid(pid, &status, 0) != pid || status;
	}
	return bad;
}

static int test_forks(int with_modules)
{
	pid_t pid[MOST];
	int bad = 0, status;

	fflush(stdout);
	for (int i = 0; i < count; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(fork_many(i));
	}
	if (with_modules) {
		guest_load_modules();
		bad |= guest_unload_modules();
	}
	for (int i = 0; i < count; i++)
		bad |= pid[i] < 0 || waitpid(pid[i], &status, 0) != pid[i] || status;
	return guest_check(!bad, "forks on all%s", with_modules ? ", modules meanwhile" : "");
}

static int run_round(int with_modules)
{
	int bad = test_mappings();

	bad |= test_futexes();
	bad |= move_about(NULL);
	bad |= test_forks(with_modules);
	fflush(stdout);
	return bad;
}

int test_processors(void)
{
	count = sysconf(_SC_NPROCESSORS_ONLN);
	printf("%d processors\n", count);
	if (guest_check(count >= 2 && count <= MOST, "several, and not too many"))
		return 1;
	return run_round(0);
}

/* What a round says goes where it does not show, unless something is bad. */
static int quiet_round(int with_modules)
{
	static char line[1024];
	int out = dup(1), bad;
	FILE *said = tmpfile();

	fflush(stdout);
	dup2(fileno(said), 1);
	bad = run_round(with_modules);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	rewind(said);
	while (bad && fgets(line, sizeof(line), said))
		fputs(line, stdout);
	fclose(said);
	return bad;
}

static int stress_for(int seconds)
{
	struct timespec now, start;
	int rounds = 0, bad = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		bad = quiet_round(rounds++ % MODULES_EACH == 0);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!bad && now.tv_sec - start.tv_sec < seconds);
	printf("# %d rounds in %ld s\n", rounds, (long)(now.tv_sec - start.tv_sec));
	return guest_check(!bad, "stress for %d s", seconds);
}

int test_stress(void)
{
	int bad = test_processors();
	char seconds[16];

	guest_word("previrt.stress", seconds, sizeof(seconds));
	if (!bad && seconds[0])
		return stress_for(atoi(seconds));
	for (int i = 0; !bad && i < STRESS_ROUNDS; i++)
		bad = run_round(i % MODULES_EACH == 0);
	return bad;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Runs each body of exec.S as plain instructions and in call mode, from the
 * same registers, flags and memory, and compares what is left: all registers
 * but those that tell the time, the flags, the memory. (The stack pointer is
 * right if the body returns at all.) With counting stubs, each counter must
 * say how often its site ran, also when two threads run it. With those of percpu, each
 * thread is a processor: it has a %gs of its own, as Linux's processors have.
 *
 * usage: exec native|count|percpu [DIRECTORY]
 *
 * With DIRECTORY, writes its own memory into raw, physical and virtual there.
 */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include "abi.h"
#include "dump.h"

#ifdef __x86_64__
enum { REGISTERS = 15, SHIFT_1 = 13, SHIFT_2 = 7, SHIFT_3 = 17 };
#else
enum { REGISTERS = 7, SHIFT_1 = 13, SHIFT_2 = 17, SHIFT_3 = 5 };
#endif
enum { FLAGS, A, B, C, D, WORDS = REGISTERS + 1, MEMORY = 64 };
enum { ROUNDS = 500, THREADS = 2, THREAD_ROUNDS = 300000 };
/* Status flags, DF, ID, and what user code always has: bit 1, IF. */
#define FREE_FLAGS 0x200cd5ul
#define FIXED_FLAGS 0x202ul

struct exec_case {
	const char *name;
	void (*plain)(void), (*call)(void);
	unsigned long sites;
};

struct outcome {
	unsigned long state[WORDS];
	unsigned char memory[MEMORY];
};

extern const struct exec_case exec_cases[];
void exec_run(void (*body)(void), unsigned long *state);

#ifdef __x86_64__
/* What %gs points to; cpu_number is an address there. */
static struct { char other[16]; int number; } processors[THREADS + 1];
__asm__(".globl cpu_number\n\t.set cpu_number, 16");

static void become_processor(int number)
{
	processors[number].number = number;
	syscall(SYS_arch_prctl, ARCH_SET_GS, &processors[number]);
}
#else
static void become_processor(int number) { (void)number; }
#endif

static unsigned char memory[MEMORY] __attribute__((aligned(16)));
static unsigned long seed = 88172645;
static int failures;

static unsigned long any(void)
{
	seed ^= seed << SHIFT_1;
	seed ^= seed >> SHIFT_2;
	seed ^= seed << SHIFT_3;
	return seed;
}

static int is(const struct exec_case *c, const char *name)
{
	return !strcmp(c->name, name);
}

static void prepare(const struct exec_case *c, struct outcome *o)
{
	static const unsigned int leaves[] = { 0, 1, 7, 13, 0x80000000 };
	static const uint16_t selectors[] = { 0, 0x10, 0x23, 0x2b, 0x33, 0xfff8 };
	uint16_t es, *words = (uint16_t *)o->memory;

	for (int i = 0; i < WORDS; i++)
		o->state[i] = any();
	for (int i = 0; i < MEMORY; i++)
		o->memory[i] = (unsigned char)any();
	o->state[FLAGS] = (any() & FREE_FLAGS) | FIXED_FLAGS;
	o->state[B] = (unsigned long)memory;
	if (is(c, "popf") || is(c, "push_popf") || is(c, "flags"))
		o->state[A] = (any() & FREE_FLAGS) | FIXED_FLAGS;
	else if (is(c, "cpuid"))
		o->state[A] = leaves[any() % 5], o->state[C] = any() % 4;
	else if (is(c, "xgetbv"))
		o->state[C] = 0;
	else if (is(c, "lar") || is(c, "lsl") || is(c, "verr"))
		o->state[C] = selectors[any() % 6];
	words[12] = selectors[any() % 6];
	__asm__("mov %%es,%0" : "=r"(es));
	if (is(c, "mov_to_es"))
		words[2] = es;
}

static void run(void (*body)(void), const struct outcome *from, struct outcome *to)
{
	*to = *from;
	memcpy(memory, from->memory, MEMORY);
	exec_run(body, to->state);
	memcpy(to->memory, memory, MEMORY);
}

static void compare(const struct exec_case *c)
{
	struct outcome from, plain, call;

	prepare(c, &from);
	run(c->plain, &from, &plain);
	run(c->call, &from, &call);
	for (int i = 0; i < WORDS; i++) {
		if (!strncmp(c->name, "rdtsc", 5) && (i == A || i == D))
			continue;	/* the time */
		if (plain.state[i] != call.state[i]) {
			printf("%s: word %d is %#lx, plain %#lx\n", c->name, i,
			       call.state[i], plain.state[i]);
			failures++;
		}
	}
	if (memcmp(plain.memory, call.memory, MEMORY)) {
		printf("%s: leaves other memory\n", c->name);
		failures++;
	}
}

/* Which case's call-mode code holds this address? Bodies stand in order. */
static const struct exec_case *owner(uintptr_t addr)
{
	const struct exec_case *c = exec_cases, *best = NULL;

	for (; c->name; c++)
		if ((uintptr_t)c->call <= addr && (!best || c->call > best->call))
			best = c;
	return best;
}

struct seen {
	int notes, counters;
	uint64_t cold;		/* of the site in .text.unlikely */
	uint64_t sum[64];	/* of the counters of each case */
};

static void read_counter(const struct previrt_counter *entry, struct seen *seen)
{
	uintptr_t site = (uintptr_t)&entry->site + (uintptr_t)(intptr_t)entry->site -
			 PREVIRT_BIAS;
	uintptr_t counter = (uintptr_t)&entry->counter + (uintptr_t)(intptr_t)entry->counter;

	const struct exec_case *c = owner(site);

	*(c ? &seen->sum[c - exec_cases] : &seen->cold) += *(const volatile uint64_t *)counter;
	seen->counters++;
}

static int read_notes(struct dl_phdr_info *info, size_t size, void *context)
{
	struct seen *seen = context;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const uint8_t *p = (const uint8_t *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		const uint8_t *end = p + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type != PT_NOTE || info->dlpi_phdr[i].p_align == 8)
			continue;
		while (p < end) {
			const ElfW(Nhdr) *note = (const void *)p;
			const uint8_t *desc = p + sizeof(*note) + ((note->n_namesz + 3) & ~3u);
			const struct previrt_counter *entry = (const void *)(desc + 4);

			if (note->n_namesz == 8 && !memcmp(note + 1, PREVIRT_NOTE_OWNER, 8) &&
			    note->n_type == PREVIRT_NOTE_COUNTERS) {
				seen->notes++;
				for (; (const uint8_t *)entry < desc + note->n_descsz; entry++)
					read_counter(entry, seen);
			}
			p = desc + ((note->n_descsz + 3) & ~3u);
		}
	}
	return 1;	/* the program itself only */
}

static const struct exec_case *find(const char *name)
{
	const struct exec_case *c = exec_cases;

	while (!is(c, name))
		c++;
	return c;
}

static void *thread(void *number)
{
	const struct exec_case *threaded = find("str");

	become_processor((int)(intptr_t)number);
	for (int i = 0; i < THREAD_ROUNDS; i++)
		threaded->call();
	return NULL;
}

static void check_counters(const struct exec_case *threaded, int each)
{
	struct seen seen = { 0 };
	unsigned long sites = 0;

	dl_iterate_phdr(read_notes, &seen);
	for (const struct exec_case *c = exec_cases; c->name; c++) {
		uint64_t want = (uint64_t)c->sites * ROUNDS;

		sites += c->sites;
		if (c == threaded)
			want += (uint64_t)THREADS * THREAD_ROUNDS;
		if (seen.sum[c - exec_cases] != want) {
			printf("%s: counted %llu, ran %llu\n", c->name,
			       (unsigned long long)seen.sum[c - exec_cases],
			       (unsigned long long)want);
			failures++;
		}
	}
	if (seen.notes != 1 || seen.counters != each * ((int)sites + 1) || seen.cold != ROUNDS) {
		printf("%d notes with %d counters for %lu sites and a cold one (%llu)\n",
		       seen.notes, seen.counters, sites, (unsigned long long)seen.cold);
		failures++;
	}
}

static void write_dumps(const char *directory)
{
	static const char *const names[] = { "raw", "physical", "virtual" };
	char path[4096];

	for (int kind = DUMP_RAW; kind <= DUMP_VIRTUAL; kind++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[kind]);
		if (!dump_write(path, (enum dump_kind)kind)) {
			perror(path);
			failures++;
		}
	}
}

int main(int argc, char **argv)
{
	const struct exec_case *threaded = find("str"), *c;
	pthread_t threads[THREADS];
	cpu_set_t one;
	int cases = 0;

	become_processor(0);
	/* cpuid tells processors apart; the threads may use them all again */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (c = exec_cases; c->name; c++, cases++)
		for (int i = 0; i < ROUNDS; i++)
			compare(c);
	memset(&one, 0xff, sizeof(one));
	sched_setaffinity(0, sizeof(one), &one);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread, (void *)(intptr_t)(i + 1));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (argc > 1 && !strcmp(argv[1], "count"))
		check_counters(threaded, 1);
	else if (argc > 1 && !strcmp(argv[1], "percpu"))
		check_counters(threaded, 8);
	if (argc > 2)
		write_dumps(argv[2]);
	printf("%zu-bit, %s: %d bodies, %d failures\n", 8 * sizeof(long),
	       argc > 1 ? argv[1] : "?", cases, failures);
	return failures || !cases;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * resume BUNDLE PLACES [PARTS]: the guest is stopped after so many of its instructions, at
 * PLACES places in turn, and saved; a fresh core that has read the state goes on, and
 * says what was left to say. Every core is a child of a process that has run none.
 * CPUID offers XSAVE with PARTS.
 */
#include "../../../runtime-stubs/backend/fake/fake.h"
#include "../../../runtime-stubs/devices/exit_status.h"
#include "../../../runtime-stubs/wedge/entry.h"
#include "../../../runtime-stubs/wedge/state.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY (18ull << 20)
#define STATE (MEMORY + 65536)
#define MOST 4000000u

/* Shared by the processes. */
static struct result {
	char output[4096];
	size_t length, size;
	uint64_t steps;
	int ended;
	struct fake_hardware hardware;
	uint8_t state[STATE];
} *result;

/* What counts of the processor's registers; descriptors come with the way to user mode. */
static int same_hardware(const struct fake_hardware *a, const struct fake_hardware *b)
{
	return a->fs_base == b->fs_base && a->gs_base[0] == b->gs_base[0] &&
	       a->gs_base[1] == b->gs_base[1] && !memcmp(a->debug, b->debug, sizeof(a->debug)) &&
	       !memcmp(a->selectors, b->selectors, sizeof(a->selectors)) && a->ts == b->ts &&
	       a->tsd == b->tsd && a->tsc_aux == b->tsc_aux && a->xcr0 == b->xcr0;
}

static uint8_t *bundle;
static size_t bundle_size;

static void start(void *loads)
{
	if (loads) {
		fake_now = wedge_state_time(result->state, result->size);
		wedge_load(bundle, bundle_size, result->state, result->size);
	}
	wedge_start(bundle, bundle_size);
}

static void child(int loads, uint64_t steps, int saves)
{
	const char *bad = NULL;

	fake_memory_init(MEMORY);
	fake_try(start, loads ? &fake_now : NULL);
	fake_run(steps);
	result->steps = fake_steps;
	result->ended = fake_ended;
	result->hardware = fake_hardware;
	if (saves && fake_ended < 0) {
		fake_settle();
		result->size = wedge_state_size();
		bad = result->size > STATE ? "too large" : wedge_save(result->state);
	}
	/* What the device had still to say is out by the save. */
	memcpy(result->output, fake_output, fake_output_length);
	result->length = fake_output_length;
	if (bad)
		printf("BAD not saved: %s\n", bad);
	exit(!!bad);
}

static void run(int loads, uint64_t steps, int saves)
{
	int status;
	pid_t pid;

	fflush(stdout);
	result->ended = -1;
	pid = fork();
	if (!pid)
		child(loads, steps, saves);
	if (waitpid(pid, &status, 0) < 0 || status) {
		printf("BAD a core has failed\n");
		exit(1);
	}
}

/* Appends what the guest has said: all but the wedge's own lines. */
static void append(char *said)
{
	for (size_t i = 0, start = 0; i < result->length; i++) {
		if (result->output[i] != '\n' && i + 1 < result->length)
			continue;
		if (strncmp(result->output + start, "previrt:", 8))
			strncat(said, result->output + start, i + 1 - start);
		start = i + 1;
	}
}

static void read_bundle(const char *name)
{
	FILE *in = fopen(name, "rb");

	if (!in)
		exit(2);
	bundle = malloc(1 << 20);
	bundle_size = fread(bundle, 1, 1 << 20, in);
	fclose(in);
}

int main(int argc, char **argv)
{
	static char whole[4096], parts[8192];
	unsigned places = argc == 3 || argc == 4 ? atoi(argv[2]) : 0, good = 0;
	static struct fake_hardware hardware;
	uint64_t steps;
	int ended;

	if (!places)
		return 2;
	fake_xcr0 = argc == 4 ? strtoul(argv[3], NULL, 0) : 0;
	read_bundle(argv[1]);
	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run(0, MOST, 0);
	append(whole);
	ended = result->ended;
	hardware = result->hardware;
	steps = result->steps;
	for (unsigned i = 1; i <= places; i++) {
		*parts = 0;
		run(0, steps * i / (places + 1), 1);
		append(parts);
		run(1, MOST, 0);
		append(parts);
		if (result->ended == ended && !strcmp(whole, parts) &&
		    same_hardware(&hardware, &result->hardware))
			good++;
		else
			printf("BAD stopped after %lu of %lu instructions: \"%s\"\n",
			       steps * i / (places + 1), steps, parts);
	}
	free(bundle);
	printf("resume: %s: %u of %u places, %lu instructions\n", argv[1] + (strrchr(argv[1], '/') ?
	       strrchr(argv[1], '/') + 1 - argv[1] : 0), good, places, steps);
	return good != places || ended != EXIT_GOOD;
}

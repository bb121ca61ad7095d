/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Runs a bundle (wedge/bundle.h): the program that the tests start.
 *
 *     fake BUNDLE [-m MIB] [-n STEPS] [-s FILE] [-l FILE]
 *
 * -s: after so many instructions the machine is saved there; -l: it goes on from such a
 * file.
 * Its exit status is the guest's as previrt run gives it: 0, 1, or 3 if the wedge has
 * stopped it; 6 if it has not ended after so many instructions.
 */
#include "fake.h"
#include "../../devices/exit_status.h"
#include "../../wedge/entry.h"
#include "../../wedge/state.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct file { uint8_t *data; size_t size; };

static struct file main_read(const char *name)
{
	FILE *in = fopen(name, "rb");
	struct file file = { 0 };
	long size;

	if (!in || fseek(in, 0, SEEK_END) || (size = ftell(in)) <= 0) {
		perror(name);
		exit(2);
	}
	rewind(in);
	file.data = malloc(size);
	file.size = fread(file.data, 1, size, in);
	fclose(in);
	return file;
}

static struct file bundle, saved;

static void main_start(void *unused)
{
	(void)unused;
	fake_now = saved.data ? wedge_state_time(saved.data, saved.size) : 0;
	if (saved.data)
		wedge_load(bundle.data, bundle.size, saved.data, saved.size);
	wedge_start(bundle.data, bundle.size);
}

static void main_save(const char *name)
{
	size_t size = wedge_state_size();
	uint8_t *state = malloc(size);
	FILE *out = fopen(name, "wb");
	const char *bad;

	fake_settle();
	bad = wedge_save(state);
	if (bad || !out || fwrite(state, 1, size, out) != size || fclose(out)) {
		fprintf(stderr, "fake: %s: %s\n", name, bad ? bad : "cannot be written");
		exit(2);
	}
	free(state);
}

int main(int argc, char **argv)
{
	uint64_t mib = 32, steps = 50000000;
	const char *save = NULL;

	for (int option; (option = getopt(argc, argv, "m:n:s:l:")) > 0; )
		switch (option) {
		case 'm': mib = strtoull(optarg, NULL, 0); break;
		case 'n': steps = strtoull(optarg, NULL, 0); break;
		case 's': save = optarg; break;
		case 'l': saved = main_read(optarg); break;
		default: return 2;
		}
	if (optind + 1 != argc)
		return 2;
	bundle = main_read(argv[optind]);
	fake_echo = 1;
	fake_memory_init(mib << 20);
	fake_try(main_start, NULL);
	fake_run(steps);
	if (save && fake_ended < 0)
		main_save(save);
	free(bundle.data);
	free(saved.data);
	printf("fake: %lu instructions\n", fake_steps);
	if (fake_ended == EXIT_GOOD)
		return 0;
	return fake_ended < 0 ? 6 : fake_ended <= EXIT_GUEST_MAX ? 1 : 3;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A QEMU plugin: whose instructions an operation of benchmarks/native/native.c
 * takes, by their address. Counts from the call of a benchmark's function until
 * its caller goes on.
 *
 *   out=FILE measure=FROM-TO body=ADDRESS...   all in hexadecimal
 *   blocks=FILE
 *
 * Writes a line "guest wedge Xen user" for each RUNS calls of a body; to the second file a
 * line "row address instructions" for each block of the wedge's that ran meanwhile.
 */
#include "../qemu_plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 43			/* native.c: BATCHES and two to warm up */
#define BODIES 32
#define ROWS 64

struct block {
	struct block *next;
	uint64_t va;
	uint64_t rows[ROWS];	/* instructions */
	uint32_t count;
	uint8_t part, starts, ends;
};

static uint64_t bodies[BODIES], measure_from, measure_to, rows[ROWS][PARTS];
static unsigned body_count, calls;
static int on;
static const char *out, *blocks_out;
static struct block *blocks;	/* the wedge's */

static void executed(unsigned vcpu, void *data)
{
	struct block *block = data;
	unsigned row;

	(void)vcpu;
	if (block->starts) {
		on = 1;
		calls++;
	} else if (block->ends) {
		on = 0;
	}
	if (!on || calls > ROWS * RUNS)
		return;
	row = (calls - 1) / RUNS;
	rows[row][block->part] += block->count;
	block->rows[row] += block->count;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	struct block *block = calloc(1, sizeof(*block));

	(void)id;
	block->va = qemu_plugin_tb_vaddr(tb);
	block->count = qemu_plugin_tb_n_insns(tb);
	block->part = part_of(block->va);
	block->ends = block->va >= measure_from && block->va < measure_to;
	for (unsigned i = 0; i < body_count; i++)
		block->starts |= bodies[i] == block->va;
	if (block->part == WEDGE) {
		block->next = blocks;
		blocks = block;
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, block);
}

static void write_blocks(void)
{
	FILE *f = blocks_out ? fopen(blocks_out, "w") : NULL;

	for (const struct block *block = blocks; f && block; block = block->next)
		for (unsigned row = 0; row < ROWS; row++)
			if (block->rows[row])
				fprintf(f, "%u %lx %lu\n", row, block->va, block->rows[row]);
	if (f)
		fclose(f);
}

static void ended(plugin_id id, void *data)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)data;
	for (unsigned i = 0; f && i < calls / RUNS && i < ROWS; i++)
		fprintf(f, "%lu %lu %lu %lu\n", rows[i][GUEST], rows[i][WEDGE], rows[i][XEN],
			rows[i][USER]);
	if (f)
		fclose(f);
	write_blocks();
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
		else if (!strncmp(argv[i], "blocks=", 7))
			blocks_out = strdup(argv[i] + 7);
		else if (!strncmp(argv[i], "measure=", 8))
			sscanf(argv[i] + 8, "%lx-%lx", &measure_from, &measure_to);
		else if (!strncmp(argv[i], "body=", 5) && body_count < BODIES)
			bodies[body_count++] = strtoull(argv[i] + 5, NULL, 16);
	}
	if (!out || !measure_to || !body_count)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A QEMU plugin: how many instructions run from one place on, by whom and where.
 *
 *   out=FILE from=ADDRESS [to=ADDRESS]      hexadecimal; counts from when a block that
 *   begins there has run until one at the other place has
 *
 * Writes a line "WHO COUNT" for each of guest, wedge, Xen and user, and then a line
 * "0xADDRESS COUNT" for each block. For QEMU's icount, which runs one processor at a time.
 */
#include "../qemu_plugin.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[PARTS] = { "guest", "wedge", "xen", "user" };

struct block { struct block *next; uint64_t va, runs; uint32_t size; };

static struct block *blocks;
static uint64_t from, to;
static int on, over;
static const char *out;

static void executed(unsigned vcpu, void *data)
{
	struct block *block = data;

	(void)vcpu;
	over |= on && block->va == to;
	on = !over && (on || block->va == from);
	block->runs += on;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	struct block *block = calloc(1, sizeof(*block));

	(void)id;
	block->va = qemu_plugin_tb_vaddr(tb);
	block->size = qemu_plugin_tb_n_insns(tb);
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, block);
}

static void ended(plugin_id id, void *data)
{
	uint64_t sums[PARTS] = { 0 };
	FILE *f = fopen(out, "w");

	(void)id;
	(void)data;
	if (!f)
		return;
	for (struct block *block = blocks; block; block = block->next)
		sums[part_of(block->va)] += block->runs * block->size;
	for (int i = 0; i < PARTS; i++)
		fprintf(f, "%s %lu\n", names[i], sums[i]);
	for (struct block *block = blocks; block; block = block->next)
		if (block->runs)
			fprintf(f, "0x%lx %lu\n", block->va, block->runs * block->size);
	fclose(f);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
		else if (!strncmp(argv[i], "from=", 5))
			from = strtoull(argv[i] + 5, NULL, 16);
		else if (!strncmp(argv[i], "to=", 3))
			to = strtoull(argv[i] + 3, NULL, 16);
	}
	if (!out || !from)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Fuzz target: any bytes as a file for the program previrt, and as notes for
 * the table reader alone. Asked of every input: no memory error, no leak, an
 * end; the reader stays inside the buffer, and what it calls a unit is one.
 */
#include "diag.h"
#include "options.h"
#include "sites.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The notes in a buffer of their own, so that one byte too far is noticed. */
static void try_notes(const uint8_t *data, size_t size)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	struct previrt_counter counter;
	struct previrt_site site;
	size_t i, at, last = 0;

	previrt_sites_begin(&walk, data, size, size & 1 ? 8 : 4);
	while (previrt_sites_next(&walk, &unit) == PREVIRT_SITES_UNIT) {
		if (unit.note < last || unit.note + unit.bytes > size)
			abort();
		last = unit.note + unit.bytes;
		for (i = 0; i < unit.count; i++) {
			at = previrt_sites_at(&unit, i);
			if (unit.type == PREVIRT_NOTE_SITES)
				previrt_sites_entry(&walk, &unit, i, &site);
			else
				previrt_sites_counter(&walk, &unit, i, &counter);
			if (at + unit.header.entry_size > last)
				abort();
		}
	}
}

static void try_file(const uint8_t *data, size_t size)
{
	static int (*const commands[])(int, char **) = {
		cmd_check, cmd_verify, cmd_stat, cmd_dump, cmd_rewrite,
	};
	int fd = memfd_create("input", 0);
	char path[32], option[] = "--no-default-exempt", json[] = "--json";
	char most[] = "--max=100";
	char dry[] = "--dry-run";
	size_t i;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		bool rewrites = commands[i] == cmd_rewrite;
		char *argv[] = { path, option, most, rewrites ? dry : json, NULL };
		int status = commands[i](3 + (rewrites || size & 1), argv);

		if (status < EXIT_CLEAN || status > EXIT_TROUBLE)
			abort();
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_notes(data, size);
	try_file(data, size);
	return 0;
}

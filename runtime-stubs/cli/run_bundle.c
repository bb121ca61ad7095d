/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What is handed to a wedge or to the loader: a cpio archive (cpio(5), newc).
 */
#include "diag.h"
#include "options.h"
#include "run.h"
#include "../wedge/bundle.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define CPIO_HEADER 110
#define CPIO_MOST 0xffffffffull

#define MOVED_LINE "rodata=off "

struct bundle {
	uint8_t *data;
	size_t size, room;
	bool moved;		/* the kernel is not where it was linked */
	uint64_t first;		/* where its first segment is then */
};

char *run_memory_file(const char *what, const void *data, size_t size)
{
	int fd = memfd_create(what, 0);
	size_t done = 0;

	while (fd >= 0 && done < size) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n <= 0) {
			close(fd);
			fd = -1;
		} else {
			done += (size_t)n;
		}
	}
	if (fd < 0) {
		diag_error(DIAG_RUN_START, NULL, "%s: %s", what, strerror(errno));
		return NULL;
	}
	return util_printf("/proc/self/fd/%d", fd);
}

static void bundle_put(struct bundle *b, const void *data, size_t size)
{
	size_t padded = (size + 3) & ~(size_t)3;

	if (b->size + padded > b->room) {
		b->room = b->size + padded;
		b->data = util_grow(b->data, b->room, 1);
	}
	if (size)
		memcpy(b->data + b->size, data, size);
	memset(b->data + b->size + size, 0, padded - size);
	b->size += padded;
}

static void bundle_add(struct bundle *b, const char *name, const void *data, size_t size)
{
	char *header = util_printf("070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s",
				   1u, 0100644u, 0u, 0u, 1u, 0u, size, 0u, 0u, 0u, 0u,
				   strlen(name) + 1, 0u, name);

	bundle_put(b, header, CPIO_HEADER + strlen(name) + 1);
	bundle_put(b, data, size);
	free(header);
}

static uint8_t *bundle_read(const char *path, size_t *size)
{
	uint8_t *data = util_read_file(path, size);

	if (!data)
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
	return data;
}

static bool bundle_add_file(struct bundle *b, const char *name, const char *path)
{
	size_t size;
	uint8_t *data = bundle_read(path, &size);
	bool fits = data && size < CPIO_MOST;

	if (fits)
		bundle_add(b, name, data, size);
	free(data);
	return fits;
}

static bool bundle_add_moved(struct bundle *b, const char *path, const uint8_t *data, size_t size)
{
	struct bundle_moved moved;
	char *facts;
	uint8_t *kernel = run_move(path, data, &size, &moved, &facts);

	if (kernel) {
		bundle_add(b, "vmlinux", kernel, size);
		bundle_add(b, "moved", &moved, sizeof(moved));
		bundle_add(b, "facts", facts, strlen(facts));
		b->moved = true;
		b->first = moved.va;	/* the per-CPU segment, linked lower, is not the first */
	}
	free(facts);
	free(kernel);
	return kernel;
}

/* @tables: by a wedge, which needs its table. */
static bool bundle_add_kernel(struct bundle *b, const struct run *run, bool tables)
{
	size_t size;
	uint8_t *data = bundle_read(run->kernel, &size);
	bool fits = data && run_kernel_good(run->kernel, data, size) && size < CPIO_MOST;

	if (fits && run->lower_half && run_move_needed(data))
		fits = bundle_add_moved(b, run->kernel, data, size);
	else if (fits)
		bundle_add(b, "vmlinux", data, size);
	if (fits && run->machine)
		run_warn_endless(run, data, size);
	if (fits && tables)
		run_warn_table(run->kernel, data, size);
	free(data);
	return fits;
}

/* What the guest is to have, in MiB; 0: all that its domain has. */
static void bundle_add_memory(struct bundle *b, uint64_t mib)
{
	char *text = util_printf("%llu", (unsigned long long)mib);

	if (mib)
		bundle_add(b, "memory", text, strlen(text));
	free(text);
}

/* A kernel that has been moved protects its image in vain (docs/process.md, "Limits of
   moving"); what the user says of it comes later, and counts. */
static void bundle_add_line(struct bundle *b, const char *append)
{
	char *line = util_printf("%s%s", b->moved ? MOVED_LINE : "", append);

	bundle_add(b, "cmdline", line, strlen(line));
	free(line);
}

/* For a wedge, which has them in memory. */
static bool bundle_add_disks(struct bundle *b, const struct run_disks *disks)
{
	if (!run_disks_are_copies(disks))
		return false;
	for (unsigned i = 0; i < disks->n; i++) {
		char *name = run_disk_name(&disks->disk[i], i);
		bool added = bundle_add_file(b, name, disks->disk[i].path);

		free(name);
		if (!added)
			return false;
	}
	return true;
}

static void bundle_add_gdb(struct bundle *b, const struct run_gdb_port *port)
{
	struct bundle_gdb gdb = { b->first, port->wait };

	if (port->given)
		bundle_add(b, "gdb", &gdb, sizeof(gdb));
}

/* For a wedge that gets them as open files. */
static void bundle_add_files(struct bundle *b, const struct run *run)
{
	static const char letters[] = { [RUN_DISK_WRITE] = BUNDLE_DISK_WRITE,
		[RUN_DISK_COPY] = BUNDLE_DISK_COPY, [RUN_DISK_READ] = BUNDLE_DISK_READ };
	uint8_t net[BUNDLE_NET_BYTES] = RUN_NET_MAC;
	char disks[RUN_DISKS];

	for (unsigned i = 0; i < run->disks.n; i++)
		disks[i] = letters[run->disks.disk[i].access];
	bundle_add(b, "disks", disks, run->disks.n);
	if (run->net.given) {
		net[BUNDLE_NET_MODEL] = run->net.model->letter;
		net[BUNDLE_NET_MTU] = (uint8_t)run->net.mtu;
		net[BUNDLE_NET_MTU + 1] = (uint8_t)(run->net.mtu >> 8);
		bundle_add(b, "net", net, sizeof(net));
	}
	if (run->balloon)
		bundle_add(b, "balloon", "", 0);
	bundle_add_gdb(b, &run->gdb_port);
	bundle_add(b, "cpus", &(uint8_t){ (uint8_t)run->cpus }, 1);
	if (run->share.path)
		bundle_add(b, "share", run->share.tag, strlen(run->share.tag));
}

static void bundle_add_models(struct bundle *b, const struct run_disks *disks)
{
	char letters[RUN_DISKS];

	for (unsigned i = 0; i < disks->n; i++)
		letters[i] = disks->disk[i].model->letter;
	bundle_add(b, "models", letters, disks->n);
}

/* What the wedge's entropy device makes more of. */
static bool bundle_add_seed(struct bundle *b)
{
	uint8_t seed[32];

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
		diag_error(DIAG_RUN_START, NULL, "getrandom: %s", strerror(errno));
		return false;
	}
	bundle_add(b, "seed", seed, sizeof(seed));
	return true;
}

uint8_t *bundle_make(const struct run *run, bool tables, size_t *size)
{
	struct bundle b = { 0 };
	bool whole = false;
	char *words = util_copy("");
	size_t i;

	for (i = 0; i < run->options.n; i++) {
		char *longer = util_printf("%s%s\n", words, run->options.v[i]);

		free(words);
		words = longer;
	}
	if (bundle_add_kernel(&b, run, tables)) {
		bundle_add_line(&b, run->append);
		bundle_add(&b, "options", words, strlen(words));
		bundle_add_memory(&b, run->memory);
		if ((!run->initrd || bundle_add_file(&b, "initrd", run->initrd)) &&
		    (!tables || run->files || bundle_add_disks(&b, &run->disks)) &&
		    (!tables || !run->rng || bundle_add_seed(&b))) {
			if (run->files)
				bundle_add_files(&b, run);
			if (tables && run->disks.n)
				bundle_add_models(&b, &run->disks);
			if (tables && run->console)
				bundle_add(&b, "console", "", 0);
			bundle_add(&b, "TRAILER!!!", "", 0);
			whole = true;
		}
	}
	free(words);
	*size = b.size;
	if (whole)
		return b.data;
	free(b.data);
	return NULL;
}

char *run_bundle(const struct run *run, bool tables, size_t *size)
{
	uint8_t *data = bundle_make(run, tables, size);
	char *path = data ? run_memory_file("the bundle", data, *size) : NULL;

	free(data);
	return path;
}

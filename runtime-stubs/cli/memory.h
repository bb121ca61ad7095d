/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A memory image of a running machine: an ELF core (QEMU's dump-guest-memory,
 * /proc/kcore, a crash dump) or a raw copy of physical memory from address 0
 * (QEMU's pmemsave).
 *
 * Invariants: read-only; nothing of the image is kept in memory but its list
 * of segments; whatever the headers say, a read ends at the end of the file.
 *
 * Must not know: tables, kernels.
 */
#ifndef PREVIRT_CLI_MEMORY_H
#define PREVIRT_CLI_MEMORY_H
#include "util.h"

/* Which addresses a number is meant in. */
enum memory_space { MEMORY_VIRTUAL, MEMORY_PHYSICAL };

struct memory_segment {
	uint64_t virt, phys, size;      /* size in the file */
	uint64_t offset;
	bool has_virt, has_phys;
};

struct memory {
	const char *name;               /* the caller's */
	int fd;
	uint64_t size;                  /* of the file */
	ARRAY_OF(struct memory_segment) segments;
	char *vmcoreinfo;               /* text a kernel left for crash dumps */
};

/* NULL after a numbered error. @path must outlive the result. */
struct memory *memory_open(const char *path);
void memory_close(struct memory *memory);

/* False unless all @size bytes at @addr are in one segment and readable. */
bool memory_read(const struct memory *memory, enum memory_space space,
		 uint64_t addr, void *to, size_t size);

/*
 * Calls @found for each place where the @size bytes of @key stand, in order of
 * the segments, until it returns true. Returns whether it did. A place is
 * given by the addresses that its segment knows (@has_virt, @has_phys). Holes of
 * the file are passed over: @key must not begin with a zero.
 */
bool memory_search(const struct memory *memory, const void *key, size_t size,
		   bool (*found)(const struct memory_segment *place, void *context),
		   void *context);

#endif

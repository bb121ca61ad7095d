/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Memory, growing arrays, little-endian reads and files for the host program.
 *
 * Memory that cannot be had ends the program with PV901 and status 2: the
 * program only reads, so there is nothing to undo.
 */
#ifndef PREVIRT_CLI_UTIL_H
#define PREVIRT_CLI_UTIL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *util_alloc(size_t count, size_t size);    /* zeroed; never NULL */
void *util_grow(void *p, size_t count, size_t size);
char *util_copy(const char *text);
char *util_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A growing array of any type: struct { T *v; size_t n, room; }. */
#define ARRAY_OF(type) struct { type *v; size_t n, room; }
#define array_add(a, item) do { \
	if ((a)->n == (a)->room) { \
		(a)->room = (a)->room ? 2 * (a)->room : 64; \
		(a)->v = util_grow((a)->v, (a)->room, sizeof(*(a)->v)); \
	} \
	(a)->v[(a)->n++] = (item); \
} while (0)

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

/*
 * The whole file at @path in memory of the caller's; NULL with errno set.
 * Regular files only (a pipe never ends).
 */
uint8_t *util_read_file(const char *path, size_t *size);

/* All of standard input, which may be a pipe, likewise; EFBIG beyond @most bytes. */
uint8_t *util_read_input(size_t most, size_t *size);

/* Writes all of @bytes to @fd. After an error the rest is lost. */
void util_write(int fd, const void *bytes, size_t size);

/* FNV-1a, 64 bits; start with UTIL_FNV_START. */
#define UTIL_FNV_START 0xcbf29ce484222325ull
uint64_t util_fnv(uint64_t hash, const void *data, size_t size);

/* For qsort and bsearch of uint64_t. */
int util_compare_u64(const void *a, const void *b);

/* Index of the first element of @v greater than @value; @v is sorted. */
size_t util_upper_bound(const uint64_t *v, size_t n, uint64_t value);

/* ms of the host's monotonic clock. */
int64_t util_now(void);

#endif

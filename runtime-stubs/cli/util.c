/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See util.h for the contracts. */
#include "util.h"
#include "diag.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void util_out_of_memory(void)
{
	diag_error(DIAG_NO_MEMORY, NULL, "out of memory");
	exit(EXIT_TROUBLE);
}

void *util_alloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		util_out_of_memory();
	return p;
}

void *util_grow(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count ? count : 1, size);
	if (!p)
		util_out_of_memory();
	return p;
}

char *util_copy(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		util_out_of_memory();
	return copy;
}

char *util_printf(const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		util_out_of_memory();
	return text;
}

uint8_t *util_read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	uint8_t *data;
	size_t have = 0;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	data = util_grow(NULL, (size_t)st.st_size + 1, 1);
	/* The file may shrink or grow meanwhile: what was read counts. */
	while (have < (size_t)st.st_size) {
		n = read(fd, data + have, (size_t)st.st_size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	close(fd);
	if (n < 0) {
		free(data);
		return NULL;
	}
	*size = have;
	return data;
}

void util_write(int fd, const void *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		bytes = (const char *)bytes + n;
		size -= (size_t)n;
	}
}

uint8_t *util_read_input(size_t most, size_t *size)
{
	size_t have = 0, room = 1 << 16;
	uint8_t *data = util_grow(NULL, room + 1, 1);
	ssize_t n;

	while ((n = read(STDIN_FILENO, data + have, room - have)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		have += n > 0 ? (size_t)n : 0;
		if (n < 0 || have > most) {
			free(data);
			errno = n < 0 ? errno : EFBIG;
			return NULL;
		}
		if (have == room) {
			room *= 2;
			data = util_grow(data, room + 1, 1);
		}
	}
	*size = have;
	return data;
}

uint64_t util_fnv(uint64_t hash, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size--)
		hash = (hash ^ *p++) * 0x100000001b3ull;
	return hash;
}

int util_compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

size_t util_upper_bound(const uint64_t *v, size_t n, uint64_t value)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = low + (n - low) / 2;

		if (v[mid] <= value)
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

int64_t util_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_TEST_MAP_FILE_H
#define PREVIRT_TEST_MAP_FILE_H
#include <err.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The file's bytes, to be changed without changing it. The test ends if it has none. */
static inline void *map_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	struct stat status;
	void *bytes;

	if (fd < 0 || fstat(fd, &status))
		err(2, "%s", path);
	*size = (size_t)status.st_size;
	bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		err(2, "%s", path);
	return bytes;
}

#endif

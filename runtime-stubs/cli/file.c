/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See file.h for the contracts. */
#include "file.h"
#include "diag.h"
#include "util.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAPPED_FROM (64u << 20)

/* A page that the file has no more. */
static void file_cut(int signal)
{
	static const char text[] = "previrt: PV401: a file was cut off while it was read\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	(void)written;
	_exit(EXIT_TROUBLE);
}

static bool file_map(struct file *file, int fd)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < FILE_MAPPED_FROM)
		return false;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	signal(SIGBUS, file_cut);
	*file = (struct file){ data, (size_t)st.st_size, true };
	return true;
}

bool file_open(struct file *file, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool mapped = fd >= 0 && file_map(file, fd);

	if (fd >= 0)
		close(fd);
	if (mapped)
		return true;
	file->mapped = false;
	file->data = util_read_file(path, &file->size);
	return file->data;
}

void file_close(struct file *file)
{
	if (file->mapped)
		munmap(file->data, file->size);
	else
		free(file->data);
}

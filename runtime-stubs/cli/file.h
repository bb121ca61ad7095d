/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A file's bytes, to be read and changed in memory only. Small files are copied, so
 * that a build may write them anew meanwhile; of one with all its debug information,
 * which has some hundred megabytes, only what is looked at is read.
 */
#ifndef PREVIRT_CLI_FILE_H
#define PREVIRT_CLI_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file {
	uint8_t *data;
	size_t size;
	bool mapped;
};

/*
 * The regular file at @path; false with errno set. A mapped one that is cut off while it is
 * looked at ends the program with PV401 and status 2.
 */
bool file_open(struct file *file, const char *path);
void file_close(struct file *file);

#endif

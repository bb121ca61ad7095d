/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What a wedge or the loader is given to run: a cpio archive (cpio(5), format
 * newc) with the files vmlinux, and, if wanted, initrd, cmdline, memory, options
 * (words for the wedge itself), disks (disk0-copy or disk0-ro, and so on) and seed (of an
 * entropy device).
 */
#ifndef PREVIRT_BUNDLE_H
#define PREVIRT_BUNDLE_H
#include <stddef.h>
#include <stdint.h>

/* A file of the archive; NULL if it is not there. */
const uint8_t *bundle_find(const void *bundle, size_t size, const char *name, size_t *length);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See dump.c. */
#ifndef DUMP_H
#define DUMP_H

/* Raw from physical address 0; ELF core without, and with virtual addresses. */
enum dump_kind { DUMP_RAW, DUMP_PHYSICAL, DUMP_VIRTUAL };
enum { DUMP_SLIDE = 0x10400000 };

/* False if the file could not be written. */
int dump_write(const char *path, enum dump_kind kind);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_SHARE_SANDBOX_H
#define PREVIRT_SHARE_SANDBOX_H
#include <stdbool.h>

/*
 * This program opens and changes from now on what is below @folder alone, or reads it alone,
 * and gets no rights by starting others. 0 also where the host has no Landlock, or one
 * without links and renames between folders (before its second version). -1 and errno.
 */
int sandbox(int folder, bool read_only);

#endif

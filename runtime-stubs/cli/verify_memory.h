/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The part of previrt verify that looks at operations on memory and at hooks.
 */
#ifndef PREVIRT_CLI_VERIFY_MEMORY_H
#define PREVIRT_CLI_VERIFY_MEMORY_H
#include "patches.h"
#include "report.h"
#include "scan.h"
#include "table.h"

/*
 * Report entries that do not fit the code: an operation is one instruction and
 * its NOPs, a hook five bytes of NOP; nothing else begins or branches inside,
 * and the kernel itself patches no part of either.
 */
void verify_memory(const struct image *image, const struct table *table,
		   struct scan *scan, const struct patches *patches,
		   struct report *report);

#endif

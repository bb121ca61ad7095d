/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Where the memory of a guest is that runs in a process of this host. */
#ifndef PREVIRT_CLI_GUEST_MEMORY_H
#define PREVIRT_CLI_GUEST_MEMORY_H

/*
 * The path of the file that is the guest's physical memory: of the one that the process
 * @number has started (`previrt run`), or is; to be freed. NULL after a numbered error.
 */
char *guest_memory_path(const char *number);

#endif

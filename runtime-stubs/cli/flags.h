/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The digest in the flags, for those who compare it. */
#ifndef PREVIRT_CLI_FLAGS_H
#define PREVIRT_CLI_FLAGS_H
#include <stdbool.h>
#include <stdint.h>

/* Of macros and plugin, as --cflags without options has it; false after an error. */
bool flags_plain_digest(const char *pack, const char *plugin, uint64_t *digest);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Writes JSON to standard output, one value after the other: the commas and
 * quotes are this file's concern, the nesting the caller's. Text that is not
 * valid ASCII is escaped byte by byte (names in object files may hold anything).
 * A key of NULL is for elements of an array.
 */
#ifndef PREVIRT_CLI_JSON_H
#define PREVIRT_CLI_JSON_H
#include <stdbool.h>
#include <stdint.h>

/* Of what the commands print with --json (schema.json): major and minor. */
#define JSON_VERSION "1.2"

void json_open(const char *key, char bracket);  /* '{' or '[' */
void json_close(void);
void json_text(const char *key, const char *value);     /* NULL: null */
void json_number(const char *key, uint64_t value);
void json_hex(const char *key, uint64_t value);         /* as "0x..." */
void json_real(const char *key, double value);
void json_bool(const char *key, bool value);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See json.h for the contracts. RFC 8259. */
#include "json.h"
#include <inttypes.h>
#include <stdio.h>

#define JSON_DEPTH 8

static struct {
	char close[JSON_DEPTH];
	bool used[JSON_DEPTH];
	int depth;
} json;

static void json_quote(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	putchar('"');
	for (; *p; p++) {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < 0x20 || *p >= 0x7f)
			printf("\\u%04x", *p);
		else
			putchar(*p);
	}
	putchar('"');
}

static void json_start(const char *key)
{
	if (json.depth) {
		if (json.used[json.depth - 1])
			putchar(',');
		json.used[json.depth - 1] = true;
		/* One line for each element of the outer arrays. */
		if (json.depth <= 4 && !key)
			putchar('\n');
	}
	if (key) {
		json_quote(key);
		putchar(':');
	}
}

void json_open(const char *key, char bracket)
{
	json_start(key);
	putchar(bracket);
	if (json.depth == JSON_DEPTH)
		return;
	json.close[json.depth] = bracket == '{' ? '}' : ']';
	json.used[json.depth++] = false;
}

void json_close(void)
{
	if (!json.depth)
		return;
	putchar(json.close[--json.depth]);
	if (!json.depth)
		putchar('\n');
}

void json_text(const char *key, const char *value)
{
	json_start(key);
	if (value)
		json_quote(value);
	else
		fputs("null", stdout);
}

void json_number(const char *key, uint64_t value)
{
	json_start(key);
	printf("%" PRIu64, value);
}

void json_hex(const char *key, uint64_t value)
{
	json_start(key);
	printf("\"0x%" PRIx64 "\"", value);
}

void json_real(const char *key, double value)
{
	json_start(key);
	printf("%.3f", value);
}

void json_bool(const char *key, bool value)
{
	json_start(key);
	fputs(value ? "true" : "false", stdout);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Reads cpio archives of format newc (cpio(5)). */
#include "bundle.h"
#include <string.h>

#define HEADER 110
#define FIELD_SIZE 6	/* numbers of eight hexadecimal digits behind the magic */
#define FIELD_NAME 11

static int bundle_field(const uint8_t *header, int field, uint32_t *value)
{
	const uint8_t *p = header + 6 + 8 * field;

	*value = 0;
	for (int i = 0; i < 8; i++) {
		uint8_t c = p[i] | 0x20;

		if (p[i] >= '0' && p[i] <= '9')
			*value = *value << 4 | (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return 0;
}

const uint8_t *bundle_find(const void *bundle, size_t size, const char *name, size_t *length)
{
	const uint8_t *p = bundle;
	size_t left = size;

	while (left >= HEADER && !memcmp(p, "070701", 6)) {
		uint32_t name_size, file_size;
		uint64_t data, next;

		if (bundle_field(p, FIELD_SIZE, &file_size) ||
		    bundle_field(p, FIELD_NAME, &name_size))
			return NULL;
		data = ((uint64_t)HEADER + name_size + 3) & ~3ull;
		next = (data + file_size + 3) & ~3ull;
		if (data + file_size > left)
			return NULL;
		if (name_size == strlen(name) + 1 && !memcmp(p + HEADER, name, name_size)) {
			*length = file_size;
			return p + data;
		}
		if (next > left)
			return NULL;
		p += next;
		left -= next;
	}
	return NULL;
}

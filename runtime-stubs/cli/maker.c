/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Who made an image's tables: the plugin's and the macros' .ident, among the strings of
 * .comment, which linkers keep once each, but not with -r. See table.h.
 */
#include "table.h"
#include <ctype.h>
#include <string.h>

#define MAKER "previrt "
#define MAKERS_MOST 16u

/* Text that may be printed, whoever wrote it? */
static bool maker_good(const char *text)
{
	if (strncmp(text, MAKER, strlen(MAKER)))
		return false;
	while (isprint((unsigned char)*text))
		text++;
	return !*text;
}

void table_makers(const struct image *image, void (*each)(const char *maker, void *context),
		  void *context)
{
	const struct section *s = image_section(image, ".comment");
	const char *told[MAKERS_MOST];
	size_t at = 0, n = 0, i;

	while (s && at < s->size) {
		const char *text = (const char *)s->data + at;
		size_t size = strnlen(text, s->size - at);

		at += size + 1;
		if (at > s->size || !maker_good(text))
			continue;
		for (i = 0; i < n && strcmp(told[i], text); i++)
			;
		if (i < n || n == MAKERS_MOST)
			continue;
		told[n++] = text;
		each(text, context);
	}
}

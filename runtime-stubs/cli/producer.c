/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "producer.h"
#include "image.h"
#include "util.h"
#include <string.h>

static const struct {
	const char *word, *advice;
} producers[] = {
	{ "Netwide Assembler", "it has no table; NASM made it, which knows no macros of "
	  "ours: exempt its sections, or write it for gas" },
	{ "rustc version", "it has no table; rustc made it, by LLVM's own assembler: keep "
	  "the instructions in C or assembler files, and call those" },
	{ "clang version", "it has no table; clang made it, by its own assembler: give it "
	  "-fno-integrated-as, and the flags of `previrt --cflags --no-plugin` and "
	  "--aflags --no-plugin" },
};

const char *producer_advice(const struct image *image)
{
	const struct section *s = image_section(image, ".comment");
	size_t i;

	if (!s || !s->data)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(producers); i++)
		if (memmem(s->data, s->size, producers[i].word, strlen(producers[i].word)))
			return producers[i].advice;
	return NULL;
}

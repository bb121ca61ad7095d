/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See blobs.h for the contract. The names are Linux's. */
#include "blobs.h"
#include <stdlib.h>
#include <string.h>

/*
 * LIMIT: 'raw_data' is what the vDSO's generator calls its images; it is a
 * local name, one for each vDSO.
 */
static const struct {
	const char *name, *what;
} blobs[] = {
	{ "real_mode_blob", "real-mode trampoline, 16-bit and 32-bit code" },
	{ "kexec_purgatory", "code that runs between two kernels" },
	{ "raw_data", "vDSO image, runs in user mode" },
};

/* Size by the symbol, or by NAME_end, or up to the next symbol. */
static uint64_t blobs_size(const struct image *image, const struct symbol *s)
{
	const struct symbol *end;
	char *name;

	if (s->size)
		return s->size;
	name = util_printf("%s_end", s->name);
	end = image_find(image, name);
	free(name);
	return end && end->addr > s->addr ? end->addr - s->addr : 0;
}

bool blobs_known(const char *name)
{
	size_t b;

	for (b = 0; b < ARRAY_SIZE(blobs); b++)
		if (!strcmp(name, blobs[b].name))
			return true;
	return false;
}

void blobs_each(const struct image *image,
		void (*each)(void *context, const char *name, uint64_t size,
			     const char *what),
		void *context)
{
	size_t i, b;

	for (i = 0; i < image->symbols; i++) {
		const struct symbol *s = &image->symbol[i];

		if (s->type != STT_OBJECT && s->type != STT_NOTYPE)
			continue;
		if (image->section[s->section].code)
			continue;
		for (b = 0; b < ARRAY_SIZE(blobs); b++)
			if (!strcmp(s->name, blobs[b].name))
				each(context, s->name, blobs_size(image, s),
				     blobs[b].what);
	}
}

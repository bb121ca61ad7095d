/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The same kernel without relocations in its file, moved by Linux's list of them: the same
 * image. Lists that are another kernel's, or damaged, are refused.
 */
#include "relocate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *stripped, *outline;
static size_t image_size;

static enum relocator_status by_list(const uint8_t *list, size_t size, uint8_t *image)
{
	struct relocator r = moved_high;
	enum relocator_status status;

	memcpy(image, kernel.image, image_size);
	r.file = stripped;
	r.image = image;
	r.outline = outline;
	r.list = list;
	r.list_size = size;
	r.work = calloc(1, relocator_work_size(kernel.file, kernel.size));
	status = relocator_move(&r);
	free(r.work);
	return status;
}

/* @wanted RELOCATOR_DONE: any refusal. */
static void refuses(const char *what, const uint8_t *list, size_t size,
		    enum relocator_status wanted)
{
	uint8_t *image = malloc(image_size);
	enum relocator_status got = by_list(list, size, image);

	free(image);
	if (wanted == RELOCATOR_DONE ? got != RELOCATOR_DONE : got == wanted)
		return;
	printf("%s: \"%s\"\n", what, relocator_strerror(got));
	wrong(&moved_high, 0, what);
}

static void refuse_lists(void)
{
	size_t size = kernel.list_size;
	uint8_t *bad = malloc(size);

	memcpy(bad, kernel.list, size);
	bad[size / 8 * 4] ^= 4;		/* what stands there differs between kernels */
	refuses("a reference that is another's", bad, size, RELOCATOR_DONE);
	memcpy(bad, kernel.list, size);
	memset(bad + size / 8 * 4, 0x7f, 4);
	refuses("a reference outside the image", bad, size, RELOCATOR_LIST);
	memcpy(bad, kernel.list, size);
	bad[4 * 10] ^= 4;
	refuses("a word that is another's", bad, size, RELOCATOR_LIST);
	refuses("a list that is cut off", kernel.list, size / 8, RELOCATOR_LIST);
	refuses("no list", NULL, 0, RELOCATOR_NO_RELOCATIONS);
	refuses("a list without its beginning", kernel.list + 4, size - 4, RELOCATOR_LIST);
	printf("by the list: the same image; refused: 6 attempts\n");
	free(bad);
}

void test_list(void)
{
	uint8_t *image;
	size_t size = kernel.list_size;

	image_size = kernel.high - kernel.low;
	stripped = malloc(kernel.size);
	memcpy(stripped, kernel.file, kernel.size);
	for (unsigned i = 0; i < kernel.header->e_shnum; i++)
		if (kernel.sections[i].sh_type == SHT_RELA)
			((Elf64_Shdr *)(stripped + kernel.header->e_shoff))[i].sh_type = SHT_NULL;
	image = malloc(image_size);
	outline = calloc(1, OUTLINE_SIZE);
	if (kernel.per_cpu) {		/* a list does not say which words name per-CPU data */
		refuses("a list, and per-CPU data", kernel.list, size, RELOCATOR_PER_CPU);
		printf("by the list: refused, for there is per-CPU data\n");
	} else {
		if (by_list(kernel.list, size, image) ||
		    memcmp(image, moved_high.image, image_size) ||
		    memcmp(outline, moved_high.outline, OUTLINE_SIZE))
			wrong(&moved_high, 0, "by the list it is another image");
		refuse_lists();
	}
	free(image);
	free(stripped);
	free(outline);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * From file names to images: ELF files, archives (also thin ones) with their
 * members, modules packed with gzip or xz, and kernel images (bzImage), whose
 * payload is unpacked in memory.
 *
 * Must not know: what is done with the images.
 */
#ifndef PREVIRT_CLI_INPUT_H
#define PREVIRT_CLI_INPUT_H
#include "image.h"

/* No more of standard input is read. */
#define INPUT_BYTES ((size_t)1 << 31)

/*
 * Open @path ("-": standard input) and call @each for every image in it (the image is closed
 * afterwards). False if anything could not be read, after numbered errors; the
 * images before and behind it have been visited.
 */
bool input_each(const char *path, void (*each)(struct image *, void *),
		void *context);

/*
 * unpack.c: unpack @data into a new buffer. NULL after a numbered error.
 * unpack_known tells whether @data begins like packed data.
 */
bool unpack_known(const uint8_t *data, size_t size);
uint8_t *unpack(const char *name, const uint8_t *data, size_t size,
		size_t *unpacked);

/* What is packed in a bzImage: the kernel, and behind it its list of relocations. NULL:
   it is none, or after a numbered error. */
uint8_t *input_unpack_kernel(const char *name, const uint8_t *data, size_t size,
			     size_t *unpacked);

#endif

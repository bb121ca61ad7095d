/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code that a kernel carries as data: check cannot look inside, so it names
 * each with its size.
 */
#ifndef PREVIRT_CLI_BLOBS_H
#define PREVIRT_CLI_BLOBS_H
#include "image.h"

/* Call @each for every such blob of @image. */
void blobs_each(const struct image *image,
		void (*each)(void *context, const char *name, uint64_t size,
			     const char *what),
		void *context);

/* Is this the name of one of them? */
bool blobs_known(const char *name);

#endif

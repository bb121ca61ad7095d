/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What of an image is loaded and could hold code, and was not looked at.
 *
 * Data is not in it, nor what an exemption file or blobs.c names.
 */
#ifndef PREVIRT_CLI_REST_H
#define PREVIRT_CLI_REST_H
#include "exempt.h"
#include "scan.h"

struct rest {
	uint64_t addr, size;    /* of bytes; 0 and 0: the image as a whole */
	char *reason;
};

struct rest_list {
	ARRAY_OF(struct rest) part;
	uint64_t bytes;
};

void rest_find(struct rest_list *list, const struct image *image,
	       const struct scan *scan, struct exempt_map *map);
void rest_free(struct rest_list *list);

#endif

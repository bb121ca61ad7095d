/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * One block of LZ4 (lz4_Block_format), as kernels are packed with.
 */
#ifndef PREVIRT_CLI_LZ4_H
#define PREVIRT_CLI_LZ4_H
#include <stddef.h>
#include <stdint.h>

#define LZ4_DAMAGED SIZE_MAX

/*
 * Unpack the @size bytes of a block at @data to @out; the number of bytes
 * unpacked, or LZ4_DAMAGED if they are no block or more than @room.
 */
size_t lz4_block(const uint8_t *data, size_t size, uint8_t *out, size_t room);

#endif

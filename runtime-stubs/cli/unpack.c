/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Unpacks what kernels and modules are packed with: gzip (RFC 1952) by zlib,
 * xz and lzma by liblzma, bzip2 by libbz2, and the old lz4 format, which kernels
 * are packed with, by lz4.c. See input.h for the contract.
 *
 * LIMIT: zstd, lz4 frames and lzo are recognised and refused with a hint.
 */
#include "diag.h"
#include "input.h"
#include "lz4.h"
#include <bzlib.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#ifndef UNPACK_MOST               /* a fuzz target makes do with less */
#define UNPACK_MOST ((size_t)2 << 30)
#endif

#define LZ4_BLOCK ((size_t)8 << 20)       /* unpacked, of the old format */

/* A buffer that is filled from the front and doubles when full. */
struct unpacked {
	uint8_t *data;
	size_t have, room;
};

static bool unpack_room(struct unpacked *out)
{
	if (out->have < out->room)
		return true;
	if (out->room >= UNPACK_MOST)
		return false;
	out->room = out->room ? out->room * 2 : 1 << 20;
	out->data = util_grow(out->data, out->room, 1);
	return true;
}

static bool unpack_gzip(const uint8_t *data, size_t size, struct unpacked *out)
{
	z_stream z = { .next_in = (Bytef *)data, .avail_in = (uInt)size };
	int status = Z_OK;

	/* 16: expect gzip's header and trailer. */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return false;
	while (status == Z_OK && unpack_room(out)) {
		size_t before = out->room - out->have;

		z.next_out = out->data + out->have;
		z.avail_out = (uInt)before;
		status = inflate(&z, Z_NO_FLUSH);
		out->have += before - z.avail_out;
	}
	inflateEnd(&z);
	return status == Z_STREAM_END;
}

static bool unpack_lzma(const uint8_t *data, size_t size, struct unpacked *out)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret status = LZMA_OK;

	if (lzma_auto_decoder(&z, (uint64_t)1 << 30, 0) != LZMA_OK)
		return false;
	z.next_in = data;
	z.avail_in = size;
	while (status == LZMA_OK && unpack_room(out)) {
		size_t before = out->room - out->have;

		z.next_out = out->data + out->have;
		z.avail_out = before;
		/* Behind the stream comes what the kernel's build appends. */
		status = lzma_code(&z, LZMA_RUN);
		out->have += before - z.avail_out;
		if (status == LZMA_OK && !z.avail_in && z.avail_out)
			status = lzma_code(&z, LZMA_FINISH);
	}
	lzma_end(&z);
	return status == LZMA_STREAM_END;
}

static bool unpack_bzip2(const uint8_t *data, size_t size, struct unpacked *out)
{
	bz_stream z = { .next_in = (char *)data, .avail_in = (unsigned int)size };
	int status = BZ_OK;

	if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
		return false;
	while (status == BZ_OK && unpack_room(out)) {
		size_t before = out->room - out->have;

		z.next_out = (char *)out->data + out->have;
		z.avail_out = (unsigned int)before;
		status = BZ2_bzDecompress(&z);
		out->have += before - z.avail_out;
		if (status == BZ_OK && !z.avail_in && z.avail_out)
			break;
	}
	BZ2_bzDecompressEnd(&z);
	return status == BZ_STREAM_END;
}

static bool unpack_append(struct unpacked *out, const uint8_t *data, size_t size)
{
	while (size) {
		size_t part;

		if (!unpack_room(out))
			return false;
		part = out->room - out->have < size ? out->room - out->have : size;
		memcpy(out->data + out->have, data, part);
		out->have += part;
		data += part;
		size -= part;
	}
	return true;
}

/*
 * Behind the magic number, blocks: 4 bytes of length and as many of data, each
 * 8 MiB when unpacked, the last one less. The kernel's build appends 4 bytes.
 */
static bool unpack_lz4(const uint8_t *data, size_t size, struct unpacked *out)
{
	uint8_t *block = util_alloc(LZ4_BLOCK, 1);
	size_t at = 4, packed, got;
	bool good = true;

	while (good && size - at > 4) {
		packed = get32(data + at);
		at += 4;
		if (packed > size - at) {
			good = false;
			break;
		}
		got = lz4_block(data + at, packed, block, LZ4_BLOCK);
		at += packed;
		good = got != LZ4_DAMAGED && unpack_append(out, block, got);
	}
	free(block);
	return good && out->have;
}

static const struct packer {
	const char *name;
	size_t size;
	uint8_t magic[6];
	bool (*unpack)(const uint8_t *data, size_t size, struct unpacked *out);
	const char *tool;       /* what unpacks it, where unpack is NULL */
} packers[] = {
	{ "gzip", 3, { 0x1f, 0x8b, 0x08 }, unpack_gzip, NULL },
	{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 }, unpack_lzma, NULL },
	{ "lzma", 3, { 0x5d, 0, 0 }, unpack_lzma, NULL },
	{ "bzip2", 3, { 'B', 'Z', 'h' }, unpack_bzip2, NULL },
	{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd }, NULL, "zstd -d" },
	{ "lz4", 4, { 0x02, 0x21, 0x4c, 0x18 }, unpack_lz4, NULL },
	{ "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 }, NULL, "lz4 -d" },
	{ "lzo", 4, { 0x89, 'L', 'Z', 'O' }, NULL, "lzop -d" },
};

static const struct packer *unpack_find(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(packers); i++)
		if (size >= packers[i].size &&
		    !memcmp(data, packers[i].magic, packers[i].size))
			return &packers[i];
	return NULL;
}

bool unpack_known(const uint8_t *data, size_t size)
{
	return unpack_find(data, size);
}

uint8_t *unpack(const char *name, const uint8_t *data, size_t size,
		size_t *unpacked)
{
	const struct packer *packer = unpack_find(data, size);
	struct unpacked out = { 0 };

	if (!packer) {
		diag_error(DIAG_COMPRESSION, name, "packed in an unknown way");
		return NULL;
	}
	if (!packer->unpack) {
		diag_error(DIAG_COMPRESSION, name, "packed with %s; unpack it first (`%s FILE`; "
			   "a kernel image: scripts/extract-vmlinux of the kernel's source), or "
			   "give the vmlinux that it was made from", packer->name, packer->tool);
		return NULL;
	}
	if (size > UNPACK_MOST || !packer->unpack(data, size, &out)) {
		diag_error(DIAG_UNPACK, name, "its %s data is damaged",
			   packer->name);
		free(out.data);
		return NULL;
	}
	*unpacked = out.have;
	return out.data;
}

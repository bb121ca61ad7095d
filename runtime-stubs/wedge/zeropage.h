/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Linux's 64-bit boot protocol (Documentation/x86/boot.rst and zero-page.rst):
 * places below 1 MiB that are free then, offsets in struct boot_params, and the
 * part of filling it in that is the same for all who start a kernel.
 */
#ifndef PREVIRT_ZEROPAGE_H
#define PREVIRT_ZEROPAGE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef AT_FIRST		/* a back-end may have nothing mapped below */
#define AT_FIRST 0
#endif
enum {				/* guest-physical places, below 1 MiB */
	AT_STACK = AT_FIRST + 0x7000, AT_ZERO_PAGE = AT_FIRST + 0x7000,
	AT_CMDLINE = AT_FIRST + 0x8000, AT_PML4 = AT_FIRST + 0x9000,
	AT_PDPT = AT_FIRST + 0xa000, AT_PD = AT_FIRST + 0xb000,	/* 4 of them */
};
#define CMDLINE_MAX 2047
#define E820_MAX 128
#define E820_RAM 1
#define E820_RESERVED 2

enum {				/* struct boot_params */
	BP_E820_COUNT = 0x1e8, BP_BOOT_FLAG = 0x1fe, BP_HEADER = 0x202,
	BP_EXT_RAMDISK = 0xc0, BP_EXT_RAMDISK_SIZE = 0xc4, BP_VERSION = 0x206, BP_LOADER = 0x210, BP_LOADFLAGS = 0x211,
	BP_RAMDISK = 0x218, BP_RAMDISK_SIZE = 0x21c, BP_CMDLINE = 0x228,
	BP_ALIGNMENT = 0x230, BP_E820 = 0x2d0,
};

static inline void zeropage_put(uint8_t *page, unsigned at, uint64_t value, unsigned size)
{
	memcpy(page + at, &value, size);
}

static inline void zeropage_e820(uint8_t *page, uint64_t start, uint64_t end, uint32_t type)
{
	unsigned at = BP_E820 + 20 * page[BP_E820_COUNT];

	if (page[BP_E820_COUNT] == E820_MAX)
		return;
	page[BP_E820_COUNT]++;
	zeropage_put(page, at, start, 8);
	zeropage_put(page, at + 8, end - start, 8);
	zeropage_put(page, at + 16, type, 4);
}

static inline void zeropage_initrd(uint8_t *page, uint64_t at, uint64_t size)
{
	zeropage_put(page, BP_RAMDISK, at, 4);
	zeropage_put(page, BP_RAMDISK_SIZE, size, 4);
	zeropage_put(page, BP_EXT_RAMDISK, at >> 32, 4);
	zeropage_put(page, BP_EXT_RAMDISK_SIZE, size >> 32, 4);
}

/* An empty @page, and the command line (up to @length or a newline) in @line;
   both of one page. */
static inline void zeropage_fill(uint8_t *page, char *line, const uint8_t *text, size_t length)
{
	memset(page, 0, 4096);
	memset(line, 0, 4096);
	zeropage_put(page, BP_BOOT_FLAG, 0xaa55, 2);
	memcpy(page + BP_HEADER, "HdrS", 4);
	zeropage_put(page, BP_VERSION, 0x020c, 2);
	page[BP_LOADER] = 0xff;
	page[BP_LOADFLAGS] = 1;
	zeropage_put(page, BP_ALIGNMENT, 0x200000, 4);
	zeropage_put(page, BP_CMDLINE, AT_CMDLINE, 4);
	for (size_t i = 0; i < length && i < CMDLINE_MAX && text[i] != '\n'; i++)
		line[i] = text[i];
}

#endif

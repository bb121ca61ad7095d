/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Linux's list of relocations for a vmlinux that has none, as that of 6.12
 * (arch/x86/Makefile.postlink): the build leaves it in a file, and packs it into the
 * bzImage behind the kernel.
 */
#include "input.h"
#include "run.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* What is behind the ELF file, whose section headers are the last of it. */
static uint8_t *list_behind(uint8_t *kernel, size_t size, size_t *left)
{
	Elf64_Ehdr ehdr;
	uint64_t end;

	if (size < sizeof(ehdr))
		return NULL;
	memcpy(&ehdr, kernel, sizeof(ehdr));
	end = ehdr.e_shoff + (uint64_t)ehdr.e_shnum * ehdr.e_shentsize;
	if (memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_shoff > size || end >= size)
		return NULL;
	*left = size - end;
	memmove(kernel, kernel + end, *left);
	return kernel;
}

static uint8_t *list_of_image(const char *path, size_t *size)
{
	size_t packed, unpacked;
	uint8_t *data = util_read_file(path, &packed), *kernel = NULL, *list;

	if (data)
		kernel = input_unpack_kernel(path, data, packed, &unpacked);
	free(data);
	list = kernel ? list_behind(kernel, unpacked, size) : NULL;
	if (!list)
		free(kernel);
	return list;
}

uint8_t *run_move_list(const char *kernel, size_t *size)
{
	static const char *const files[] = {
		"vmlinux.relocs", "arch/x86/boot/compressed/vmlinux.relocs",
		"bzImage", "arch/x86/boot/bzImage",
	};
	const char *slash = strrchr(kernel, '/');
	int folder = slash ? (int)(slash + 1 - kernel) : 0;
	char *path = util_printf("%s.relocs", kernel);
	uint8_t *list = util_read_file(path, size);

	for (unsigned i = 0; i < ARRAY_SIZE(files) && !list; i++) {
		free(path);
		path = util_printf("%.*s%s", folder, kernel, files[i]);
		list = strstr(files[i], "relocs") ? util_read_file(path, size) :
		       list_of_image(path, size);
	}
	free(path);
	return list;
}

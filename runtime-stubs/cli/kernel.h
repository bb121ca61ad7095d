/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Where a Linux kernel and its modules stand in a memory image.
 *
 * A kernel is found by its notes: their bytes are the same in vmlinux and in
 * memory, at whatever address it was loaded to. A module is found by the
 * kernel's list of modules, through the kernel's page tables where the image
 * knows physical addresses only.
 *
 * Knows of Linux: struct module begins with state, list and name (since 2.6);
 * a module's writable sections are laid out from a page boundary in the order
 * of its file (kernel/module/main.c, layout_sections).
 * LIMIT: modules in images without virtual addresses are found for x86-64 only.
 */
#ifndef PREVIRT_CLI_KERNEL_H
#define PREVIRT_CLI_KERNEL_H
#include "image.h"
#include "memory.h"

struct kernel {
	const struct memory *memory;
	enum memory_space space;
	uint64_t shift;         /* address in that space, less the linked one */
	bool mode64;
	uint64_t modules;       /* linked addresses of symbols; 0: there is none */
	uint64_t page_table;
	uint64_t five_levels;
};

/*
 * Find the kernel @image in @memory. With @slide not NULL, at linked addresses
 * plus *@slide only. False after a numbered error.
 */
bool kernel_find(struct kernel *kernel, const struct memory *memory,
		 const struct image *image, const uint64_t *slide);

/* Read at an address as vmlinux has it. */
bool kernel_read_linked(const struct kernel *kernel, uint64_t addr, void *to,
			size_t size);

/* Read at an address as the running kernel has it. */
bool kernel_read(const struct kernel *kernel, uint64_t addr, void *to, size_t size);

/*
 * Find the loaded module whose file is @image. *@shift: address of its
 * writable sections in the running kernel, less that in @image; it is that of
 * section @data only. False after a numbered error.
 */
bool kernel_find_module(const struct kernel *kernel, const struct image *image,
			const struct section *data, uint64_t *shift);

#endif

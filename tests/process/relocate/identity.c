/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The code that Linux runs at its physical address, with memory mapped there and where
 * the kernel shall live: __startup_64 finds how far it was moved, and takes that off
 * from phys_base and from the entries of its static page tables.
 */
#define _GNU_SOURCE
#include "relocate.h"
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DIRECT_MAP 0x6000c0000000ull	/* another place than the other tests' */
#define PAGE 4096ull

static struct relocator moved;

/* The same memory at two places; returns the higher one. */
static uint8_t *map_twice(uint64_t physical, size_t size)
{
	int file = memfd_create("kernel", 0);
	void *low, *high;

	if (file < 0 || ftruncate(file, (off_t)size))
		err(2, "memory");
	low = mmap((void *)physical, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		   MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
	high = mmap((void *)(DIRECT_MAP + physical), size, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_SHARED | MAP_FIXED_NOREPLACE, file, 0);
	close(file);
	if (low != (void *)physical || high != (void *)(DIRECT_MAP + physical))
		err(2, "memory at %llx", (unsigned long long)physical);
	return high;
}

static void move_twice(uint64_t physical)
{
	size_t size = (kernel.high - kernel.low + PAGE - 1) & ~(PAGE - 1);
	uint8_t *image = map_twice(physical, size + OUTLINE_SIZE);
	enum relocator_status status;

	moved = (struct relocator){
		.file = kernel.file, .file_size = kernel.size, .facts = &kernel.facts,
		.image = image, .image_at = DIRECT_MAP + physical,
		.outline = image + size, .outline_at = DIRECT_MAP + physical + size,
		.outline_size = OUTLINE_SIZE, .user_end = 0x5f8000000000,
		.work = calloc(1, relocator_work_size(kernel.file, kernel.size)),
	};
	memcpy(image, kernel.image, kernel.high - kernel.low);
	status = relocator_move(&moved);
	if (status)
		wrong(&moved, moved.error_at, relocator_strerror(status));
}

/* Words that hold physical addresses, in data: as they were linked. */
static unsigned check_tables(void)
{
	unsigned entries = 0;

	for (unsigned i = 0; i < kernel.header->e_shnum; i++) {
		const Elf64_Shdr *s = &kernel.sections[i];

		if (s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_ALLOC) || is_code(s) ||
		    s->sh_addr < kernel.low)
			continue;
		for (uint64_t at = s->sh_addr; at + 8 <= s->sh_addr + s->sh_size; at++) {
			uint64_t was, now;

			memcpy(&was, linked(at), 8);
			memcpy(&now, moved.image + (at - kernel.low), 8);
			if (kernel.references[at - kernel.low] != 64 ||
			    was >= kernel.facts.kernel_map)
				continue;
			entries++;
			if (now != was)
				wrong(&moved, at, "is no physical address");
		}
	}
	return entries;
}

void test_identity(void)
{
	uint64_t physical = kernel.low - kernel.facts.kernel_map, offset, mask;
	uint64_t (*start)(uint64_t, void *);
	uint8_t *parameters = calloc(1, PAGE);
	unsigned entries;

	move_twice(physical);
	start = (void *)(symbol_address("__startup_64") - kernel.low + physical);
	mask = start(physical, parameters);
	memcpy(&offset, moved.image + (symbol_address("phys_base") - kernel.low), 8);
	if (mask || offset != -moved.delta)
		wrong(&moved, symbol_address("phys_base"), "is not what takes the move off");
	entries = check_tables();
	printf("started at its physical address: phys_base %llx, %u entries of tables\n",
	       (unsigned long long)offset, entries);
	free(parameters);
}

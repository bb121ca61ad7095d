/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Makes the machine that the bundle describes, and starts its kernel: an ELF file (image.c), by
 * a boot protocol (linux.c). To add one: docs/wedge-internals.md, "Adding a boot protocol".
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "firmware.h"
#include "../iface/memory.h"
#include "../board/board.h"
#include "../mmu/mmu.h"
#include <string.h>

/* A decimal number of MiB in the file "memory". */
uint64_t wedge_memory_wanted(const void *bundle, size_t size)
{
	size_t length = 0;
	const uint8_t *file = bundle_find(bundle, size, "memory", &length);
	uint64_t mib = 0;

	for (size_t i = 0; file && i < length && file[i] >= '0' && file[i] <= '9'; i++)
		mib = mib * 10 + file[i] - '0';
	return mib << 20;
}

static const struct { const char *name; int *wanted; } boot_words[] = {
#define WEDGE_WORD(name, what) { #name, &wedge_wants_##name },
#include "words.def"
#undef WEDGE_WORD
};

/* The file "options": one word of words.def a line. */
void wedge_read_options(const void *bundle, size_t size)
{
	size_t length, start = 0;
	const uint8_t *file = bundle_find(bundle, size, "options", &length);

	for (size_t i = 0; file && i < length; i++) {
		if (file[i] != '\n')
			continue;
		for (size_t w = 0; w < sizeof(boot_words) / sizeof(boot_words[0]); w++)
			if (i - start == strlen(boot_words[w].name) &&
			    !memcmp(file + start, boot_words[w].name, i - start))
				*boot_words[w].wanted = 1;
		start = i + 1;
	}
}

static void boot_board(void)
{
	const char *bad = board_start();

	if (bad) {
		wedge_print("previrt: device %s: its memory, a window, a slot or a line is not free\n", bad);
		wedge_stop("the board cannot be");
	}
}

const uint8_t *boot_machine(const void *bundle, size_t size, size_t *length)
{
	const uint8_t *kernel;

	wedge_read_options(bundle, size);
	kernel = bundle_find(bundle, size, "vmlinux", length);
	if (!kernel)
		wedge_stop("there is no vmlinux in what was loaded");
	cpu_reset(&previrt_cpu);
	parts_init(bundle, size);
	boot_board();
	vcpus_init();
	mmu_code_appeared = modules_code_appeared;
	return kernel;
}

void wedge_start(const void *bundle, size_t size)
{
	uint64_t memory = backend_low_bytes, above = 0, entry, end;
	size_t length;
	const uint8_t *kernel = boot_machine(bundle, size, &length);

	cpu_apply_reset(&previrt_cpu);
	firmware_place();
	image_find(kernel, length, &entry, &end);
	image_load(kernel, length);
	image_rewrite();
	linux_start(bundle, size, entry, end);
	if (backend_guest_bytes > memory)
		above = backend_guest_bytes - BACKEND_HOLE_END;
	wedge_print("previrt: the guest has %lu MiB; starting it at %lx\n", (memory + above) >> 20,
		    entry);
	wedge_go();
}

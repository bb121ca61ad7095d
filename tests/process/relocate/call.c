/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Functions of the moved kernel, called in this process: what they calculate by tables,
 * jumps through tables, addresses in data, and their own names.
 */
#include "relocate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned calls;

static void *function(const char *name)
{
	return (void *)(symbol_address(name) + moved_high.delta);
}

static void equal(const char *what, const char *got, const char *wanted)
{
	calls++;
	if (!strcmp(got, wanted))
		return;
	printf("%s: \"%s\", wanted \"%s\"\n", what, got, wanted);
	wrong(&moved_high, 0, what);
}

static void call_names(void)
{
	uint64_t (*lookup)(const char *) = function("kallsyms_lookup_name");
	int (*print)(char *, uint64_t) = function("sprint_symbol");
	const Elf64_Sym *symbol;
	const char *name;
	char text[512];
	size_t at = 0;

	while ((symbol = next_symbol(NULL, &at, &name))) {
		uint64_t value = lookup(name);
		const Elf64_Sym *same;
		size_t again = 0;

		at += 96;
		calls++;
		while ((same = next_symbol(name, &again, &name)) &&
		       same->st_value + moved_high.delta != value)
			;
		if (value && !same)
			wrong(&moved_high, symbol->st_value, "the kernel has it elsewhere");
	}
	print(text, (uint64_t)function("vsnprintf") + 4);
	text[strcspn(text, "/")] = 0;
	equal("sprint_symbol", text, "vsnprintf+0x4");
}

#define PRINT(...) do { \
	print(got, sizeof(got), __VA_ARGS__); \
	snprintf(wanted, sizeof(wanted), __VA_ARGS__); \
	equal("snprintf", got, wanted); \
} while (0)

static void call_print(void)
{
	int (*print)(char *, size_t, const char *, ...) = function("snprintf");
	static const uint8_t bytes[] = { 192, 168, 1, 254, 0xab, 0xcd };
	char got[400], wanted[400];

	for (long i = -200; i < 200; i++) {
		long value = i * i * i * i * 7919 + i;

		PRINT("%ld|%20lu|%-20lx|%lx|%020lX|%+ld|% ld|%lo", value, (unsigned long)value,
		      (unsigned long)value, (unsigned long)value, (unsigned long)value, value,
		      value, (unsigned long)value);
		PRINT("%d|%5d|%-7d|%05d|%hhd|%hd|%*d|%c|%.*s|%8.5d|%%", (int)value, (int)value,
		      (int)value, (int)value, (signed char)value, (short)value, (int)(i & 15),
		      (int)value, 'a' + (int)(i & 15), (int)(i & 7), "abcdefgh", (int)(i & 4095));
	}
	print(got, sizeof(got), "%pI4 %pM %*ph", bytes, bytes, 4, bytes);
	equal("pointers", got, "192.168.1.254 c0:a8:01:fe:ab:cd c0 a8 01 fe");
}

static int compare_words(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void call_others(void)
{
	void (*sort)(void *, size_t, size_t, int (*)(const void *, const void *), void *) =
		function("sort");
	uint64_t (*parse)(const char *, char **) = function("memparse");
	uint32_t (*crc32)(uint32_t, const uint8_t *, size_t) = function("crc32_le");
	static int words[2][3000];
	char got[32], *end;

	for (int size = 0; size < 3000; size += 97) {
		for (int i = 0; i < size; i++)
			words[0][i] = words[1][i] = (int)random();
		sort(words[0], (size_t)size, 4, compare_words, NULL);
		qsort(words[1], (size_t)size, 4, compare_words);
		calls++;
		if (memcmp(words[0], words[1], (size_t)size * 4))
			wrong(&moved_high, 0, "sort");
	}
	snprintf(got, sizeof(got), "%llx", (unsigned long long)parse("0x12G", &end));
	equal("memparse", got, "480000000");
	snprintf(got, sizeof(got), "%08x", ~crc32(~0u, (const uint8_t *)"123456789", 9));
	equal("crc32_le", got, "cbf43926");
}

/* Where the kernel believes its modules are. */
static void call_area(void)
{
	static const struct { uint64_t at; int inside; } tries[] = {
		{ MODULES - 1, 0 }, { MODULES, 1 }, { MODULES + 0x3effffff, 1 },
		{ MODULES + 0x3f000000, 0 }, { MODULES_LINKED, 0 }, { 0x500000000000, 1 },
		{ 0xffffc90000000000, 0 },
	};
	int (*inside)(const void *) = function("is_vmalloc_or_module_addr");

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++, calls++)
		if (!!(inside((void *)tries[i].at) & 0xff) != tries[i].inside)
			wrong(&moved_high, tries[i].at, "is an address of modules, or is none");
}

void test_call(void)
{
	call_area();
	call_names();
	call_print();
	call_others();
	printf("called: %u calls of the kernel's functions\n", calls);
}

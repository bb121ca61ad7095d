/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_RANGES = 64, MAX_CALLS = 4096 };

struct range {
	uint64_t start, end;
	bool called;
};

static struct range texts[MAX_RANGES], bulks[MAX_RANGES];
static uint64_t calls[MAX_CALLS];
static unsigned text_count, bulk_count, call_count;

bool code_read(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned long long start, end;
	char kind[8];

	if (!file)
		return false;
	while (fscanf(file, "%7s %llx", kind, &start) == 2) {
		if (!strcmp(kind, "call")) {
			if (call_count == MAX_CALLS)
				break;
			calls[call_count++] = start;
			continue;
		}
		if (fscanf(file, "%llx", &end) != 1)
			break;
		if (!strcmp(kind, "text") && text_count < MAX_RANGES)
			texts[text_count++] = (struct range) { start, end, true };
		else if (bulk_count < MAX_RANGES && (!strcmp(kind, "bulk") || !strcmp(kind, "more")))
			bulks[bulk_count++] = (struct range) { start, end, *kind == 'b' };
		else
			break;
	}
	start = feof(file);
	fclose(file);
	return start && text_count && bulk_count;
}

static const struct range *find(const struct range *list, unsigned count, uint64_t address)
{
	for (unsigned i = 0; i < count; i++)
		if (address >= list[i].start && address < list[i].end)
			return &list[i];
	return NULL;
}

bool code_is_text(uint64_t address)
{
	return find(texts, text_count, address);
}

bool code_is_bulk(uint64_t address, bool *entry)
{
	const struct range *bulk = find(bulks, bulk_count, address);

	*entry = bulk && bulk->called && bulk->start == address;
	return bulk;
}

bool code_is_call(uint64_t address)
{
	for (unsigned i = 0; i < call_count; i++)
		if (calls[i] == address)
			return true;
	return false;
}

/* c3; f3 c3; e9 rel32 to elsewhere, as to a return thunk */
bool code_leaves_bulk(uint64_t address, const uint8_t *insn, unsigned size)
{
	int32_t distance;

	if (insn[0] == 0xc3 || (size > 1 && insn[0] == 0xf3 && insn[1] == 0xc3))
		return true;
	if (insn[0] != 0xe9 || size != 5)
		return false;
	memcpy(&distance, insn + 1, sizeof(distance));
	return !find(bulks, bulk_count, address + size + distance);
}

static bool is_prefix(uint8_t byte)
{
	return (byte & 0xf0) == 0x40 || (byte && strchr("\x26\x2e\x36\x3e\x64\x65\x66\x67\xf2\xf3", byte));
}

bool code_loads_cr3(const uint8_t *insn, unsigned size)
{
	unsigned at = 0;

	while (at < size && is_prefix(insn[at]))
		at++;
	return at + 2 < size && insn[at] == 0x0f && insn[at + 1] == 0x22 &&
		(insn[at + 2] >> 3 & 7) == 3;
}

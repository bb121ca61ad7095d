/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * undo ELF...: loads each file as a wedge does, rewrites all of its sites, puts
 * them back, and compares every byte. Then once more with a table in which a
 * site overlaps the one before: nothing may have changed.
 */
#include "../../../runtime-stubs/rewriter/rewriter.h"
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loaded {
	uint8_t *file, *memory;
	const Elf64_Phdr *notes;
	uint64_t low, high, delta;
};

static uint8_t *read_all(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;

	if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) > 0 && (data = malloc(size))) {
		rewind(f);
		if (fread(data, 1, size, f) != (size_t)size)
			data = NULL;
	}
	if (f)
		fclose(f);
	return data;
}

static int load(struct loaded *l, const char *path)
{
	const Elf64_Phdr *p, *end;

	*l = (struct loaded){ .file = read_all(path), .low = ~0ull };
	if (!l->file)
		return -1;
	p = (void *)(l->file + ((Elf64_Ehdr *)l->file)->e_phoff);
	end = p + ((Elf64_Ehdr *)l->file)->e_phnum;
	for (const Elf64_Phdr *q = p; q < end; q++) {
		if (q->p_type == PT_NOTE)
			l->notes = q;
		if (q->p_type != PT_LOAD)
			continue;
		if (q->p_flags & PF_X)
			l->delta = q->p_vaddr - q->p_paddr;
		l->low = q->p_paddr < l->low ? q->p_paddr : l->low;
		l->high = q->p_paddr + q->p_memsz > l->high ? q->p_paddr + q->p_memsz : l->high;
	}
	if (!l->notes)
		return -1;
	l->memory = calloc(1, l->high - l->low);
	for (const Elf64_Phdr *q = p; q < end; q++)
		if (q->p_type == PT_LOAD)
			memcpy(l->memory + (q->p_paddr - l->low), l->file + q->p_offset, q->p_filesz);
	return 0;
}

/* By addresses; by fs, some sites as they are once they have run. */
static const struct rewriter_target targets[] = {
	{ -0x200000ull, -0x1ffff8ull, -0x1fffc0ull, -0x1f0000ull, 0, 0 },
	{ 0x7ed000006000, 0x7ed000006100, 0x7ed000000000, 0x7ed000002000, 0x7ed000000000,
	  0x400080000000 },
};

/* Every second of the sites that trap by their slot's number. */
static unsigned make_near(struct rewriter *rw)
{
	unsigned found = 0;

	for (uint64_t at = 0; at + REWRITER_SHORT <= rw->size; at++) {
		int slot = rewriter_trap_slot(rw->memory + at);

		if (slot >= 0 && found++ % 2)
			rewriter_near(&rw->target, slot, rw->address + at, rw->memory + at);
	}
	return found;
}

static void begin(struct rewriter *rw, const struct loaded *l, unsigned form)
{
	static struct rewriter_kind calls[REWRITER_CALLS], jumps[REWRITER_JUMPS];

	memset(rw, 0, sizeof(*rw));
	rw->calls = calls;
	rw->jumps = jumps;
	rw->target = targets[form];
	rw->address = l->low + l->delta;
	rw->size = l->high - l->low;
	rw->memory = l->memory;
}

static uint64_t differ(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += a[i] != b[i];
	return n;
}

static int check(const char *path, unsigned form)
{
	struct rewriter *rw = malloc(sizeof(*rw));
	struct loaded l;
	uint8_t *before, *table;
	uint64_t changed, left, from;
	unsigned trapping, sites;
	uint32_t entry;

	if (load(&l, path))
		return printf("BAD %s cannot be loaded\n", path);
	before = malloc(l.high - l.low);
	memcpy(before, l.memory, l.high - l.low);
	table = l.file + l.notes->p_offset;
	begin(rw, &l, form);
	if (rewriter_plan(rw, table, l.notes->p_filesz, l.notes->p_align, l.notes->p_vaddr) ||
	    rewriter_apply(rw, table, l.notes->p_filesz, l.notes->p_align, l.notes->p_vaddr))
		return printf("BAD %s: %s\n", path, rewriter_strerror(rw->error));
	trapping = make_near(rw);
	if (form ? trapping < 2 : trapping)
		return printf("BAD %s: %u sites trap by their slot's number\n", path, trapping);
	changed = differ(before, l.memory, l.high - l.low);
	rewriter_undo(rw, table, l.notes->p_filesz, l.notes->p_align, l.notes->p_vaddr);
	left = differ(before, l.memory, l.high - l.low);
	sites = rw->sites + rw->devices;
	if (left || changed < sites || rw->undone != sites -
	    rw->by_template[REWRITER_TRAP] - rw->by_template[REWRITER_LEAVE])
		return printf("BAD %s: %u sites, %lu bytes changed, %u put back, %lu bytes differ\n",
			      path, sites, changed, rw->undone, left);
	printf("ok %s: %u sites, %lu bytes changed, %u sites put back, none differs\n", path,
	       sites, changed, rw->undone);

	/* The second entry of the first unit becomes the first's double. */
	from = 0;
	while (memcmp(table + from + 12, "previrt", 8))
		from += 4;
	from += 24;
	memcpy(&entry, table + from, 4);
	memcpy(table + from + 8, table + from, 8);
	entry -= 8;
	memcpy(table + from + 8, &entry, 4);
	begin(rw, &l, form);
	if (rewriter_plan(rw, table, l.notes->p_filesz, l.notes->p_align, l.notes->p_vaddr) ||
	    !rewriter_apply(rw, table, l.notes->p_filesz, l.notes->p_align, l.notes->p_vaddr) ||
	    rw->error != REWRITER_OVERLAP || differ(before, l.memory, l.high - l.low))
		return printf("BAD %s: sites that overlap were taken\n", path);
	printf("ok %s: sites that overlap are refused, nothing was changed\n", path);
	free(before);
	free(l.memory);
	free(l.file);
	free(rw);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++)
		for (unsigned form = 0; form < sizeof(targets) / sizeof(targets[0]); form++)
			bad |= check(argv[i], form) != 0;
	return bad;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * See memory.h for the contracts. ELF core files: System V ABI; in QEMU's
 * without paging all virtual addresses are 0; in /proc/kcore the physical ones
 * of vmalloc memory are -1.
 */
#include "memory.h"
#include "diag.h"
#include "progress.h"
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_CHUNK (1u << 20)
/* kcore's segment of vmalloc space has terabytes and little in it. */
#define MEMORY_SEARCH_MOST (1ull << 40)
#define MEMORY_NOTES (1u << 20)         /* more than this of notes is not read */

static size_t memory_pread(int fd, void *to, size_t size, uint64_t offset)
{
	size_t have = 0;

	while (have < size && offset + have <= INT64_MAX) {
		ssize_t n = pread(fd, (char *)to + have, size - have,
				  (off_t)(offset + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

/* VMCOREINFO is the only note that matters here; it is text. */
static void memory_read_notes(struct memory *memory, uint64_t offset, uint64_t size)
{
	char *notes = util_alloc(MEMORY_NOTES + 1, 1), *at, *end;
	size_t have = memory_pread(memory->fd, notes,
				   size < MEMORY_NOTES ? size : MEMORY_NOTES, offset);

	at = memmem(notes, have, "VMCOREINFO\0", 11);
	if (at && !memory->vmcoreinfo) {
		at += 12;
		end = notes + have;
		memory->vmcoreinfo = util_alloc((size_t)(end - at) + 1, 1);
		memcpy(memory->vmcoreinfo, at, (size_t)(end - at));
	}
	free(notes);
}

static void memory_add(struct memory *memory, const GElf_Phdr *ph)
{
	struct memory_segment s = {
		.virt = ph->p_vaddr, .phys = ph->p_paddr, .size = ph->p_filesz,
		.offset = ph->p_offset, .has_virt = ph->p_vaddr != 0,
		.has_phys = ph->p_paddr != UINT64_MAX &&
			    (ph->p_paddr || !ph->p_vaddr),
	};

	array_add(&memory->segments, s);
}

static bool memory_read_core(struct memory *memory, Elf *elf)
{
	size_t count, i;
	GElf_Ehdr eh;
	GElf_Phdr ph;

	if (!gelf_getehdr(elf, &eh) || elf_getphdrnum(elf, &count)) {
		diag_error(DIAG_ELF_BAD, memory->name, "%s", elf_errmsg(-1));
		return false;
	}
	if (eh.e_type != ET_CORE) {
		diag_error(DIAG_MEMORY, memory->name, "an ELF file, but no core");
		return false;
	}
	for (i = 0; i < count && i <= INT32_MAX; i++) {
		if (!gelf_getphdr(elf, (int)i, &ph)) {
			diag_error(DIAG_ELF_BAD, memory->name, "%s", elf_errmsg(-1));
			return false;
		}
		if (ph.p_type == PT_LOAD && ph.p_filesz)
			memory_add(memory, &ph);
		else if (ph.p_type == PT_NOTE)
			memory_read_notes(memory, ph.p_offset, ph.p_filesz);
	}
	return true;
}

static bool memory_read_header(struct memory *memory)
{
	off_t end = lseek(memory->fd, 0, SEEK_END);
	struct memory_segment all = {
		.has_phys = true, .size = end > 0 ? (uint64_t)end : 0,
	};
	bool good = true;
	Elf *elf;

	memory->size = all.size;
	elf_version(EV_CURRENT);
	elf = elf_begin(memory->fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		good = memory_read_core(memory, elf);
	} else {
		array_add(&memory->segments, all);
	}
	elf_end(elf);
	if (good && (!memory->segments.n || (memory->segments.n == 1 &&
					     !memory->segments.v[0].size))) {
		diag_error(DIAG_MEMORY, memory->name, "it holds no memory");
		good = false;
	}
	return good;
}

struct memory *memory_open(const char *path)
{
	struct memory *memory = util_alloc(1, sizeof(*memory));

	memory->name = path;
	memory->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (memory->fd < 0) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
	} else if (lseek(memory->fd, 0, SEEK_SET) < 0) {
		diag_error(DIAG_OPEN, path, "%s", strerror(errno));
	} else if (memory_read_header(memory)) {
		return memory;
	}
	memory_close(memory);
	return NULL;
}

void memory_close(struct memory *memory)
{
	if (memory->fd >= 0)
		close(memory->fd);
	free(memory->segments.v);
	free(memory->vmcoreinfo);
	free(memory);
}

bool memory_read(const struct memory *memory, enum memory_space space,
		 uint64_t addr, void *to, size_t size)
{
	size_t i;

	for (i = 0; i < memory->segments.n; i++) {
		const struct memory_segment *s = &memory->segments.v[i];
		uint64_t start = space == MEMORY_VIRTUAL ? s->virt : s->phys;

		if (!(space == MEMORY_VIRTUAL ? s->has_virt : s->has_phys) ||
		    addr < start || addr - start > s->size ||
		    size > s->size - (addr - start))
			continue;
		return memory_pread(memory->fd, to, size,
				    s->offset + (addr - start)) == size;
	}
	return false;
}

/* The part of segment @s from byte @at on. */
static struct memory_segment memory_part(const struct memory_segment *s, uint64_t at)
{
	struct memory_segment part = *s;

	part.virt += at;
	part.phys += at;
	part.offset += at;
	part.size -= at;
	return part;
}

/* Where there is data of @s from byte @at on: guests leave most of their memory a hole.
 * Files that do not know holes, /proc/kcore say, are data. lseek(2), SEEK_DATA. */
static uint64_t memory_data(const struct memory *memory, const struct memory_segment *s, uint64_t at)
{
	off_t data = lseek(memory->fd, (off_t)(s->offset + at), SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? s->size : at;
	return (uint64_t)data - s->offset < s->size ? (uint64_t)data - s->offset : s->size;
}

bool memory_search(const struct memory *memory, const void *key, size_t size,
		   bool (*found)(const struct memory_segment *place, void *context),
		   void *context)
{
	uint8_t *chunk = util_alloc(MEMORY_CHUNK + size, 1), *hit, *from;
	bool done = false;
	size_t i;

	for (i = 0; i < memory->segments.n && !done; i++) {
		const struct memory_segment *s = &memory->segments.v[i];
		uint64_t at = 0;

		if (s->size > MEMORY_SEARCH_MOST)
			continue;
		/* Chunks overlap by the key, so that none is cut in two; no key begins with a zero. */
		while ((at = memory_data(memory, s, at)) < s->size && !done) {
			uint64_t left = s->size - at;
			size_t want = left < MEMORY_CHUNK + size ? (size_t)left :
				      MEMORY_CHUNK + size;
			size_t have = memory_pread(memory->fd, chunk, want, s->offset + at);

			progress_now(memory->name, "memory", s->offset + at, memory->size);
			for (from = chunk; !done && (hit = memmem(from, have -
					(size_t)(from - chunk), key, size)); from = hit + 1) {
				struct memory_segment place =
					memory_part(s, at + (uint64_t)(hit - chunk));

				if ((size_t)(hit - chunk) < MEMORY_CHUNK)
					done = found(&place, context);
			}
			/* kcore has holes: only the end of the file is an end. */
			at += MEMORY_CHUNK;
			if (s->offset + at >= memory->size)
				break;
		}
	}
	progress_end();
	free(chunk);
	return done;
}

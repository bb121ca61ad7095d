/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Writes this program's own memory as an image of a machine's: what previrt
 * counts reads. The program (linked at its addresses, not moved) plays the
 * kernel.
 */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include "dump.h"

extern const char __executable_start[], _end[];

enum { PAGE = 4096, LEAD = 5 * PAGE };

static int put(FILE *f, const void *data, size_t size)
{
	return fwrite(data, 1, size, f) == size;
}

static void header(ElfW(Ehdr) *eh, ElfW(Phdr) *ph, enum dump_kind kind, size_t size)
{
	memset(eh, 0, sizeof(*eh));
	memset(ph, 0, sizeof(*ph));
	memcpy(eh->e_ident, ELFMAG, SELFMAG);
	eh->e_ident[EI_CLASS] = sizeof(long) == 8 ? ELFCLASS64 : ELFCLASS32;
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_ident[EI_VERSION] = EV_CURRENT;
	eh->e_type = ET_CORE;
	eh->e_machine = sizeof(long) == 8 ? EM_X86_64 : EM_386;
	eh->e_version = EV_CURRENT;
	eh->e_phoff = eh->e_ehsize = sizeof(*eh);
	eh->e_phentsize = sizeof(*ph);
	eh->e_phnum = 1;
	ph->p_type = PT_LOAD;
	ph->p_offset = LEAD;
	ph->p_filesz = ph->p_memsz = size;
	if (kind == DUMP_VIRTUAL)
		ph->p_vaddr = (uintptr_t)__executable_start + DUMP_SLIDE;
	else
		ph->p_paddr = 0x7000000;
}

int dump_write(const char *path, enum dump_kind kind)
{
	size_t size = ((uintptr_t)_end - (uintptr_t)__executable_start + PAGE - 1) / PAGE * PAGE;
	static const char lead[LEAD];
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;
	FILE *f = fopen(path, "w");
	int good = f != NULL;

	header(&eh, &ph, kind, size);
	good = good && put(f, lead, LEAD) && put(f, __executable_start, size);
	if (good && kind != DUMP_RAW) {
		rewind(f);
		good = put(f, &eh, sizeof(eh)) && put(f, &ph, sizeof(ph));
	}
	if (f && fclose(f))
		good = 0;
	return good;
}

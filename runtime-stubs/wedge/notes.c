/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Finds the table of sites in an ELF kernel. ELF: System V ABI, chapters 4 and 5. */
#include "wedge.h"
#include "entry.h"
#include <elf.h>

/* Returns 1 if the notes have a table of sites. *@damaged: they may have a damaged one. */
static int image_has_sites(const struct image_notes *notes, int damaged)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	int status;

	previrt_sites_begin(&walk, notes->data, notes->size, notes->align);
	status = previrt_sites_next(&walk, &unit);
	return status == PREVIRT_SITES_UNIT || (damaged && status != PREVIRT_SITES_END);
}

/* Returns 1 if the @bytes from @at on are within a file of @size bytes. */
static int image_holds(size_t size, uint64_t at, uint64_t bytes)
{
	return at <= size && bytes <= size - at;
}

/* By sections: each has its own alignment, and a linker script may make no segment for
   notes. */
static int image_note_section(const uint8_t *image, size_t size, int damaged,
			      struct image_notes *notes)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Shdr *s = (const void *)(image + ehdr->e_shoff);

	if (ehdr->e_shentsize != sizeof(*s) ||
	    !image_holds(size, ehdr->e_shoff, ehdr->e_shnum * sizeof(*s)))
		return 0;
	for (int i = 0; i < ehdr->e_shnum; i++, s++) {
		*notes = (struct image_notes){ image + s->sh_offset, s->sh_size, s->sh_addralign,
					       s->sh_addr };
		if (s->sh_type == SHT_NOTE && s->sh_flags & SHF_ALLOC &&
		    image_holds(size, s->sh_offset, s->sh_size) &&
		    image_has_sites(notes, damaged))
			return 1;
	}
	return 0;
}

/* By segments, for a file without sections. There may be several, also with other notes. */
static int image_note_segment(const uint8_t *image, size_t size, int damaged,
			      struct image_notes *notes)
{
	const Elf64_Ehdr *ehdr = (const void *)image;
	const Elf64_Phdr *p = (const void *)(image + ehdr->e_phoff);

	for (int i = 0; i < ehdr->e_phnum; i++, p++) {
		*notes = (struct image_notes){ image + p->p_offset, p->p_filesz, p->p_align,
					       p->p_vaddr };
		if (p->p_type == PT_NOTE && image_holds(size, p->p_offset, p->p_filesz) &&
		    image_has_sites(notes, damaged))
			return 1;
	}
	return 0;
}

void image_find_notes(const uint8_t *image, size_t size, struct image_notes *notes)
{
	for (int damaged = 0; damaged < 2; damaged++)
		if (image_note_section(image, size, damaged, notes) ||
		    image_note_segment(image, size, damaged, notes))
			return;
	wedge_stop("vmlinux has no table of sites: it was not built with previrt");
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "module_file.h"
#include "module_memory.h"
#include "../iface/memory.h"
#include <string.h>

#define ROOM (64u << 20)

static struct {
	uint8_t *start;
	size_t used, most;	/* most: the largest @used so far; the rest is zero */
} room;

void module_file_init(void)
{
	room.start = backend_memory(ROOM);
}

void *module_file_room(size_t size)
{
	uint8_t *at = room.start + room.used;

	size = (size + 15) & ~(size_t)15;
	if (size > ROOM - room.used)
		return NULL;
	room.used += size;
	if ((size_t)(at - room.start) < room.most)
		memset(at, 0, room.used < room.most ? size : room.most - (size_t)(at - room.start));
	if (room.used > room.most)
		room.most = room.used;
	return at;
}

void *module_file_copy(uint64_t va, size_t size)
{
	void *to = size < ROOM ? module_file_room(size) : NULL;

	return to && !module_memory_read(va, to, size) ? to : NULL;
}

static const char *file_strings(const struct module_file *m, unsigned index, size_t *size)
{
	const char *text;

	if (index >= m->section_count || !m->sections[index].sh_size)
		return NULL;
	*size = m->sections[index].sh_size;
	text = module_file_copy(m->sections[index].sh_addr, *size);
	return text && !text[*size - 1] ? text : NULL;
}

/* The header of the file that section @other belongs to. */
static const Elf64_Ehdr *file_header(uint64_t sections, unsigned other)
{
	const Elf64_Shdr *s = module_file_copy(sections + other * sizeof(*s), sizeof(*s));
	const Elf64_Ehdr *h = s ? module_file_copy(s->sh_addr - s->sh_offset, sizeof(*h)) : NULL;

	return h && !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_type == ET_REL &&
	       h->e_machine == EM_X86_64 && h->e_shentsize == sizeof(*s) &&
	       s->sh_addr - s->sh_offset + h->e_shoff == sections ? h : NULL;
}

int module_file_read(struct module_file *m, uint64_t sections, unsigned symbols, unsigned other)
{
	const Elf64_Ehdr *h;
	const Elf64_Shdr *s;

	room.used = 0;
	h = file_header(sections, other);
	if (!h || symbols >= h->e_shnum || other >= h->e_shnum)
		return -1;
	m->section_count = h->e_shnum;
	m->sections = module_file_copy(sections, m->section_count * sizeof(*m->sections));
	if (!m->sections)
		return -1;
	s = &m->sections[symbols];
	m->section_names = file_strings(m, h->e_shstrndx, &m->section_names_size);
	m->names = file_strings(m, s->sh_link, &m->names_size);
	m->symbol_count = s->sh_size / sizeof(*m->symbols);
	m->symbols = module_file_copy(s->sh_addr, m->symbol_count * sizeof(*m->symbols));
	return m->section_names && m->names && m->symbols ? 0 : -1;
}

const char *module_file_section_name(const struct module_file *m, const Elf64_Shdr *s)
{
	return s->sh_name < m->section_names_size ? m->section_names + s->sh_name : "";
}

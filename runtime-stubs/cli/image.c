/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See image.h for the contracts and invariants. */
#include "image.h"
#include "diag.h"
#include "lines.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool image_bad(const struct image *image, const char *what)
{
	diag_error(DIAG_ELF_BAD, image->name, "%s", what);
	return false;
}

static bool image_read_section(struct image *image, Elf_Scn *scn, size_t names)
{
	GElf_Shdr header;
	struct section *s;

	if (!gelf_getshdr(scn, &header) ||
	    elf_ndxscn(scn) >= image->sections)
		return image_bad(image, "a section header cannot be read");
	s = &image->section[elf_ndxscn(scn)];
	s->name = elf_strptr(image->elf, names, header.sh_name);
	if (!s->name)
		return image_bad(image, "a section's name is not in the file");
	s->addr = header.sh_addr;
	s->size = header.sh_size;
	s->flags = header.sh_flags;
	s->offset = header.sh_offset;
	s->align = header.sh_addralign;
	s->index = (uint32_t)elf_ndxscn(scn);
	s->type = header.sh_type;
	s->link = header.sh_link;
	s->info = header.sh_info;
	if (s->type == SHT_NOBITS || s->type == SHT_NULL || !s->size)
		return true;
	if (s->offset > image->size || s->size > image->size - s->offset)
		return image_bad(image, "a section lies outside the file");
	if (s->flags & SHF_ALLOC && s->addr + s->size < s->addr)
		return image_bad(image, "a section's addresses wrap around");
	s->data = image->buf + s->offset;
	s->code = (s->flags & SHF_ALLOC) && (s->flags & SHF_EXECINSTR);
	return true;
}

/*
 * A kernel's entry may be a physical address, as boot loaders want it; its
 * sections have virtual ones.
 */
static void image_read_entry(struct image *image)
{
	size_t count, i;
	GElf_Ehdr header;
	GElf_Phdr ph;

	if (image->type == ET_REL || !gelf_getehdr(image->elf, &header) || !header.e_entry)
		return;
	image->entry = header.e_entry;
	if (image_section_at(image, image->entry) || elf_getphdrnum(image->elf, &count))
		return;
	for (i = 0; i < count && i <= INT32_MAX; i++)
		if (gelf_getphdr(image->elf, (int)i, &ph) && ph.p_type == PT_LOAD &&
		    header.e_entry - ph.p_paddr < ph.p_memsz)
			image->entry = image_wrap(image, ph.p_vaddr + (header.e_entry - ph.p_paddr));
}

static int image_compare_offset(const void *a, const void *b)
{
	const struct section *x = *(const struct section *const *)a;
	const struct section *y = *(const struct section *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/*
 * Relocating writes into the private copy; sections that overlap each other or
 * the headers would let a file rewrite what has been checked already.
 */
static bool image_is_disjoint(const struct image *image, uint64_t shoff)
{
	const struct section **order = util_alloc(image->sections, sizeof(*order));
	uint64_t end = image->mode64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	uint64_t heads = image->sections * (image->mode64 ? sizeof(Elf64_Shdr) :
					    sizeof(Elf32_Shdr));
	bool good = true;
	size_t i, n = 0;

	for (i = 0; i < image->sections; i++)
		if (image->section[i].data)
			order[n++] = &image->section[i];
	qsort(order, n, sizeof(*order), image_compare_offset);
	for (i = 0; i < n && good; i++) {
		uint64_t stop = order[i]->offset + order[i]->size;

		good = order[i]->offset >= end &&
		       (stop <= shoff || order[i]->offset >= shoff + heads);
		end = stop;
	}
	free(order);
	return good || image_bad(image, "sections overlap");
}

static bool image_read_sections(struct image *image)
{
	size_t count, names;
	Elf_Scn *scn = NULL;
	GElf_Ehdr header;

	if (!gelf_getehdr(image->elf, &header) ||
	    elf_getshdrnum(image->elf, &count) ||
	    elf_getshdrstrndx(image->elf, &names))
		return image_bad(image, "its headers cannot be read");
	if (header.e_machine != EM_X86_64 && header.e_machine != EM_386) {
		diag_error(DIAG_MACHINE, image->name,
			   "no x86 code (ELF machine %u)", header.e_machine);
		return false;
	}
	image->mode64 = header.e_machine == EM_X86_64;
	image->type = header.e_type;
	if (image->mode64 != (gelf_getclass(image->elf) == ELFCLASS64) ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB)
		return image_bad(image, "its class does not fit its machine");
	if (count > image->size / (image->mode64 ? sizeof(Elf64_Shdr) :
				   sizeof(Elf32_Shdr)))
		return image_bad(image, "its section headers do not fit the file");
	image->sections = count;
	image->section = util_alloc(count, sizeof(*image->section));
	if (count)
		image->section[0].name = "";
	while ((scn = elf_nextscn(image->elf, scn)))
		if (!image_read_section(image, scn, names))
			return false;
	for (size_t i = 0; i < count; i++)
		if (!image->section[i].name)
			return image_bad(image, "a section header is missing");
	return image->type != ET_REL ||
	       image_is_disjoint(image, header.e_shoff);
}

static int image_compare_addr(const void *a, const void *b, void *context)
{
	const struct image *image = context;
	const struct section *x = &image->section[*(const uint32_t *)a];
	const struct section *y = &image->section[*(const uint32_t *)b];

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/*
 * Thread-local data has addresses that are not its own, .tbss the next section's; what
 * is scanned as code is placed, whatever else it claims to be.
 */
static void image_sort_sections(struct image *image)
{
	uint32_t longest = 0;
	size_t i;

	image->by_addr = util_alloc(image->sections, sizeof(*image->by_addr));
	image->longest = util_alloc(image->sections, sizeof(*image->longest));
	for (i = 0; i < image->sections; i++) {
		const struct section *s = &image->section[i];

		if (s->flags & SHF_ALLOC && s->size && (s->code || !(s->flags & SHF_TLS)))
			image->by_addr[image->placed++] = (uint32_t)i;
	}
	qsort_r(image->by_addr, image->placed, sizeof(*image->by_addr),
		image_compare_addr, image);
	for (i = 0; i < image->placed; i++) {
		const struct section *s = &image->section[image->by_addr[i]];
		const struct section *last = &image->section[longest];

		if (!i || s->addr + (s->size - 1) > last->addr + (last->size - 1))
			longest = image->by_addr[i];
		image->longest[i] = longest;
	}
}

/* Among names of one address: functions, then data, then labels; global first. */
static int image_rank(const struct symbol *s)
{
	int rank = s->type == STT_FUNC ? 4 : s->type == STT_OBJECT ? 2 : 0;

	return rank + (s->bind != STB_LOCAL);
}

static int image_compare_symbol(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (image_rank(x) != image_rank(y))
		return image_rank(x) - image_rank(y);
	return strcmp(x->name, y->name);
}

bool image_is_place(const struct symbol *s)
{
	return s->type != STT_SECTION && s->type != STT_FILE && *s->name;
}

static void image_read_symbol(struct image *image, const GElf_Sym *sym,
			      Elf32_Word index, const char *name,
			      const char **file)
{
	struct symbol s = {
		.name = name, .size = sym->st_size, .addr = sym->st_value,
		.type = GELF_ST_TYPE(sym->st_info),
		.bind = GELF_ST_BIND(sym->st_info),
	};

	if (s.type == STT_FILE)
		*file = name;
	if (s.bind != STB_LOCAL)
		*file = NULL;
	if (s.type == STT_FILE || s.type == STT_TLS)
		return;
	s.section = sym->st_shndx == SHN_XINDEX ? index : sym->st_shndx;
	if (!s.section || s.section >= image->sections ||
	    (sym->st_shndx >= SHN_LORESERVE && sym->st_shndx != SHN_XINDEX))
		return;
	s.file = *file;
	if (image->type == ET_REL)
		s.addr += image->section[s.section].addr;
	image->symbol[image->symbols++] = s;
}

static bool image_read_symbols(struct image *image)
{
	const struct section *table = NULL;
	Elf_Data *data, *wide = NULL;
	const char *file = NULL, *name;
	GElf_Sym sym;
	Elf32_Word index = 0;
	size_t i, count;

	for (i = 0; i < image->sections; i++)
		if (image->section[i].type == SHT_SYMTAB)
			table = &image->section[i];
	if (!table || !table->data)
		return true;
	for (i = 0; i < image->sections; i++)
		if (image->section[i].type == SHT_SYMTAB_SHNDX &&
		    image->section[i].link == table->index)
			wide = elf_getdata(elf_getscn(image->elf, i), NULL);
	data = elf_getdata(elf_getscn(image->elf, table->index), NULL);
	if (!data)
		return image_bad(image, "its symbols cannot be read");
	count = data->d_size / gelf_fsize(image->elf, ELF_T_SYM, 1, EV_CURRENT);
	if (count > INT32_MAX)
		return image_bad(image, "it has too many symbols");
	image->symbol = util_alloc(count, sizeof(*image->symbol));
	for (i = 0; i < count; i++) {
		if (!gelf_getsymshndx(data, wide, (int)i, &sym, &index))
			return image_bad(image, "a symbol cannot be read");
		name = elf_strptr(image->elf, table->link, sym.st_name);
		if (!name)
			return image_bad(image, "a symbol's name is not in the file");
		image_read_symbol(image, &sym, index, name, &file);
	}
	if (image->symbols)
		qsort(image->symbol, image->symbols, sizeof(*image->symbol),
		      image_compare_symbol);
	return true;
}

struct image *image_open(const char *name, uint8_t *buf, size_t size)
{
	struct image *image = util_alloc(1, sizeof(*image));

	elf_version(EV_CURRENT);
	image->name = util_copy(name);
	image->buf = buf;
	image->size = size;
	image->elf = elf_memory((char *)buf, size);
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF) {
		image_bad(image, "its ELF header cannot be read");
		image_close(image);
		return NULL;
	}
	if (!image_read_sections(image)) {
		image_close(image);
		return NULL;
	}
	if (image->type == ET_REL)
		image_relocate(image);
	image_sort_sections(image);
	image_read_entry(image);
	if (!image_read_symbols(image)) {
		image_close(image);
		return NULL;
	}
	return image;
}

void image_close(struct image *image)
{
	lines_free(image->lines);
	elf_end(image->elf);
	free(image->section);
	free(image->by_addr);
	free(image->longest);
	free(image->symbol);
	free(image->words.v);
	free(image->pointers.v);
	free(image->name);
	free(image);
}

const struct section *image_section_at(const struct image *image, uint64_t addr)
{
	size_t low = 0, high = image->placed;
	const struct section *s;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (image->section[image->by_addr[mid]].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	s = &image->section[image->by_addr[low - 1]];
	if (addr - s->addr >= s->size)
		s = &image->section[image->longest[low - 1]];
	return addr - s->addr < s->size ? s : NULL;
}

const struct section *image_section(const struct image *image, const char *name)
{
	size_t i;

	for (i = 0; i < image->sections; i++)
		if (image->section[i].data &&
		    !strcmp(image->section[i].name, name))
			return &image->section[i];
	return NULL;
}

const uint8_t *image_bytes(const struct image *image, uint64_t addr, size_t size)
{
	const struct section *s = image_section_at(image, addr);

	if (!s || !s->data || size > s->size - (addr - s->addr))
		return NULL;
	return s->data + (addr - s->addr);
}

size_t image_symbol_index(const struct image *image, uint64_t addr)
{
	size_t low = 0, high = image->symbols;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (image->symbol[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct symbol *image_symbol(const struct image *image, uint64_t addr)
{
	const struct section *s = image_section_at(image, addr);
	size_t i = addr == UINT64_MAX ? image->symbols :
		   image_symbol_index(image, addr + 1);

	while (s && i-- && image->symbol[i].addr >= s->addr)
		if (image_is_place(&image->symbol[i]) &&
		    image->symbol[i].section == s->index)
			return &image->symbol[i];
	return NULL;
}

const struct symbol *image_find(const struct image *image, const char *name)
{
	size_t i;

	for (i = 0; i < image->symbols; i++)
		if (image_is_place(&image->symbol[i]) &&
		    !strcmp(image->symbol[i].name, name))
			return &image->symbol[i];
	return NULL;
}

uint64_t image_file_addr(const struct image *image, uint64_t addr)
{
	const struct section *s = image_section_at(image, addr);

	return s && image->type == ET_REL ? addr - s->addr : addr;
}

char *image_place(const struct image *image, uint64_t addr)
{
	const struct symbol *symbol = image_symbol(image, addr);
	const struct section *s = image_section_at(image, addr);
	const char *name = symbol ? symbol->name : s ? s->name : NULL;
	uint64_t base = symbol ? symbol->addr : s ? s->addr : 0;

	if (!name)
		return util_printf("0x%" PRIx64, addr);
	return util_printf("%s+0x%" PRIx64, name, addr - base);
}

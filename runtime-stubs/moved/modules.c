/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Modules of a kernel that was moved (relocator/). The kernel puts them near its image, and
 * its own loader would refuse them: references of 32 bits do not reach. So the function
 * that relocates a section traps, and what it has to do is done here, with the rewriting
 * that the kernel's own code has seen. The table of sites is copied at that time, when the
 * kernel itself says what it is, and used when the code becomes executable.
 *
 * The guest file names the function ("place base relocations"). Arguments: the section
 * headers, names of symbols, the numbers of the symbol table and of the section with the
 * relocations, and whose module it is. The result is 0 or -ENOEXEC.
 *
 * LIMIT: only the tables of the module that was loaded last are known.
 */
#include "module_file.h"
#include "module_memory.h"
#include "moved.h"
#include "outline_room.h"
#include "../wedge/wedge.h"
#include "../wedge/entry.h"
#include "../wedge/print.h"
#include "../iface/memory.h"
#include "../iface/segments.h"
#include "../relocator/relocator.h"
#include <string.h>

#define LOADER_ENOEXEC 8
#define SECTION_MOST (16u << 20)
#define SLACK 192u		/* what the relocator leaves free of its room, and alignment */
#define TABLES 8
#define TABLE_ROOM (1u << 20)

static struct bundle_moved moved;
static struct relocator_facts facts;
static struct relocator_area areas[BUNDLE_AREAS];

/* Tables of sites of the module @whose, as relocated. */
static struct {
	uint64_t whose, va[TABLES];
	const uint8_t *copy[TABLES];
	size_t size[TABLES], used;
	unsigned count;
	uint8_t *room;
} tables;

static void tables_add(uint64_t whose, uint64_t va, const uint8_t *bytes, size_t size)
{
	uint8_t *copy = tables.room + tables.used;

	if (whose != tables.whose)
		tables.count = tables.used = 0;
	tables.whose = whose;
	copy = tables.room + tables.used;
	if (tables.count == TABLES || size > TABLE_ROOM - tables.used)
		wedge_stop("a module has more sites than there is room for");
	memcpy(copy, bytes, size);
	tables.va[tables.count] = va;
	tables.copy[tables.count] = copy;
	tables.size[tables.count++] = size;
	tables.used += size;
}

static void tables_code_appeared(uint64_t va)
{
	unsigned count = tables.count;

	(void)va;
	tables.count = 0;
	for (unsigned i = 0; i < count; i++)
		modules_rewrite(tables.va[i], tables.copy[i], tables.size[i]);
	tables.used = 0;
}

/* Instructions that must stay where they are, by what the relocations of @m say. */
static int find_stays(const struct module_file *m, struct relocator_section *section)
{
	for (unsigned i = 0; i < m->section_count; i++) {
		const Elf64_Shdr *s = &m->sections[i];
		const Elf64_Rela *rela;
		size_t count = s->sh_size / sizeof(*rela);
		uint64_t entry, *stays;

		if (s->sh_type != SHT_RELA || s->sh_info >= m->section_count || section->stays)
			continue;
		entry = relocator_stays(&facts, module_file_section_name(m, &m->sections[s->sh_info]));
		if (!entry)
			continue;
		rela = module_file_copy(s->sh_addr, count * sizeof(*rela));
		stays = rela ? module_file_room(count * sizeof(*stays)) : NULL;
		if (!stays)
			return -1;
		for (size_t k = 0; k < count; k++) {
			size_t symbol = ELF64_R_SYM(rela[k].r_info);

			if (rela[k].r_offset % entry == 0 && symbol < m->symbol_count)
				stays[section->stays_count++] = m->symbols[symbol].st_value +
								(uint64_t)rela[k].r_addend;
		}
		section->stays = stays;
	}
	return 0;
}

/* The section is relocated twice, because the first run tells how much goes out of line. */
static enum relocator_status relocate(struct relocator *r, const struct relocator_section *s)
{
	size_t room = moved.end - moved.modules, work = relocator_section_work(r->image_size);
	uint8_t *bytes = r->image, *measured = module_file_room(r->image_size);
	enum relocator_status status;
	uint64_t at;

	r->work = module_file_room(work);
	r->outline = module_file_room(room);
	if (!measured || !r->work || !r->outline)
		return RELOCATOR_ROOM;
	r->image = memcpy(measured, bytes, r->image_size);
	r->outline_size = room;
	r->outline_at = moved.va + (moved.modules - moved.start);
	status = relocator_section(r, s);
	r->image = bytes;
	if (status || !(r->code_used + r->literals_used)) {
		memcpy(bytes, measured, r->image_size);
		return status;
	}
	r->outline_size = (r->code_used + r->literals_used + SLACK) & ~15ull;
	at = outline_room_take(r->image_at, r->image_size, r->outline_size);
	if (at == OUTLINE_ROOM_NONE)
		return RELOCATOR_ROOM;
	memset(r->work, 0, work);
	r->outline = backend_guest(moved.modules + at);
	memset(r->outline, 0xcc, r->outline_size);
	r->outline_at += at;
	return relocator_section(r, s);
}

/* Section @target of @m, by the relocations of @rela. */
static enum relocator_status relocate_section(const struct module_file *m, const Elf64_Shdr *rela,
					      const Elf64_Shdr *target, uint64_t whose)
{
	struct relocator_section s = {
		.count = rela->sh_size / sizeof(Elf64_Rela),
		.symbols = m->symbols, .symbol_count = m->symbol_count,
		.names = m->names, .names_size = m->names_size,
		.code = !!(target->sh_flags & SHF_EXECINSTR),
		.copied = relocator_is_copied(&facts, module_file_section_name(m, target)),
	};
	struct relocator r = {
		.facts = &facts, .image_at = target->sh_addr, .image_size = target->sh_size,
		.user_end = moved.user_end, .per_cpu_at = moved.per_cpu, .areas = areas, .area_count = BUNDLE_AREAS,
	};
	enum relocator_status status;

	s.relocations = module_file_copy(rela->sh_addr, s.count * sizeof(Elf64_Rela));
	r.image = target->sh_size <= SECTION_MOST ? module_file_copy(target->sh_addr, target->sh_size) :
		  NULL;
	if (!s.relocations || !r.image || (s.code && find_stays(m, &s)))
		return RELOCATOR_ROOM;
	status = relocate(&r, &s);
	if (status) {
		wedge_print("previrt: module: %s: %s%s%s\n", relocator_strerror(status),
			    module_file_section_name(m, target), *r.error_name ? ", " : "",
			    r.error_name);
		return status;
	}
	if (r.counts.by_gs && wedge_vm.no_gs) {
		wedge_vm.no_gs = 0;
		backend_set_gs_base(0, previrt_cpu.gs_base[0]);
	}
	modules_moved.sections++;
	modules_moved.bytes += r.code_used + r.literals_used;
	if (target->sh_type == SHT_NOTE)
		tables_add(whose, target->sh_addr, r.image, target->sh_size);
	return module_memory_write(target->sh_addr, r.image, target->sh_size) ?
	       RELOCATOR_OUTSIDE : RELOCATOR_DONE;
}

/* The guest's kernel has called its loader. */
static int load_section(const struct cpu *cpu)
{
	unsigned symbols = (uint32_t)cpu->r[RDX], relocations = (uint32_t)cpu->r[RCX];
	const Elf64_Shdr *rela;
	struct module_file m;

	if (module_file_read(&m, cpu->r[RDI], symbols, relocations) ||
	    m.sections[relocations].sh_type != SHT_RELA ||
	    m.sections[relocations].sh_info >= m.section_count) {
		wedge_print("previrt: module: its file cannot be read at %lx\n", cpu->r[RDI]);
		return -1;
	}
	rela = &m.sections[relocations];
	return relocate_section(&m, rela, &m.sections[rela->sh_info], cpu->r[R8]) ? -1 : 0;
}

static void moved_modules_loader(struct cpu *cpu)
{
	uint64_t back;

	if (cpu->user || cpu->rip != moved.loader ||
	    module_memory_read(cpu->r[RSP], &back, sizeof(back)))
		return;
	module_memory_listen(tables_code_appeared);
	cpu->r[RAX] = load_section(cpu) ? -(uint64_t)LOADER_ENOEXEC : 0;
	cpu->rip = back;
	cpu->r[RSP] += 8;
	wedge_go();
}

void moved_modules_init(const void *bundle, size_t size)
{
	size_t length, text_size;
	const uint8_t *file = bundle_find(bundle, size, "moved", &length);
	const uint8_t *text = bundle_find(bundle, size, "facts", &text_size);

	if (!file || !text || length != sizeof(moved))
		return;
	memcpy(&moved, file, sizeof(moved));
	if (!moved.loader || relocator_read_facts(&facts, (const char *)text, text_size))
		return;
	for (unsigned i = 0; i < BUNDLE_AREAS; i++)
		areas[i] = (struct relocator_area){
			moved.area[i].name, moved.area[i].at, moved.area[i].size };
	outline_room_init(moved.end - moved.modules);
	module_file_init();
	tables.room = backend_memory(TABLE_ROOM);
	wedge_loader = moved_modules_loader;
}

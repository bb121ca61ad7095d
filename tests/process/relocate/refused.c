/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What cannot be moved is refused with the status that says why, and without a write
   outside the memory that was given. */
#include "relocate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *copy;
static unsigned tried;

static enum relocator_status attempt(const struct relocator_facts *facts, size_t size,
				     size_t room, uint64_t user_end)
{
	size_t bytes = kernel.high - kernel.low;
	struct relocator r = {
		.file = copy, .file_size = size, .facts = facts, .image = malloc(bytes),
		.image_at = 0x4000c1000000, .outline = malloc(room), .outline_size = room,
		.outline_at = 0x400080000000, .user_end = user_end,
		.work = calloc(1, relocator_work_size(kernel.file, kernel.size)),
	};
	enum relocator_status status;

	memcpy(r.image, kernel.image, bytes);
	status = relocator_move(&r);
	free(r.image);
	free(r.outline);
	free(r.work);
	tried++;
	return status;
}

static void refuses(const char *what, enum relocator_status got, enum relocator_status wanted)
{
	static const struct relocator nothing;

	if (got == wanted)
		return;
	printf("%s: \"%s\", wanted \"%s\"\n", what, relocator_strerror(got),
	       relocator_strerror(wanted));
	wrong(&nothing, 0, what);
}

static Elf64_Shdr *section(unsigned type)
{
	Elf64_Shdr *s = (void *)(copy + kernel.header->e_shoff);

	while (s->sh_type != type)
		s++;
	return s;
}

static void afresh(void)
{
	memcpy(copy, kernel.file, kernel.size);
}

static void refuse_facts(void)
{
	static const char *const texts[] = {
		"constant kernel_map 0xffffffff80000000\nplace nowhere f\n",
		"constant kernel_map 0xffffffff80000000\nplace stays f g\n",
		"constant kernel_map 0xffffffff80000000\nplace shift\n",
		"constant kernel_map here\n", "place shift f\n", "",
	};
	struct relocator_facts facts;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		refuses(texts[i], relocator_read_facts(&facts, texts[i], strlen(texts[i])),
			RELOCATOR_FACTS);
}

static void refuse_places(void)
{
	static struct relocator_facts facts;

	facts = kernel.facts;
	refuses("user addresses end in the middle of a table",
		attempt(&facts, kernel.size, OUTLINE_SIZE, 0x3f8000001000), RELOCATOR_PLACES);
	refuses("little room", attempt(&facts, kernel.size, 4096, 0x3f8000000000), RELOCATOR_ROOM);
	for (size_t i = 0; i < facts.count; i++)
		if (facts.facts[i].kind == RELOCATOR_FACT_SHIFT)
			facts.facts[i].name = "f ", facts.facts[i].length = 1;
	refuses("a shift that nobody knows",
		attempt(&facts, kernel.size, OUTLINE_SIZE, 0x3f8000000000), RELOCATOR_LIMIT);
}

void test_refused(void)
{
	const struct relocator_facts *facts = &kernel.facts;
	Elf64_Rela *rela;

	copy = malloc(kernel.size);
	afresh();
	refuses("a file that is cut off", attempt(facts, kernel.size / 2, OUTLINE_SIZE,
						  0x3f8000000000), RELOCATOR_FILE);
	((Elf64_Ehdr *)copy)->e_machine = EM_386;
	refuses("another machine", attempt(facts, kernel.size, OUTLINE_SIZE, 0x3f8000000000),
		RELOCATOR_FILE);
	afresh();
	for (unsigned i = 0; i < kernel.header->e_shnum; i++)
		if (kernel.sections[i].sh_type == SHT_RELA)
			((Elf64_Shdr *)(copy + kernel.header->e_shoff))[i].sh_type = SHT_NULL;
	refuses("no relocations", attempt(facts, kernel.size, OUTLINE_SIZE, 0x3f8000000000),
		RELOCATOR_NO_RELOCATIONS);
	afresh();
	section(SHT_SYMTAB)->sh_type = SHT_NULL;
	refuses("no symbols", attempt(facts, kernel.size, OUTLINE_SIZE, 0x3f8000000000),
		RELOCATOR_NO_SYMBOLS);
	afresh();
	rela = (void *)(copy + section(SHT_RELA)->sh_offset);
	rela->r_offset = kernel.high - 2;
	refuses("a relocation outside", attempt(facts, kernel.size, OUTLINE_SIZE,
						0x3f8000000000), RELOCATOR_OUTSIDE);
	afresh();
	rela->r_info = ELF64_R_INFO(ELF64_R_SYM(rela->r_info), R_X86_64_TPOFF32);
	refuses("a relocation of another kind", attempt(facts, kernel.size, OUTLINE_SIZE,
							0x3f8000000000), RELOCATOR_KIND);
	afresh();
	refuse_facts();
	refuse_places();
	printf("refused: %u attempts\n", tried);
	free(copy);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * relocate VMLINUX GUEST-FILE LIST: moves the kernel and looks at what has become of it.
 * LIST is Linux's list of its relocations.
 */
#include "relocate.h"
#include "map_file.h"
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct kernel kernel;
unsigned failures;

void wrong(const struct relocator *r, uint64_t at, const char *what)
{
	char name[128];

	if (failures++ >= 10)
		return;
	relocator_name(r, at, name, sizeof(name));
	printf("wrong: %s (%llx): %s\n", name, (unsigned long long)at, what);
}

static void load(const char *path, const char *guest)
{
	size_t size;
	const char *text = (const char *)map_file(guest, &size);

	if (relocator_read_facts(&kernel.facts, text, size))
		errx(1, "%s:%u: wrong", guest, kernel.facts.error_line);
	kernel.file = map_file(path, &kernel.size);
	kernel.header = (void *)kernel.file;
	kernel.segments = (void *)(kernel.file + kernel.header->e_phoff);
	kernel.sections = (void *)(kernel.file + kernel.header->e_shoff);
	kernel.low = UINT64_MAX;
	for (unsigned i = 0; i < kernel.header->e_phnum; i++) {
		const Elf64_Phdr *p = &kernel.segments[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (segment_address(p) < kernel.low)
			kernel.low = segment_address(p);
		if (segment_address(p) + p->p_memsz > kernel.high)
			kernel.high = segment_address(p) + p->p_memsz;
	}
	kernel.image = calloc(1, kernel.high - kernel.low);
	for (unsigned i = 0; i < kernel.header->e_phnum; i++)
		if (kernel.segments[i].p_type == PT_LOAD)
			memcpy(kernel.image + (segment_address(&kernel.segments[i]) - kernel.low),
			       kernel.file + kernel.segments[i].p_offset,
			       kernel.segments[i].p_filesz);
	find_references();
}

static void *map_at(uint64_t at, size_t size)
{
	void *memory = mmap((void *)at, size, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (memory == MAP_FAILED)
		err(2, "memory at %llx", (unsigned long long)at);
	return memory;
}

void move(struct relocator *r, uint64_t at, uint64_t outline_at, bool low)
{
	static const struct relocator_area areas[] = {
		{ "cpu_entry_area", 0x7c0000000000, 0 },
		{ "direct_map", 0x4000c0000000, 0 }, { "vmalloc", 0x500000000000, 0 },
		{ "vmemmap", 0x700000000000, 0 }, { "modules", MODULES, 0x3f000000 },
	};
	static struct relocator_facts without_end;
	size_t size = kernel.high - kernel.low;
	enum relocator_status status;

	without_end = kernel.facts;
	without_end.user_end = 0;
	*r = (struct relocator){
		.file = kernel.file, .file_size = kernel.size,
		.facts = low ? &without_end : &kernel.facts,
		.image = map_at(at, size), .image_at = at,
		.outline = map_at(outline_at, OUTLINE_SIZE),
		.outline_at = outline_at, .outline_size = OUTLINE_SIZE,
		.work = calloc(1, relocator_work_size(kernel.file, kernel.size)),
		.user_end = 0x3f8000000000, .areas = areas,
		.area_count = low ? 0 : 5,
	};
	memcpy(r->image, kernel.image, size);
	status = relocator_move(r);
	if (status) {
		wrong(r, r->error_at, relocator_strerror(status));
		exit(1);
	}
}

bool is_code(const Elf64_Shdr *section)
{
	return section->sh_type == SHT_PROGBITS && section->sh_flags & SHF_ALLOC &&
	       section->sh_flags & SHF_EXECINSTR;
}

bool decode(const uint8_t *bytes, size_t size, ZydisDecodedInstruction *insn,
	    ZydisDecodedOperand *operands)
{
	static ZydisDecoder decoder;
	ZydisDecoderContext context;

	if (!decoder.machine_mode)
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, bytes,
							  size < 15 ? size : 15, insn)) &&
	       (!operands || ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, insn,
					operands, ZYDIS_MAX_OPERAND_COUNT)));
}

int main(int argc, char **argv)
{
	/* Each relies on what those before it have shown. */
	static void (*const tests[])(void) = {
		test_fields, test_decode, test_list, test_call, test_identity, test_execute, test_refused,
	};

	if (argc < 4)
		errx(2, "usage: relocate VMLINUX GUEST-FILE LIST");
	setvbuf(stdout, NULL, _IOLBF, 0);
	load(argv[1], argv[2]);
	kernel.list = map_file(argv[3], &kernel.list_size);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests) && !failures; i++)
		tests[i]();
	printf("%u wrong\n", failures);
	return failures != 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A kernel and its moved image, for the tests of the relocator. */
#ifndef PREVIRT_TEST_RELOCATE_H
#define PREVIRT_TEST_RELOCATE_H
#include "../../../runtime-stubs/relocator/relocator.h"
#include <Zydis/Zydis.h>
#include <elf.h>
#include <stdbool.h>

#define OUTLINE_SIZE (1u << 20)

struct kernel {
	uint8_t *file;
	size_t size;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
	const Elf64_Shdr *sections;
	uint64_t low, high;	/* linked addresses */
	uint8_t *image;		/* as linked: high - low bytes */
	/* The same, with what names per-CPU data of a kernel for several processors, which is
	   linked at 0, as if that were linked where its segment is loaded. */
	uint8_t *meant;
	uint64_t per_cpu, per_cpu_size;	/* there; 0: there is none */
	unsigned per_cpu_numbers;	/* addresses by gs without a relocation */
	uint8_t *references;	/* bits of the absolute reference that begins there */
	struct relocator_facts facts;
	const uint8_t *list;	/* Linux's own of its relocations */
	size_t list_size;
};

#define MODULES 0x400081000000ull	/* their area; where it is natively */
#define MODULES_LINKED 0xffffffffc0000000ull

extern struct kernel kernel;
extern unsigned failures;
extern struct relocator moved_high;	/* by test_decode */

/* One more thing went wrong at the linked address; the first few are said. */
void wrong(const struct relocator *r, uint64_t at, const char *what);

/* The kernel's image at @at, in this process. @low: where the limits do not matter. */
void move(struct relocator *r, uint64_t at, uint64_t outline_at, bool low);

static inline uint8_t *linked(uint64_t at)
{
	return kernel.meant + (at - kernel.low);
}

/* Where in the image a linked address is, that of per-CPU data, too. */
static inline uint64_t in_image(uint64_t at)
{
	return at < kernel.per_cpu_size ? at + kernel.per_cpu : at;
}

/* Of a loaded segment. */
uint64_t segment_address(const Elf64_Phdr *segment);
/* Is the address in a function in which that of what is linked at 0 is a distance, or in a
   variable that holds distances of per-CPU data? */
bool is_of_distances(uint64_t at);
/* Fills in kernel.meant and kernel.references (per_cpu.c). */
void find_references(void);

/* Each section of code, as Zydis decodes it. */
bool decode(const uint8_t *bytes, size_t size, ZydisDecodedInstruction *insn,
	    ZydisDecodedOperand *operands);
bool is_code(const Elf64_Shdr *section);

/* The next symbol of this name (NULL: the next function) from @at on; or NULL. */
const Elf64_Sym *next_symbol(const char *name, size_t *at, const char **found);
/* A symbol's linked address; the program ends if there is none. */
uint64_t symbol_address(const char *name);

void test_fields(void);		/* fields.c: insn/fields against Zydis */
void test_decode(void);		/* decode.c: the moved image once more */
void test_list(void);		/* list.c: moved by Linux's list of relocations */
void test_call(void);		/* call.c: functions of the kernel run here */
void test_identity(void);	/* identity.c: code that runs at physical addresses */
unsigned long check_sites(const struct relocator *r, unsigned *touched);
void test_execute(void);	/* execute.c: both forms of each instruction */
void test_refused(void);	/* refused.c: what cannot be moved */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Moves the image of a kernel to another address than the one it was linked for, so far
 * that references of 32 bits no longer reach: into the half of the address space that a
 * process has. Wants the relocations in the file (ld --emit-relocs), or Linux's list.
 *
 * Invariants: memory is the caller's, and nothing is written outside it; instructions
 * keep their places and lengths, but for those that go out of line, where a jump stands.
 * Must not know: hypervisors, the guest but by its facts, tables of sites. Knows insn/.
 * ELF: System V ABI, AMD64 supplement, table 4.9.
 */
#ifndef PREVIRT_RELOCATOR_H
#define PREVIRT_RELOCATOR_H
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define RELOCATOR_NAMES 96	/* lines and functions that a guest file may have */

enum relocator_status {
	RELOCATOR_DONE,
	RELOCATOR_FILE,		/* not an ELF file of a 64-bit kernel, or cut off */
	RELOCATOR_NO_RELOCATIONS,
	RELOCATOR_NO_SYMBOLS,
	RELOCATOR_PER_CPU,	/* the segments move by different distances, and that is not
				   per-CPU data; or it is, and there is a list only */
	RELOCATOR_KIND,		/* a relocation of an unknown kind */
	RELOCATOR_OUTSIDE,	/* a relocation outside the image, or in no code */
	RELOCATOR_FIELD,	/* a relocation does not meet a field of an instruction */
	RELOCATOR_FORM,		/* an instruction of a form that cannot be rewritten */
	RELOCATOR_REACH,	/* more than 2 GiB away */
	RELOCATOR_ROOM,		/* the area for code out of line is full */
	RELOCATOR_STAYS,	/* an instruction that must stay in place (RELOCATOR_FACT_STAYS)
				   would have to go out of line */
	RELOCATOR_LIMIT,	/* a number or shift that may be the limit of user addresses, in
				   a function that no fact names */
	RELOCATOR_VARIABLE,	/* a variable of the facts is not in the kernel */
	RELOCATOR_PLACES,	/* the places requested do not fit each other */
	RELOCATOR_LIST,		/* the list is damaged, or another kernel's */
	RELOCATOR_FACTS,	/* a line of the guest file is wrong */
};

/* What the guest file says of moving: lines "place ..." (docs/adding-a-guest.md). */
enum relocator_fact_kind {
	RELOCATOR_FACT_BASE,	/* variable .name holds the address of area .area; of an area
				   with a size, numbers of 32 bits in function .name do */
	RELOCATOR_FACT_LOADER,	/* function .name relocates a section of a module */
	RELOCATOR_FACT_CONSTANT, /* area .area, of those with a size, starts at .number natively */
	RELOCATOR_FACT_PER_CPU,	/* each word of variable .name is the distance of a processor's
				   per-CPU data from where it is linked; in function .name the
				   address of what is linked at 0 is one */
	RELOCATOR_FACT_OFFSET,	/* variable .name: what is subtracted from a linked address for
				   the physical one */
	RELOCATOR_FACT_IDENTITY, /* function .name runs at physical addresses */
	RELOCATOR_FACT_SHIFT,	/* a shift by the limit's bits in function .name tests for user
				   addresses */
	RELOCATOR_FACT_SIGN,	/* a test of the sign bit in function .name does (sign.c) */
	RELOCATOR_FACT_OTHER,	/* in function .name such numbers and shifts have another
				   meaning */
	RELOCATOR_FACT_COPIED,	/* code of section .name is copied elsewhere */
	RELOCATOR_FACT_NUMBERS,	/* numbers of 64 bits from .number on, less than 512 GiB more,
				   are addresses in area .area */
	RELOCATOR_FACT_PROCESSOR, /* variable .name holds code of user mode that reads the
				   number of its processor as the limit of selector .number */
	RELOCATOR_FACT_STAYS,	/* section .name: entries of .number bytes that begin with
				   the distance to an instruction that must stay */
};

struct relocator_fact {
	uint8_t kind;
	const char *name, *area;	/* in the text; @length, @area_length bytes */
	size_t length, area_length;
	uint64_t number;
};

struct relocator_facts {
	uint64_t kernel_map;	/* what the link addresses are relative to */
	uint64_t user_end;	/* where user addresses end natively, exclusive; 0: unknown */
	struct relocator_fact facts[RELOCATOR_NAMES];
	size_t count;
	unsigned error_line;	/* after RELOCATOR_FACTS */
};

/* Read a guest file; @text stays the caller's and must outlive the facts. */
enum relocator_status relocator_read_facts(struct relocator_facts *facts, const char *text,
					   size_t size);

/* Where one of the guest's areas shall be. */
struct relocator_area {
	const char *name;
	uint64_t at;
	uint64_t size;		/* of one that has no variable, and is less than 1 GiB; else 0 */
};

struct relocator_counts {
	uint32_t instructions, resyncs, undecoded;
	uint32_t words;		/* 64 bits, moved */
	uint32_t words_unchanged;	/* 64 bits that stay: constants; physical addresses, if late */
	uint32_t references;	/* 32 bits, signed, in code */
	uint32_t references_unchanged;	/* of constants */
	uint32_t distances;	/* 32 bits, relative: nothing to do */
	uint32_t lea, load, operand, absolute;	/* in place */
	uint32_t out_store, out_table, out_lea, out_compare, out_push, out_jump, out_call;
	uint32_t out_pushing;	/* of those out of line: with a register saved */
	uint32_t literals, code_bytes, literal_bytes;
	uint32_t limits, limits_parts, limits_shift, limits_sign, limits_other;
	uint32_t per_cpu;	/* references to per-CPU data; ... */
	uint32_t per_cpu_numbers;	/* ... addresses relative to gs that no relocation names; */
	uint32_t per_cpu_words;	/* of variables that say how far it is */
	uint32_t processors;	/* numbers of processors that user code reads */
	uint32_t numbers;	/* of 64 bits that are addresses in areas; */
	uint32_t starts;	/* of 32 bits */
	uint32_t by_gs;		/* instructions that go by gs */
};

struct relocator {
	/* The kernel's file, whole, and the facts of it. */
	const uint8_t *file;
	size_t file_size;
	const struct relocator_facts *facts;
	/* Linux's own list of its relocations (list.c), for a file that has none; or NULL. */
	const uint8_t *list;
	size_t list_size;
	/* Its loaded image, from its lowest physical address on: bytes, and the address that
	   the guest shall see it at. It is patched in place. */
	uint8_t *image;
	uint64_t image_at;
	size_t image_size;	/* of a section's alone */
	/* Memory for code out of line, and its address; within 2 GiB of the image. */
	uint8_t *outline;
	uint64_t outline_at;
	size_t outline_size;
	/* relocator_work_size() bytes, zero. Marks in it answer relocator_touched(). */
	uint8_t *work;
	/* Where user addresses shall end, exclusive: a multiple of 512 GiB. */
	uint64_t user_end;
	const struct relocator_area *areas;
	size_t area_count;
	/* Where per-CPU data of a kernel for several processors is in the moved image: what is
	   linked at 0 and reached by gs is moved there. 0: there is none. For a section the
	   caller's, else derived. */
	uint64_t per_cpu_at;
	/* The kernel is entered behind its own start, which corrects physical addresses
	   in tables: they are left right, and so are the offsets of the facts. */
	int late;

	struct relocator_counts counts;
	uint64_t error_at;	/* the linked address of what the status is about */
	char error_name[96];	/* "symbol+0x1c" of it, for a section alone */
	uint64_t loader_at;	/* where the kernel's loader of modules traps (UD2); 0: nowhere */
	size_t code_used, literals_used;	/* from outline's start, and from its end */

	/* Derived while it works. */
	uint64_t low, high;	/* linked addresses of the image, high exclusive */
	uint64_t per_cpu, per_cpu_size;	/* the same, linked: from there on, so many bytes */
	uint64_t delta;		/* what is added to a linked address, modulo 2^64 */
	int identity;		/* the instruction at hand runs at physical addresses */
	const struct relocator_file *object;	/* symbols of an object file (section.c) */
};

/* What the addresses of a file's segments are above their places in memory (p_paddr), but for
   those of per-CPU data. The file is one that relocator_work_size takes. */
uint64_t relocator_away(const uint8_t *file);

/* Bytes of work memory for a file; 0 if relocator_move would refuse it. */
size_t relocator_work_size(const uint8_t *file, size_t size);

/* Move it. After anything but RELOCATOR_DONE the image is unusable. */
enum relocator_status relocator_move(struct relocator *r);

/* A section of an object file that somebody else has placed, a module of a moved kernel. */
struct relocator_section {
	const Elf64_Rela *relocations;
	size_t count;
	/* Of the object file; their values are addresses. @names ends with a 0. */
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *names;
	size_t names_size;
	int code;		/* it is executed ... */
	int copied;		/* ... elsewhere */
	const uint64_t *stays;	/* instructions that must not go out of line */
	size_t stays_count;
};

/*
 * Relocates it: .image has its bytes, .image_at is where they are, .image_size how many,
 * .work relocator_section_work() bytes, zero; .facts, .outline, .user_end and .areas are as
 * above. After anything but RELOCATOR_DONE the bytes are unusable.
 */
enum relocator_status relocator_section(struct relocator *r, const struct relocator_section *s);
size_t relocator_section_work(size_t size);

/* Has the guest file a line "place copied" of the section @name; SIZE of "place stays", or 0. */
int relocator_is_copied(const struct relocator_facts *facts, const char *name);
uint64_t relocator_stays(const struct relocator_facts *facts, const char *name);

/* What was done to the bytes at the linked address @at: 0, or one of these. */
enum { RELOCATOR_IN_PLACE = 1, RELOCATOR_OUT_OF_LINE };
int relocator_touched(const struct relocator *r, uint64_t at, size_t size);

/* What a status means, and what to do about it. */
const char *relocator_strerror(enum relocator_status status);

/* "symbol+0x1c" of a linked address. */
void relocator_name(const struct relocator *r, uint64_t at, char *text, size_t size);

#endif

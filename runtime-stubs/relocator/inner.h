/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Shared by the files of this folder. */
#ifndef PREVIRT_RELOCATOR_INNER_H
#define PREVIRT_RELOCATOR_INNER_H
#include "relocator.h"
#include "../insn/fields.h"

/* A byte of the work memory for each byte of the image. */
enum {
	MARK_REFERENCE = 1,	/* a signed 32-bit address begins here */
	MARK_DISTANCE = 2,	/* a relative one */
	MARK_SYMBOL = 4,	/* a symbol's address: an instruction begins here */
	MARK_IN_PLACE = 8, MARK_OUT_OF_LINE = 16,	/* patched */
	MARK_STAYS = 32,	/* an instruction that must not go out of line begins here */
};
#define LITERAL_SLOTS 16384u	/* behind the marks: offsets of literals, by hash */

/* elf.c: the only accesses to the file, all checked. */
struct relocator_file {
	const Elf64_Shdr *sections;
	size_t section_count;
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *names;	/* of symbols, terminated */
	size_t names_size;
	const char *section_names;
	size_t section_names_size;
};
enum relocator_status relocator_file(const struct relocator *r, struct relocator_file *f);
/* Lowest and highest linked address. */
enum relocator_status relocator_span(const uint8_t *file, size_t size, uint64_t *low,
				     uint64_t *high);
/* Derives what relocator.h says of per-CPU data from the file's segments. */
void relocator_per_cpu(struct relocator *r);
const char *relocator_symbol(const struct relocator_file *f, const Elf64_Sym *symbol);
/* Returns 1 if @name is the fact's function or a clone of it (foo.part.0). */
int relocator_is(const struct relocator_fact *fact, const char *name);
/* The fact of this kind about the section, or NULL. */
const struct relocator_fact *relocator_section_fact(const struct relocator *r,
		const struct relocator_file *f, const Elf64_Shdr *section, int kind);
/* The fact of this kind about the function that @at is in, or NULL. */
const struct relocator_fact *relocator_function_fact(const struct relocator *r,
						     uint64_t at, int kind);

/* relocator.c: The new address of the fact's area; NULL: it is not moved. */
const struct relocator_area *relocator_area(const struct relocator *r,
					    const struct relocator_fact *fact);

/* The instruction that is being rewritten. */
struct relocator_insn {
	struct insn_fields f;
	uint8_t *bytes;		/* in the image */
	uint64_t linked, at;	/* its linked address, and the moved one */
	int disp, imm;		/* which fields are references */
	uint64_t disp_value, imm_value;	/* moved */
};
/* area.c: Turns numbers of 32 bits that are addresses in areas into references. */
void relocator_area_numbers(struct relocator *r, struct relocator_insn *i);
/* Makes the kernel's function that loads modules trap. */
enum relocator_status relocator_loader(struct relocator *r, const struct relocator_file *f);

/* Returns where the image has what is linked at @at, per-CPU data included. */
static inline uint64_t relocator_linked(const struct relocator *r, uint64_t at)
{
	return at < r->per_cpu_size ? r->per_cpu + at : at;
}

/* relocations.c: Marks references in code, and moves words of data. */
enum relocator_status relocator_relocations(struct relocator *r,
					    const struct relocator_file *f);
/* list.c: The same, from Linux's list. */
enum relocator_status relocator_list(struct relocator *r);
/* Moves the word of 64 bits at the linked address @at, whose value is @value. */
void relocator_word(struct relocator *r, uint64_t at, uint64_t value);
/* Returns 1 if the symbol does not move. */
int relocator_is_constant(const struct relocator *r, const Elf64_Sym *s);
/* sweep.c: Decodes a stretch of code once and has each instruction rewritten; ... */
enum relocator_status relocator_sweep(struct relocator *r, const struct relocator_file *f);
/* ... the whole image's code. */
enum relocator_status relocator_sweep_object(struct relocator *r, const struct relocator_file *f,
					     int copied);

/* rewrite.c: Rewrites the instruction in place, or out of line by outline.c. */
enum relocator_status relocator_rewrite(struct relocator *r, struct relocator_insn *i);
/* Returns 1 if its operand is an address of 32 bits without base and index. */
int relocator_is_absolute(const struct insn_fields *f);
enum relocator_status relocator_outline(struct relocator *r, const struct relocator_insn *i);
/* limits.c: Moves numbers that are the end of user addresses or addresses in areas. */
enum relocator_status relocator_limit(struct relocator *r, const struct relocator_insn *i);
/* sign.c: Returns 1 if this is the second instruction of a test of an address's sign, and
   rewrites it as a test of bit @bits, the first bit above all addresses below the new end. */
int relocator_is_sign(const struct relocator *r, const struct relocator_insn *i);
enum relocator_status relocator_sign(struct relocator *r, const struct relocator_insn *i,
				     unsigned bits);
/* processor.c: Rewrites user code that is part of the kernel. */
void relocator_processors(struct relocator *r, const struct relocator_file *f);

/* emit.c: Writes code out of line. After the first failure nothing more is written. */
enum { RAX = 0, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7 };
struct relocator_code {
	struct relocator *r;
	size_t at;		/* in the area */
	enum relocator_status status;
};
/* A memory operand: relative to the instruction pointer, or of registers. */
struct relocator_operand {
	uint8_t relative;
	uint8_t segment;	/* its prefix, or 0 */
	uint8_t base, index, scale;	/* index: INSN_NO_REG is none; scale: bits */
	int32_t disp;
	uint64_t target;
};
/* operand.c: Returns the operand unchanged. 0: it has neither a base nor rip. */
int relocator_operand_of(const struct relocator_insn *i, struct relocator_operand *o);
/* Returns a bit for each register that the instruction may use, but for rax, rcx and rdx. */
unsigned relocator_used(const struct relocator_insn *i, const struct relocator_operand *o);
/* Returns a register that is none of these. */
uint8_t relocator_scratch(struct relocator_code *c, const struct relocator_insn *i,
			  unsigned used);
/* Returns the register that the instruction overwrites whole without reading it, or
   INSN_NO_REG. */
uint8_t relocator_destination(const struct relocator_insn *i,
			      const struct relocator_operand *o);
/* Returns 1 if rsp, which a push changes, is an operand. */
int relocator_names_stack(const struct insn_fields *f);

void relocator_emit(struct relocator_code *c, const void *bytes, size_t size);
void relocator_emit_push(struct relocator_code *c, uint8_t reg);
void relocator_emit_pop(struct relocator_code *c, uint8_t reg);
/* @reg = @value. */
void relocator_emit_load(struct relocator_code *c, uint8_t reg, uint64_t value);
/* push @value */
void relocator_emit_push_value(struct relocator_code *c, uint64_t value);
/* [REX.W] opcode /reg operand */
void relocator_emit_op(struct relocator_code *c, uint8_t opcode, uint8_t reg,
		       const struct relocator_operand *operand);
/* The same instruction with another operand in memory. */
void relocator_emit_like(struct relocator_code *c, const struct relocator_insn *i,
			 const struct relocator_operand *operand);
void relocator_emit_jump(struct relocator_code *c, uint64_t to);
/* Returns the address of a literal of eight bytes with @value; 0: there is no room. */
uint64_t relocator_literal(struct relocator *r, uint64_t value);
/* Writes a distance. Returns 0 if it does not fit. */
int relocator_put_distance(uint8_t *at, uint64_t from, uint64_t to);

static inline uint32_t relocator_get32(const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline enum relocator_status relocator_fail(struct relocator *r,
						   enum relocator_status status, uint64_t at)
{
	r->error_at = at;
	return status;
}

#endif

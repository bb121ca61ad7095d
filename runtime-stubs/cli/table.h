/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The site table of one image: the notes of all its note sections, read by
 * runtime-stubs/sites, as absolute addresses in the image's address space.
 */
#ifndef PREVIRT_CLI_TABLE_H
#define PREVIRT_CLI_TABLE_H
#include "image.h"
#include "sites.h"

struct site {
	uint64_t addr;          /* of the site's first byte */
	uint64_t entry;         /* of its entry in the table */
	uint8_t op, len, pad, flags;
	uint16_t dead;          /* bits of PREVIRT_DEAD_*; 0 where not known */
	uint32_t unit;
};

/* An operation on a page table or device memory. */
struct operation {
	uint64_t addr;
	uint8_t op, width, space, len, pad, flags;
	uint16_t dead;
};

/* NOPs at a function's entry or exit. */
struct hook {
	uint64_t addr;
	uint8_t meaning, where;
	uint16_t regs;
};

struct unit {
	uint64_t note;          /* address of the note */
	size_t sites, bytes;
	struct previrt_note header;
};

struct table {
	struct site *site;      /* by address */
	size_t sites;
	struct unit *unit;
	size_t units;           /* notes of sites */
	size_t bytes;           /* of these notes, headers included */
	size_t counters;        /* entries in notes of counters */
	struct operation *operation;    /* by address */
	size_t operations;
	struct hook *hook;
	size_t hooks;
	size_t lively;          /* sites of which it is known what is dead */
	size_t extra;           /* bytes of the notes of operations, liveness, hooks */
};

/* NULL after a numbered error (PV301, PV302). An image without notes: no sites. */
struct table *table_read(const struct image *image);
void table_free(struct table *table);

/*
 * Who made the image's tables, from its section .comment: call @each once with every such
 * text ("previrt 0.1.0 plugin 0123456789abcdef"). None if that section was stripped.
 */
void table_makers(const struct image *image, void (*each)(const char *maker, void *context),
		  void *context);

/* The site that holds the byte at @addr, or NULL. */
const struct site *table_site_at(const struct table *table, uint64_t addr);

/* Index of the first site at or behind @addr. */
size_t table_index(const struct table *table, uint64_t addr);

static inline uint64_t site_size(const struct site *site)
{
	return (uint64_t)site->len + site->pad;
}

/* Where the instruction stands: behind the pad, if that is in front. */
static inline uint64_t site_insn(const struct site *site)
{
	return site->addr + (site->flags & PREVIRT_SITE_PAD_BEFORE ?
			     site->pad : 0);
}

/* Name of op @op, or "op-N" in a static buffer. */
const char *table_op_name(unsigned int op);

/* Name of its class, or "unknown". */
const char *table_class_name(unsigned int op);

/* Names of an operation, a space and a hook's meaning; "?" if unknown. */
const char *table_operation_name(unsigned int op);
const char *table_space_name(unsigned int space);
const char *table_meaning_name(unsigned int meaning);

/* "pad-before fused keep call" in @text of at least 40 bytes; "-" for none. */
const char *table_flag_names(unsigned int flags, char *text);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Reads site tables: a buffer of ELF notes, as an object's .note.previrt, a
 * kernel's .notes or a PT_NOTE segment holds them.
 *
 * Invariants: reads nothing outside the buffer, writes nothing into it, needs
 * no library and no alignment of the buffer. Whatever the buffer holds, every
 * walk over it ends. The format is docs/table-format.md (build/gen/abi.h).
 *
 * Must not know: ELF files, instructions, where the buffer came from.
 */
#ifndef PREVIRT_SITES_H
#define PREVIRT_SITES_H
#include "abi.h"
#include <stddef.h>

/* Why a walk stopped early. */
enum previrt_sites_status {
	PREVIRT_SITES_END = 0,      /* no more notes */
	PREVIRT_SITES_UNIT = 1,     /* a unit was filled in */
	PREVIRT_SITES_TRUNCATED = -1,   /* a note leaves the buffer */
	PREVIRT_SITES_SHORT = -2,       /* no room for the note's header */
	PREVIRT_SITES_VERSION = -3,     /* another major version than this reader's */
	PREVIRT_SITES_ARCH = -4,        /* no architecture of ours */
	PREVIRT_SITES_ENTRY_SIZE = -5,  /* entries smaller than version 1's */
	PREVIRT_SITES_PARTIAL = -6,     /* the last entry is cut off */
	PREVIRT_SITES_TYPE = -7,        /* an unknown kind of note */
};

/* Where a walk stands; sites_begin sets it, the caller only reads offset. */
struct previrt_sites_walk {
	const uint8_t *notes;
	size_t size;
	size_t offset;          /* of the next note; of the bad one after an error */
	unsigned int align;     /* of names and descriptors: 4 or 8 bytes */
};

/* One of our notes: what one object file contributed. */
struct previrt_sites_unit {
	uint32_t type;          /* PREVIRT_NOTE_... */
	struct previrt_note header;
	size_t note;            /* offset of the note in the buffer */
	size_t entries;         /* offset of its first entry */
	size_t count;           /* of entries */
	size_t bytes;           /* whole note, headers and padding included */
};

/*
 * Start a walk over @size bytes at @notes; the buffer stays the caller's and
 * must outlive the walk. @align is the section's alignment; anything but 8
 * means 4.
 */
void previrt_sites_begin(struct previrt_sites_walk *walk, const void *notes,
			 size_t size, unsigned int align);

/*
 * Go to the next note of ours; notes of other owners are passed over, and kinds of
 * notes that only a newer minor version has. Returns
 * PREVIRT_SITES_UNIT with @unit filled in, PREVIRT_SITES_END, or a negative
 * status; after an error the walk is over.
 */
int previrt_sites_next(struct previrt_sites_walk *walk,
		       struct previrt_sites_unit *unit);

/* Offset of entry @index (less than @unit->count) in the buffer. */
size_t previrt_sites_at(const struct previrt_sites_unit *unit, size_t index);

/*
 * Entry @index (less than @unit->count) of a note of sites. Returns the distance
 * from the buffer's first byte to the site, modulo 2^64: the site's address is
 * the buffer's plus that. @site->site is set to zero.
 */
uint64_t previrt_sites_entry(const struct previrt_sites_walk *walk,
			     const struct previrt_sites_unit *unit, size_t index,
			     struct previrt_site *site);

/* The same for a note of counters. */
uint64_t previrt_sites_counter(const struct previrt_sites_walk *walk,
			       const struct previrt_sites_unit *unit, size_t index,
			       struct previrt_counter *counter);

/* The same for a note of operations on memory. */
uint64_t previrt_sites_memory(const struct previrt_sites_walk *walk,
			      const struct previrt_sites_unit *unit, size_t index,
			      struct previrt_memory *memory);

/*
 * What is dead behind site @index of the SITES note that came last before this
 * note of liveness.
 */
uint16_t previrt_sites_live(const struct previrt_sites_walk *walk,
			    const struct previrt_sites_unit *unit, size_t index);

/* The same for a note of hooks. */
uint64_t previrt_sites_hook(const struct previrt_sites_walk *walk,
			    const struct previrt_sites_unit *unit, size_t index,
			    struct previrt_hook *hook);

/* What a negative status means; never NULL. */
const char *previrt_sites_strerror(int status);

#endif

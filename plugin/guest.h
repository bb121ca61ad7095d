/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * Guest files: what the compiler cannot know of a kernel by itself. The format
 * is described in docs/adding-a-guest.md.
 *
 * Knows text only: no GCC, and no opinion on what is done with the words.
 */
#ifndef PREVIRT_GUEST_H
#define PREVIRT_GUEST_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum guest_kind {
	GUEST_TYPE,		/* type LEVEL NAME...: value = level */
	GUEST_POINTER,		/* pointer LEVEL NAME...: value = level */
	GUEST_ACCESSOR,		/* accessor LEVEL FUNCTION[:LINE]...: value = level, at */
	GUEST_FILL,		/* fill LEVEL FUNCTION...: value = level */
	GUEST_DEVICE,		/* device WAY WIDTH FUNCTION[:LINE]...: value = width
				   in bytes, write, string, at */
	GUEST_HOOK,		/* hook WHERE MEANING FUNCTION...: value = meaning, exit */
	GUEST_LEAVE_FILE,	/* leave file GLOB... */
	GUEST_LEAVE_FUNCTION,	/* leave function GLOB... */
	GUEST_CONSTANT,		/* constant NAME VALUE: number */
	GUEST_PLACE,		/* place WHAT [NUMBER] NAME...: for who moves the kernel */
	GUEST_KINDS
};

/* Levels are the values of PREVIRT_SPACE_pte.. of the table. */
struct guest_entry {
	const char *name;	/* owned by the guest */
	enum guest_kind kind;
	unsigned value;
	bool write, string, exit;
	unsigned long long number;
	unsigned at;		/* line of the kernel's source; 0: the whole function */
	unsigned line, file;	/* where it stands; files count from 1 */
	struct guest_entry *next;	/* in the order of the files */
};

struct guest {
	struct guest_entry *entries[GUEST_KINDS];
	unsigned files;		/* read so far */
};

/* The first thing that is wrong with a file. */
struct guest_error {
	unsigned line;		/* from 1 */
	int diagnostic;		/* number in diagnostics.def */
	char word[80];		/* the word it is about, cut off if long */
	char wanted[160];	/* what could stand there; may be empty */
};

/*
 * Read a guest file's text, with a NUL at its end, into a guest that is zeroed
 * or holds other files; what these say of a name counts first. On false error
 * is filled in and the guest holds what was read before; free it in both cases.
 */
bool guest_parse(const char *text, struct guest *guest, struct guest_error *error);

/*
 * Removes the entries of lines whose first word is not in @words ("device,hook"). @words is one
 * that guest_words accepts.
 */
void guest_select(struct guest *guest, const char *words);

/*
 * Returns true if each of @words, which commas part, begins a line of the format. Else @list,
 * of @size bytes, gets those that do.
 */
bool guest_words(const char *words, char *list, size_t size);

void guest_free(struct guest *guest);

/* The entry of this kind with exactly this name, or NULL. */
const struct guest_entry *guest_find(const struct guest *guest, enum guest_kind kind,
				     const char *name);

/*
 * Names of levels, of spaces (levels and device memory) and of meanings by
 * their values; NULL outside the range.
 */
const char *guest_level_name(unsigned level);
const char *guest_space_name(unsigned space);
const char *guest_meaning_name(unsigned meaning);

#ifdef __cplusplus
}
#endif

#endif

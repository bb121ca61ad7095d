/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Exemption files: what check may pass over, and which ranges of a kernel are
 * not code of its mode. Lines of four columns separated by '|':
 *
 *   kind | name | instructions | reason
 *
 * kind: symbol, section (their sensitive instructions are exempt); code16,
 * code32, code64 (the symbol's range holds code of that mode); data (it holds
 * none); template (code among data, which is copied before it runs, or is user
 * mode's).
 * name: a shell pattern, for a section's bytes one that begins with '.'; a part
 * of it is NAME+0xA-0xB, offsets from its start, B behind the last.
 * instructions: names of plugin/insns.tbl separated by blanks, or '*'; '-' for
 * kinds that name none. '#' starts a comment.
 */
#ifndef PREVIRT_CLI_EXEMPT_H
#define PREVIRT_CLI_EXEMPT_H
#include "decode.h"
#include "image.h"

struct exempt;          /* the rules of all files given */
struct exempt_map;      /* where they apply in one image */

struct exempt_range {
	uint64_t start, end;
	enum decode_mode mode;  /* of code and data rules */
	size_t rule;
};

struct exempt *exempt_new(void);
void exempt_free(struct exempt *rules);

/* Add a file's rules; false after a numbered error. */
bool exempt_read(struct exempt *rules, const char *path);

/* All files that @options name, and the installed one; false after an error. */
struct options;
bool exempt_read_all(struct exempt *rules, const struct options *options);

/* Find the rules' ranges in @image; free with exempt_unmap. */
struct exempt_map *exempt_apply(const struct exempt *rules,
				const struct image *image);
void exempt_unmap(struct exempt_map *map);

/* Ranges that are not code of the image's own mode, by address. */
const struct exempt_range *exempt_modes(const struct exempt_map *map, size_t *n);

/*
 * Is the instruction @op at @addr exempt? Counts the rule as used. Rules for
 * symbols and sections only.
 */
bool exempt_covers(struct exempt_map *map, uint64_t addr, unsigned int op);

/*
 * Does one rule (symbol, section or data) hold all of [@start, @end), bytes that
 * nothing was looked at? Counts it as used.
 */
bool exempt_set_aside(struct exempt_map *map, uint64_t start, uint64_t end);

/* Does @addr lie in a template, so that a site may stand outside all code? */
bool exempt_is_template(const struct exempt_map *map, uint64_t addr);

/* Call @each for every rule with the number of instructions it exempted. */
void exempt_report(const struct exempt_map *map,
		   void (*each)(void *context, const char *rule,
				const char *reason, size_t used),
		   void *context);

#endif

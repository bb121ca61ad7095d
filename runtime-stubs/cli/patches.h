/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What Linux itself patches or compares: its tables of alternatives, jump
 * labels, static calls, ftrace calls, thunk sites and exceptions.
 *
 * Must not know: site tables. Linux 6.1, arch/x86/include/asm.
 */
#ifndef PREVIRT_CLI_PATCHES_H
#define PREVIRT_CLI_PATCHES_H
#include "image.h"

enum patch_kind {
	PATCH_ALTERNATIVE,      /* replaced as a whole; may hold whole sites */
	PATCH_REPLACEMENT,      /* what an alternative is replaced with */
	PATCH_JUMP_LABEL,
	PATCH_STATIC_CALL,
	PATCH_FTRACE,
	PATCH_RETPOLINE,
	PATCH_RETURN,
	PATCH_LOCK,
	PATCH_PARAVIRT,
	PATCH_FAULT,            /* a point: an instruction that may fault */
	PATCH_FIXUP,            /* a point: where execution goes on after it */
	PATCH_JUMP_TARGET,      /* a point: where a jump label leads */
};

/* [start, end), in code; end == start for points. */
struct patch {
	uint64_t start, end;
	enum patch_kind kind;
};

struct patches {
	ARRAY_OF(struct patch) list;
};

/* Read all of the image's tables; entries that lead to no code are left out. */
void patches_read(const struct image *image, struct patches *patches);
void patches_free(struct patches *patches);

/* Such as "alternative". */
const char *patch_name(enum patch_kind kind);

#endif

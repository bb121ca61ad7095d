/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Puts the original bytes back. They are stored once for each kind of site, not
 * for each site: a call or jump names its slot, whose kind has them; of what is
 * replaced in line, all sites that the table describes alike have the same (one
 * that has not gets a call instead).
 */
#include "rewriter.h"
#include "template.h"
#include <string.h>

#define INLINE_KEY (PREVIRT_SITE_PAD_BEFORE | PREVIRT_SITE_FUSED)

static int undo_is_inline(enum rewriter_template template)
{
	return template > REWRITER_LEAVE && template != REWRITER_CALL &&
	       template != REWRITER_JUMP;
}

static struct rewriter_inline *undo_find(struct rewriter *rw, const struct previrt_site *site)
{
	for (unsigned i = 0; i < rw->inline_count; i++) {
		struct rewriter_inline *known = &rw->inlines[i];

		if (known->op == site->op && known->len == site->len &&
		    known->pad == site->pad && known->flags == (site->flags & INLINE_KEY))
			return known;
	}
	return NULL;
}

int rewriter_keep_inline(struct rewriter *rw, enum rewriter_template template,
			 const struct previrt_site *site, const uint8_t *bytes)
{
	struct rewriter_inline *known;

	if (!undo_is_inline(template))
		return 1;
	known = undo_find(rw, site);
	if (known)
		return !memcmp(known->bytes, bytes, site->len + site->pad);
	if (rw->inline_count == REWRITER_INLINES)
		return 0;
	known = &rw->inlines[rw->inline_count++];
	known->op = site->op;
	known->len = site->len;
	known->pad = site->pad;
	known->flags = site->flags & INLINE_KEY;
	memcpy(known->bytes, bytes, site->len + site->pad);
	return 1;
}

/*
 * The slot that the site at @address goes through, of a jump REWRITER_CALLS more; or -1:
 * what may have been written there in one of three forms (template.h, rewriter_near).
 */
static int undo_slot(const struct rewriter_target *target, const uint8_t *bytes, unsigned size,
		     uint64_t address)
{
	uint32_t number;
	unsigned i = 0;

	if (size == REWRITER_SHORT && rewriter_trap_slot(bytes) >= 0)
		return rewriter_trap_slot(bytes);
	while (i < size && (bytes[i] == TEMPLATE_FILLER || bytes[i] == TEMPLATE_FS))
		i++;
	if (size - i < 6 || bytes[i] != 0xff)
		return -1;
	if (target->near_slots && (bytes[i + 1] == 0x15 || bytes[i + 1] == 0x25)) {
		memcpy(&number, bytes + i + 2, 4);
		number += (uint32_t)(address + size) - (uint32_t)target->near_slots;
		return number % 8 ? -1 : (int)(number / 8);
	}
	if (size - i < TEMPLATE_ABSOLUTE || (bytes[i + 1] != 0x14 && bytes[i + 1] != 0x24))
		return -1;
	memcpy(&number, bytes + i + 3, 4);
	number += (uint32_t)target->fs_base - (uint32_t)(bytes[i + 1] == 0x14 ? target->call_slots :
							 target->jump_slots);
	return number % 8 ? -1 : (int)(number / 8) + (bytes[i + 1] == 0x14 ? 0 : REWRITER_CALLS);
}

/* Is this what @template writes there? */
static int undo_written(const struct rewriter *rw, const uint8_t *bytes, unsigned size,
			enum rewriter_template template, unsigned slot)
{
	uint8_t out[REWRITER_SITE_MAX];

	template_write(out, template, size, &rw->target, slot);
	return !memcmp(out, bytes, size);
}

/* Is it the form for one address? */
static int undo_is_near(const struct rewriter *rw, const uint8_t *bytes, unsigned size,
			uint64_t address, unsigned slot)
{
	uint8_t out[REWRITER_SHORT];

	if (size != REWRITER_SHORT || !rw->target.near_slots)
		return 0;
	rewriter_near(&rw->target, slot, address, out);
	return !memcmp(out, bytes, size);
}

static const uint8_t *undo_kind(const struct rewriter *rw, const uint8_t *bytes, unsigned size,
				uint64_t address)
{
	int all = undo_slot(&rw->target, bytes, size, address);
	enum rewriter_template template = all < REWRITER_CALLS ? REWRITER_CALL : REWRITER_JUMP;
	unsigned slot = template == REWRITER_CALL ? all : all - REWRITER_CALLS;
	const struct rewriter_kind *kind;

	if (all < 0 || slot >= (template == REWRITER_CALL ? rw->call_count : rw->jump_count))
		return NULL;
	kind = template == REWRITER_CALL ? &rw->calls[slot] : &rw->jumps[slot];
	return kind->size == size && (undo_written(rw, bytes, size, template, slot) ||
				      undo_is_near(rw, bytes, size, address, all)) ?
	       kind->bytes : NULL;
}

int rewriter_undo_site(struct rewriter *rw, const struct previrt_site *site, uint64_t address,
		       uint8_t *bytes)
{
	unsigned size = site->len + site->pad;
	const struct rewriter_inline *known;
	const uint8_t *before;
	enum rewriter_template template;

	if (size > REWRITER_SITE_MAX)
		return 0;
	before = undo_kind(rw, bytes, size, address);
	template = template_choose(&rw->target, site->op, size, site->flags & PREVIRT_SITE_KEEP);
	known = undo_find(rw, site);
	if (!before && known && undo_is_inline(template) &&
	    undo_written(rw, bytes, size, template, 0))
		before = known->bytes;
	if (!before)
		return 0;
	memcpy(bytes, before, size);
	return 1;
}

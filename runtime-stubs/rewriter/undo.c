/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Puts the original bytes back. They are kept once for each kind of site, not
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

/* The slot that the call (@digit 2) or jump (4) in @bytes goes through, or -1. */
static int undo_slot(const uint8_t *bytes, unsigned size, unsigned digit, uint64_t slots)
{
	uint32_t address;
	unsigned i = 0;

	while (i < size && bytes[i] == TEMPLATE_FILLER)
		i++;
	if (size - i < 7 || bytes[i] != 0xff || bytes[i + 1] != (digit << 3 | 4) ||
	    bytes[i + 2] != 0x25)
		return -1;
	memcpy(&address, bytes + i + 3, 4);
	address -= (uint32_t)slots;
	return address % 8 ? -1 : (int)(address / 8);
}

/* Is this what @template writes there? */
static int undo_written(const struct rewriter *rw, const uint8_t *bytes, unsigned size,
			enum rewriter_template template, unsigned slot)
{
	uint8_t out[REWRITER_SITE_MAX];

	template_write(out, template, size, &rw->target, slot);
	return !memcmp(out, bytes, size);
}

static const uint8_t *undo_kind(const struct rewriter *rw, const uint8_t *bytes, unsigned size,
				enum rewriter_template template)
{
	int call = template == REWRITER_CALL;
	int slot = undo_slot(bytes, size, call ? 2 : 4,
			     call ? rw->target.call_slots : rw->target.jump_slots);
	const struct rewriter_kind *kind;

	if (slot < 0 || (unsigned)slot >= (call ? rw->call_count : rw->jump_count))
		return NULL;
	kind = call ? &rw->calls[slot] : &rw->jumps[slot];
	return kind->size == size && undo_written(rw, bytes, size, template, slot) ?
	       kind->bytes : NULL;
}

int rewriter_undo_site(struct rewriter *rw, const struct previrt_site *site, uint8_t *bytes)
{
	unsigned size = site->len + site->pad;
	const struct rewriter_inline *known;
	const uint8_t *before;
	enum rewriter_template template;

	if (size > REWRITER_SITE_MAX)
		return 0;
	before = undo_kind(rw, bytes, size, REWRITER_CALL);
	if (!before)
		before = undo_kind(rw, bytes, size, REWRITER_JUMP);
	template = template_choose(site->op, size, site->flags & PREVIRT_SITE_KEEP);
	known = undo_find(rw, site);
	if (!before && known && undo_is_inline(template) &&
	    undo_written(rw, bytes, size, template, 0))
		before = known->bytes;
	if (!before)
		return 0;
	memcpy(bytes, before, size);
	return 1;
}

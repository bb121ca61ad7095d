/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Plans each site (rewriter.h): chooses its template and slot. template.c has the bytes. */
#include "rewriter.h"
#include "plan.h"
#include "template.h"
#include "insns.h"
#include <string.h>

#define RSP 4u			/* as ModRM has it */

/* Returns 1 if the @size bytes are the instruction or pair that the table says. */
static int plan_decode_size(struct insn *insn, const struct previrt_site *site,
			    const uint8_t *bytes, int size)
{
	const struct previrt_insn *known = &previrt_insns[site->op];
	struct insn second;
	int len;

	if (!(site->flags & PREVIRT_SITE_FUSED))
		return insn_decode(insn, bytes, size, 1) == size &&
		       insn->op == site->op;
	if (!known->part[0]) {		/* push, then a sensitive one */
		len = insn_decode_push_pop(insn, bytes, size, 1);
		if (!len || insn_decode(&second, bytes + len, size - len, 1) !=
			    size - len || second.op != known->part[1])
			return 0;
		insn->osize = second.osize;
	} else {
		len = insn_decode(insn, bytes, size, 1);
		if (!len || insn->op != known->part[0])
			return 0;
		second = *insn;
		if (known->part[1]) {
			if (insn_decode(insn, bytes + len, size - len, 1) !=
			    size - len || insn->op != known->part[1])
				return 0;
		} else if (insn_decode_push_pop(insn, bytes + len, size - len, 1) !=
			   size - len) {
			return 0;
		}
		insn->osize = second.osize;
	}
	insn->op = site->op;
	insn->len = size;
	return 1;
}

/* Decodes the instruction or pair of a site. Returns 0 if it is not what the table says. */
static int plan_decode(struct insn *insn, const struct previrt_site *site,
		       const uint8_t *bytes)
{
	unsigned fence = insn_fence(bytes, site->len);

	return plan_decode_size(insn, site, bytes, site->len) ||
	       (fence && plan_decode_size(insn, site, bytes, site->len - fence));
}

static int plan_is_prefix(uint8_t byte)
{
	return byte == 0x66 || byte == 0x67 || byte == 0xf0 || byte == 0xf2 || byte == 0xf3 ||
	       (byte & 0xe7) == 0x26 || byte == 0x64 || byte == 0x65;
}

/* Returns 1 if the bytes are the site's instruction in 32-bit code. */
static int plan_is_32_bit(const struct previrt_site *site, const uint8_t *bytes, unsigned len)
{
	struct insn insn;

	return insn_decode(&insn, bytes, len, 0) == (int)len && insn.op == site->op;
}

/*
 * The same for 16-bit code. There the prefixes 66h and 67h have the opposite meaning, so the
 * bytes are tried as 32-bit code with each of them removed or added (SDM volume 2, 2.1.1).
 */
static int plan_is_16_bit(const struct previrt_site *site, const uint8_t *bytes)
{
	uint8_t other[REWRITER_SITE_MAX + 2];
	unsigned at = 0, n = 0;
	int has66 = 0, has67 = 0;

	for (; at < site->len && plan_is_prefix(bytes[at]); at++) {
		has66 |= bytes[at] == 0x66;
		has67 |= bytes[at] == 0x67;
		if (bytes[at] != 0x66 && bytes[at] != 0x67)
			other[n++] = bytes[at];
	}
	if (!has66)
		other[n++] = 0x66;
	if (!has67)
		other[n++] = 0x67;
	memcpy(other + n, bytes + at, site->len - at);
	return plan_is_32_bit(site, other, n + site->len - at);
}

/*
 * Code that runs before the switch to 64 bits (Linux's PVH entry, code of real mode) has sites,
 * too. A site that is another instruction in 64-bit code, or none, is not changed, for it
 * cannot run in 64-bit mode.
 */
static int plan_is_other_mode(const struct previrt_site *site, const uint8_t *bytes)
{
	struct insn insn;

	return !(site->flags & PREVIRT_SITE_FUSED) &&
	       insn_decode(&insn, bytes, site->len, 1) != site->len &&
	       (plan_is_32_bit(site, bytes, site->len) || plan_is_16_bit(site, bytes));
}

static unsigned plan_hash(const uint8_t *bytes, unsigned size)
{
	uint32_t hash = 2166136261u;

	for (unsigned i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash % REWRITER_CALLS;
}

static void plan_fill_kind(struct rewriter_kind *kind, const struct previrt_site *site,
			   const struct insn *insn, const uint8_t *bytes)
{
	kind->insn = *insn;
	kind->at = site->flags & PREVIRT_SITE_PAD_BEFORE ? site->pad : 0;
	kind->size = site->len + site->pad;
	kind->jump_len = template_length(REWRITER_CALL, kind->size);
	memcpy(kind->bytes, bytes, kind->size);
}

int plan_call(struct rewriter *rw, const struct previrt_site *site, const struct insn *insn,
	      const uint8_t *bytes)
{
	unsigned size = site->len + site->pad;
	unsigned bucket = plan_hash(bytes, size);

	while (rw->buckets[bucket]) {
		struct rewriter_kind *kind = &rw->calls[rw->buckets[bucket] - 1];

		if (kind->size == size && kind->insn.op == site->op &&
		    !memcmp(kind->bytes, bytes, size))
			return rw->buckets[bucket] - 1;
		bucket = (bucket + 1) % REWRITER_CALLS;
	}
	if (rw->call_count >= REWRITER_CALLS - 1)
		return -1;
	plan_fill_kind(&rw->calls[rw->call_count], site, insn, bytes);
	rw->buckets[bucket] = rw->call_count + 1;
	return rw->call_count++;
}

static int plan_jump(struct rewriter *rw, const struct previrt_site *site,
		     const struct insn *insn, const uint8_t *bytes, uint64_t address)
{
	for (unsigned i = 0; i < rw->jump_count; i++)
		if (rw->jumps[i].site == address)
			return i;
	if (rw->jump_count == REWRITER_JUMPS)
		return -1;
	plan_fill_kind(&rw->jumps[rw->jump_count], site, insn, bytes);
	rw->jumps[rw->jump_count].site = address;
	return rw->jump_count++;
}

/*
 * Returns 1 if nothing may be pushed at the site: rsp is the operand of a move to or from a
 * control register (Linux's page-table isolation uses it as a scratch register at the entry
 * of system calls), or it is VERW for its side effect, which comes after the last load of
 * user mode's rsp.
 */
static int plan_keeps_stack(const struct previrt_site *site, const struct insn *insn)
{
	return (site->flags & PREVIRT_SITE_KEEP) ||
	       ((site->op == PREVIRT_OP_mov_from_cr || site->op == PREVIRT_OP_mov_to_cr) &&
		!insn->is_memory && insn->rm == RSP) ||
	       (site->op == PREVIRT_OP_verw && insn->is_memory && insn->base == INSN_RIP);
}

/*
 * A call of a stub, which has the instruction and an entry of its own for it:
 *	e8 rel32	call, with a lea behind it where the stub takes a slot of the stack
 *	6a 00 e8 rel32	push $0, call: the stub fills the slot
 */
static int plan_is_stub_call(const struct previrt_site *site, const uint8_t *bytes)
{
	unsigned at = bytes[0] == 0x6a && bytes[1] == 0 ? 2 : 0;

	return site->len >= at + 5 && bytes[at] == 0xe8;
}

int rewriter_plan_site(struct rewriter *rw, const struct previrt_site *site,
		       const uint8_t *bytes, uint64_t address, uint8_t *out)
{
	unsigned size = site->len + site->pad;
	unsigned before = site->flags & PREVIRT_SITE_PAD_BEFORE ? site->pad : 0;
	enum rewriter_template template;
	struct insn insn;
	int slot = 0, keep;

	if (size > REWRITER_SITE_MAX || !previrt_insns[site->op].name ||
	    (site->flags & PREVIRT_SITE_CALL && !plan_is_stub_call(site, bytes)))
		return -REWRITER_MISMATCH;
	if (site->flags & PREVIRT_SITE_CALL) {
		memcpy(out, bytes, size);
		return REWRITER_LEAVE;
	}
	if (site->flags & (PREVIRT_SITE_CODE32 | PREVIRT_SITE_CODE16) ||
	    !plan_decode(&insn, site, bytes + before)) {
		if (!(site->flags & (PREVIRT_SITE_CODE32 | PREVIRT_SITE_CODE16)) &&
		    !plan_is_other_mode(site, bytes + before))
			return -REWRITER_MISMATCH;
		memcpy(out, bytes, size);
		return REWRITER_LEAVE;
	}
	keep = plan_keeps_stack(site, &insn);
	template = template_choose(&rw->target, site->op, size, keep);
	if (!rewriter_keep_inline(rw, template, site, bytes))
		template = template_choose_call(size, keep);
	if (template == REWRITER_TRAP && !template_may_trap(site->op))
		return -REWRITER_NO_ROOM;
	if (template == REWRITER_CALL)
		slot = plan_call(rw, site, &insn, bytes);
	else if (template == REWRITER_JUMP)
		slot = plan_jump(rw, site, &insn, bytes, address);
	if (slot < 0)
		return template == REWRITER_CALL ? -REWRITER_NO_KIND : -REWRITER_NO_JUMP;
	if (template <= REWRITER_LEAVE)
		memcpy(out, bytes, size);
	else
		template_write(out, template, size, &rw->target, slot);
	return template;
}

/* Does @action for each site; stops at the first for which it is negative. */
static int plan_each(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		     uint64_t notes_address, plan_action *action, plan_action *device)
{
	struct previrt_sites_walk walk;
	struct previrt_sites_unit unit;
	int status;

	previrt_sites_begin(&walk, notes, size, align);
	while ((status = previrt_sites_next(&walk, &unit)) == PREVIRT_SITES_UNIT) {
		if (unit.type == PREVIRT_NOTE_MEMORY &&
		    plan_devices(rw, &walk, &unit, notes_address, device))
			return -1;
		if (unit.type != PREVIRT_NOTE_SITES)
			continue;
		for (size_t i = 0; i < unit.count; i++) {
			struct previrt_site site;
			uint64_t code = previrt_sites_entry(&walk, &unit, i, &site);

			if (action(rw, &site, notes_address + code) < 0)
				return -1;
		}
	}
	if (status != PREVIRT_SITES_END) {
		rw->error = REWRITER_BAD_TABLE;
		rw->detail = status;
		return -1;
	}
	return 0;
}

uint8_t *plan_memory(const struct rewriter *rw, const struct previrt_site *site, uint64_t address)
{
	const struct rewriter_area kernel = { rw->address, rw->size, rw->memory };
	const struct rewriter_area *area = &kernel;
	uint64_t length = (uint64_t)site->len + site->pad;

	for (unsigned i = 0; ; i++) {
		uint64_t offset = address - area->address;

		if (offset < area->size && area->size - offset >= length)
			return area->memory + offset;
		if (i == rw->area_count)
			return NULL;
		area = &rw->areas[i];
	}
}

static int plan_one(struct rewriter *rw, const struct previrt_site *site, uint64_t address)
{
	uint8_t out[REWRITER_SITE_MAX];
	const uint8_t *bytes = plan_memory(rw, site, address);
	int result = bytes ? rewriter_plan_site(rw, site, bytes, address, out) :
		     -REWRITER_OUTSIDE;

	if (result < 0) {
		rw->error = -result;
		rw->bad_site = address;
		rw->bad_op = site->op;
		return -1;
	}
	rw->sites++;
	rw->by_template[result]++;
	rw->by_class[previrt_insns[site->op].cls][result]++;
	return 0;
}

/* The bytes differ from those that were planned: an overlapping site was written before. */
static int apply_one(struct rewriter *rw, const struct previrt_site *site, uint64_t address)
{
	uint8_t out[REWRITER_SITE_MAX];
	uint8_t *bytes = plan_memory(rw, site, address);

	if (rewriter_plan_site(rw, site, bytes, address, out) < 0) {
		rw->error = REWRITER_OVERLAP;
		rw->bad_site = address;
		rw->bad_op = site->op;
		return -1;
	}
	memcpy(bytes, out, site->len + site->pad);
	return 0;
}

static int undo_one(struct rewriter *rw, const struct previrt_site *site, uint64_t address)
{
	uint8_t *bytes = plan_memory(rw, site, address);

	if (bytes)
		rw->undone += rewriter_undo_site(rw, site, address, bytes);
	return 0;
}

int rewriter_plan(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		  uint64_t notes_address)
{
	rw->error = REWRITER_OK;
	return plan_each(rw, notes, size, align, notes_address, plan_one, plan_device);
}

/* The plan follows from the table and the bytes, so it is not stored but made again. */
int rewriter_apply(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		   uint64_t notes_address)
{
	if (!plan_each(rw, notes, size, align, notes_address, apply_one, plan_apply_device))
		return 0;
	rewriter_undo(rw, notes, size, align, notes_address);
	return -1;
}

uint32_t rewriter_undo(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		       uint64_t notes_address)
{
	rw->undone = 0;
	plan_each(rw, notes, size, align, notes_address, undo_one, undo_one);
	return rw->undone;
}

_Static_assert(REWRITER_CALLS == 1024 && REWRITER_JUMPS == 2048, "the messages below");
const char *rewriter_strerror(enum rewriter_error error)
{
	switch (error) {
	case REWRITER_BAD_TABLE: return "the table is damaged";
	case REWRITER_OUTSIDE: return "a site lies outside the kernel";
	case REWRITER_MISMATCH: return "a site does not hold the instruction the table names";
	case REWRITER_NO_ROOM: return "a site is too small, and would go wrong silently";
	case REWRITER_NO_KIND: return "too many different instructions (1023 can be told apart)";
	case REWRITER_NO_JUMP: return "too many sites where no call can stand (2048 have a slot)";
	case REWRITER_OVERLAP: return "two sites overlap";
	default: return "no error";
	}
}

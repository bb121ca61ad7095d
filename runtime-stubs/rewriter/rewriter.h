/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Rewrites recorded sites to the wedge's code: plans all sites, checks the plan, and only
 * then writes.
 *
 * Invariants:
 *  - Planning writes nothing outside struct rewriter. Applying writes whole
 *    sites only, all of them or none, and can be undone.
 *  - What is written is position-independent: a kernel may copy it, and runs
 *    some of it at another address than it was linked for.
 *  - A sensitive instruction that does not trap is never left as it is: if it does not
 *    fit, planning fails.
 *
 * Freestanding. Must not know: ELF, hypervisors, the emulation behind a slot.
 */
#ifndef PREVIRT_REWRITER_H
#define PREVIRT_REWRITER_H
#include "../insn/operation.h"
#include "../sites/sites.h"
#include "insns.h"
#include "limits.h"

#define REWRITER_SITE_MAX 32
#define REWRITER_DEVICE 0	/* no enum previrt_op */
#define REWRITER_INLINES 32	/* different sites replaced in line */

/*
 * Addresses in the wedge; each must be a 32-bit number, sign-extended. With fs_base
 * they are relative to it: sites name them by a prefix of fs, whose base the processor
 * has while the guest's kernel runs. Then no instruction may be left that writes fs.
 */
struct rewriter_target {
	uint64_t if_byte;	/* 0: interrupts may come; else they may not; 2 bytes with fs */
	uint64_t gs_byte;	/* inverted by swapgs */
	uint64_t call_slots;	/* REWRITER_CALLS pointers */
	uint64_t jump_slots;	/* REWRITER_JUMPS pointers */
	uint64_t fs_base;	/* 0: there is no prefix */
	uint64_t near_slots;	/* for rewriter_near: copies of both, the calls' first; or 0 */
};

enum rewriter_template {
	REWRITER_TRAP,		/* unchanged: it traps, and is emulated then */
	REWRITER_LEAVE,		/* unchanged: its result on the processor is right */
	REWRITER_NOTHING,	/* NOPs: it has no effect on this machine */
	REWRITER_CLI,		/* store to the flag byte */
	REWRITER_SWAPGS,	/* invert the swap byte; no flags change */
	REWRITER_CALL,		/* call through a slot */
	REWRITER_JUMP,		/* jump through a slot of the site's own */
	REWRITER_TEMPLATES
};

/* What a slot's code has to carry out. */
struct rewriter_kind {
	union {
		struct insn insn;	/* .op REWRITER_DEVICE: an access to a device, ... */
		struct insn_operation access;	/* ... and this is all of it */
	};
	uint8_t at;		/* offset of the instruction in its site */
	uint8_t size;		/* of the site */
	uint8_t jump_len;	/* bytes of the call or jump at its start */
	uint8_t bytes[REWRITER_SITE_MAX];
	uint64_t site;		/* of a jump: where it stands */
};

/* What stood at the sites of one description that are replaced in line. */
struct rewriter_inline {
	uint8_t op, len, pad, flags;
	uint8_t bytes[REWRITER_SITE_MAX];
};

enum rewriter_error {
	REWRITER_OK,
	REWRITER_BAD_TABLE,	/* sites.h's status in .detail */
	REWRITER_OUTSIDE,	/* the site is not in the given memory */
	REWRITER_MISMATCH,	/* its bytes are not the instruction it says */
	REWRITER_NO_ROOM,	/* silently wrong if left, and too small */
	REWRITER_NO_KIND,	/* more different calls than slots */
	REWRITER_NO_JUMP,	/* more jumps than slots */
	REWRITER_OVERLAP,	/* two sites share bytes */
};

/* Memory of link address @address is at @memory, @size bytes. */
struct rewriter_area {
	uint64_t address, size;
	uint8_t *memory;
};

enum { REWRITER_AREAS = 4 };

struct rewriter {
	struct rewriter_target target;
	/* Memory of link address @address is at @memory, @size bytes. */
	uint64_t address, size;
	uint8_t *memory;
	/* Code at another distance than the rest, such as what starts without paging. */
	struct rewriter_area areas[REWRITER_AREAS];
	unsigned area_count;
	/* The plan. */
	/* The caller's, zeroed: REWRITER_CALLS and REWRITER_JUMPS of them. */
	struct rewriter_kind *calls, *jumps;
	struct rewriter_inline inlines[REWRITER_INLINES];
	unsigned call_count, jump_count, inline_count;
	uint32_t sites, devices, undone, by_template[REWRITER_TEMPLATES];
	uint32_t by_class[PREVIRT_CLASSES][REWRITER_TEMPLATES];
	/* Why planning failed: at which site, of which op. */
	enum rewriter_error error;
	int detail;
	uint64_t bad_site;
	uint8_t bad_op;
	uint16_t buckets[REWRITER_CALLS];	/* of calls, by their bytes; + 1 */
};

/*
 * Plans the sites of the table at @notes (@size bytes, aligned to @align, at link address
 * @notes_address). Returns 0, or -1 with the reason and place in @rw.
 */
int rewriter_plan(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		  uint64_t notes_address);

/*
 * Writes what was planned. The arguments and the memory must be as at the planning. Returns 0,
 * or -1 if sites overlap, with the place in @rw; then nothing stays written.
 */
int rewriter_apply(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		    uint64_t notes_address);

/*
 * Plans one site. Returns its template (enum rewriter_template), and in @out (REWRITER_SITE_MAX
 * bytes) the bytes to be written; or an error of enum rewriter_error, negated.
 */
int rewriter_plan_site(struct rewriter *rw, const struct previrt_site *site,
		       const uint8_t *bytes, uint64_t address, uint8_t *out);

/* Returns 1 if @memory is a load or store of device memory. Fills in @site for rewriter_plan_device
   then. */
int rewriter_device_site(const struct previrt_memory *memory, struct previrt_site *site);
/*
 * A load or store that the table names as one of device memory (op REWRITER_DEVICE, len
 * and pad; its @bytes): REWRITER_CALL and in @out what will stand there, or REWRITER_LEAVE,
 * for it faults then and is carried out as well. Plan and apply do it with all of them.
 */
enum rewriter_template rewriter_plan_device(struct rewriter *rw, const struct previrt_site *site,
					    const uint8_t *bytes, uint8_t *out);

/*
 * Writes the original bytes of the sites back; same arguments as rewriter_apply. Does not change
 * sites whose bytes are not those that were written. Returns how many were put back.
 */
uint32_t rewriter_undo(struct rewriter *rw, const void *notes, size_t size, unsigned align,
		       uint64_t notes_address);
/* The same for the @bytes of one site at link address @address. Returns 1 if they were put
   back. */
int rewriter_undo_site(struct rewriter *rw, const struct previrt_site *site, uint64_t address,
		       uint8_t *bytes);

/*
 * With fs_base, a site of 7 bytes has no room for the prefix. It gets UD1, which traps, with
 * the number of its slot. trap_slot returns the number in @bytes (REWRITER_SHORT of them), for
 * a jump plus REWRITER_CALLS, or -1 if they are none. near writes to @bytes a RIP-relative
 * call or jump through that slot, which is right at @address only.
 */
#define REWRITER_SHORT 7
int rewriter_trap_slot(const uint8_t *bytes);
void rewriter_near(const struct rewriter_target *target, unsigned slot, uint64_t address,
		   uint8_t *bytes);
/* For planning: stores the original @bytes of a site that @template replaces. Returns 1 if undo can
   find them by the site's entry in the table. */
int rewriter_keep_inline(struct rewriter *rw, enum rewriter_template template,
			 const struct previrt_site *site, const uint8_t *bytes);

const char *rewriter_strerror(enum rewriter_error error);

#endif

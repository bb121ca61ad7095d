/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code of another mode than the file's, told by its bytes and by the table's sites:
 * a 64-bit kernel's code ahead of the switch to 64 bits.
 */
#include "scan.h"
#include "insns.h"

/* Where the lists of a scan end, to go back to. */
struct scan_mark {
	size_t found, gaps, edges, beyond;
	uint64_t insns, bytes, gap_size, zeros;
};

static struct scan_mark scan_mark(const struct scan *scan)
{
	return (struct scan_mark){
		scan->found.n, scan->gaps.n, scan->edges.n, scan->beyond.n, scan->insns,
		scan->bytes, scan->gaps.n ? scan->gaps.v[scan->gaps.n - 1].size : 0,
		scan->zeros,
	};
}

/* Forget what was taken down of [@from, @to) since @mark. */
static void scan_back(struct scan *scan, const struct section *s, uint64_t from,
		      uint64_t to, const struct scan_mark *mark)
{
	uint64_t at;

	scan->found.n = mark->found;
	scan->gaps.n = mark->gaps;
	scan->edges.n = mark->edges;
	scan->beyond.n = mark->beyond;
	scan->insns = mark->insns;
	scan->bytes = mark->bytes;
	scan->zeros = mark->zeros;
	if (mark->gaps)
		scan->gaps.v[mark->gaps - 1].size = mark->gap_size;
	for (at = from - s->addr; scan->keep && at < to - s->addr; at++)
		scan->starts[s->index][at / 8] &= (uint8_t)~(1 << at % 8);
}

/*
 * Sites in [@from, @to) whose instruction is not among those found from @first
 * on. Both lists are sorted. Sites of calls are passed over.
 */
static size_t scan_unmatched(const struct scan *scan, uint64_t from, uint64_t to,
			     size_t first)
{
	size_t i = scan->next_site, unmatched = 0;

	for (; i < scan->table->sites && scan->table->site[i].addr < to; i++) {
		const struct site *site = &scan->table->site[i];
		const struct previrt_insn *insn = &previrt_insns[site->op];
		uint64_t start = site_insn(site);

		if (site->addr < from || site->flags & PREVIRT_SITE_CALL)
			continue;
		while (first < scan->found.n && scan->found.v[first].addr < start)
			first++;
		if (site->flags & PREVIRT_SITE_FUSED && !insn->part[0])
			continue;
		unmatched += first == scan->found.n || scan->found.v[first].addr != start ||
			     (scan->found.v[first].op != site->op &&
			      scan->found.v[first].op != insn->part[0]) ||
			     (!insn->part[0] && scan->found.v[first].len != site->len);
	}
	return unmatched;
}

/* Remember that [@from, @to) is code of @mode, for scan_mode. */
static void scan_add_mode(struct scan *scan, uint64_t from, uint64_t to,
			  enum decode_mode mode)
{
	struct exempt_range range = { .start = from, .end = to, .mode = mode };

	scan->modes = util_grow(scan->modes, scan->mode_count + 1, sizeof(*scan->modes));
	scan->modes[scan->mode_count++] = range;
	scan->guessed++;
}

/* Was the stretch ahead of @from taken for code of @mode? */
static bool scan_goes_on(const struct scan *scan, uint64_t from, enum decode_mode mode)
{
	const struct exempt_range *last = scan->guessed ?
		&scan->modes[scan->mode_count - 1] : NULL;

	return last && last->end == from && last->mode == mode;
}

/*
 * The same stretch once more, as code of @mode up to a far jump, or the @whole of
 * it. Is that better? As most bytes are some instruction of 32-bit code, what has no
 * sites must also end as code does, or stand behind such code.
 */
static bool scan_other_mode(struct scan *scan, const struct section *s, uint64_t from,
			    uint64_t to, enum decode_mode mode, size_t unmatched, bool whole)
{
	struct scan_mark mark = scan_mark(scan);
	uint64_t left = scan_stretch(scan, s, from, to, mode);

	while (whole && left < to)
		left = scan_stretch(scan, s, left, to, mode);
	if (left < to)
		scan_stretch(scan, s, left, to, scan_own_mode(scan));
	if (scan->gaps.n == mark.gaps && scan->zeros == mark.zeros &&
	    (scan->ended || unmatched || scan_goes_on(scan, from, mode)) &&
	    (!mark.gaps || scan->gaps.v[mark.gaps - 1].size == mark.gap_size) &&
	    (!unmatched || scan_unmatched(scan, from, to, mark.found) < unmatched)) {
		scan_add_mode(scan, from, left, mode);
		return true;
	}
	scan_back(scan, s, from, to, &mark);
	return false;
}

/* The mode that the table gives the code of [@from, @to): its first site's of another. */
static enum decode_mode scan_said(const struct scan *scan, uint64_t from, uint64_t to)
{
	size_t i = scan->next_site;

	for (; scan->table && i < scan->table->sites && scan->table->site[i].addr < to; i++) {
		const struct site *site = &scan->table->site[i];

		if (site->addr >= from && site->flags & PREVIRT_SITE_CODE16)
			return DECODE_16;
		if (site->addr >= from && site->flags & PREVIRT_SITE_CODE32)
			return DECODE_32;
	}
	return scan_own_mode(scan);
}

/* [@from, @to) as code of @mode, in part or whole, if that is better. */
static bool scan_try(struct scan *scan, const struct section *s, uint64_t from,
		     uint64_t to, enum decode_mode mode, size_t unmatched)
{
	return mode != scan_own_mode(scan) &&
	       (scan_other_mode(scan, s, from, to, mode, unmatched, false) ||
		scan_other_mode(scan, s, from, to, mode, unmatched, true));
}

/*
 * A stretch that no exemption file names. Bytes that are no instruction, and
 * sites that are not found, show code of another mode: a 64-bit kernel's code
 * ahead of the switch to 64 bits. The mode that the table gives it is the first to be
 * tried, for much 16-bit code is some code of 32 bits. Hostile tables and files end the
 * guesses.
 */
#define SCAN_GUESSES 4096

void scan_guess(struct scan *scan, const struct section *s, uint64_t from, uint64_t to)
{
	static const enum decode_mode others[] = { DECODE_32, DECODE_16, DECODE_64 };
	struct scan_mark mark = scan_mark(scan);
	enum decode_mode own = scan_own_mode(scan);
	size_t unmatched = 0, i;
	bool gaps;

	scan->texts = 0;
	scan_stretch(scan, s, from, to, own);
	gaps = scan->gaps.n != mark.gaps ||
	       (mark.gaps && scan->gaps.v[mark.gaps - 1].size != mark.gap_size);
	while (scan->table && scan->next_site < scan->table->sites &&
	       scan->table->site[scan->next_site].addr < from)
		scan->next_site++;
	if (scan->table)
		unmatched = scan_unmatched(scan, from, to, mark.found);
	if (((!gaps || scan->texts) && !unmatched) || scan->guessed >= SCAN_GUESSES)
		return;
	scan_back(scan, s, from, to, &mark);
	if (scan_try(scan, s, from, to, scan_said(scan, from, to), unmatched))
		return;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (scan_try(scan, s, from, to, others[i], unmatched))
			return;
	scan_stretch(scan, s, from, to, own);
}

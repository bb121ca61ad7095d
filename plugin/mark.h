/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * A mark on a statement that stays with the instructions made of it: a location
 * whose line and column are the statement's own, and whose range ends in the
 * compiler's <built-in>, which none of a source's does. So neither the code nor
 * the debug information changes.
 */
#ifndef PREVIRT_MARK_H
#define PREVIRT_MARK_H

enum { MARK_BULK = 16, MARK_FIRST = 2 };

static inline location_t mark_location(location_t where, unsigned level, bool bulk)
{
	location_t locus = LOCATION_LOCUS(where);
	source_range range;

	if (locus == UNKNOWN_LOCATION)
		locus = DECL_SOURCE_LOCATION(current_function_decl);
	range.m_start = MARK_FIRST + level + (bulk ? MARK_BULK : 0);
	range.m_finish = BUILTINS_LOCATION;
	return COMBINE_LOCATION_DATA(line_table, locus, range, LOCATION_BLOCK(where));
}

/* The level of a mark, with MARK_BULK; 0 if there is none. */
static inline unsigned mark_of(location_t where)
{
	source_range range;

	if (!IS_ADHOC_LOC(where))
		return 0;
	range = get_range_from_loc(line_table, where);
	if (range.m_finish != BUILTINS_LOCATION || range.m_start <= MARK_FIRST ||
	    range.m_start >= MARK_FIRST + 2 * MARK_BULK)
		return 0;
	return range.m_start - MARK_FIRST;
}

#endif

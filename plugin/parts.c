/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#include "arguments.h"
#include "parts.h"
#include "unit.h"

/*
 * Sections of code that runs where it is loaded, before there are page tables:
 * kernels link them at low addresses and the rest at high ones.
 */
static const struct previrt_pattern default_wide[] = {
	{ ".boot*", "code ahead of paging", NULL },
	{ ".text.boot*", "code ahead of paging", NULL },
	{ ".bootstrap*", "code ahead of paging", NULL },
	{ ".multiboot*", "code behind a Multiboot header", NULL },
};

static bool fits(enum previrt_part_list list, const char *name)
{
	for (const struct previrt_pattern *p = previrt_options.parts[list]; p; p = p->next)
		if (arguments_match(p->glob, name))
			return true;
	return false;
}

static unsigned find_unit()
{
	unsigned parts = 0;

	for (const struct previrt_pattern *p = previrt_options.parts[PARTS_WIDE_FILE]; p; p = p->next)
		parts |= unit_fits(p->glob) ? PART_WIDE : 0;
	for (const struct previrt_pattern *p = previrt_options.parts[PARTS_RECORD_FILE]; p; p = p->next)
		parts |= unit_fits(p->glob) ? PART_RECORD : 0;
	return parts;
}

unsigned parts_of_unit()
{
	static bool known;
	static unsigned parts;

	if (!known)
		parts = find_unit();
	known = true;
	return parts;
}

unsigned parts_of_section(const char *text, size_t size)
{
	char *name = xstrndup(text, size);
	unsigned parts = parts_of_unit();

	if (fits(PARTS_WIDE_SECTION, name))
		parts |= PART_WIDE;
	if (fits(PARTS_RECORD_SECTION, name))
		parts |= PART_RECORD;
	for (unsigned i = 0; i < ARRAY_SIZE(default_wide); i++)
		if (arguments_match(default_wide[i].glob, name))
			parts |= PART_WIDE;
	free(name);
	return parts;
}

unsigned parts_of_function(tree decl)
{
	const char *section = DECL_SECTION_NAME(decl);
	unsigned parts = section ? parts_of_section(section, strlen(section)) : parts_of_unit();

	if (fits(PARTS_RECORD_FUNCTION, IDENTIFIER_POINTER(DECL_ASSEMBLER_NAME(decl))) ||
	    (DECL_NAME(decl) && fits(PARTS_RECORD_FUNCTION, IDENTIFIER_POINTER(DECL_NAME(decl)))))
		parts |= PART_RECORD;
	return parts;
}

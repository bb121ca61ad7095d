/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The table of sites after the move: each entry still names its instruction. */
#include "relocate.h"
#include "../../../runtime-stubs/insn/insn.h"
#include "../../../runtime-stubs/sites/sites.h"

static bool check_site(const struct relocator *r, uint64_t at, const struct previrt_site *site)
{
	struct insn before, after;

	if (!relocator_touched(r, at, site->len))
		return false;
	if (relocator_touched(r, at, site->len) == RELOCATOR_OUT_OF_LINE ||
	    !insn_decode(&before, linked(at), 15, 1) ||
	    !insn_decode(&after, r->image + (at - kernel.low), 15, 1) ||
	    before.op != after.op || before.len != after.len)
		wrong(r, at, "is no site any more");
	return true;
}

/* All sites of the kernel's table; @touched: those that were rewritten in place. */
unsigned long check_sites(const struct relocator *r, unsigned *touched)
{
	struct previrt_sites_unit unit;
	struct previrt_sites_walk walk;
	struct previrt_site site;
	unsigned long sites = 0;

	for (unsigned i = 0; i < kernel.header->e_shnum; i++) {
		const Elf64_Shdr *s = &kernel.sections[i];

		if (s->sh_type != SHT_NOTE)
			continue;
		previrt_sites_begin(&walk, r->image + (s->sh_addr - kernel.low), s->sh_size,
				    (unsigned)s->sh_addralign);
		while (previrt_sites_next(&walk, &unit) == PREVIRT_SITES_UNIT)
			for (size_t k = 0; unit.type == PREVIRT_NOTE_SITES && k < unit.count; k++) {
				size_t field = previrt_sites_entry(&walk, &unit, k, &site);

				*touched += check_site(r, s->sh_addr + field +
						       (uint64_t)(int64_t)site.site, &site);
				sites++;
			}
	}
	return sites;
}

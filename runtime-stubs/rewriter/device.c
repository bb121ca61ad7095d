/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Annotated accesses to device memory: loads and stores become calls. An access that is
 * not rewritten faults and is emulated, so one that does not fit is no error. Exchanges and
 * the like are not rewritten: if the address is memory after all, they must be atomic.
 */
#include "plan.h"
#include "template.h"
#include <string.h>

int rewriter_device_site(const struct previrt_memory *memory, struct previrt_site *site)
{
	*site = (struct previrt_site){
		.site = memory->site, .op = REWRITER_DEVICE, .len = memory->len, .pad = memory->pad };
	return memory->space == PREVIRT_SPACE_mmio &&
	       (memory->op == PREVIRT_MEM_load || memory->op == PREVIRT_MEM_store);
}

int plan_devices(struct rewriter *rw, const struct previrt_sites_walk *walk,
		 const struct previrt_sites_unit *unit, uint64_t notes_address,
		 plan_action *action)
{
	for (size_t i = 0; i < unit->count; i++) {
		struct previrt_memory memory;
		uint64_t code = previrt_sites_memory(walk, unit, i, &memory);
		struct previrt_site site;

		if (rewriter_device_site(&memory, &site) && action(rw, &site, notes_address + code) < 0)
			return -1;
	}
	return 0;
}

enum rewriter_template rewriter_plan_device(struct rewriter *rw, const struct previrt_site *site,
					    const uint8_t *bytes, uint8_t *out)
{
	unsigned size = site->len + site->pad;
	struct insn_operation o;
	int slot;

	if (size > REWRITER_SITE_MAX || size < TEMPLATE_ABSOLUTE ||
	    insn_decode_operation(&o, bytes, site->len, 1) != site->len ||
	    o.what < OPERATION_MOV || o.what > OPERATION_MOVSX ||
	    o.insn.segment == INSN_FS || o.insn.segment == INSN_GS)
		return REWRITER_LEAVE;
	o.insn.op = REWRITER_DEVICE;
	slot = plan_call(rw, site, &o.insn, bytes);
	if (slot < 0)
		return REWRITER_LEAVE;
	rw->calls[slot].access = o;
	template_write(out, REWRITER_CALL, size, &rw->target, slot);
	return REWRITER_CALL;
}

int plan_device(struct rewriter *rw, const struct previrt_site *site, uint64_t address)
{
	uint8_t out[REWRITER_SITE_MAX];
	const uint8_t *bytes = plan_memory(rw, site, address);

	rw->devices += bytes && rewriter_plan_device(rw, site, bytes, out) == REWRITER_CALL;
	return 0;
}

int plan_apply_device(struct rewriter *rw, const struct previrt_site *site, uint64_t address)
{
	uint8_t out[REWRITER_SITE_MAX];
	uint8_t *bytes = plan_memory(rw, site, address);

	if (bytes && rewriter_plan_device(rw, site, bytes, out) == REWRITER_CALL)
		memcpy(bytes, out, site->len + site->pad);
	return 0;
}

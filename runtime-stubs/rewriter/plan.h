/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What the files that plan share. */
#ifndef PREVIRT_PLAN_H
#define PREVIRT_PLAN_H
#include "rewriter.h"

/* What is done with each site; negative: no more. */
typedef int plan_action(struct rewriter *rw, const struct previrt_site *site, uint64_t address);

/* The slot of a call to @insn, one for all sites with the same @bytes; -1: there are no
   more. */
int plan_call(struct rewriter *rw, const struct previrt_site *site, const struct insn *insn,
	      const uint8_t *bytes);
/* The memory of a site at link address @address; NULL: it is not in the kernel. */
uint8_t *plan_memory(const struct rewriter *rw, const struct previrt_site *site, uint64_t address);

/* device.c: @action with each load and store of devices in a note of operations on memory;
   -1 if it was negative. And the actions of planning and applying, which never are. */
int plan_devices(struct rewriter *rw, const struct previrt_sites_walk *walk,
		 const struct previrt_sites_unit *unit, uint64_t notes_address,
		 plan_action *action);
plan_action plan_device, plan_apply_device;

#endif

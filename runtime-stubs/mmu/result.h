/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_MMU_RESULT_H
#define PREVIRT_MMU_RESULT_H

/* What became of a page fault. */
enum mmu_result {
	MMU_UNKNOWN = -1,	/* the walk cache does not have the address; nothing was done */
	MMU_MAPPED,		/* the shadow allows the access now */
	MMU_REFLECTED,		/* the guest's tables deny it: the fault is to be delivered */
	MMU_NOTHING		/* they allow it, but no memory can be mapped (a device, the wedge) */
};

#endif

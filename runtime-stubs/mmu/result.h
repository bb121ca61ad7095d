/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#ifndef PREVIRT_MMU_RESULT_H
#define PREVIRT_MMU_RESULT_H

/* What became of a page fault. */
enum mmu_result {
	MMU_UNKNOWN = -1,	/* the walk cache has no way there, nothing has changed */
	MMU_MAPPED,		/* the shadow allows the access now */
	MMU_REFLECTED,		/* the guest's tables do not: it is to see the error code */
	MMU_NOTHING		/* they do, but nothing can be mapped (device memory, the wedge) */
};

#endif

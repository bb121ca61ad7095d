/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What has pages of its own: Xen's hypercall page, and each processor's stack. */
#define __ASSEMBLY__
#include "layout.h"

	.section .text.start, "ax", @progbits
	.balign 4096
	.globl xenpv_hypercalls
xenpv_hypercalls:
	.skip 4096

	.section .bss.stack, "aw", @nobits
	.balign 4096
	.skip WEDGE_STACK_SIZE
	.globl backend_stack_top, fastpath_sysret_frame, fastpath_sysret_cs, fastpath_sysret_ss
backend_stack_top:
fastpath_sysret_frame:		/* user.S says what stands where */
	.skip 40
fastpath_sysret_cs:
	.skip 24
fastpath_sysret_ss:
	.skip 16

	.section .note.GNU-stack, "", @progbits

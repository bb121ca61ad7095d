/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What Xen reads and where it starts (xen/elfnote.h). The image is linked for
 * WEDGE_BASE and loaded at WEDGE_BOOT_BASE; the code here runs at the latter
 * and moves on when early.c has mapped the former.
 */
#define __ASSEMBLY__
#include "layout.h"
#include <xen/elfnote.h>

.macro note type, data:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, \type
1:	.asciz "Xen"
2:	.balign 4
3:	\data
4:	.balign 4
	.popsection
.endm

	note XEN_ELFNOTE_GUEST_OS, .asciz "previrt"
	note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	note XEN_ELFNOTE_LOADER, .asciz "generic"
	note XEN_ELFNOTE_VIRT_BASE, .quad WEDGE_BOOT_BASE
	note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
	note XEN_ELFNOTE_ENTRY, .quad xenpv_entry - WEDGE_BASE + WEDGE_BOOT_BASE
	note XEN_ELFNOTE_HYPERCALL_PAGE, .quad xenpv_hypercalls - WEDGE_BASE + WEDGE_BOOT_BASE
	note XEN_ELFNOTE_PAE_MODE, .asciz "yes"

	.section .text.start, "ax", @progbits
/* rsi: struct start_info. */
	.globl xenpv_entry
xenpv_entry:
	cld
	leaq backend_stack_top(%rip), %rsp
	movq %rsi, %rdi
	movq %rsi, %rbx
	call xenpv_early
	movq $backend_stack_top, %rsp
	movq %rbx, %rdi
	movq $xenpv_main, %rax
	call *%rax
	ud2

	.section .note.GNU-stack, "", @progbits

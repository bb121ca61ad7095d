/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * From the guest into the wedge and back.
 *
 * Invariants:
 *  - Past the first few instructions of an entry, upcalls are masked.
 *  - struct cpu is complete before C runs, and stays so until the guest runs:
 *    an upcall between xenpv_critical_start and _end finds all of the guest's
 *    state there and throws the half-loaded registers away.
 *  - An upcall elsewhere in the wedge (before it has masked them) is put off:
 *    C asks for events before it goes back to the guest.
 *  - The guest's stack is written to only by a call site (which pushed onto it)
 *    and by Xen, below the stack pointer.
 *
 * Xen's frame on entry: rcx, r11, (error code), rip, cs, rflags, rsp, ss.
 */
#define __ASSEMBLY__
#include "layout.h"
#include "../registers.inc"
#include "../../rewriter/limits.h"
#include <xen/xen.h>

#define FLAG_TF 0x100
#define PENDING WEDGE_VCPU_INFO
#define MASK WEDGE_VCPU_INFO+1

/* The guest's registers are saved, but for rsp and flags: on with @function, on the
   wedge's stack, which does not come back here. */
.macro to_c function
	movq %rsp, CPU(RSP)
	leaq backend_stack_top(%rip), %rsp
	pushfq
	popq CPU(RFLAGS)
	cld
	xorl %ebp, %ebp
	call \function
	ud2
.endm

	.globl fastpath_pending, fastpath_masked
	.set fastpath_pending, PENDING
	.set fastpath_masked, MASK

	.text
/* Entry from a call site through slot n. On the stack: n, the return address. */
	.balign 16
	.globl xenpv_site_call
xenpv_site_call:
site_call:
	pushq %rax
	movb MASK, %al
	movb $1, MASK
	movb %al, xenpv_saved_mask(%rip)
	popq %rax
	save_registers
	popq xenpv_slot(%rip)
	popq CPU(RIP)
	to_c xenpv_call_entered

/* Behind a call site, with events masked that were not: one waits. On the stack:
   the return address. */
	.balign 16
	.globl fastpath_site_behind
fastpath_site_behind:
	save_registers
	popq CPU(RIP)
	to_c xenpv_behind_entered

/* Entry from a jump site. The stack may not be used; the slot's number is in xenpv_slot. */
	.balign 16
site_jump:
	movq %rax, CPU(RAX)
	movb MASK, %al
	movb $1, MASK
	movb %al, xenpv_saved_mask(%rip)
	movq CPU(RAX), %rax
	save_registers
	to_c xenpv_jump_entered

	.set n, 0
	.globl xenpv_call_stubs, xenpv_jump_stubs
xenpv_call_stubs:
call_stubs:
.rept REWRITER_CALLS
	.byte 0x68			/* pushq $n, always five bytes */
	.long n
	.byte 0xe9			/* jmp site_call */
	.long site_call - . - 4
	.set n, n + 1
.endr
	.set n, 0
xenpv_jump_stubs:
jump_stubs:
.rept REWRITER_JUMPS
	movl $n, xenpv_slot(%rip)
	.byte 0xe9
	.long site_jump - . - 4
	.set n, n + 1
.endr
jump_stubs_end:

/* Where calls go may change (fastpath/slots.c). */
	.data
	.balign 8
	.globl previrt_call_slots, previrt_jump_slots
previrt_call_slots:
	.set n, 0
.rept REWRITER_CALLS
	.quad call_stubs + 10 * n
	.set n, n + 1
.endr
previrt_jump_slots:
	.set n, 0
.rept REWRITER_JUMPS
	.quad jump_stubs + 15 * n
	.set n, n + 1
.endr
	.text
	.if jump_stubs_end - jump_stubs - 15 * REWRITER_JUMPS
	.error "a jump stub is not 15 bytes long"
	.endif

/* A further processor, on its own stack; rdi: its number. */
	.globl xenpv_vcpu_entry
xenpv_vcpu_entry:
	cld
	xorl %ebp, %ebp
	call xenpv_vcpu_main
	ud2

/* Back into the guest's kernel with upcalls masked (IF clear). */
	.globl xenpv_resume_masked
xenpv_resume_masked:
	leaq backend_stack_top(%rip), %rsp
	load_registers
	pushq xenpv_real_flags(%rip)
	popfq
	movq CPU(RSP), %rsp
	jmp *CPU(RIP)

/* The same, and interrupts may come (IF set). */
	.globl xenpv_resume_open
xenpv_resume_open:
	leaq backend_stack_top(%rip), %rsp
	.globl xenpv_critical_start, xenpv_critical_end
	movb $0, MASK
xenpv_critical_start:
	cmpb $0, PENDING
	jne 1f
	load_registers
	pushq xenpv_real_flags(%rip)
	popfq
	movq CPU(RSP), %rsp
	jmp *CPU(RIP)
1:	movb $1, MASK
xenpv_critical_end:
	xorl %ebp, %ebp
	cld
	call xenpv_event_entered
	ud2

/* Into user mode, or anywhere with a frame of Xen's: rdi is that frame. */
	.globl xenpv_resume_frame
xenpv_resume_frame:
	movq %rdi, %rsp
	load_registers
	pushq $0
	jmp xenpv_hypercalls + 32 * __HYPERVISOR_iret

/* Traps. */
	.balign 16
trap_common:			/* vector, error, rip, cs, rflags, rsp, ss */
	pushq %rax
	movq 24(%rsp), %rax
	cmpq $WEDGE_BASE, %rax
	jb 1f
	testb $3, 32(%rsp)		/* user mode is never in the wedge */
	jz trap_in_wedge
trap_of_guest:
1:	popq %rax
	save_registers
	popq xenpv_vector(%rip)
	popq xenpv_error(%rip)
	popq CPU(RIP)
	popq xenpv_cs(%rip)
	popq CPU(RFLAGS)
	popq CPU(RSP)
	popq xenpv_ss(%rip)
	leaq backend_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	cld
	call xenpv_trap_entered
	ud2

/*
 * rcx, r11, ds, es, fs, gs, rip, cs, rflags, rsp, ss: Xen could not load one of these
 * selectors (it is null now) when this processor came back, wherever that was; or they
 * are as they were, and it could not return to user mode with that frame, which is
 * #GP. No register is lost: the guest, or the wedge, goes on.
 */
	.balign 16
	.globl xenpv_failsafe_entry
xenpv_failsafe_entry:
	movl %ds, %ecx
	cmpw %cx, 16(%rsp)
	jne 1f
	movl %es, %ecx
	cmpw %cx, 24(%rsp)
	jne 1f
	movl %fs, %ecx
	cmpw %cx, 32(%rsp)
	jne 1f
	movl %gs, %ecx
	cmpw %cx, 40(%rsp)
	jne 1f
	popq %rcx
	popq %r11
	addq $32, %rsp
	pushq $0
	pushq $WEDGE_FAILSAFE
	jmp trap_common
1:	popq %rcx
	popq %r11
	addq $32, %rsp
	movb $1, fastpath_stale_selectors(%rip)
	pushq $0
	jmp xenpv_hypercalls + 32 * __HYPERVISOR_iret

/* In the fast path, which lies anywhere in the image, the guest was at a site. */
.macro guest_if_within name
	cmpq $\name\()_start, %rax
	jb 88f
	cmpq $\name\()_end, %rax
	jb trap_of_guest
88:
.endm

/* Here rax, vector, error, rip, cs, rflags, rsp, ss stand on the stack. */
trap_in_wedge:
	cmpq $xenpv_text_end, %rax	/* the guest has jumped there */
	jae trap_of_guest
	cmpl $1, 8(%rsp)
	jne 6f
	testb $FLAG_TF>>8, 41(%rsp)	/* a step into a site's stub, or an odd one */
	jnz trap_of_guest
	jmp xenpv_watch_hit
6:
	guest_if_within fastpath_flags	/* C makes the guest's state whole */
	guest_if_within fastpath_read
	guest_if_within fastpath_call
	cmpl $WEDGE_EVENT, 8(%rsp)
	jne 3f
	cmpq $xenpv_critical_start, %rax
	jb 1f
	cmpq $xenpv_critical_end, %rax
	jae 1f
	leaq backend_stack_top(%rip), %rsp
	xorl %ebp, %ebp
	cld
	call xenpv_event_entered
	ud2
1:	movb $0, PENDING
	popq %rax
	addq $16, %rsp
	pushq $0
	jmp xenpv_hypercalls + 32 * __HYPERVISOR_iret
3:	cmpq $load_start, %rax
	jb 2f
	cmpq $load_end, %rax
	jae 2f
	movq $load_failed, 24(%rsp)
	popq %rax
	addq $16, %rsp
	pushq $0
	jmp xenpv_hypercalls + 32 * __HYPERVISOR_iret
2:	movq %rsp, %rdi
	leaq backend_stack_top(%rip), %rsp
	subq $8192, %rsp
	cld
	call xenpv_wedge_fault
	ud2

/* What the processor, or Xen for it, may refuse: 0, or 1 if it does. Loads of
   selectors, of XCR0 and of an MSR. */
	.globl xenpv_load_fs, xenpv_load_ds, xenpv_load_es, xenpv_set_xcr0, xenpv_wrmsr
load_start:
xenpv_load_fs:
	movl %edi, %fs
	xorl %eax, %eax
	ret
xenpv_load_ds:
	movl %edi, %ds
	xorl %eax, %eax
	ret
xenpv_load_es:
	movl %edi, %es
	xorl %eax, %eax
	ret
xenpv_set_xcr0:
	movl %edi, %eax
	movq %rdi, %rdx
	shrq $32, %rdx
	xorl %ecx, %ecx
	xsetbv
	xorl %eax, %eax
	ret
xenpv_wrmsr:
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
	wrmsr
	xorl %eax, %eax
	ret
load_end:
load_failed:
	movl $1, %eax
	ret

	.set n, 0
	.globl xenpv_trap_entries
	.balign WEDGE_ENTRY_SIZE
xenpv_trap_entries:
.rept WEDGE_VECTORS
	.balign WEDGE_ENTRY_SIZE
	popq %rcx
	popq %r11
	.if !(n == 8 || (n >= 10 && n <= 14) || n == 17)
	pushq $0
	.endif
	pushq $n
	jmp trap_common
	.set n, n + 1
.endr
	.org xenpv_trap_entries + WEDGE_VECTORS * WEDGE_ENTRY_SIZE	/* none is longer */

	.section .bss.vcpu, "aw", @nobits
	.balign 8
	.globl xenpv_slot, xenpv_vector, xenpv_error, xenpv_cs, xenpv_real_flags
xenpv_slot:	.quad 0
xenpv_vector:	.quad 0
xenpv_error:	.quad 0
xenpv_cs:	.quad 0
	.globl xenpv_ss
xenpv_ss:	.quad 0
xenpv_real_flags: .quad 0
	.globl xenpv_saved_mask
xenpv_saved_mask: .byte 0

	.section .note.GNU-stack, "", @progbits

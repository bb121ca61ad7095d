/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Ways past C: what a kernel does at each system call and interrupt. Whatever is
 * unusual goes the long way (entry.S).
 *
 * Invariants:
 *  - Code behind call sites, between xenpv_plain_start and _end, pushes nothing
 *    and does nothing that may not happen twice: an event there goes back to
 *    the site.
 *  - Code behind jump sites goes the long way when events are not masked.
 */
#define __ASSEMBLY__
#include "layout.h"
#include "../../cpu/offsets.h"
#include <xen/xen.h>

#define CPU(x) previrt_cpu+CPU_##x(%rip)
#define PENDING WEDGE_VCPU_INFO
#define MASK WEDGE_VCPU_INFO+1
#define IRET xenpv_hypercalls + 32 * __HYPERVISOR_iret

#define FLAG_IF 0x200
#define FLAG_IOPL 0x3000
#define FLAG_RF 0x10000
/* What a user's flags may have after sysret; SDM volume 2, SYSRET. */
#define USER_FLAGS 0x244fd5
/* What the kernel's may have of the user's after an exception. */
#define TRAP_FLAGS 0x200cd5

	.text
	.balign 16
	.globl xenpv_plain_start, xenpv_plain_end
xenpv_plain_start:
/* mov of a segment register: known since the selectors were looked at last. */
.macro mov_sreg seg, name, full, reg
	.balign 16
sreg_\seg\()_\name:
	movzbl xenpv_stale_selectors(%rip), \reg
	jmp *1f(, \full, 8)
	.pushsection .rodata
	.balign 8
1:	.quad 2f, 3f
	.popsection
2:	movzwl previrt_cpu+CPU_SEG+2*\seg(%rip), \reg
	ret
3:	movq %rcx, xenpv_plain_rcx(%rip)
	jmp xenpv_look_first
.endm

/* The same into the low half of a register, whose upper one stays. Each takes
   SREG16_SIZE bytes; past the first instruction rcx may be what was saved. */
.macro mov_sreg16 seg, name, reg
	.balign 64
sreg16_\seg\()_\name:
	movq %rcx, xenpv_plain_rcx(%rip)
	movzbl xenpv_stale_selectors(%rip), %ecx
	jrcxz 1f
	jmp xenpv_look_first
1:	movq xenpv_plain_rcx(%rip), %rcx
	movw previrt_cpu+CPU_SEG+2*\seg(%rip), \reg
	ret
.endm

.irp seg, 0, 1, 2, 3, 4, 5
	mov_sreg \seg, 0, %rax, %eax
	mov_sreg \seg, 1, %rcx, %ecx
	mov_sreg \seg, 2, %rdx, %edx
	mov_sreg \seg, 3, %rbx, %ebx
	mov_sreg \seg, 5, %rbp, %ebp
	mov_sreg \seg, 6, %rsi, %esi
	mov_sreg \seg, 7, %rdi, %edi
	mov_sreg \seg, 8, %r8, %r8d
	mov_sreg \seg, 9, %r9, %r9d
	mov_sreg \seg, 10, %r10, %r10d
	mov_sreg \seg, 11, %r11, %r11d
	mov_sreg \seg, 12, %r12, %r12d
	mov_sreg \seg, 13, %r13, %r13d
	mov_sreg \seg, 14, %r14, %r14d
	mov_sreg \seg, 15, %r15, %r15d
.endr
	.balign 64
	.globl xenpv_sreg16_start, xenpv_sreg16_end
xenpv_sreg16_start:
.irp seg, 0, 1, 2, 3, 4, 5
	mov_sreg16 \seg, 0, %ax
	mov_sreg16 \seg, 1, %cx
	mov_sreg16 \seg, 2, %dx
	mov_sreg16 \seg, 3, %bx
	mov_sreg16 \seg, 5, %bp
	mov_sreg16 \seg, 6, %si
	mov_sreg16 \seg, 7, %di
	mov_sreg16 \seg, 8, %r8w
	mov_sreg16 \seg, 9, %r9w
	mov_sreg16 \seg, 10, %r10w
	mov_sreg16 \seg, 11, %r11w
	mov_sreg16 \seg, 12, %r12w
	mov_sreg16 \seg, 13, %r13w
	mov_sreg16 \seg, 14, %r14w
	mov_sreg16 \seg, 15, %r15w
.endr
	.balign 64
xenpv_sreg16_end:

	.set at_cr0, CPU_CR0
	.set at_cr2, CPU_CR2
	.set at_cr3, CPU_CR3
	.set at_cr4, CPU_CR4
/* mov of a control register that only says what it was told. */
.macro mov_cr cr, name, reg
	.balign 16
cr_\cr\()_\name:
	movq previrt_cpu+at_cr\cr(%rip), \reg
	ret
.endm
.irp cr, 0, 2, 3, 4
	mov_cr \cr, 0, %rax
	mov_cr \cr, 1, %rcx
	mov_cr \cr, 2, %rdx
	mov_cr \cr, 3, %rbx
	mov_cr \cr, 5, %rbp
	mov_cr \cr, 6, %rsi
	mov_cr \cr, 7, %rdi
	mov_cr \cr, 8, %r8
	mov_cr \cr, 9, %r9
	mov_cr \cr, 10, %r10
	mov_cr \cr, 11, %r11
	mov_cr \cr, 12, %r12
	mov_cr \cr, 13, %r13
	mov_cr \cr, 14, %r14
	mov_cr \cr, 15, %r15
.endr
xenpv_plain_end:

	.section .rodata
	.balign 8
	.globl xenpv_fast_sreg, xenpv_fast_cr
	.globl xenpv_fast_sreg16
.macro row prefix
.irp name, 0, 1, 2, 3
	.quad \prefix\name
.endr
	.quad 0
.irp name, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.quad \prefix\name
.endr
.endm
xenpv_fast_sreg:
.irp seg, 0, 1, 2, 3, 4, 5
	row sreg_\seg\()_
.endr
xenpv_fast_sreg16:
.irp seg, 0, 1, 2, 3, 4, 5
	row sreg16_\seg\()_
.endr
xenpv_fast_cr:				/* cr0, cr2, cr3, cr4 */
.irp cr, 0, 2, 3, 4
	row cr_\cr\()_
.endr
	.text

/* What C may change. */
.macro push_scratch
	pushq %rax
	pushq %rcx
	pushq %rdx
	pushq %rsi
	pushq %rdi
	pushq %r8
	pushq %r9
	pushq %r10
	pushq %r11
.endm
.macro pop_scratch
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rax
.endm
#define SCRATCH 72

/* What user mode is owed (backend_user_owed), with events masked, on the wedge's
   stack. backend_slow_user is to be looked at again behind it. */
.macro settle_user
	push_scratch
	cld
	call xenpv_settle_user
	pop_scratch
.endm

/*
 * Is the guest's descriptor table the one that hardware was given? It is plain
 * memory to the guest. Goes to \no with rcx, rsi, rdi as they were; \scratch is
 * changed.
 */
.macro same_gdt no, scratch
	movq xenpv_gdt_written(%rip), \scratch
	testb $0x40, (\scratch)
	jnz 88f
89:
	.pushsection .text.compare, "ax"
88:	movq %rcx, CPU(RCX)
	movq %rsi, CPU(RSI)
	movq %rdi, CPU(RDI)
	movl xenpv_gdt_words(%rip), %ecx
	movq xenpv_gdt_now(%rip), %rsi
	movq xenpv_gdt_known(%rip), %rdi
	cld
	repe cmpsq
	movq CPU(RCX), %rcx
	movq CPU(RSI), %rsi
	movq CPU(RDI), %rdi
	jne \no
	decb backend_gdt_patience(%rip)
	jnz 89b
	jmp \no
	.popsection
.endm

/* sysretq: the frame is made on the wedge's stack. */
.macro fast_sysret n
	.balign 16
fast_sysret_\n:
	testb $1, MASK
	jz 3f
	movq %rsp, CPU(RSP)
	leaq xenpv_stack_top(%rip), %rsp
	pushq xenpv_sysret_ss(%rip)
	pushq CPU(RSP)
	pushq %r11
	pushq xenpv_sysret_cs(%rip)
	pushq %rcx
	shrq $47, %rcx
	jnz 1f
	leal -FLAG_IF(%r11), %ecx
	testl $FLAG_IF|FLAG_IOPL, %ecx
	jnz 1f				/* but IF without an IOPL */
	same_gdt 1f, %rcx
	movq (%rsp), %rcx
	andq $USER_FLAGS, 16(%rsp)
	cmpw $0, backend_slow_user(%rip)
	jne 2f
4:	incq xenpv_calls+8*__HYPERVISOR_iret(%rip)
	pushq $0
	jmp IRET
2:	cmpb $0, backend_slow_user(%rip)
	jne 1f
	settle_user
	cmpb $0, backend_slow_user(%rip)
	je 4b
1:	movq (%rsp), %rcx
	movq CPU(RSP), %rsp
3:	jmp *xenpv_slow_jumps+8*\n(%rip)
.endm

/* iretq to user mode: the guest's frame is what the hypervisor wants. */
.macro fast_iret n
	.balign 16
fast_iret_\n:
	testb $1, MASK
	jz 3f
	movq %rax, CPU(RAX)
	movq 8(%rsp), %rax
	cmpq xenpv_user_cs(%rip), %rax
	jne 2f
	movq 32(%rsp), %rax
	cmpq xenpv_user_ss(%rip), %rax
	jne 2f
	cmpl $0x7fff, 4(%rsp)
	ja 2f
	movl 16(%rsp), %eax
	subl $FLAG_IF, %eax
	testl $FLAG_IF|FLAG_IOPL, %eax
	jnz 2f				/* but IF without an IOPL */
	same_gdt 2f, %rax
	movq CPU(RAX), %rax
	cmpw $0, backend_slow_user(%rip)
	jne 1f
4:	incq xenpv_calls+8*__HYPERVISOR_iret(%rip)
	pushq $0
	jmp IRET
1:	cmpb $0, backend_slow_user(%rip)
	jne 3f
	movq %rsp, CPU(RSP)
	leaq xenpv_stack_top(%rip), %rsp
	settle_user
	movq CPU(RSP), %rsp
	cmpb $0, backend_slow_user(%rip)
	je 4b
2:	movq CPU(RAX), %rax
3:	jmp *xenpv_slow_jumps+8*\n(%rip)
.endm

	fast_sysret 0
	fast_sysret 1
	fast_iret 2
	fast_iret 3
	fast_iret 4
	fast_iret 5

/*
 * A breakpoint was met by what the wedge has pushed below the guest's stack, or in its
 * code. The guest sees nothing of it: on, past the instruction. On the stack: rax,
 * vector, error, rip, cs, rflags, rsp, ss.
 */
	.globl xenpv_watch_hit
xenpv_watch_hit:
	orl $FLAG_RF, 40(%rsp)
	push_scratch
	cld
	call xenpv_forget_hit
	pop_scratch
	popq %rax
	addq $16, %rsp
	pushq $0
	jmp IRET

/* Page faults: rcx, r11, error, rip, cs, rflags, rsp, ss. */
	.balign 16
	.globl xenpv_fault_entry
xenpv_fault_entry:
	testb $3, 32(%rsp)
	jz xenpv_trap_entries + WEDGE_ENTRY_SIZE * 14
	popq %rcx
	popq %r11
	push_scratch
	leaq SCRATCH(%rsp), %rdi
	cld
	call xenpv_quick_fault
	testl %eax, %eax
	jz 1f
	js 2f
	pop_scratch
	addq $24, %rsp
	andq $TRAP_FLAGS, (%rsp)
	popfq
	movq CPU(RSP), %rsp
	jmp *CPU(RIP)
1:	pop_scratch			/* it has been mapped */
	addq $8, %rsp
	incq xenpv_calls+8*__HYPERVISOR_iret(%rip)
	pushq $0
	jmp IRET
2:	pop_scratch
	pushq %r11
	pushq %rcx
	jmp xenpv_trap_entries + WEDGE_ENTRY_SIZE * 14

/* System calls: rcx, r11, rip, cs, rflags, rsp, ss on the wedge's stack. */
	.balign 16
	.globl xenpv_syscall_entry
xenpv_syscall_entry:
	cmpb $0, xenpv_syscall_known(%rip)
	je xenpv_trap_entries + WEDGE_ENTRY_SIZE * WEDGE_SYSCALL
	incq backend_short_syscalls(%rip)
	movb $0, CPU(USER)
	movb $1, xenpv_stale_selectors(%rip)
	movl xenpv_syscall_segments(%rip), %ecx
	movl %ecx, previrt_cpu+CPU_SEG+2(%rip)
	movq 32(%rsp), %r11
	movq %r11, %rcx
	andq xenpv_syscall_flags(%rip), %rcx
	pushq %rcx
	popfq
	movq 16(%rsp), %rcx
	movq 40(%rsp), %rsp
	jmp *xenpv_syscall_target(%rip)

	.section .rodata
	.balign 8
	.globl xenpv_fast_jumps
xenpv_fast_jumps:
	.quad fast_sysret_0, fast_sysret_1
	.quad fast_iret_2, fast_iret_3, fast_iret_4, fast_iret_5

	.bss
	.balign 8
	.globl xenpv_slow_jumps
xenpv_slow_jumps:	.skip 8 * 6

	.section .bss.vcpu, "aw", @nobits
	.balign 8
	.globl backend_short_syscalls, xenpv_sysret_cs, xenpv_sysret_ss, xenpv_user_cs, xenpv_user_ss
	.globl xenpv_gdt_now, xenpv_gdt_known, xenpv_gdt_words, xenpv_gdt_written, backend_gdt_patience
	.globl xenpv_syscall_target, xenpv_syscall_flags, xenpv_syscall_segments
	.globl xenpv_stale_selectors, xenpv_syscall_known, backend_slow_user, backend_user_owed
backend_short_syscalls:	.quad 0
	.globl xenpv_plain_rcx
xenpv_plain_rcx:	.quad 0
xenpv_sysret_cs:	.quad 0
xenpv_sysret_ss:	.quad 0
xenpv_user_cs:		.quad 0
xenpv_user_ss:		.quad 0
xenpv_gdt_now:		.quad 0
xenpv_gdt_known:	.quad 0
xenpv_gdt_written:	.quad 0
xenpv_syscall_target:	.quad 0
xenpv_syscall_flags:	.quad 0
xenpv_gdt_words:	.long 0
xenpv_syscall_segments:	.long 0
xenpv_stale_selectors:	.byte 0
xenpv_syscall_known:	.byte 0
	.balign 2
backend_slow_user:	.byte 0		/* both are looked at together */
backend_user_owed:	.byte 0
backend_gdt_patience:	.byte 0

	.section .note.GNU-stack, "", @progbits

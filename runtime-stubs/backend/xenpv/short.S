/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Short code behind the call sites of the commonest instructions on flags, in
 * place of the way through C: sti, pushf, popf, and the pairs with a push or
 * pop of a register.
 *
 * Invariants:
 *  - The byte of the interrupt flag is cleared first and the pending events are
 *    looked at after that; if there are any, the long way is taken.
 *  - Values with flags that are not the processor's own here (TF, IOPL, NT, AC)
 *    take the long way. When the guest has any of them set, no slot leads here.
 *  - An event or fault may come at any instruction. "state" says what it takes,
 *    from there on, to make the guest's registers those before the instruction
 *    or behind it (short.h, short.c): the guest sees no address in the wedge.
 *
 * On entry the return address stands on the stack; it is 7 past the site.
 */
#define __ASSEMBLY__
#include "layout.h"
#include "short.h"

#define PENDING WEDGE_VCPU_INFO
#define MASK WEDGE_VCPU_INFO+1
#define IF_BIT 0x200

.macro state action, number=0
	.pushsection .rodata.short, "a"
	.quad 99f
	.short \action, routine_now
	.long \number
	.popsection
99:
.endm

/* The next routine starts. */
	.set routine_now, -1
.macro routine
	.set routine_now, routine_now + 1
	.pushsection .rodata.short_entries, "a"
	.quad 99f
	.popsection
99:
.endm

.macro long_way number
	jmp *xenpv_short_long+8*(\number)(%rip)
.endm

	.section .rodata.short, "a"
	.balign 8
	.globl xenpv_short_states, xenpv_short_entries
xenpv_short_states:
	.section .rodata.short_entries, "a"
	.balign 8
xenpv_short_entries:

	.text
	.balign 16
	.globl xenpv_short_start, xenpv_short_end
xenpv_short_start:

	routine				/* SHORT_STI */
	state SHORT_BEFORE
	movq %rcx, saved_rcx(%rip)
	movb $0, MASK
	state SHORT_STI_DONE
	movzbl PENDING, %ecx
	jrcxz 1f
	movb $1, MASK
	movq saved_rcx(%rip), %rcx
	long_way SHORT_STI
1:	movq saved_rcx(%rip), %rcx
	ret

	routine				/* SHORT_PUSHF */
	state SHORT_BEFORE
	movq %rcx, saved_rcx(%rip)
	popq saved_return(%rip)
	state SHORT_PUSHF_BEFORE, 0
	movzbl MASK, %ecx
	pushfq
	state SHORT_PUSHF_BEFORE, 8
	jrcxz 1f
	movq (%rsp), %rcx
	leaq -IF_BIT(%rcx), %rcx	/* the real one is always set */
	movq %rcx, (%rsp)
1:	movq saved_rcx(%rip), %rcx
	jmp *saved_return(%rip)

	routine				/* SHORT_POPF */
	state SHORT_BEFORE
	movq %rax, saved_rax(%rip)
	popq saved_return(%rip)
	state SHORT_POPF_BEFORE
	movq (%rsp), %rax
	testl $SHORT_UNUSUAL, %eax
	jnz 4f
	testl $IF_BIT, %eax
	jz 2f
	movb $0, MASK
	state SHORT_POPF_DONE
	cmpb $0, PENDING
	jne 3f
	movq saved_rax(%rip), %rax
	popfq
	state SHORT_RETURNED
	jmp *saved_return(%rip)
	state SHORT_POPF_BEFORE
2:	movb $1, MASK
	movq saved_rax(%rip), %rax
	popfq
	state SHORT_RETURNED
	jmp *saved_return(%rip)
	state SHORT_POPF_DONE
3:	movb $1, MASK
	state SHORT_POPF_BEFORE
4:	movq saved_rax(%rip), %rax
	pushq saved_return(%rip)
	state SHORT_BEFORE
	long_way SHORT_POPF

/* Registers by number; none for rsp. Only the way they are read differs. */
.macro each_register macro
	\macro 0, rax, eax
	\macro 1, rcx, ecx
	\macro 2, rdx, edx
	\macro 3, rbx, ebx
	\macro 5, rbp, ebp
	\macro 6, rsi, esi
	\macro 7, rdi, edi
	\macro 8, r8, r8d
	\macro 9, r9, r9d
	\macro 10, r10, r10d
	\macro 11, r11, r11d
	\macro 12, r12, r12d
	\macro 13, r13, r13d
	\macro 14, r14, r14d
	\macro 15, r15, r15d
.endm

/* The register is free until the value is in it: it chooses between two ways.
   Interrupted, the value is put there at once, for the flags do not change. */
.macro pushf_pop number, reg, low
	.if \number == 5
	routine				/* the number of rsp: never used */
	.endif
	routine
	state SHORT_BEFORE
	movzbl MASK, %\low
	state SHORT_READ, \number
	jmp *88f(,%\reg,8)
	.pushsection .rodata
	.balign 8
88:	.quad 89f, 90f
	.popsection
89:	pushfq
	state SHORT_READ_PUSHED, \number
	popq %\reg
	state SHORT_READ, \number
	ret
90:	pushfq
	state SHORT_READ_PUSHED, \number
	popq %\reg
	state SHORT_READ, \number
	leaq -IF_BIT(%\reg), %\reg
	ret
.endm
	each_register pushf_pop

.macro push_popf number, reg, low
	.if \number == 5
	routine
	.endif
	routine
	state SHORT_BEFORE
	testl $SHORT_UNUSUAL, %\low
	jnz 88f
	testl $IF_BIT, %\low
	jz 89f
	movb $0, MASK
	state SHORT_PAIR_DONE, \number
	cmpb $0, PENDING
	jne 90f
	pushq %\reg
	state SHORT_PAIR_PUSHED, \number
	popfq
	state SHORT_CALL_DONE
	ret
	state SHORT_BEFORE
89:	movb $1, MASK
	pushq %\reg
	state SHORT_PAIR_PUSHED, \number
	popfq
	state SHORT_CALL_DONE
	ret
	state SHORT_PAIR_DONE, \number
90:	movb $1, MASK
	state SHORT_BEFORE
88:	long_way SHORT_PUSH_POPF+\number
.endm
	each_register push_popf

/* Nothing here may not happen twice. */
.macro pushf_pop_stack at
	routine
	state SHORT_BEFORE
	movq %rcx, saved_rcx(%rip)
	state SHORT_AGAIN, 0
	pushfq
	state SHORT_AGAIN, 8
	movzbl MASK, %ecx
	jrcxz 88f
	popq %rcx
	state SHORT_AGAIN, 0
	leaq -IF_BIT(%rcx), %rcx
	movq %rcx, 8+\at(%rsp)
	movq saved_rcx(%rip), %rcx
	ret
	state SHORT_AGAIN, 8
88:	popq %rcx
	state SHORT_AGAIN, 0
	movq %rcx, 8+\at(%rsp)
	movq saved_rcx(%rip), %rcx
	ret
.endm
	.set word, 0
.rept SHORT_STACK_WORDS
	pushf_pop_stack 8*word
	.set word, word + 1
.endr

xenpv_short_end:
	.section .rodata.short, "a"
	.globl xenpv_short_states_end
xenpv_short_states_end:

	.bss
	.balign 8
	.globl xenpv_short_long, xenpv_short_rax, xenpv_short_rcx, xenpv_short_return
xenpv_short_long: .skip 8 * SHORT_ROUTINES

	.section .bss.vcpu, "aw", @nobits
	.balign 8
xenpv_short_rax:
saved_rax:	.quad 0
xenpv_short_rcx:
saved_rcx:	.quad 0
xenpv_short_return:
saved_return:	.quad 0

	.section .note.GNU-stack, "", @progbits

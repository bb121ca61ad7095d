/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Code behind the call sites of the commonest instructions on flags, in place of the
 * way through C: sti, pushf, popf, and the pairs with a push or
 * pop of a register.
 *
 * Invariants:
 *  - The byte of the interrupt flag is cleared first and the pending events are
 *    looked at after that; if there are any, the slow path is taken.
 *  - Values with flags that are not the processor's own here (TF, IOPL, NT, AC)
 *    take the slow path. When the guest has any of them set, no slot leads here.
 *  - An event or fault may come at any instruction. "state" says what it takes,
 *    from there on, to make the guest's registers those before the instruction
 *    or behind it (flags.h, flags.c): the guest sees no address in the wedge.
 *
 * On entry the return address stands on the stack; it is 7 past the site.
 */
#define __ASSEMBLY__
#include "flags.h"
#include "registers.inc"
#define IF_BIT 0x200

.macro state action, number=0
	.pushsection .rodata.flags, "a"
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
	.pushsection .rodata.flags_entries, "a"
	.quad 99f
	.popsection
99:
.endm

.macro slow_path number
	jmp *fastpath_flags_slow+8*(\number)(%rip)
.endm

	.section .rodata.flags, "a"
	.balign 8
	.globl fastpath_flags_states, fastpath_flags_entries
fastpath_flags_states:
	.section .rodata.flags_entries, "a"
	.balign 8
fastpath_flags_entries:

	.text
	.balign 16
	.globl fastpath_flags_start, fastpath_flags_end
fastpath_flags_start:

	routine				/* FLAGS_STI */
	state FLAGS_BEFORE
	movq %rcx, saved_rcx(%rip)
	movb $0, fastpath_masked(%rip)
	state FLAGS_STI_DONE
	movzbl fastpath_pending(%rip), %ecx
	jrcxz 1f
	movb $1, fastpath_masked(%rip)
	movq saved_rcx(%rip), %rcx
	slow_path FLAGS_STI
1:	movq saved_rcx(%rip), %rcx
	ret

	routine				/* FLAGS_PUSHF */
	state FLAGS_BEFORE
	movq %rcx, saved_rcx(%rip)
	popq saved_return(%rip)
	state FLAGS_PUSHF_BEFORE, 0
	movzbl fastpath_masked(%rip), %ecx
	pushfq
	state FLAGS_PUSHF_BEFORE, 8
	jrcxz 1f
	movq (%rsp), %rcx
	leaq -IF_BIT(%rcx), %rcx	/* the real one is always set */
	movq %rcx, (%rsp)
1:	movq saved_rcx(%rip), %rcx
	jmp *saved_return(%rip)

	routine				/* FLAGS_POPF */
	state FLAGS_BEFORE
	movq %rax, saved_rax(%rip)
	popq saved_return(%rip)
	state FLAGS_POPF_BEFORE
	movq (%rsp), %rax
	testl $FASTPATH_UNUSUAL, %eax
	jnz 4f
	testl $IF_BIT, %eax
	jz 2f
	movb $0, fastpath_masked(%rip)
	state FLAGS_POPF_DONE
	cmpb $0, fastpath_pending(%rip)
	jne 3f
	movq saved_rax(%rip), %rax
	popfq
	state FLAGS_RETURNED
	jmp *saved_return(%rip)
	state FLAGS_POPF_BEFORE
2:	movb $1, fastpath_masked(%rip)
	movq saved_rax(%rip), %rax
	popfq
	state FLAGS_RETURNED
	jmp *saved_return(%rip)
	state FLAGS_POPF_DONE
3:	movb $1, fastpath_masked(%rip)
	state FLAGS_POPF_BEFORE
4:	movq saved_rax(%rip), %rax
	pushq saved_return(%rip)
	state FLAGS_BEFORE
	slow_path FLAGS_POPF

/* The register is free until the value is in it: it chooses between two ways.
   Interrupted, the value is put there at once, for the flags do not change. */
.macro pushf_pop number, reg, low, word, none
	.if \number == 5
	routine				/* the number of rsp: never used */
	.endif
	routine
	state FLAGS_BEFORE
	movzbl fastpath_masked(%rip), %\low
	state FLAGS_READ, \number
	jmp *88f(,%\reg,8)
	.pushsection .rodata
	.balign 8
88:	.quad 89f, 90f
	.popsection
89:	pushfq
	state FLAGS_READ_PUSHED, \number
	popq %\reg
	state FLAGS_READ, \number
	ret
90:	pushfq
	state FLAGS_READ_PUSHED, \number
	popq %\reg
	state FLAGS_READ, \number
	leaq -IF_BIT(%\reg), %\reg
	ret
.endm
	each_register pushf_pop

.macro push_popf number, reg, low, word, none
	.if \number == 5
	routine
	.endif
	routine
	state FLAGS_BEFORE
	testl $FASTPATH_UNUSUAL, %\low
	jnz 88f
	testl $IF_BIT, %\low
	jz 89f
	movb $0, fastpath_masked(%rip)
	state FLAGS_PAIR_DONE, \number
	cmpb $0, fastpath_pending(%rip)
	jne 90f
	pushq %\reg
	state FLAGS_PAIR_PUSHED, \number
	popfq
	state FLAGS_CALL_DONE
	ret
	state FLAGS_BEFORE
89:	movb $1, fastpath_masked(%rip)
	pushq %\reg
	state FLAGS_PAIR_PUSHED, \number
	popfq
	state FLAGS_CALL_DONE
	ret
	state FLAGS_PAIR_DONE, \number
90:	movb $1, fastpath_masked(%rip)
	state FLAGS_BEFORE
88:	slow_path FLAGS_PUSH_POPF+\number
.endm
	each_register push_popf

/* Nothing here may not happen twice. */
.macro pushf_pop_stack at
	routine
	state FLAGS_BEFORE
	movq %rcx, saved_rcx(%rip)
	state FLAGS_AGAIN, 0
	pushfq
	state FLAGS_AGAIN, 8
	movzbl fastpath_masked(%rip), %ecx
	jrcxz 88f
	popq %rcx
	state FLAGS_AGAIN, 0
	leaq -IF_BIT(%rcx), %rcx
	movq %rcx, 8+\at(%rsp)
	movq saved_rcx(%rip), %rcx
	ret
	state FLAGS_AGAIN, 8
88:	popq %rcx
	state FLAGS_AGAIN, 0
	movq %rcx, 8+\at(%rsp)
	movq saved_rcx(%rip), %rcx
	ret
.endm
	.set word, 0
.rept FLAGS_STACK_WORDS
	pushf_pop_stack 8*word
	.set word, word + 1
.endr

fastpath_flags_end:
	.section .rodata.flags, "a"
	.globl fastpath_flags_states_end
fastpath_flags_states_end:

	.bss
	.balign 8
	.globl fastpath_flags_slow, fastpath_flags_rax, fastpath_flags_rcx, fastpath_flags_return
fastpath_flags_slow: .skip 8 * FLAGS_ROUTINES

	.section .bss.vcpu, "aw", @nobits
	.balign 8
fastpath_flags_rax:
saved_rax:	.quad 0
fastpath_flags_rcx:
saved_rcx:	.quad 0
fastpath_flags_return:
saved_return:	.quad 0

	.section .note.GNU-stack, "", @progbits

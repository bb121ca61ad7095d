/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A module of the test's: each function refers to something in another way, and says
   whether that was right (section.c has what is expected). */
	.text
	.globl f_address, f_table, f_compare, f_store, f_call, f_push, f_jump, f_limit, f_constant
	.globl f_stays
	.type f_address, @function
f_address:			/* of the kernel's, of its own */
	mov $kernel_word, %rax
	sub $own_word, %rax
	ret
	mov %gs:(%rdi), %rax	/* never run: it goes by gs */
	.type f_table, @function
f_table:			/* an entry of each */
	mov own_table(,%rdi,8), %rax
	add kernel_table(,%rdi,8), %rax
	ret
	.type f_compare, @function
f_compare:
	xor %eax, %eax
	cmp $kernel_word, %rdi
	sete %al
	ret
	.type f_store, @function
f_store:			/* two fields: one relative */
	movq $kernel_word, own_word(%rip)
	mov own_word(%rip), %rax
	ret
	.type f_call, @function
f_call:
	call kernel_function
	add $1, %rax
	ret
	.type f_push, @function
f_push:
	push $own_word
	pop %rax
	ret
	.type f_jump, @function
f_jump:
	jmp *own_jumps(,%rdi,8)
1:	mov $11, %eax
	ret
2:	mov $22, %eax
	ret
	.type f_limit, @function
f_limit:			/* where user addresses end, less a page */
	movabs $0x7ffffffff000, %rax
	ret
	.globl f_sign, __put_user_8
	.type f_sign, @function
f_sign:				/* an address that no user mode has: all ones, about */
	mov %rdi, %rcx
	push %rbx
	call __put_user_8
	mov %rcx, %rax
	pop %rbx
	ret
	.type __put_user_8, @function
__put_user_8:
	mov %rcx, %rbx
	sar $63, %rbx
	or %rbx, %rcx
	ret
	.type f_constant, @function
f_constant:
	mov $constant, %rax
	ret
	.section .text.stays, "ax", @progbits
	.type f_stays, @function
f_stays:
	mov own_table(%rdi), %esi
	ret
	.section .text.sign, "ax", @progbits
	.type another_sign, @function
another_sign:
	mov own_word(%rip), %r9
	mov %r9, %rdx
	sar $63, %rdx
	or %rdx, %r9
	ret
	.section .text.copied, "ax", @progbits
	mov $own_word, %rdi

	.data
own_word:
	.quad own_table
own_table:
	.quad 1, 2, 3, 4
own_jumps:
	.quad 1b, 2b
distance:
	.long kernel_word - .
	.globl own_word, own_table, own_jumps, distance
	.section .note.GNU-stack, "", @progbits

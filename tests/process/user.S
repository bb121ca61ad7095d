/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* User code for the stubs: pieces to be copied to where they shall run. */

	.section .rodata

.macro piece name
	.balign 16
	.globl user_\name, user_\name\()_end
user_\name:
.endm
.macro end name
user_\name\()_end:
.endm

piece call
	syscall
	int3
end call

piece calls				/* one number after the other, in rbx */
1:	inc	%rbx
	mov	%rbx, %rax
	syscall
	jmp	1b
end calls

piece loop
1:	inc	%rbx
	jmp	1b
end loop

piece ud2
	ud2
end ud2

piece breakpoint
	int3
end breakpoint

piece divide
	xor	%ecx, %ecx
	div	%ecx
end divide

piece nops
	nop
	nop
	nop
end nops

piece load
	mov	(%rdi), %rax
	int3
end load

piece store
	mov	%rax, (%rdi)
	int3
end store

piece swap_vectors			/* state from rsi, a system call, state to rdi */
	mov	$-1, %eax
	mov	%eax, %edx
	xrstor64 (%rsi)
	syscall
	mov	$-1, %eax
	mov	%eax, %edx
	xsave64	(%rdi)
	int3
end swap_vectors

piece bases
	mov	%fs:0, %rax
	mov	%gs:0, %rbx
	int3
end bases

piece load_gs				/* with rax, and what is at its start */
	mov	%eax, %gs
	mov	%gs:0, %rbx
	int3
end load_gs

piece read_gs
	mov	%gs:0, %rbx
	int3
end read_gs

piece int80
	int	$0x80
	int3
end int80

piece sysenter
	sysenter
end sysenter

piece privileged
	cli
end privileged

piece jump
	jmp	*%rax
end jump

piece clear_sequence			/* in the region, and then an event */
	movq	$0, (%rdi)
	syscall
end clear_sequence

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A memcpy in an assembler file, as kernels have. */
	.globl memcpy, copy_begin, copy_end
	.type memcpy, @function
memcpy:
copy_begin:
	mov	%rdi,%rax
	mov	%rdx,%rcx
	rep movsb
	ret
copy_end:
	.size memcpy, . - memcpy
	.section .note.GNU-stack,"",@progbits

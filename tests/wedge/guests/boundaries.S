/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Every kind of site, to be interrupted or stepped at each instruction of what
 * became of it: tests/wedge/boundaries/drive.c stops at `ready', writes the
 * number of a try into `current', and reads what it left in `after'.
 */
#include "guest.inc"
#include "high.inc"
	.set IF_SET, 0xad7			/* CF, PF, AF, ZF, SF, OF as well */
	.set IF_CLEAR, 0x8d7
	.set USER_PLACE, 0x8000000000
	.set USER_INT, 0			/* programs there */
	.set USER_SYSCALL, 16
	.set USER_FAULT, 32

/* Every register but rsp a value of its own. */
.macro fill
	movq $0x2111111111111111, %rax
	movq $0x2222222222222222, %rcx
	movq $0x2333333333333333, %rdx
	movq $0x2444444444444444, %rbx
	movq $0x2555555555555555, %rbp
	movq $0x2666666666666666, %rsi
	movq $0x2777777777777777, %rdi
	.irp n, 8,9,10,11,12,13,14,15
	movq $0x0101010101010101*\n, %r\n
	.endr
.endm

/* \setup before the registers are filled, \with behind that; then the flags. */
.macro try name, flags, insn, with="", setup=""
	.pushsection .rodata.names, "a"
name_\@: .asciz "\name"
	.popsection
	.pushsection .rodata.tries, "a"
	.quad try_\@, site_\@, end_\@, name_\@
	.popsection
try_\@:
	\setup
	movl $\flags, %eax
	orl stepping(%rip), %eax
	movq %rax, flags_now(%rip)
	fill
	\with
	pushq flags_now(%rip)
	popfq
site_\@:
	\insn
end_\@:
	jmp record
.endm
.macro both name, insn, with="", setup=""
	try "\name", IF_SET, "\insn", "\with", "\setup"
	try "\name, masked", IF_CLEAR, "\insn", "\with", "\setup"
.endm

.macro out_pair reg
	previrt_pair pushf_pop, "pushf", "pop %\reg"
.endm
.macro out_pair_stack
	previrt_pair pushf_pop, "pushf", "popq 8(%rsp)"
.endm
.macro in_pair reg
	previrt_pair push_popf, "push %\reg", "popf"
.endm

/* The page behind that of the programs comes with a fault. */
.macro no_page
	movq $0, user_l1+8(%rip)
	movabsq $USER_PLACE+0x1000, %rax
	invlpg (%rax)
.endm

/* The selectors are what user mode has left (fastpath/user.inc). */
.macro from_user
	call visit_syscall
.endm

.macro frame rip, cs, flags, rsp, ss
	pushq $\ss
	pushq \rsp
	pushq $\flags
	pushq $\cs
	pushq \rip
.endm

	.section .rodata.tries, "a"
	.globl tries, tries_end
tries:
	.text
	.globl start
start:
	go_high
	movl $0x80010033, %eax		/* loaders differ; WP and OSFXSR are held on Xen */
	movq %rax, %cr0
	movq %cr4, %rax
	orl $0x200, %eax
	movq %rax, %cr4
	leaq trap_top(%rip), %rax
	movq %rax, tss+4(%rip)
	.irp v, 0,3,4,5,6,7,8,10,11,12,13
	gate \v, unexpected
	.endr
	gate 1, stepped
	gate 14, page_fault
	gate 0x24, byte
	gate 0x80, record, 0xee00
	gate 0x81, record
	/* A user page, with its programs. */
	movq %cr3, %rbx
	.macro link table, to
	leaq \to+0x67(%rip), %rax
	movq $HIGH, %rcx
	subq %rcx, %rax
	movq %rax, \table
	.endm
	link 8(%rbx), user_l3
	link user_l3(%rip), user_l2
	link user_l2(%rip), user_l1
	link user_l1(%rip), user_page
	movq %rbx, %cr3
	movl $0x80cd, user_page+USER_INT(%rip)		/* int $0x80 */
	movl $0x050f, user_page+USER_SYSCALL(%rip)	/* syscall */
	movw $0x0588, user_page+USER_FAULT(%rip)	/* mov %al, 0x1000 past the page */
	movl $0x1000-USER_FAULT-6, user_page+USER_FAULT+2(%rip)
	movw $0x80cd, user_page+USER_FAULT+6(%rip)
	/* SYSCALL. */
	.macro msr number, low, high
	movl $\number, %ecx
	movl $\low, %eax
	movl $\high, %edx
	wrmsr
	.endm
	msr 0xc0000080, 0x501, 0
	msr 0xc0000081, 0, 0x00200010
	msr 0xc0000084, 0x47700, 0
	leaq sys_entry(%rip), %rax
	movl $0xc0000082, %ecx
	movl $0xffffffff, %edx
	wrmsr
	/* The 8259: line 4 alone. The 8250: received bytes interrupt. */
	port_write 0x11, 0x20
	port_write 0x20, 0x21
	port_write 4, 0x21
	port_write 1, 0x21
	port_write 0xef, 0x21
	movl $0x3f9, %edx
	movb $1, %al
	outb %al, %dx
	movl $0x3fc, %edx
	movb $8, %al
	outb %al, %dx
	print "guest: ready\n"
next:
	leaq stack_top(%rip), %rsp
	sti				/* what came while they were off */
	nop
	nop
	cli
	.globl ready
ready:
	movl current(%rip), %eax
	testl %eax, %eax
	js 1f
	shll $5, %eax
	leaq tries(%rip), %rbx
	movq (%rbx,%rax), %rax
	movq $HIGH, %rcx		/* it was linked for below */
	addq %rcx, %rax
	jmp *%rax
1:	print "guest: all tried\n"
	finish 0x10

	try "sti", IF_CLEAR, "sti"
	try "sti again", IF_SET, "sti"
	both "cli", "cli"
	both "pushf", "pushfq"
	both "popf on", "popfq", "pushq $IF_SET"
	both "popf off", "popfq", "pushq $IF_CLEAR"
	both "popf with NT and AC", "popfq", "pushq $0x44ad7"
	.irp r, rax,rcx,rdx,rbx,rbp,rsi,rdi,r8,r9,r10,r11,r12,r13,r14,r15
	both "pushf; pop \r", "out_pair \r"
	both "push \r; popf on", "in_pair \r", "movq $IF_SET, %\r"
	both "push \r; popf off", "in_pair \r", "movq $IF_CLEAR, %\r"
	.endr
	both "pushf; pop 8(rsp)", "out_pair_stack", "pushq $1; pushq $2"
	.irp s, es,cs,ss,ds,fs,gs
	try "mov \s, eax", IF_SET, "movl %\s, %eax"
	try "mov \s, r9d", IF_SET, "movl %\s, %r9d"
	try "mov \s, cx", IF_SET, "movw %\s, %cx"
	try "mov \s, r12w", IF_SET, "movw %\s, %r12w"
	try "mov \s, eax after user mode", IF_SET, "movl %\s, %eax", "", "from_user"
	try "mov \s, cx after user mode", IF_SET, "movw %\s, %cx", "", "from_user"
	try "mov \s, r12w after user mode", IF_SET, "movw %\s, %r12w", "", "from_user"
	.endr
	.irp c, cr0,cr2,cr3,cr4,cr8
	try "mov \c, rax", IF_SET, "movq %\c, %rax"
	try "mov \c, r11", IF_SET, "movq %\c, %r11"
	.endr
	both "mov rax, cr0", "movq %rax, %cr0", "movq %cr0, %rax"
	both "mov rax, cr3", "movq %rax, %cr3", "movq %cr3, %rax"
	both "mov rax, cr4", "movq %rax, %cr4", "movq %cr4, %rax"
	try "clts", IF_SET, "clts"
	try "smsw", IF_SET, "smsw %eax"
	try "mov dr7, rax", IF_SET, "movq %dr7, %rax"
	try "rdmsr", IF_SET, "rdmsr", "movl $0xc0000082, %ecx"
	try "wrmsr", IF_SET, "wrmsr", "movl $0xc0000102, %ecx; xorl %edx, %edx"
	try "wrmsr of FS_BASE", IF_SET, "wrmsr", "movl $0xc0000100, %ecx; xorl %edx, %edx"
	both "swapgs twice", "swapgs; swapgs"
	both "in", "inb $0x21, %al"
	try "in, by dx", IF_SET, "inb %dx, %al", "movl $0x3ff, %edx"
	both "out", "outb %al, $0x80"
	try "out, by dx", IF_SET, "outb %al, %dx", "movl $0x3ff, %edx"
	try "out to the 8259", IF_SET, "outb %al, $0x21", "movl $0xef, %eax"
	try "cpuid", IF_SET, "cpuid", "xorl %eax, %eax"
	try "sgdt", IF_SET, "sgdt stored(%rip)"
	try "sidt", IF_SET, "sidt stored(%rip)"
	try "lidt", IF_SET, "lidt idtr(%rip)"
	try "lgdt", IF_SET, "lgdt gdtr(%rip)"
	try "sldt", IF_SET, "sldt %eax"
	try "str", IF_SET, "str %eax"
	try "lar", IF_SET, "lar %cx, %rax", "movl $KERNEL_CS, %ecx"
	try "verw", IF_SET, "verw %cx", "movl $KERNEL_SS, %ecx"
	try "mov ax, ss", IF_SET, "movl %eax, %ss", "movl $KERNEL_SS, %eax"
	try "mov ax, ds", IF_SET, "movl %eax, %ds", "movl $USER_SS, %eax"
	try "mov ax, fs, null", IF_SET, "movl %eax, %fs", "xorl %eax, %eax"
	try "mov r9d, ds, null", IF_SET, "movl %r9d, %ds", "xorl %r9d, %r9d"
	try "push fs", IF_SET, "pushq %fs"
	try "invlpg", IF_SET, "invlpg (%rbx)", "movabsq $USER_PLACE, %rbx"
	try "wbinvd", IF_SET, "wbinvd"
	try "lret", IF_SET, "lretq", "pushq $KERNEL_CS; leaq record(%rip), %rax; pushq %rax"
	try "iret on", IF_CLEAR, "iretq", "leaq record(%rip), %rax; movq %rsp, %rcx; frame %rax, KERNEL_CS, IF_SET, %rcx, KERNEL_SS"
	try "iret off", IF_SET, "iretq", "leaq record(%rip), %rax; movq %rsp, %rcx; frame %rax, KERNEL_CS, IF_CLEAR, %rcx, KERNEL_SS"
	both "iret to user mode", "iretq", "movabsq $USER_PLACE+USER_INT, %rax; frame %rax, USER_CS, 0x202, $0x5555, USER_SS"
	both "iret, then syscall", "iretq", "movabsq $USER_PLACE+USER_SYSCALL, %rax; frame %rax, USER_CS, 0x202, $0x5555, USER_SS"
	try "iret, then a page fault", IF_CLEAR, "iretq", "movabsq $USER_PLACE+USER_FAULT, %rax; frame %rax, USER_CS, 0x202, $0x5555, USER_SS", "no_page"
	try "sysret", IF_CLEAR, "sysretq", "movabsq $USER_PLACE+USER_INT, %rcx; movl $0x202, %r11d"
	try "sysret, then syscall", IF_CLEAR, "sysretq", "movabsq $USER_PLACE+USER_SYSCALL, %rcx; movl $0x202, %r11d"
	try "int", IF_SET, "int $0x81"

	.section .rodata.tries, "a"
tries_end:
	.text

	.globl record
record:
	movq %rax, after(%rip)
	movq %rcx, after+8(%rip)
	movq %rdx, after+16(%rip)
	movq %rbx, after+24(%rip)
	movq %rsp, after+32(%rip)
	movq %rbp, after+40(%rip)
	movq %rsi, after+48(%rip)
	movq %rdi, after+56(%rip)
	.irp n, 8,9,10,11,12,13,14,15
	movq %r\n, after+8*\n(%rip)
	.endr
	pushfq
	popq after+128(%rip)
	pushq $2
	popfq
	/* The words at and above rsp of the stack that is in use. */
	movq %rsp, %rdx
	leaq after+136(%rip), %rdi
	leaq trap_top(%rip), %rsi
	cmpq %rdx, %rsi
	jae 1f
	leaq stack_top(%rip), %rsi
1:	subq $40, %rsi
	call copy
	jmp next
copy:	movl $5, %ecx
1:	xorl %eax, %eax
	cmpq %rdx, %rsi
	jb 2f
	movq (%rsi), %rax
2:	addq $8, %rsi
	stosq
	decl %ecx
	jnz 1b
	ret

/* SYSCALL comes here on user mode's stack, with interrupts off. */
sys_entry:
	leaq stack_top(%rip), %rsp
	cmpq $0, visiting(%rip)
	je record
	leaq stack_top-8(%rip), %rsp
	movq $0, visiting(%rip)
	ret
visit_syscall:
	movq $1, visiting(%rip)
	movabsq $USER_PLACE+USER_SYSCALL, %rax
	frame %rax, USER_CS, 0x2, $0, USER_SS
	iretq

unexpected:
	finish 99

page_fault:
	pushq %rax
	pushq %rcx
	link user_l1+8(%rip), user_data
	popq %rcx
	popq %rax
	addq $8, %rsp
	iretq

byte:
	pushq %rax
	pushq %rdx
	incl bytes(%rip)
	movq 16(%rsp), %rax
	movq %rax, byte_at(%rip)
1:	movl $0x3f8, %edx		/* all that is there */
	inb %dx, %al
	movl $0x3fd, %edx
	inb %dx, %al
	testb $1, %al
	jnz 1b
	movb $0x20, %al
	outb %al, $0x20
	popq %rdx
	popq %rax
	iretq

/* The list is as long as it has room. */
stepped:
	pushq %rax
	pushq %rbx
	movl steps(%rip), %ebx
	cmpl $64, %ebx
	jae 1f
	leaq steps_at(%rip), %rax
	leaq (%rax,%rbx,8), %rbx
	movq 16(%rsp), %rax
	movq %rax, (%rbx)
	incl steps(%rip)
1:	popq %rbx
	popq %rax
	iretq

	.data
	.balign 8
	.globl current, stepping
current: .long -1
stepping: .long 0
	.bss
	.balign 4096
user_l3: .skip 4096
user_l2: .skip 4096
user_l1: .skip 4096
user_page: .skip 4096
user_data: .skip 4096
	.globl after, bytes, byte_at, steps, steps_at
after:	.skip 8 * 22
flags_now: .skip 8
visiting: .skip 8
stored:	.skip 16
byte_at: .skip 8
steps_at: .skip 8 * 64
bytes:	.long 0
steps:	.long 0
	.balign 16
	.skip 8192
trap_top:
	.skip 16
	.skip 8192
stack_top:
	.skip 16

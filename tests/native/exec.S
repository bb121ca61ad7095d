/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The bodies of exec.c: each piece of code twice, as plain instructions and in
 * call mode, and the function that runs one with given registers. Goes through
 * cpp, then behind the pack and the stubs.
 */
#ifdef __x86_64__
#define A %rax
#define B %rbx
#define P .quad
#define POP_A "pop %rax"
#define PUSH_A "push %rax"
#define POP_MEMORY "pop 16(%rbx)"
#else
#define A %eax
#define B %ebx
#define P .long
#define POP_A "pop %eax"
#define PUSH_A "push %eax"
#define POP_MEMORY "pop 16(%ebx)"
#endif

/* In exec_cases: name, plain code, code in call mode, sites it has. */
.macro body name,sites,text:vararg
.section .rodata.str,"aMS",@progbits,1
.Ln\@: .asciz "\name"
.text
.type plain_\name,@function
plain_\name:
.set .Lpv_off,1
\text
ret
.set .Lpv_off,0
.size plain_\name,.-plain_\name
.type call_\name,@function
call_\name:
\text
ret
.size call_\name,.-call_\name
.section .data.rel.cases,"aw"
P .Ln\@,plain_\name,call_\name,\sites
.endm

.macro pushf_alone
pushf
pop A
.endm
.macro popf_alone
push A
popf
.endm
.macro flags_twice
pushf
push A
popf
popf
.endm

/* A site in a cold function, where stubs go too: it must go on behind it. */
.macro cold_site
call .Lcold\@
.pushsection .text.unlikely,"ax",@progbits
.Lcold\@:
sldt %edx
not A
ret
.popsection
.endm

.section .data.rel.cases,"aw"
.globl exec_cases
exec_cases:

body pushf,1,pushf_alone
body popf,1,popf_alone
body flags,3,flags_twice
body pushf_pop,1,previrt_pair pushf_pop,"pushf",POP_A
body pushf_pop_memory,1,previrt_pair pushf_pop,"pushf",POP_MEMORY
body push_popf,1,previrt_pair push_popf,PUSH_A,"popf"
body cpuid,1,cpuid
body cold,0,cold_site
body rdtsc,1,rdtsc
body rdtscp,1,rdtscp
body xgetbv,1,xgetbv
body sgdt,1,sgdt (B)
body sidt,1,sidt 8(B)
body sldt,1,sldt %ecx
body str,1,str %cx
body smsw,1,smsw %ecx
body lar,1,lar %ecx,%edx
body lsl,1,lsl %ecx,%edx
body verr,1,verr %cx
body verw,1,verw 24(B)
body mov_from_cs,1,previrt_mov %cs,%ecx
body mov_from_ss,1,previrt_mov %ss,8(B)
body mov_to_es,1,previrt_mov 4(B),%es

.section .data.rel.cases,"aw"
P 0

/* void exec_run(void (*body)(void), unsigned long *state): flags, a, b, c, ... */
.text
.globl exec_run
.type exec_run,@function
exec_run:
#ifdef __x86_64__
.irp r,rbx,rbp,r12,r13,r14,r15
push %\r
.endr
push %rsi
push %rdi
mov %rsi,%rax
.set .Ln,8
.irp r,rbx,rcx,rdx,rsi,rdi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
.set .Ln,.Ln+8
mov .Ln(%rax),%\r
.endr
.set .Lpv_off,1
push (%rax)
mov 8(%rax),%rax
popf
call *(%rsp)
push %rax
pushf
mov 24(%rsp),%rax
pop (%rax)
pop 8(%rax)
.set .Lpv_off,0
cld
.set .Ln,8
.irp r,rbx,rcx,rdx,rsi,rdi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
.set .Ln,.Ln+8
mov %\r,.Ln(%rax)
.endr
pop %rdi
pop %rsi
.irp r,r15,r14,r13,r12,rbp,rbx
pop %\r
.endr
ret
#else
.irp r,ebx,ebp,esi,edi
push %\r
.endr
push 24(%esp)
push 24(%esp)
mov 4(%esp),%eax
.set .Ln,4
.irp r,ebx,ecx,edx,esi,edi,ebp
.set .Ln,.Ln+4
mov .Ln(%eax),%\r
.endr
.set .Lpv_off,1
push (%eax)
mov 4(%eax),%eax
popf
call *(%esp)
push %eax
pushf
mov 12(%esp),%eax
pop (%eax)
pop 4(%eax)
.set .Lpv_off,0
cld
.set .Ln,4
.irp r,ebx,ecx,edx,esi,edi,ebp
.set .Ln,.Ln+4
mov %\r,.Ln(%eax)
.endr
pop %eax
pop %eax
.irp r,edi,esi,ebp,ebx
pop %\r
.endr
ret
#endif
.size exec_run,.-exec_run
.section .note.GNU-stack,"",@progbits

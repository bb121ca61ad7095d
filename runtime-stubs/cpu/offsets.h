/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Offsets in struct cpu that assembly reads; cpu.h asserts each of them. */
#ifndef PREVIRT_CPU_OFFSETS_H
#define PREVIRT_CPU_OFFSETS_H

#define CPU_RAX 0
#define CPU_RCX 8
#define CPU_RDX 16
#define CPU_RBX 24
#define CPU_RSP 32
#define CPU_RBP 40
#define CPU_RSI 48
#define CPU_RDI 56
#define CPU_R8  64
#define CPU_R9  72
#define CPU_R10 80
#define CPU_R11 88
#define CPU_R12 96
#define CPU_R13 104
#define CPU_R14 112
#define CPU_R15 120
#define CPU_RIP 128
#define CPU_RFLAGS 136
#define CPU_SEG 144
#define CPU_USER 168
#define CPU_CR0 200
#define CPU_CR2 208
#define CPU_CR3 216
#define CPU_CR4 224
#define CPU_GDT_NOW 480
#define CPU_GDT_KNOWN 488
#define CPU_GDT_WRITTEN 496
#define CPU_GDT_WORDS 504
#define CPU_SYSCALL_TARGET 512

/* And in struct requests_vcpu: slow and work, looked at together, and the count. */
#define REQUESTS_SLOW 0
#define REQUESTS_GDT_COMPARES 2

#endif

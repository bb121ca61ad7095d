/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * System calls of user mode in place (--trust=shared): a SYSCALL that has trapped often
 * becomes a jump into the wedge. For C and assembly.
 */
#ifndef PREVIRT_PROCESS_PATCH_H
#define PREVIRT_PROCESS_PATCH_H

#define PATCH_SITES 256		/* system calls at most, ... */
#define PATCH_PAGES 64		/* ... in so many pages */

#ifndef __ASSEMBLER__
#include "process.h"
#include "../../stub/frame.h"

/* Behind guest memory, whose file is so long, there is room for copies from now on. */
void process_patch_init(uint64_t file_size);

/* User mode has made a system call by a signal, with rip behind it. */
void process_patch_count(const struct cpu *cpu);
/* It goes on with these registers: past what was replaced behind a system call. */
void process_patch_resume(struct cpu *cpu);
/* A signal of user mode's within what was replaced, or a single step into the wedge. 1: its
   frame tells now what the code of the guest's would have come to. */
int process_patch_signal(struct stub_frame *frame);

/* The host maps @size bytes of the file from @frame on at @va, of the lower half or not; */
void process_patch_mapped(int lower, uint64_t va, uint64_t size, unsigned rights, uint64_t frame);
/* ... what was there is gone; ... */
void process_patch_unmapped(uint64_t va, uint64_t size);
/* ... the page @frame may be written to. */
void process_patch_written(uint64_t frame);
#endif

#endif

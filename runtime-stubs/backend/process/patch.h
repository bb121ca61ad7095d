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

/* Copies stand in the file behind guest memory, which is so long. */
void process_patch_init(uint64_t file_size);

/* Called when a system call of user mode has come as a signal; rip is behind it. */
void process_patch_count(const struct cpu *cpu);
/* Moves rip past what was replaced behind a system call, before user mode goes on. */
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

/* The rest is patch*.c's own. */
enum patch_form { PATCH_NUMBER = 1, PATCH_COMPARE };
#define PATCH_JUMP 7u			/* bytes */
#define PATCH_COMPARE_SIZE 6u
#define PATCH_RESUMES 1024u
extern struct patch_page {
	uint64_t va, frame;
	uint8_t used, mapped;
} patch_pages[PATCH_PAGES];
extern unsigned patch_in_use;		/* pages */
extern struct patch_site {
	uint64_t syscall;		/* its address */
	uint32_t immediate;
	uint8_t form, page;		/* form 0: none */
} patch_sites[PATCH_SITES];
/* The last site behind whose system call an address with that patch_hash is. */
extern uint16_t patch_resumes[PATCH_RESUMES];
static inline unsigned patch_hash(uint64_t rip)
{
	return (rip ^ rip >> 10) % PATCH_RESUMES;
}
/* Of the SYSCALL at @offset of its page @code, made with @number. 0: none. */
enum patch_form patch_form(const uint8_t *code, unsigned offset, uint64_t number);
/* Its code is as it was; it has no copy. */
void patch_drop(struct patch_page *page);
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* User mode at a system call that was replaced (patch.c): at its beginning, behind it, within it. */
#include "patch.h"
#include "../../wedge/wedge.h"
#include <linux/audit.h>
#include <linux/signal.h>

#define FRAME_RAX 13u		/* frame_order */
#define STUB_SIZE 15u
#define FLAGS_STATUS 0x8d5u	/* of a comparison: CF PF AF ZF SF OF */

uint64_t process_patch_calls;
extern char process_patch_stubs[];
extern uint32_t process_slot;
_Noreturn void process_patch_entered(void);

void process_patch_entered(void)
{
	const struct patch_site *site = &patch_sites[process_slot];

	process_vcpu_back();
	process_patch_calls++;
	if (site->form == PATCH_NUMBER)
		previrt_cpu.r[RAX] = site->immediate;
	process_shared_call(site->syscall + 2);
}

void process_patch_resume(struct cpu *cpu)
{
	const struct patch_site *site = &patch_sites[patch_resumes[patch_hash(cpu->rip)]];
	uint64_t flags;

	if (site->form != PATCH_COMPARE || site->syscall + 2 != cpu->rip || !patch_pages[site->page].mapped)
		return;
	if (cpu->rflags & FLAG_TF) {
		patch_drop(&patch_pages[site->page]);
		return;
	}
	__asm__("cmpq %2, %1\n\tpushfq\n\tpopq %0"
		: "=r"(flags) : "r"(cpu->r[RAX]), "r"((int64_t)(int32_t)site->immediate) : "cc");
	cpu->rflags = (cpu->rflags & ~(uint64_t)(FLAGS_STATUS | FLAG_RF)) | (flags & FLAGS_STATUS);
	cpu->rip += PATCH_COMPARE_SIZE;
}

static int patch_becomes_call(struct stub_frame *frame, const struct patch_site *site)
{
	frame->rip = site->syscall + 2;
	frame->signal = SIGSYS;
	frame->architecture = AUDIT_ARCH_X86_64;
	return 1;
}

/* Code has jumped to the second of the two instructions that were replaced. */
static int patch_middle(struct stub_frame *frame)
{
	for (unsigned i = 0; i < PATCH_SITES; i++) {
		const struct patch_site *site = &patch_sites[i];

		if (!site->form || !patch_pages[site->page].mapped)
			continue;
		if (site->form == PATCH_NUMBER && frame->rip == site->syscall && frame->vector == VECTOR_UD)
			return patch_becomes_call(frame, site);
		if (site->form == PATCH_COMPARE && frame->rip == site->syscall + 2 &&
		    frame->vector == VECTOR_GP) {
			patch_drop(&patch_pages[site->page]);
			frame->signal = SIGIO;		/* nothing has happened */
			return 1;
		}
	}
	return 0;
}

int process_patch_signal(struct stub_frame *frame)
{
	uint64_t stub = (frame->rip - (uint64_t)process_patch_stubs) / STUB_SIZE;
	const struct patch_site *site = &patch_sites[stub];

	if (!patch_in_use || frame->code <= 0)
		return 0;
	if (frame->signal == SIGILL || frame->signal == SIGSEGV)
		return patch_middle(frame);
	if (frame->vector != VECTOR_DB || stub >= PATCH_SITES)
		return 0;
	if (site->form == PATCH_COMPARE)
		return patch_becomes_call(frame, site);
	frame->rip = site->syscall;		/* the step over the mov */
	frame->r[FRAME_RAX] = site->immediate;
	return 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Frames: what the host's kernel pushes for a signal's handler, and what the stub's
 * code loads on the way back. User code may have written the frame itself.
 *
 * Invariants: no address in a frame leads the supervisor out of the region; no frame
 * has the way back load anything but registers of user mode.
 */
#include "frame.h"
#include "../host/xstate.h"
#include <asm/sigcontext.h>
#include <cpuid.h>
#include <string.h>
#include <asm-generic/errno.h>

#define STACK_START (STUB_REGION + STUB_STACK_OFFSET)
#define STACK_END (STUB_REGION + STUB_REGION_SIZE)
#define FRAMES_NESTED 3u	/* an event, a signal in its handler, and one more */

/* What user code can have in its flags. */
#define FLAGS_USER 0x254dd5u	/* CF PF AF ZF SF TF DF OF NT RF AC ID */

/* An XSAVE area (SDM volume 1, 13.4): the header lies behind the legacy part. */
struct xsave {
	uint16_t fcw, fsw, ftw, fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t registers[432];
	struct _fpx_sw_bytes software;
	uint64_t xstate_bv, xcomp_bv, reserved[6];
};
_Static_assert(offsetof(struct xsave, xstate_bv) == 512, "xsave");

#define FCW_RESET 0x37fu
#define MXCSR_RESET 0x1f80u
#define MXCSR_DEFAULT_MASK 0xffbfu
#define XSAVE_ALIGN 64u

static uint64_t xcr0;
static uint32_t xsave_size, mxcsr_mask;

/* The order of struct sigcontext. */
const uint8_t frame_order[16] = {
	R8, R9, R10, R11, R12, R13, R14, R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP,
};

const uint8_t frame_selectors[FRAME_SELECTORS] = { SEG_DS, SEG_ES, SEG_FS, SEG_GS };

int frame_init(void)
{
	static struct xsave now __attribute__((aligned(XSAVE_ALIGN)));
	uint32_t a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return -ENOSYS;
	xcr0 = host_xcr0();
	__cpuid_count(0xd, 0, a, xsave_size, c, d);
	__asm__ volatile("fxsave64 %0" : "=m"(now));
	mxcsr_mask = now.mxcsr_mask ? now.mxcsr_mask : MXCSR_DEFAULT_MASK;
	/* Behind each: the red zone, what iretq pops, alignment. */
	a = xsave_size + FP_XSTATE_MAGIC2_SIZE + FRAME_SIZE + 512;
	return a * FRAMES_NESTED > STACK_END - STACK_START ? -ENOSPC : 0;
}

static int frame_fpu_good(uint64_t fpu)
{
	return fpu >= STACK_START && fpu % XSAVE_ALIGN == 0 &&
	       fpu <= STACK_END - sizeof(struct xsave);
}

int frame_read(const struct stub *stub, uint64_t address, struct stub_frame *copy)
{
	if (address < STACK_START + FRAME_IRET || address > STACK_END - FRAME_SIZE ||
	    address % 8)
		return 0;
	memcpy(copy, frame_at(stub, address), sizeof(*copy));
	return frame_fpu_good(copy->fpu);
}

static void frame_take_fpu(struct stub *stub, uint64_t fpu)
{
	const volatile struct xsave *area = frame_at(stub, fpu);
	uint32_t size = area->software.xstate_size;

	if (size > xsave_size || size > STACK_END - fpu)
		size = STACK_END - fpu < xsave_size ? STACK_END - fpu : xsave_size;
	stub->fpu = fpu;
	stub->fpu_size = size < sizeof(struct xsave) ? sizeof(struct xsave) : size;
}

static uint16_t frame_code(uint16_t cs)
{
	return cs == HOST_CS32 || stub_is_local(cs) ? cs : HOST_CS;
}

void frame_take(struct stub *stub, uint64_t address, const struct stub_frame *copy)
{
	stub->frame = address;
	frame_take_fpu(stub, copy->fpu);
	for (unsigned i = 0; i < 16; i++)
		stub->r[frame_order[i]] = copy->r[i];
	stub->rip = copy->rip;
	stub->rflags = copy->rflags;
	/* User code may have written others, of the kernel's. */
	stub->seg[SEG_CS] = frame_code(copy->cs);
	stub->seg[SEG_SS] = stub_is_local(copy->ss) ? copy->ss : HOST_SS;
	for (unsigned i = 0; i < FRAME_SELECTORS; i++)
		stub->seg[frame_selectors[i]] = ((volatile uint16_t *)stub->control->had)[i];
}

void frame_put_selectors(struct stub *stub)
{
	for (unsigned i = 0; i < FRAME_SELECTORS; i++)
		stub->control->load[i] = stub->seg[frame_selectors[i]];
}

/* The signal's handler has stored what was loaded. */
void frame_put_raw_selectors(struct stub *stub)
{
	memcpy(stub->control->load, stub->control->had, sizeof(stub->control->load));
}

/* XRSTOR must not fault, nor load what user code is not to have. */
static void frame_check_fpu(struct stub *stub, uint64_t parts)
{
	struct xsave *area = frame_at(stub, stub->fpu);

	area->mxcsr &= mxcsr_mask;
	area->xstate_bv &= xcr0 & parts;
	area->xcomp_bv = 0;
	memset(area->reserved, 0, sizeof(area->reserved));
}

static void frame_put_iret(struct stub *stub, uint64_t address, uint64_t rip, uint64_t cs,
			   uint64_t rflags, uint64_t rsp, uint64_t ss)
{
	uint64_t *pops = frame_at(stub, address - FRAME_IRET);

	pops[0] = rip;
	pops[1] = cs;
	pops[2] = (rflags & FLAGS_USER) | FLAG_IF | FLAG_FIXED;
	pops[3] = rsp;
	pops[4] = ss;
}

void frame_put(struct stub *stub)
{
	struct stub_frame *frame = frame_at(stub, stub->frame);
	uint16_t ss = stub->seg[SEG_SS];

	for (unsigned i = 0; i < 16; i++)
		frame->r[i] = stub->r[frame_order[i]];
	frame->fpu = stub->fpu;
	frame_check_fpu(stub, xcr0);
	frame_put_iret(stub, stub->frame, stub->rip,
		       frame_code(stub->seg[SEG_CS]), stub->rflags, stub->r[RSP],
		       stub_is_local(ss) ? ss : HOST_SS);
}

void frame_put_raw(struct stub *stub, uint64_t address, const struct stub_frame *copy)
{
	frame_put_iret(stub, address, copy->rip, HOST_CS, copy->rflags, copy->r[15], HOST_SS);
}

void frame_first(struct stub *stub)
{
	struct xsave *area;
	struct stub_frame *frame;

	stub->fpu = (STACK_END - xsave_size - FP_XSTATE_MAGIC2_SIZE) & -(uint64_t)XSAVE_ALIGN;
	stub->fpu_size = xsave_size;
	stub->frame = ((stub->fpu - FRAME_SIZE) & -16ull) - 8;
	area = frame_at(stub, stub->fpu);
	area->fcw = FCW_RESET;
	area->mxcsr = MXCSR_RESET;
	frame = frame_at(stub, stub->frame);
	frame->fpu = stub->fpu;
	memset(stub->r, 0, sizeof(stub->r));
	stub->rip = stub->rflags = 0;
	memset(stub->seg, 0, sizeof(stub->seg));
	stub->seg[SEG_CS] = HOST_CS;
	stub->seg[SEG_SS] = HOST_SS;
}

void *stub_fpu(struct stub *stub, uint64_t parts, size_t *size)
{
	*size = stub->fpu_size;
	frame_check_fpu(stub, parts);
	return frame_at(stub, stub->fpu);
}

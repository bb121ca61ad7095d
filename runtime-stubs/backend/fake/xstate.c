/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * x87, SSE and AVX registers, as XSAVE has them in memory (SDM volume 1, 13.4), and the
 * four instructions that move all of them: fxsave, fxrstor, xsave, xrstor. LIMIT: no
 * others; alignment is not looked at.
 */
#include "fake.h"
#include "interpret.h"
#include "../../iface/processor.h"
#include <string.h>

enum { FXSAVE, FXRSTOR, XSAVE = 4, XRSTOR };

#define BITS_AT 512u		/* of the header: which parts are not as after reset */
#define MXCSR_AT 24u

/* As after reset: all 0 but the x87 control word and MXCSR. */
#define RESET { 0x7f, 3, [MXCSR_AT] = 0x80, 0x1f }

uint64_t fake_xcr0;
static uint8_t registers[FAKE_XSTATE] = RESET;

static const struct { unsigned at, size; uint64_t part; } pieces[] = {
	{ 0, 24, XCR0_X87 }, { MXCSR_AT, 8, XCR0_SSE | XCR0_AVX }, { 32, 128, XCR0_X87 },
	{ 160, 256, XCR0_SSE }, { XSAVE_LEGACY, 256, XCR0_AVX },
};
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static void xstate_copy(uint8_t *to, const uint8_t *from, uint64_t parts)
{
	for (unsigned i = 0; i < PIECES; i++)
		if (pieces[i].part & parts)
			memcpy(to + pieces[i].at, from + pieces[i].at, pieces[i].size);
}

static void xstate_set(const uint8_t *area, uint64_t parts, uint64_t used)
{
	static const uint8_t reset[FAKE_XSTATE] = RESET;

	xstate_copy(registers, reset, parts & ~used);
	xstate_copy(registers, area, parts & used);
	if (parts & (XCR0_SSE | XCR0_AVX))	/* whatever is used */
		memcpy(registers + MXCSR_AT, area + MXCSR_AT, 8);
}

void backend_read_xstate(uint64_t parts, uint8_t *area)
{
	memset(area, 0, parts & XCR0_AVX ? FAKE_XSTATE : XSAVE_LEGACY);
	xstate_copy(area, registers, parts);
	memcpy(area + BITS_AT, &parts, 8);
}

void backend_write_xstate(uint64_t parts, const uint8_t *area)
{
	uint64_t used;

	memcpy(&used, area + BITS_AT, 8);
	xstate_set(area, parts, used);
}

static void xstate_load(uint64_t va, uint8_t *to, unsigned size)
{
	for (unsigned i = 0; i < size; i += 8) {
		uint64_t value = step_load(va + i, 8);

		memcpy(to + i, &value, 8);
	}
}

static void xstate_store(uint64_t va, const uint8_t *from, uint64_t parts)
{
	for (unsigned i = 0; i < PIECES; i++)
		for (unsigned at = 0; pieces[i].part & parts && at < pieces[i].size; at += 8) {
			uint64_t value;

			memcpy(&value, from + pieces[i].at + at, 8);
			step_store(va + pieces[i].at + at, 8, value);
		}
}

int step_xstate(const struct step *s, uint64_t va)
{
	struct cpu *cpu = &previrt_cpu;
	unsigned what = s->insn.reg & 7;
	uint64_t parts = XCR0_X87 | XCR0_SSE, used = parts;
	uint8_t area[FAKE_XSTATE] = { 0 };

	if (!s->insn.is_memory || (what != FXSAVE && what != FXRSTOR && what != XSAVE && what != XRSTOR))
		return 0;
	if (what >= XSAVE)
		parts = cpu->xcr0 & ((uint64_t)(uint32_t)cpu->r[RDX] << 32 | (uint32_t)cpu->r[RAX]);
	if (what == FXSAVE || what == XSAVE) {
		xstate_store(va, registers, parts);
		if (what == XSAVE)
			step_store(va + BITS_AT, 8, (step_load(va + BITS_AT, 8) & ~parts) | parts);
		return 1;
	}
	xstate_load(va, area, parts & XCR0_AVX ? FAKE_XSTATE : what == XRSTOR ? XSAVE_LEGACY : BITS_AT);
	if (what == XRSTOR)
		memcpy(&used, area + BITS_AT, 8);
	xstate_set(area, parts, used);
	return 1;
}

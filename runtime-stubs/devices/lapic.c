/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The local APICs in xAPIC mode, one for each processor: Intel SDM volume 3,
 * chapter 11. The timer counts ns.
 * LIMIT: no NMI by LINT1, no INIT or start-up command (acpi.c has the mailbox);
 * logical destinations in the flat model only; the task priority does not follow
 * CR8; no TSC deadline.
 */
#include "ioapic.h"
#include "lapic.h"
#include "ports.h"
#include "../backend/backend.h"
#include <string.h>

enum {				/* registers, by their number: offset / 16 */
	ID = 0x02, VERSION = 0x03, TPR = 0x08, APR = 0x09, PPR = 0x0a, EOI = 0x0b,
	LDR = 0x0d, DFR = 0x0e, SVR = 0x0f, ISR = 0x10, TMR = 0x18, IRR = 0x20,
	ESR = 0x28, ICR = 0x30, ICR2 = 0x31, LVT_TIMER = 0x32, LVT_LINT0 = 0x35,
	LVT_LINT1 = 0x36, LVT_ERROR = 0x37, INITIAL = 0x38, CURRENT = 0x39, DIVIDE = 0x3e,
	REGISTERS = 0x40
};

#define VERSION_VALUE 0x00050014u	/* six local vectors */
#define ENABLED (1u << 8)		/* of SVR */
#define MASKED (1u << 16)		/* of a local vector */
#define PERIODIC (1u << 17)
#define MODE(lvt) ((lvt) >> 8 & 7)
#define MODE_FIXED 0u
#define MODE_LOWEST 1u
#define MODE_NMI 4u
#define MODE_EXTERNAL 7u
#define MODE_MASK 0x700u		/* of ICR, as those that follow */
#define LOGICAL (1u << 11)
#define LEVEL (1u << 15)
#define SHORTHAND(icr) ((icr) >> 18 & 3)
#define LOWEST_VECTOR 16

static struct apic {
	uint32_t r[REGISTERS];
	union lapic_bits { uint32_t of[8]; uint64_t all[4]; } isr, irr, tmr;	/* by vector */
	uint64_t start;			/* ns, when the timer was loaded */
	uint64_t fired;			/* ends already signalled */
	uint8_t nmi;			/* one waits */
} lapics[BACKEND_VCPUS_MAX];

#define lapic (lapics[backend_vcpu])	/* one's own */

void lapic_reset(void)
{
	memset(&lapic, 0, sizeof(lapic));
	lapic.r[ID] = (uint32_t)backend_vcpu << 24;
	lapic.r[VERSION] = VERSION_VALUE;
	lapic.r[DFR] = ~0u;
	lapic.r[SVR] = 0xff | ENABLED;
	for (int i = LVT_TIMER; i <= LVT_ERROR; i++)
		lapic.r[i] = MASKED;
	if (backend_vcpu)
		return;
	lapic.r[LVT_LINT0] = MODE_EXTERNAL << 8;
	lapic.r[LVT_LINT1] = MODE_NMI << 8;
}

static int lapic_highest(const union lapic_bits *bits)
{
	if (!(bits->all[0] | bits->all[1] | bits->all[2] | bits->all[3]))
		return -1;		/* so it is mostly */
	for (int i = 3;; i--)
		if (bits->all[i])
			return i * 64 + 63 - __builtin_clzll(bits->all[i]);
}

static void lapic_raise_own(unsigned vector)
{
	if (vector >= LOWEST_VECTOR)
		lapic.irr.of[vector / 32] |= 1u << vector % 32;
}

/* The processor's priority: the higher of the task's and what is in service. */
static unsigned lapic_priority(void)
{
	int serving = lapic_highest(&lapic.isr);
	unsigned task = lapic.r[TPR] & 0xff;

	return serving < 0 || (task >> 4) >= (unsigned)serving >> 4 ? task : serving & 0xf0u;
}

int lapic_due(void)
{
	int vector = lapic.r[SVR] & ENABLED ? lapic_highest(&lapic.irr) : -1;

	if (vector < 0 || (unsigned)vector >> 4 <= lapic_priority() >> 4)
		return -1;
	return vector;
}

void lapic_take(int vector)
{
	lapic.irr.of[vector / 32] &= ~(1u << vector % 32);
	lapic.isr.of[vector / 32] |= 1u << vector % 32;
}

int lapic_requested(unsigned vector)
{
	for (unsigned i = 0; i < backend_vcpus; i++)
		if (lapics[i].irr.of[vector / 32] >> vector % 32 & 1)
			return 1;
	return 0;
}

int lapic_passes_8259(void)
{
	uint32_t lint0 = lapic.r[LVT_LINT0];

	return !backend_vcpu && !(lint0 & MASKED) && MODE(lint0) == MODE_EXTERNAL;
}

int lapic_take_nmi(void)
{
	int waits = lapic.nmi;

	lapic.nmi = 0;
	return waits;
}

int lapic_nmi_waits(void)
{
	return lapic.nmi;
}

/* SDM figure 11-10: bits 0, 1 and 3; 7 stands for 1. */
static uint64_t lapic_divisor(void)
{
	unsigned code = (lapic.r[DIVIDE] & 3) | (lapic.r[DIVIDE] >> 1 & 4);

	return code == 7 ? 1 : 2ull << code;
}

static uint64_t lapic_period(void)
{
	return lapic.r[INITIAL] * lapic_divisor();
}

uint64_t lapic_run(uint64_t now)
{
	uint64_t period, due;
	int periodic;

	if (!lapic.r[INITIAL])
		return 0;
	period = lapic_period();
	periodic = !!(lapic.r[LVT_TIMER] & PERIODIC);
	due = (now - lapic.start) / period;
	if (!periodic && due > 1)
		due = 1;
	if (due > lapic.fired) {
		lapic.fired = due;
		if (!(lapic.r[LVT_TIMER] & MASKED))
			lapic_raise_own(lapic.r[LVT_TIMER] & 0xff);
	}
	if (lapic.r[LVT_TIMER] & MASKED || (!periodic && lapic.fired))
		return 0;
	return lapic.start + (lapic.fired + 1) * period;
}

static uint32_t lapic_current(void)
{
	uint64_t period = lapic_period(), passed = backend_time() - lapic.start;

	if (!period || (passed >= period && !(lapic.r[LVT_TIMER] & PERIODIC)))
		return 0;
	return lapic.r[INITIAL] - passed % period / lapic_divisor();
}

static void lapic_end_of_interrupt(void)
{
	int vector = lapic_highest(&lapic.isr);

	if (vector < 0)
		return;
	lapic.isr.of[vector / 32] &= ~(1u << vector % 32);
	if (lapic.tmr.of[vector / 32] >> vector % 32 & 1)
		ioapic_end(vector);
}

/* Is processor @vcpu meant? SDM 11.6.1, 11.6.2. */
static int lapic_is_meant(uint32_t icr, uint8_t to, unsigned vcpu)
{
	switch (SHORTHAND(icr)) {
	case 0:
		if (icr & LOGICAL)
			return !!(to & lapics[vcpu].r[LDR] >> 24);
		return to == 0xff || to == lapics[vcpu].r[ID] >> 24;
	case 1:
		return vcpu == backend_vcpu;
	case 2:
		return 1;
	}
	return vcpu != backend_vcpu;
}

static void lapic_raise(struct apic *to, uint32_t icr)
{
	unsigned vector = icr & 0xff;

	if (MODE(icr) == MODE_NMI) {
		to->nmi = 1;
	} else if (vector >= LOWEST_VECTOR) {
		to->irr.of[vector / 32] |= 1u << vector % 32;
		to->tmr.of[vector / 32] &= ~(1u << vector % 32);
		if (icr & LEVEL)
			to->tmr.of[vector / 32] |= 1u << vector % 32;
	}
	if (to != &lapic)
		backend_kick(to - lapics);
}

static void lapic_send(uint32_t icr, uint8_t to)
{
	if (MODE(icr) != MODE_FIXED && MODE(icr) != MODE_LOWEST && MODE(icr) != MODE_NMI)
		return;
	for (unsigned i = 0; i < backend_vcpus; i++) {
		if (!lapics[i].r[VERSION] || !lapic_is_meant(icr, to, i))
			continue;
		lapic_raise(&lapics[i], icr);
		if (MODE(icr) == MODE_LOWEST)
			return;
	}
}

void lapic_deliver(uint32_t entry, uint8_t to)
{
	lapic_send(entry & (0xff | MODE_MASK | LOGICAL | LEVEL), to);
}

uint64_t lapic_read(void *self, uint64_t offset, unsigned size)
{
	unsigned reg = offset >> 4;
	uint64_t value;

	(void)self;
	(void)size;
	if (reg >= REGISTERS)
		return 0;
	if (reg >= ISR && reg < ISR + 8)
		value = lapic.isr.of[reg - ISR];
	else if (reg >= TMR && reg < TMR + 8)
		value = lapic.tmr.of[reg - TMR];
	else if (reg >= IRR && reg < IRR + 8)
		value = lapic.irr.of[reg - IRR];
	else if (reg == PPR)
		value = lapic_priority();
	else if (reg == CURRENT)
		value = lapic_current();
	else
		value = lapic.r[reg];
	return value >> 8 * (offset & 3);
}

/* The bits that can be set in a register; 0: it cannot be written. */
static uint32_t lapic_writable(unsigned reg)
{
	switch (reg) {
	case ID: case LDR: case ICR2: return 0xff000000u;
	case TPR: return 0xff;
	case DFR: return 0xf0000000u;
	case SVR: return 0x3ff;
	case ICR: return 0xccfffu;
	case LVT_TIMER: return 0x300ff;
	case LVT_LINT0: case LVT_LINT1: return 0x1a7ff;
	case LVT_ERROR: return 0x100ff;
	case INITIAL: return ~0u;
	case DIVIDE: return 0xb;
	}
	return reg > LVT_TIMER && reg < LVT_LINT0 ? 0x107ff : 0;
}

void lapic_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	unsigned reg = offset >> 4;
	uint32_t mask;

	(void)self;
	if (size != 4 || offset & 15 || reg >= REGISTERS)
		return;
	mask = lapic_writable(reg);
	lapic.r[reg] = (lapic.r[reg] & ~mask) | (value & mask);
	/* Software off: all local vectors are masked, and stay so. */
	if (!(lapic.r[SVR] & ENABLED))
		for (int i = LVT_TIMER; i <= LVT_ERROR; i++)
			lapic.r[i] |= MASKED;
	switch (reg) {
	case EOI:
		lapic_end_of_interrupt();
		break;
	case ICR:
		lapic_send(value & ~LEVEL, lapic.r[ICR2] >> 24);
		break;
	case INITIAL:
		lapic.start = backend_time();
		lapic.fired = 0;
		/* fall through */
	case LVT_TIMER:
	case DIVIDE:
		devices_run();
		break;
	}
}

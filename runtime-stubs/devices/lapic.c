/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The local APICs in xAPIC mode, one for each processor: Intel SDM volume 3,
 * chapter 11. The timer counts ns.
 * LIMIT: no NMI by LINT1, no INIT or start-up command (the board has a mailbox);
 * logical destinations in the flat model only; the task priority does not follow
 * CR8; no TSC deadline.
 */
#include "lapic.h"
#include "../bus/device.h"
#include "../iface/events.h"
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

#define LAPIC_SIZE 4096u

struct apic {				/* state */
	uint32_t r[REGISTERS];
	union lapic_bits { uint32_t of[8]; uint64_t all[4]; } isr, irr, tmr;	/* by vector */
	uint64_t start;			/* ns, when the timer was loaded */
	uint64_t fired;			/* ends already signalled */
	uint64_t nmi;			/* an NMI is pending */
};

struct lapic {
	struct apic of[BACKEND_VCPUS_MAX];		/* state */
	/* Derived. */
	struct bus_timer timer[BACKEND_VCPUS_MAX];
	struct bus *bus;
};

static inline struct apic *lapic_own(struct lapic *lapics)
{
	return &lapics->of[backend_vcpu];
}

void lapic_start(struct lapic *lapics)
{
	struct apic *own = lapic_own(lapics);

	memset(own, 0, sizeof(*own));
	lapics->timer[backend_vcpu].when = BUS_NEVER;
	own->r[ID] = (uint32_t)backend_vcpu << 24;
	own->r[VERSION] = VERSION_VALUE;
	own->r[DFR] = ~0u;
	own->r[SVR] = 0xff | ENABLED;
	for (int i = LVT_TIMER; i <= LVT_ERROR; i++)
		own->r[i] = MASKED;
	if (backend_vcpu)
		return;
	own->r[LVT_LINT0] = MODE_EXTERNAL << 8;
	own->r[LVT_LINT1] = MODE_NMI << 8;
}

/* Another processor's APIC does not exist (version 0) before that processor starts. */
static void lapic_reset(void *self)
{
	struct lapic *lapics = self;

	memset(lapics->of, 0, sizeof(lapics->of));
	for (unsigned i = 0; i < BACKEND_VCPUS_MAX; i++)
		lapics->timer[i].when = BUS_NEVER;
	lapic_start(lapics);
}

static int lapic_highest(const union lapic_bits *bits)
{
	if (!(bits->all[0] | bits->all[1] | bits->all[2] | bits->all[3]))
		return -1;		/* the usual case */
	for (int i = 3;; i--)
		if (bits->all[i])
			return i * 64 + 63 - __builtin_clzll(bits->all[i]);
}

static void lapic_raise_own(struct apic *own, unsigned vector)
{
	if (vector >= LOWEST_VECTOR)
		own->irr.of[vector / 32] |= 1u << vector % 32;
}

/* Returns the processor's priority: the higher of the task priority and of the vector in
   service. */
static unsigned lapic_priority(const struct apic *own)
{
	int serving = lapic_highest(&own->isr);
	unsigned task = own->r[TPR] & 0xff;

	return serving < 0 || (task >> 4) >= (unsigned)serving >> 4 ? task : serving & 0xf0u;
}

int lapic_due(struct lapic *lapics)
{
	const struct apic *own = lapic_own(lapics);
	int vector = own->r[SVR] & ENABLED ? lapic_highest(&own->irr) : -1;

	if (vector < 0 || (unsigned)vector >> 4 <= lapic_priority(own) >> 4)
		return -1;
	return vector;
}

void lapic_take(struct lapic *lapics, int vector)
{
	struct apic *own = lapic_own(lapics);

	own->irr.of[vector / 32] &= ~(1u << vector % 32);
	own->isr.of[vector / 32] |= 1u << vector % 32;
}

static int lapic_waits(void *self, unsigned vector)
{
	const struct lapic *lapics = self;

	for (unsigned i = 0; i < backend_vcpus; i++)
		if (lapics->of[i].irr.of[vector / 32] >> vector % 32 & 1)
			return 1;
	return 0;
}

int lapic_passes_8259(struct lapic *lapics)
{
	uint32_t lint0 = lapics->of[0].r[LVT_LINT0];

	return !backend_vcpu && !(lint0 & MASKED) && MODE(lint0) == MODE_EXTERNAL;
}

int lapic_take_nmi(struct lapic *lapics)
{
	struct apic *own = lapic_own(lapics);
	int waits = own->nmi;

	own->nmi = 0;
	return waits;
}

int lapic_nmi_waits(struct lapic *lapics)
{
	return lapic_own(lapics)->nmi;
}

/* SDM figure 11-10: bits 0, 1 and 3; 7 stands for 1. */
static uint64_t lapic_divisor(const struct apic *own)
{
	unsigned code = (own->r[DIVIDE] & 3) | (own->r[DIVIDE] >> 1 & 4);

	return code == 7 ? 1 : 2ull << code;
}

static uint64_t lapic_period(const struct apic *own)
{
	return own->r[INITIAL] * lapic_divisor(own);
}

/* Runs the timer up to @now. Returns the time at which it expires next. */
static uint64_t lapic_run(void *self, uint64_t now)
{
	struct apic *own = self;
	uint64_t period, due;
	int periodic;

	if (!own->r[INITIAL])
		return BUS_NEVER;
	period = lapic_period(own);
	periodic = !!(own->r[LVT_TIMER] & PERIODIC);
	due = (now - own->start) / period;
	if (!periodic && due > 1)
		due = 1;
	if (due > own->fired) {
		own->fired = due;
		if (!(own->r[LVT_TIMER] & MASKED))
			lapic_raise_own(own, own->r[LVT_TIMER] & 0xff);
	}
	if (own->r[LVT_TIMER] & MASKED || (!periodic && own->fired))
		return BUS_NEVER;
	return own->start + (own->fired + 1) * period;
}

static uint32_t lapic_current(const struct apic *own)
{
	uint64_t period = lapic_period(own), passed = backend_time() - own->start;

	if (!period || (passed >= period && !(own->r[LVT_TIMER] & PERIODIC)))
		return 0;
	return own->r[INITIAL] - passed % period / lapic_divisor(own);
}

static void lapic_end_of_interrupt(struct apic *own, const struct bus_messages *messages)
{
	int vector = lapic_highest(&own->isr);

	if (vector < 0)
		return;
	own->isr.of[vector / 32] &= ~(1u << vector % 32);
	if (own->tmr.of[vector / 32] >> vector % 32 & 1)
		messages->end(messages->io, vector);
}

/* Returns 1 if processor @vcpu is among the destinations. SDM 11.6.1, 11.6.2. */
static int lapic_is_meant(const struct lapic *lapics, uint32_t icr, uint8_t to, unsigned vcpu)
{
	switch (SHORTHAND(icr)) {
	case 0:
		if (icr & LOGICAL)
			return !!(to & lapics->of[vcpu].r[LDR] >> 24);
		return to == 0xff || to == lapics->of[vcpu].r[ID] >> 24;
	case 1:
		return vcpu == backend_vcpu;
	case 2:
		return 1;
	}
	return vcpu != backend_vcpu;
}

static void lapic_raise(struct lapic *lapics, struct apic *to, uint32_t icr)
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
	if (to != lapic_own(lapics))
		backend_kick(to - lapics->of);
}

static void lapic_send(struct lapic *lapics, uint32_t icr, uint8_t to)
{
	if (MODE(icr) != MODE_FIXED && MODE(icr) != MODE_LOWEST && MODE(icr) != MODE_NMI)
		return;
	for (unsigned i = 0; i < backend_vcpus; i++) {
		if (!lapics->of[i].r[VERSION] || !lapic_is_meant(lapics, icr, to, i))
			continue;
		lapic_raise(lapics, &lapics->of[i], icr);
		if (MODE(icr) == MODE_LOWEST)
			return;
	}
}

static void lapic_deliver(void *self, uint32_t entry, uint8_t to)
{
	lapic_send(self, entry & (0xff | MODE_MASK | LOGICAL | LEVEL), to);
}

static uint64_t lapic_read(void *self, uint64_t offset, unsigned size)
{
	const struct apic *own = lapic_own(self);
	unsigned reg = offset >> 4;
	uint64_t value;

	(void)size;
	if (reg >= REGISTERS)
		return 0;
	if (reg >= ISR && reg < ISR + 8)
		value = own->isr.of[reg - ISR];
	else if (reg >= TMR && reg < TMR + 8)
		value = own->tmr.of[reg - TMR];
	else if (reg >= IRR && reg < IRR + 8)
		value = own->irr.of[reg - IRR];
	else if (reg == PPR)
		value = lapic_priority(own);
	else if (reg == CURRENT)
		value = lapic_current(own);
	else
		value = own->r[reg];
	return value >> 8 * (offset & 3);
}

/* Returns the bits of a register that can be set; 0: it cannot be written. */
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

static void lapic_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct lapic *lapics = self;
	struct apic *own = lapic_own(lapics);
	unsigned reg = offset >> 4;
	uint32_t mask;

	if (size != 4 || offset & 15 || reg >= REGISTERS)
		return;
	if (reg == EOI) {
		lapic_end_of_interrupt(own, &lapics->bus->messages);
		return;
	}
	if (reg == LVT_TIMER)
		lapic_run(own, backend_time());	/* the end of a count while it was masked is
						   lost */
	mask = lapic_writable(reg);
	own->r[reg] = (own->r[reg] & ~mask) | (value & mask);
	/* Software disable masks all local vectors until they are written again. */
	if (!(own->r[SVR] & ENABLED))
		for (int i = LVT_TIMER; i <= LVT_ERROR; i++)
			own->r[i] |= MASKED;
	switch (reg) {
	case ICR:
		lapic_send(lapics, value & ~LEVEL, own->r[ICR2] >> 24);
		break;
	case INITIAL:
		own->start = backend_time();
		own->fired = 0;
		/* fall through */
	case LVT_TIMER:
	case DIVIDE:
		bus_set_timer(&lapics->timer[backend_vcpu], BUS_NOW);
		break;
	}
}

static int lapic_attach(void *self, struct bus *bus, const struct device_place *place)
{
	struct lapic *lapics = self;

	lapics->bus = bus;
	bus->messages.locals = lapics;
	bus->messages.deliver = lapic_deliver;
	bus->messages.waits = lapic_waits;
	for (unsigned i = 0; i < backend_vcpus; i++) {
		lapics->timer[i].self = &lapics->of[i];
		lapics->timer[i].run = lapic_run;
		bus_add_timer(bus, &lapics->timer[i], i);
	}
	return bus_add_memory(bus, &(struct bus_memory){ place->at, LAPIC_SIZE, lapics, lapic_read,
							 lapic_write });
}

static int lapic_loaded(void *self)
{
	struct lapic *lapics = self;

	for (unsigned i = 0; i < BACKEND_VCPUS_MAX; i++)
		lapics->timer[i].when = BUS_NOW;
	return 0;
}

/* Each processor's structure is numbers of 32 and 64 bits without gaps. */
_Static_assert(sizeof(struct apic) == 4 * (REGISTERS + 24) + 24, "no gaps");
static const struct state_field lapic_state[] = {
	{ offsetof(struct lapic, of), sizeof(((struct lapic *)0)->of) / 4, 4, 4 },
};

const struct device device_lapic = {
	"lapic", sizeof(struct lapic), 1, lapic_attach, lapic_reset, lapic_loaded,
	lapic_state, sizeof(lapic_state) / sizeof(lapic_state[0])
};

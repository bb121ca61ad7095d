/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The local APICs and the I/O APIC by their registers, with a clock of the test's
   own and two processors. */
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/devices/ioapic.h"
#include "../../../runtime-stubs/devices/lapic.h"
#include "../../../runtime-stubs/devices/ports.h"
#include <stdio.h>

enum { ID = 0x20, TPR = 0x80, EOI = 0xb0, LDR = 0xd0, SVR = 0xf0, ISR = 0x100, IRR = 0x200, ICR = 0x300, ICR2 = 0x310,
       TIMER = 0x320, LINT0 = 0x350, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };

static unsigned passed, failed;
static uint64_t now, next;

unsigned backend_vcpus = 2, backend_vcpu;
static int kicked = -1;
void backend_kick(unsigned vcpu) { kicked = vcpu; }
uint64_t backend_time(void) { return now; }
void devices_run(void) { next = lapic_run(now); }

static void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

static void set(unsigned reg, uint32_t value) { lapic_write(NULL, reg, 4, value); }
static uint32_t get(unsigned reg) { return lapic_read(NULL, reg, 4); }

static int take(void)
{
	int vector = lapic_due();

	if (vector >= 0)
		lapic_take(vector);
	return vector;
}

static void test_timer(void)
{
	set(DIVIDE, 3);			/* by 16 */
	set(TIMER, 0xec);
	now = 1000;
	set(INITIAL, 100);
	expect("the end is told", next == 1000 + 1600);
	now += 800;
	expect("half the count is left", get(CURRENT) == 50);
	expect("not before its time", lapic_run(now) == 2600 && lapic_due() < 0);
	now += 800;
	expect("once, then never again", lapic_run(now) == 0 && get(CURRENT) == 0);
	expect("its vector", take() == 0xec && get(ISR + 0x70) == 1u << 12);
	set(EOI, 0);
	expect("ended", get(ISR + 0x70) == 0 && lapic_due() < 0);
	set(DIVIDE, 0xb);		/* by 1 */
	set(TIMER, 0x20000 | 0x41);
	set(INITIAL, 500);
	now += 1700;
	expect("periodic: three periods, one interrupt", lapic_run(now) == now - 200 + 500 &&
	       take() == 0x41 && take() < 0 && get(CURRENT) == 300);
	set(EOI, 0);
	set(TIMER, 0x30041);
	now += 1000;
	expect("masked", lapic_run(now) == 0 && lapic_due() < 0);
	set(INITIAL, 0);
}

static void test_priority(void)
{
	set(ICR, 0x40000 | 0x51);
	expect("an interrupt to oneself", take() == 0x51);
	set(ICR, 0x40000 | 0x5f);
	expect("not within its class", lapic_due() < 0 && get(IRR + 0x20) == 1u << 31);
	set(ICR, 0x40000 | 0x61);
	expect("a higher class", take() == 0x61);
	set(EOI, 0);
	expect("still in service", lapic_due() < 0);
	set(EOI, 0);
	expect("what waited", take() == 0x5f);
	set(EOI, 0);
	set(TPR, 0x70);
	set(ICR, 0x40000 | 0x7f);
	expect("the task's priority", lapic_due() < 0);
	set(TPR, 0);
	expect("and without", take() == 0x7f);
	set(EOI, 0);
	set(ICR, 0x40000 | 0x0f);
	expect("vectors below 16 are none", lapic_due() < 0);
}

/* What the other processor finds. */
static int other_takes(void)
{
	int vector;

	backend_vcpu = 1;
	vector = take();
	if (vector >= 0)
		set(EOI, 0);
	backend_vcpu = 0;
	return vector;
}

static int was_kicked(int vcpu)
{
	int right = kicked == vcpu;

	kicked = -1;
	return right;
}

static void test_others(void)
{
	backend_vcpu = 1;
	expect("an ID of its own", get(ID) == 1u << 24);
	expect("the 8259 pair is the first one's", !lapic_passes_8259());
	set(LDR, 2u << 24);
	backend_vcpu = 0;
	set(ID, 0);
	set(LDR, 1u << 24);
	set(ICR2, 1u << 24);
	set(ICR, 0x91);
	expect("by ID", was_kicked(1) && other_takes() == 0x91 && take() < 0);
	set(ICR2, 2u << 24);
	set(ICR, 0x892);
	expect("by logical ID", was_kicked(1) && other_takes() == 0x92 && take() < 0);
	set(ICR, 0xc0093);
	expect("all but oneself", was_kicked(1) && other_takes() == 0x93 && take() < 0);
	set(ICR, 0x80094);
	expect("all", was_kicked(1) && other_takes() == 0x94 && take() == 0x94);
	set(EOI, 0);
	set(ICR2, 7u << 24);
	set(ICR, 0x95);
	expect("nobody", was_kicked(-1) && other_takes() < 0 && take() < 0);
	set(ICR, 0xc0400);
	expect("NMI, not to oneself", was_kicked(1) && !lapic_nmi_waits());
	backend_vcpu = 1;
	expect("NMI, once", lapic_nmi_waits() && lapic_take_nmi() && !lapic_take_nmi());
	backend_vcpu = 0;
}

static void io_set(unsigned reg, uint32_t value)
{
	ioapic_write(NULL, 0, 4, reg);
	ioapic_write(NULL, 0x10, 4, value);
}

static uint32_t io_get(unsigned reg)
{
	ioapic_write(NULL, 0, 4, reg);
	return ioapic_read(NULL, 0x10, 4);
}

static void test_ioapic(void)
{
	ioapic_reset();
	expect("24 inputs, all masked", io_get(1) == 0x170011 && io_get(0x10 + 46) == 0x10000);
	ioapic_set(4, 1);
	expect("masked", take() < 0);
	ioapic_set(4, 0);
	io_set(0x19, 1u << 24);
	io_set(0x18, 0xa4);
	expect("a pin that keeps nothing", !ioapic_masked(4) && !ioapic_keeps(4) && ioapic_masked(6));
	ioapic_set(4, 1);
	expect("it waits to be taken", ioapic_keeps(4) && !ioapic_keeps(6));
	expect("an edge, to the other", was_kicked(1) && other_takes() == 0xa4);
	expect("and is taken", !ioapic_keeps(4));
	ioapic_set(4, 1);
	expect("no further edge", other_takes() < 0);
	io_set(0x1b, 0);
	io_set(0x1a, 0x80a5);
	ioapic_set(5, 1);
	expect("a level", take() == 0xa5 && io_get(0x1a) == 0xc0a5);
	set(EOI, 0);
	expect("again, for it still is", take() == 0xa5);
	ioapic_set(5, 0);
	set(EOI, 0);
	expect("no more", take() < 0 && io_get(0x1a) == 0x80a5);
}

int main(void)
{
	backend_vcpu = 1;
	lapic_reset();
	backend_vcpu = 0;
	lapic_reset();
	expect("as firmware leaves it: the 8259 pair goes through", lapic_passes_8259());
	set(LINT0, 0x10700);
	expect("masked", !lapic_passes_8259());
	set(LINT0, 0x700);
	set(ID, 0x12345678);
	expect("eight bits of ID", get(ID) == 0x12000000);
	test_timer();
	test_priority();
	test_others();
	test_ioapic();
	set(SVR, 0xff);
	expect("off by software: every vector masked", get(TIMER) & 0x10000 &&
	       !lapic_passes_8259());
	printf("lapic: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}

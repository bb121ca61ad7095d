/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The local APICs and the I/O APIC by their registers, with a clock of the test's
   own and two processors. */
#include "machine.h"
#include "../../../runtime-stubs/board/places.h"

enum { ID = 0x20, VERSION = 0x30, TPR = 0x80, PPR = 0xa0, EOI = 0xb0, LDR = 0xd0, DFR = 0xe0, SVR = 0xf0, ISR = 0x100,
       IRR = 0x200, ICR = 0x300, ICR2 = 0x310, TIMER = 0x320, LINT0 = 0x350, LINT1 = 0x360, INITIAL = 0x380, CURRENT = 0x390, DIVIDE = 0x3e0 };

static void set(unsigned reg, uint32_t value) { store(LAPIC_AT + reg, 4, value); }
static uint32_t get(unsigned reg) { return load(LAPIC_AT + reg, 4); }

/* As they are after reset; what has no effect is read back as it was written. */
static void test_registers(void)
{
	static const uint16_t locals[] = { 0x320, 0x330, 0x340, 0x370 };

	expect("the flat model, all vectors spurious", get(DFR) == ~0u && get(SVR) == 0x1ff);
	expect("six local vectors", get(VERSION) == 0x50014 && get(ID) == 0);
	for (unsigned i = 0; i < 4; i++)
		expect("its bytes", load(LAPIC_AT + VERSION + i, 1) == (0x50014u >> 8 * i & 0xff));
	expect("local inputs: the 8259 pair, and NMI", get(LINT0) == 0x700 && get(LINT1) == 0x400);
	for (unsigned i = 0; i < 4; i++) {
		expect("masked", get(locals[i]) == 0x10000);
		set(locals[i], 0x10040 + i);
		expect("a local vector", get(locals[i]) == 0x10040 + i);
		set(locals[i], 0x10000);
	}
	backend_vcpu = 1;
	expect("none of the others'", get(LINT0) == 0x10000 && get(LINT1) == 0x10000 && get(DFR) == ~0u);
	backend_vcpu = 0;
	set(TPR, 0x55);
	expect("the task's priority", get(TPR) == 0x55 && get(PPR) == 0x55);
	set(TPR, 0);
	set(ICR2, 3u << 24);
	expect("the destination", get(ICR2) == 3u << 24);
	set(ICR2, 0);
	expect("a timer that stands", get(INITIAL) == 0 && get(CURRENT) == 0);
}

/* What waits at this processor, taken; or -1. */
static int take(void)
{
	return board_interrupt_waits() ? board_interrupt() : -1;
}

/* The timers up to machine_now; the machine_next time that is told. */
static uint64_t run(void)
{
	board_run();
	return machine_next;
}

/* Does what the 8259 pair wants go through? */
static int passes_8259(void)
{
	int passes;

	board_vm.bus.interrupt = 1;
	passes = board_interrupt_waits();
	board_vm.bus.interrupt = 0;
	return passes;
}

static void test_timer(void)
{
	set(DIVIDE, 3);			/* by 16 */
	set(TIMER, 0xec);
	machine_now = MS;
	set(INITIAL, 100000);
	expect("the end is told", machine_next == MS + 1600000);
	machine_now += 800000;
	expect("half the count is left", get(CURRENT) == 50000);
	expect("not before its time", run() == 2600000 && !board_interrupt_waits());
	machine_now += 800000;
	expect("once, then never again", run() == 0 && get(CURRENT) == 0);
	expect("its vector", take() == 0xec && get(ISR + 0x70) == 1u << 12);
	set(EOI, 0);
	expect("ended", get(ISR + 0x70) == 0 && !board_interrupt_waits());
	set(DIVIDE, 0xb);		/* by 1 */
	set(TIMER, 0x20000 | 0x41);
	set(INITIAL, 500000);
	machine_now += 1700000;
	expect("periodic: three periods, one interrupt", run() == machine_now - 200000 + 500000 &&
	       take() == 0x41 && take() < 0 && get(CURRENT) == 300000);
	set(EOI, 0);
	set(TIMER, 0x30041);
	machine_now += MS;
	expect("masked", run() == 0 && !board_interrupt_waits());
	set(TIMER, 0x20041);
	expect("what ended while it was masked is lost", !board_interrupt_waits() && machine_next);
	set(INITIAL, 0);
}

static void test_priority(void)
{
	set(ICR, 0x40000 | 0x51);
	expect("an interrupt to oneself", take() == 0x51);
	set(ICR, 0x40000 | 0x5f);
	expect("not within its class", !board_interrupt_waits() && get(IRR + 0x20) == 1u << 31);
	set(ICR, 0x40000 | 0x61);
	expect("a higher class", take() == 0x61);
	set(EOI, 0);
	expect("still in service", !board_interrupt_waits());
	set(EOI, 0);
	expect("what waited", take() == 0x5f);
	set(EOI, 0);
	set(TPR, 0x70);
	set(ICR, 0x40000 | 0x7f);
	expect("the task's priority", !board_interrupt_waits());
	set(TPR, 0);
	expect("and without", take() == 0x7f);
	set(EOI, 0);
	set(ICR, 0x40000 | 0x0f);
	expect("vectors below 16 are none", !board_interrupt_waits());
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
	int right = machine_kicked == vcpu;

	machine_kicked = -1;
	return right;
}

static void test_others(void)
{
	backend_vcpu = 1;
	expect("an ID of its own", get(ID) == 1u << 24);
	expect("the 8259 pair is the first one's", !passes_8259());
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
	expect("NMI, not to oneself", was_kicked(1) && !board_nmi_waits());
	backend_vcpu = 1;
	expect("NMI, once", board_nmi_waits() && board_take_nmi() && !board_take_nmi());
	backend_vcpu = 0;
}

static void io_set(unsigned reg, uint32_t value)
{
	store(IOAPIC_AT, 4, reg);
	store(IOAPIC_AT + 0x10, 4, value);
}

static uint32_t io_get(unsigned reg)
{
	store(IOAPIC_AT, 4, reg);
	return load(IOAPIC_AT + 0x10, 4);
}

static void test_ioapic(void)
{
	struct bus_source four, five;

	bus_add_source(&board_vm.bus, &four, 4);
	bus_add_source(&board_vm.bus, &five, 5);
	expect("its ID after reset, behind the processors'", io_get(0) == 2u << 24 && io_get(2) == 2u << 24);
	io_set(0, 0xf5ffffff);
	expect("four bits of ID", io_get(0) == 5u << 24 && load(IOAPIC_AT, 4) == 0);
	store(IOAPIC_AT + 0x20, 4, 7u << 24);
	io_set(1, ~0u);
	io_set(3, 6u << 24);
	expect("written through the window, and in no other place", io_get(0) == 5u << 24 && io_get(1) == 0x170011 &&
	       io_get(3) == 0 && load(IOAPIC_AT + 0x20, 4) == 0);
	for (unsigned reg = 0x10; reg < 0x40; reg++)
		expect("an entry", io_get(reg) == (reg & 1 ? 0 : 0x10000));
	expect("none behind the last", io_get(0x40) == 0 && load(IOAPIC_AT, 4) == 0x40);
	expect("24 inputs, all masked", io_get(1) == 0x170011 && io_get(0x10 + 46) == 0x10000);
	bus_set_line(&four, 1);
	expect("masked", take() < 0);
	bus_set_line(&four, 0);
	io_set(0x18, 0x100a4);
	bus_set_line(&four, 1);
	expect("masked, with a vector", take() < 0 && other_takes() < 0);
	bus_set_line(&four, 0);
	io_set(0x19, 1u << 24);
	io_set(0x18, 0xa4);
	expect("a pin that keeps nothing", !bus_look_at_line(&four) &&
	       bus_look_at_line(&five) == BUS_LINE_MASKED);
	bus_set_line(&four, 1);
	expect("it waits to be taken", bus_look_at_line(&four) == BUS_LINE_WAITS);
	expect("an edge, to the other", was_kicked(1) && other_takes() == 0xa4);
	expect("and is taken", !bus_look_at_line(&four));
	bus_set_line(&four, 1);
	expect("no further edge", other_takes() < 0);
	io_set(0x1b, 0);
	io_set(0x1a, 0x80a5);
	bus_set_line(&five, 1);
	expect("a level, which the trigger mode register tells", get(0x1d0) == 1u << 5 && !get(0x1a0));
	expect("a level", take() == 0xa5 && io_get(0x1a) == 0xc0a5);
	set(EOI, 0);
	expect("again, for it still is", take() == 0xa5);
	bus_set_line(&five, 0);
	set(EOI, 0);
	expect("no more", take() < 0 && io_get(0x1a) == 0x80a5);
}

int main(void)
{
	machine_start(2);
	backend_vcpu = 1;
	board_running_started();
	backend_vcpu = 0;
	test_registers();
	expect("as firmware leaves it: the 8259 pair goes through", passes_8259());
	set(LINT0, 0x10700);
	expect("masked", !passes_8259());
	set(LINT0, 0x700);
	set(ID, 0x12345678);
	expect("eight bits of ID", get(ID) == 0x12000000);
	test_timer();
	test_priority();
	test_others();
	test_ioapic();
	set(SVR, 0xff);
	expect("off by software: every vector masked", get(TIMER) & 0x10000 &&
	       !passes_8259());
	set(SVR, 0x1ff);
	set(TIMER, 0x41);
	set(INITIAL, 1000);
	machine_reset();
	expect("no timer after reset", get(INITIAL) == 0 && run() == 0);
	return report("lapic", 100);
}

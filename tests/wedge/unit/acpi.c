/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* ACPI's fixed registers, with the 8259 pair behind them: tables, button, power. */
#include "machine.h"
#include "../../../runtime-stubs/board/places.h"
#include "../../../runtime-stubs/devices/exit_status.h"
#include <string.h>

enum { STATUS = 0x600, ENABLE = 0x602, CONTROL = 0x604, BUTTON = 0x100, SCI = 9 };

static void set(uint16_t port, uint16_t value) { bus_write_port(&board_vm.bus, port, 2, value); }
static uint16_t get(uint16_t port) { return bus_read_port(&board_vm.bus, port, 2); }

/* As Linux sets them up: vectors from 30h and 38h, SCI's line by level. */
static void start_8259(void)
{
	static const uint8_t words[][2] = { { 0x20, 0x11 }, { 0x21, 0x30 }, { 0x21, 4 }, { 0x21, 1 },
		{ 0xa0, 0x11 }, { 0xa1, 0x38 }, { 0xa1, 2 }, { 0xa1, 1 } };

	machine_start(1);
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		out(words[i][0], words[i][1]);
	out(0x4d1, 1u << (SCI - 8));
	out(0x21, 0xfb);
	out(0xa1, 0xff & ~(1u << (SCI - 8)));
}

static void test_button(void)
{
	board_power_button();
	expect("seen, but interrupts are not enabled", get(STATUS) == BUTTON && !board_interrupt_waits());
	set(ENABLE, BUTTON);
	expect("the interrupt", board_interrupt_waits() && board_interrupt() == 0x38 + SCI - 8);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	expect("again, for it is still pressed", board_interrupt_waits());
	set(STATUS, (uint16_t)~BUTTON);
	expect("other events taken away", get(STATUS) == BUTTON);
	set(STATUS, BUTTON);
	expect("taken away", get(STATUS) == 0 && !board_interrupt_waits() && get(ENABLE) == BUTTON);
	board_power_button();
	expect("pressed once more", board_interrupt_waits());
	bus_write_port(&board_vm.bus, STATUS, 4, BUTTON);
	expect("both registers at once", get(STATUS) == 0 && get(ENABLE) == 0 && !board_interrupt_waits());
	board_power_button();
	start_8259();
	expect("reset", get(STATUS) == 0);
}

static void test_tables(void)
{
	static uint8_t page[4096] __attribute__((aligned(4096)));
	uint32_t flags;
	const uint8_t *fadt = NULL;

	board_write_tables(page, BOARD_TABLES);
	for (unsigned i = 0; i + 116 < sizeof(page) && !fadt; i += 4)
		if (!memcmp(page + i, "FACP", 4))
			fadt = page + i;
	expect("there is a FADT", fadt != NULL);
	if (!fadt)
		return;
	memcpy(&flags, fadt + 112, sizeof(flags));
	expect("a fixed power button, no other", !(flags & 1u << 4) && (flags & 1u << 5));
	expect("its interrupt", fadt[46] == SCI && fadt[47] == 0);
}

/* Each table that the root names, by its signature; its checksum is right. */
static const uint8_t *table(const uint8_t *page, const char *signature)
{
	const uint8_t *rsdt = page, *t;
	uint32_t at, size;
	uint8_t sum = 0;

	memcpy(&at, page + 16, 4);
	rsdt = page + (at - BOARD_TABLES);
	memcpy(&size, rsdt + 4, 4);
	for (uint32_t i = 36; i < size; i += 4) {
		memcpy(&at, rsdt + i, 4);
		t = page + (at - BOARD_TABLES);
		if (memcmp(t, signature, 4))
			continue;
		memcpy(&size, t + 4, 4);
		while (size--)
			sum += t[size];
		return sum ? NULL : t;
	}
	return NULL;
}

static void test_hpet_table(void)
{
	static uint8_t page[4096] __attribute__((aligned(4096)));
	const uint8_t *hpet;
	uint64_t address = 0;

	for (backend_vcpus = 1; backend_vcpus <= 8; backend_vcpus += 7) {
		board_write_tables(page, BOARD_TABLES);
		hpet = table(page, "HPET");
		if (hpet)
			memcpy(&address, hpet + 44, 8);
		expect("the HPET's table", hpet && address == HPET_AT && hpet[40] == 0);
		expect("the APICs' with several processors", !table(page, "APIC") == (backend_vcpus == 1));
		expect("the fixed one", table(page, "FACP") != NULL);
	}
	backend_vcpus = 1;
}

static void power_off(uint32_t port) { set(port, port == CONTROL ? 0x2001 : 0x2000 >> 8); }

int main(void)
{
	start_8259();
	test_tables();
	test_hpet_table();
	test_button();
	bus_write_port(&board_vm.bus, 0x3f8, 1, 'x');
	machine_try(power_off, CONTROL);
	expect("power-off, with the last of the output", machine_ended == EXIT_GOOD &&
	       !strcmp(machine_output, "x"));
	machine_try(power_off, CONTROL + 1);
	expect("by the high byte", machine_ended == EXIT_GOOD);
	return report("acpi", 15);
}

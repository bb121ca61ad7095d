/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "machine.h"
#include "../../../runtime-stubs/board/devices.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t machine_now, machine_next;
int machine_kicked = -1, machine_ended = -1;
const char *machine_input = "";
char machine_output[256];
unsigned backend_vcpus = 1, backend_vcpu;
static uint8_t machine_memory[MACHINE_MEMORY] __attribute__((aligned(4096)));
uint8_t *backend_guest_memory = machine_memory;
uint64_t backend_low_bytes = MACHINE_MEMORY, backend_guest_bytes = MACHINE_MEMORY;
struct bus_disk *machine_disks[BUS_DISKS];
struct bus_entropy *machine_entropy;
struct bus_balloon *machine_balloon;
struct bus_net *machine_net;
uint8_t machine_console;
struct bus_share *machine_share;
static unsigned passed, failed;
static jmp_buf ended;

uint64_t backend_time(void) { return machine_now; }
void backend_timer_set(uint64_t when) { machine_next = when; }
void backend_kick(unsigned vcpu) { machine_kicked = vcpu; }

void backend_shutdown(int how)
{
	machine_ended = how;
	longjmp(ended, 1);
}

void backend_console_write(const char *text, size_t length)
{
	size_t have = strlen(machine_output);

	if (length > sizeof(machine_output) - 1 - have)
		length = sizeof(machine_output) - 1 - have;
	memcpy(machine_output + have, text, length);
}

size_t backend_console_read(char *text, size_t size)
{
	size_t n = strlen(machine_input);

	n = n < size ? n : size;
	memcpy(text, machine_input, n);
	machine_input += n;
	return n;
}

void machine_start(unsigned vcpus)
{
	const char *bad;

	backend_vcpus = vcpus;
	backend_vcpu = 0;
	machine_next = 0;
	machine_kicked = -1;
	memset(machine_output, 0, sizeof(machine_output));
	memset(&board_vm.bus, 0, sizeof(board_vm.bus));
	for (unsigned i = 0; i < BUS_DISKS && machine_disks[i]; i++)
		bus_add_disk(&board_vm.bus, machine_disks[i]);
	board_vm.bus.entropy = machine_entropy;
	board_vm.bus.balloon = machine_balloon;
	board_vm.bus.net = machine_net;
	board_vm.bus.share = machine_share;
	board_vm.bus.console = machine_console;
	for (unsigned i = 0; i < BOARD_DEVICES; i++)
		if (board_vm.self[i])
			memset(board_vm.self[i], 0, board_devices[i].device->size);
	bad = board_start();
	if (bad) {
		printf("BAD no place for %s\n", bad);
		exit(1);
	}
}

void machine_reset(void)
{
	backend_vcpu = 0;
	for (unsigned i = 0; i < BOARD_DEVICES; i++)
		if (board_vm.self[i])
			board_devices[i].device->reset(board_vm.self[i]);
}

void machine_try(void (*does)(uint32_t argument), uint32_t argument)
{
	machine_ended = -1;
	if (!setjmp(ended))
		does(argument);
}

void expect(const char *what, int good)
{
	passed += !!good;
	failed += !good;
	if (!good)
		printf("BAD %s\n", what);
}

int report(const char *test, unsigned least)
{
	printf("%s: %u passed, %u failed\n", test, passed, failed);
	return failed || passed < least;
}

uint64_t load(uint64_t gpa, unsigned size)
{
	const struct bus_memory *window = bus_find_memory(&board_vm.bus, gpa);

	return window ? bus_read_memory(window, gpa, size) : ~0ull;
}

void store(uint64_t gpa, unsigned size, uint64_t value)
{
	const struct bus_memory *window = bus_find_memory(&board_vm.bus, gpa);

	if (window)
		bus_write_memory(window, gpa, size, value);
}

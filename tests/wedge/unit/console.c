/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * virtio's console, by a driver of the test's own: what is written, input with and without
 * buffers, beside the serial port, wrong chains, saved state.
 */
#include "driver.h"
#include "../../../runtime-stubs/board/places.h"
#include <string.h>

#define SLOT CONSOLE_SLOT
#define BUFFER 0x30000u
enum { RECEIVE, SEND };

static char *memory(unsigned at)
{
	return (char *)backend_guest_memory + BUFFER + at;
}

static void fresh(const char *input)
{
	machine_console = 1;
	machine_input = input;
	machine_start(1);
}

static void offer_one(unsigned queue, uint32_t size, unsigned flags)
{
	driver_select(queue);
	describe(0, BUFFER, size, flags, 0);
	offer(SLOT, 0);
}

static void test_who(void)
{
	machine_console = 0;
	machine_start(1);
	expect("none without the word", config_get(SLOT, 0, 4) == ~0u);
	fresh("");
	expect("who it is", config_get(SLOT, 0, 4) == 0x10431af4 && config_get(SLOT, 8, 4) == 0x07800001);
	set_reg(SLOT, DEVICE_SELECT, 4, 0);
	expect("offered", reg(SLOT, DEVICE_FEATURES, 4) == 3u << 28 && reg(SLOT, QUEUES, 2) == 2);
}

static void test_written(void)
{
	fresh("");
	driver_start(SLOT, 0);
	memcpy(memory(0), "from the guest", 14);
	driver_select(SEND);
	describe(0, BUFFER, 5, NEXT, 1);
	describe(1, BUFFER + 5, 9, 0, 0);
	offer(SLOT, 0);
	expect("written in pieces", returned() == 1 && !strcmp(machine_output, "from the guest"));
}

static void test_input(void)
{
	fresh("abcdef");
	board_run();
	expect("nobody asks", !strcmp(machine_input, "abcdef"));
	driver_start(SLOT, 0);
	memset(memory(0), 0, 16);
	board_run();
	driver_select(RECEIVE);
	expect("no buffer yet", returned() == 0);
	offer_one(RECEIVE, 4, WRITE);
	expect("a part", returned() == 1 && returned_bytes() == 4 && !strcmp(memory(0), "abcd"));
	offer_one(RECEIVE, 8, WRITE);
	expect("the rest", returned() == 2 && returned_bytes() == 2 && !memcmp(memory(0), "efcd", 4));
	offer_one(RECEIVE, 8, WRITE);
	expect("a buffer waits", returned() == 2);
	machine_input = "g";
	board_run();
	expect("for what comes", returned() == 3 && *memory(0) == 'g' && reg(SLOT, ISR, 1) == 1);
	out(BOARD_COM1 + 1, 1);
	machine_input = "h";
	offer_one(RECEIVE, 8, WRITE);
	machine_input = "i";
	board_run();
	expect("the serial port comes first", returned() == 4 && *memory(0) == 'h' && in(BOARD_COM1) == 'i');
}

static void wrong(const char *what, unsigned queue, unsigned flags)
{
	fresh("abc");
	driver_start(SLOT, 0);
	offer_one(queue, 16, flags);
	expect(what, reg(SLOT, STATUS, 1) & NEEDS_RESET && !returned() && !*machine_output);
}

static void test_saved(void)
{
	static uint8_t saved[1 << 16];
	size_t size;

	fresh("abcdef");
	driver_start(SLOT, 0);
	offer_one(RECEIVE, 2, WRITE);
	size = board_state_size();
	board_save(saved);
	fresh("");
	expect("it goes on", size <= sizeof(saved) && !board_load(saved, size));
	offer_one(RECEIVE, 8, WRITE);
	expect("with what had come", returned() == 2 && returned_bytes() == 4 && !memcmp(memory(0), "cdef", 4));
	machine_console = 0;
	machine_start(1);
	expect("a console that is not there", board_load(saved, size) != NULL);
}

int main(void)
{
	test_who();
	test_written();
	test_input();
	wrong("input to be read", RECEIVE, 0);
	wrong("output to be written to", SEND, WRITE);
	test_saved();
	return report("console", 16);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The entropy device, by a driver of the test's own, and what makes its bytes. */
#include "driver.h"
#include "../../../runtime-stubs/board/places.h"
#include "../../../runtime-stubs/wedge/entropy.h"
#include <string.h>

#define BUFFER 0x30000u

static uint8_t saved[32768];

/* RFC 8439, 2.3.2. */
static void test_chacha(void)
{
	static const uint32_t state[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574,
		0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110, 0x17161514, 0x1b1a1918,
		0x1f1e1d1c, 1, 0x09000000, 0x4a000000, 0 };
	static const uint32_t wanted[16] = { 0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
		0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214,
		0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2 };
	uint32_t out[16];

	entropy_block(state, out);
	expect("the RFC's block", !memcmp(out, wanted, sizeof(out)));
}

static void test_rng(void)
{
	static struct entropy entropy;
	static const uint8_t seed[ENTROPY_SEED];
	uint8_t *memory = backend_guest_memory;
	size_t size;

	machine_start(1);
	expect("none without a source", config_get(RNG_SLOT, 0, 4) == ~0u);
	entropy_init(&entropy, seed);
	machine_entropy = &entropy.source;
	machine_start(1);
	expect("an entropy device", config_get(RNG_SLOT, 0, 4) == 0x10441af4 && reg(RNG_SLOT, CONFIG, 4) == 0);
	driver_start(RNG_SLOT, 0);
	memset(memory + BUFFER, 0, 0x1000);
	describe(0, BUFFER, 100, NEXT | WRITE, 1);
	describe(1, BUFFER + 0x800, 40, WRITE, 0);
	offer(RNG_SLOT, 0);
	expect("so many bytes", returned() == 1 && returned_bytes() == 140 && memory[BUFFER + 100] == 0 &&
	       memcmp(memory + BUFFER, memory + BUFFER + 32, 32) && memcmp(memory + BUFFER, seed, 32));
	memcpy(memory + BUFFER + 0x400, memory + BUFFER, 100);
	offer(RNG_SLOT, 0);
	expect("others the next time", returned() == 2 && memcmp(memory + BUFFER + 0x400, memory + BUFFER, 100));
	describe(0, BUFFER, 0x20000, WRITE, 0);
	offer(RNG_SLOT, 0);
	expect("not too many at once", returned() == 3 && returned_bytes() == 65536);
	size = board_state_size();
	board_save(saved);
	machine_start(1);
	expect("it goes on", !board_load(saved, size) && reg(RNG_SLOT, STATUS, 1) == 0xf);
	offer(RNG_SLOT, 0);
	expect("elsewhere", returned() == 4);
	describe(0, BUFFER, 4, 0, 0);
	offer(RNG_SLOT, 0);
	expect("nothing to be written", reg(RNG_SLOT, STATUS, 1) & NEEDS_RESET && returned() == 4);
	machine_entropy = NULL;
	machine_start(1);
	expect("a device that is not there", board_load(saved, size) != NULL);
}

int main(void)
{
	test_chacha();
	test_rng();
	return report("rng", 10);
}

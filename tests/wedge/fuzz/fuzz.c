/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A guest that asks for what no sane kernel does: page tables full of random
 * entries and accesses through them, model-specific and control registers,
 * descriptors and selectors, ports, the local APIC's memory, frames for iret,
 * gates, privileged instructions with random operands, random code of user mode.
 * Words of the command line: seed=N, count=N, verbose (each attempt is told),
 * lethal (what a bare machine dies of, too).
 *
 * Invariant: its own stack, code and level-4 table stay whole; all writes through
 * random mappings go to the pool. A stack that runs away is the hypervisor's.
 */
#include "fuzz.h"

uint64_t fuzz_seed;
uint64_t fuzz_pool[POOL_PAGES * 512] __attribute__((aligned(4096)));
static int verbose, lethal;

uint64_t fuzz_random(void)
{
	fuzz_seed ^= fuzz_seed << 13;
	fuzz_seed ^= fuzz_seed >> 7;
	fuzz_seed ^= fuzz_seed << 17;
	return fuzz_seed;
}

unsigned fuzz_below(unsigned n)
{
	return (fuzz_random() >> 16) % n;
}

/* A number of some kind: small, a single bit, all but one, anything. */
uint64_t fuzz_value(void)
{
	switch (fuzz_below(6)) {
	case 0: return fuzz_below(16);
	case 1: return 1ull << fuzz_below(64);
	case 2: return ~(1ull << fuzz_below(64));
	case 3: return (uint32_t)fuzz_random();
	case 4: return fuzz_address();
	}
	return fuzz_random();
}

/* An address: of the pool, through random tables, or of nothing at all; never
   of this kernel. */
uint64_t fuzz_address(void)
{
	uint64_t low = fuzz_random() & 0x7fffffffffull;

	switch (fuzz_below(8)) {
	case 0: return (uint64_t)fuzz_pool + fuzz_below(sizeof(fuzz_pool) - 64);
	case 1: case 2: return LOWER_PLACE + (low & 0x3ffff8);
	case 3: return LOWER_PLACE + low;
	case 4: return UPPER_PLACE + (low & 0x3fffff);
	case 5: return UPPER_PLACE + low;
	case 6: return 0x800000000000ull + fuzz_random() % 0x1000000000ull;
	}
	return 0xffff800000000000ull + low;	/* a hypervisor's, maybe */
}

void fuzz_print(const char *text)
{
	for (; *text; text++)
		fuzz_put(*text);
}

void fuzz_number(uint64_t n)
{
	char digits[21], *p = digits + 20;

	for (*p = '\0'; n || p == digits + 20; n /= 10)
		*--p = '0' + n % 10;
	fuzz_print(p);
}

static uint64_t word(const char *line, const char *name, uint64_t otherwise)
{
	for (; *line; line++) {
		unsigned n = 0;
		uint64_t value = 0;

		while (name[n] && line[n] == name[n])
			n++;
		if (name[n])
			continue;
		if (line[n] != '=')
			return 1;
		for (n++; line[n] >= '0' && line[n] <= '9'; n++)
			value = value * 10 + line[n] - '0';
		return value;
	}
	return otherwise;
}

static void gates(void)
{
	for (unsigned v = 0; v < 256; v++)
		fuzz_gate(v, (uint64_t)fuzz_entries + 16 * v, v == 0x80 ? 0xee : 0x8e, KERNEL_CS, 0);
}

#define TELL 1000u		/* attempts, between two words of how many there were */

static void tell(uint64_t attempts)
{
	fuzz_print("guest: attempts: ");
	fuzz_number(attempts);
	fuzz_print("\n");
}

int fuzz_main(const char *line)
{
	uint64_t seed = word(line, "seed", 1), count = word(line, "count", 2000), ended = 0;
	unsigned each[FUZZ_KINDS] = { 0 };

	verbose = word(line, "verbose", 0);
	lethal = word(line, "lethal", 0);
	fuzz_seed = seed * 0x9e3779b97f4a7c15ull + 1;
	fuzz_print("guest: seed ");
	fuzz_number(seed);
	fuzz_print("\n");
	gates();
	fuzz_setup();
	for (uint64_t i = 0; i < count; i++) {
		unsigned kind = fuzz_below(FUZZ_KINDS);

		if (i && !(i % TELL))
			tell(i);
		if (fuzz_kinds[kind].lethal && (!lethal || fuzz_below(20)))
			continue;
		if (verbose) {
			fuzz_number(i);
			fuzz_print(" ");
			fuzz_print(fuzz_kinds[kind].name);
			fuzz_print("\n");
		}
		each[kind]++;
		ended += fuzz_try(fuzz_kinds[kind].attempt, fuzz_random(), fuzz_value()) != 0;
		fuzz_restore();
	}
	tell(count);
	fuzz_print("guest: attempts ended by an exception: ");
	fuzz_number(ended);
	fuzz_print("\nguest: all tried\n");
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Operations on device memory against this processor: each instruction of operations.S
 * runs on memory here, and is carried out on a device that holds the same, from one
 * state. Registers, flags and memory must be the same. Then what falls into the midst.
 */
#include "../../../runtime-stubs/cpu/cpu.h"
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/board/board.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u
#define ROUNDS 48
#define FLAGS 0x8d5u
#define MIDDLE (PAGE + 2048)	/* of an area */
#define STACK (PAGE - 256)

/* As operations.S has them; rsp is its own. */
struct state {
	uint64_t r[16], rip, flags, rsp, nothing;
	uint8_t fxsave[512];
} __attribute__((aligned(16)));
#define XMM (16 * 16)		/* bytes, at 160 of fxsave */
extern const struct { const uint8_t *code; uint64_t size; const char *text; }
	tries[], tries_strings[], tries_end[];
void run_here(struct state *state);

/* Four pages each: on the second area's second one lies a device; its last one is not
   mapped. */
static uint8_t *native, *emulated;
static struct bus_memory device;
static unsigned passed, failed, aside;
static struct cpu cpu;
static struct cpu_fault fault;

int mmu_translate(uint64_t va, uint32_t access, struct mmu_walk *walk, uint32_t *error)
{
	*error = access;
	walk->gpa = va;
	return va - (uint64_t)emulated >= 3 * PAGE && va - (uint64_t)emulated < 4 * PAGE ? -1 : 0;
}

int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error)
{
	(void)user; (void)address; (void)error;
	for (size_t i = 0; i < size; i++)	/* no vector is used for it */
		*(volatile uint8_t *)(write ? va + i : (uint64_t)buffer + i) =
			*(uint8_t *)(write ? (uint64_t)buffer + i : va + i);
	return 0;
}

static uint64_t device_read(void *self, uint64_t offset, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, (uint8_t *)self + offset, size);
	return value;
}

static void device_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	memcpy((uint8_t *)self + offset, &value, size);
}

static void report(int good, const char *what, const char *how)
{
	if (good)
		passed++;
	else if (++failed < 40)
		printf("BAD %s: %s\n", what, how);
}

/* Numbers at which flags change, and others. */
static uint64_t number(void)
{
	static const uint64_t edges[] = { 0, 1, ~0ull, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000 };
	uint64_t any = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();

	return random() % 2 ? any : edges[random() % (sizeof(edges) / sizeof(edges[0]))];
}

/* The emulation of one instruction; where no operand is on the device any more, the
   processor goes on. */
static const char *emulate(struct state *s, uint64_t size)
{
	uint64_t end = s->rip + size;
	unsigned calls = 0;

	memcpy(cpu.r, s->r, sizeof(cpu.r));
	cpu.rflags = s->flags;
	cpu.rip = s->rip;
	while (cpu.rip != end) {
		struct cpu before = cpu;
		enum cpu_result result;

		__asm__ volatile("fxrstor64 %0" : : "m"(s->fxsave));
		result = cpu_emulate_device(&cpu, &fault);
		__asm__ volatile("fxsave64 %0" : "=m"(s->fxsave));
		if (result == CPU_UNKNOWN) {
			if (memcmp(&before, &cpu, sizeof(cpu)))
				return "given up half way";
			aside += !calls;
			break;
		}
		if (result != CPU_NEXT || calls++ > 100)
			return "a fault, or no end";
	}
	memcpy(s->r, cpu.r, sizeof(cpu.r));
	s->flags = cpu.rflags;
	if (cpu.rip != end)
		run_here(s);
	return NULL;
}

static const char *compare(const struct state *a, const struct state *b)
{
	for (int i = 0; i < 10; i++) {
		uint64_t moved = i == 4 || i == 6 || i == 7 ? (uint64_t)emulated - (uint64_t)native : 0;

		if (i != 8 && a->r[i] + moved != b->r[i])
			return "another register";
	}
	if ((a->flags ^ b->flags) & (FLAGS | FLAG_DF))
		return "other flags";
	if (memcmp(a->fxsave + 160, b->fxsave + 160, XMM))
		return "another vector";
	return memcmp(native, emulated, 3 * PAGE) ? "other memory" : NULL;
}

/* From one state, @at and @from into the areas. */
static void try_one(unsigned i, uint64_t at, uint64_t from, uint64_t count)
{
	struct state a = { .rip = (uint64_t)tries[i].code, .flags = 2 | (random() & FLAGS) }, b;
	const char *how;

	for (int r = 0; r < 10; r++)
		a.r[r] = number();
	__asm__ volatile("fxsave64 %0" : "=m"(a.fxsave));
	for (int k = 0; k < XMM; k++)
		a.fxsave[160 + k] = random();
	a.r[RCX] = count;
	a.r[RBX] = (int64_t)(random() % 256) - 128;
	if (random() % 3 == 0) {
		memcpy(&a.r[RAX], native + at, 8);
		memcpy(&a.r[RDX], native + at + (strstr(tries[i].text, "16b") ? 8 : 4), 8);
	}
	if (tries[i].code >= tries_strings[0].code && random() % 2)
		a.flags |= FLAG_DF;
	b = a;
	a.r[RSP] = (uint64_t)native + STACK;
	a.r[RDI] = (uint64_t)native + at;
	a.r[RSI] = (uint64_t)native + from;
	b.r[RSP] = (uint64_t)emulated + STACK;
	b.r[RDI] = (uint64_t)emulated + at;
	b.r[RSI] = (uint64_t)emulated + from;
	memcpy(emulated, native, 3 * PAGE);
	how = emulate(&b, tries[i].size);
	if (!how) {
		run_here(&a);
		how = compare(&a, &b);
	}
	report(!how, tries[i].text, how);
}

static void fill(uint64_t at)
{
	for (int i = -8; i < 8; i++) {
		uint64_t value = number();

		memcpy(native + at + 8 * i, &value, 8);
	}
}

static void test_operations(void)
{
	unsigned strings = tries_strings - tries, end = tries_end - tries;

	for (unsigned i = 0; i < strings; i++)
		for (unsigned round = 0; round < ROUNDS; round++) {
			/* At times it reaches into the next page. */
			uint64_t at = round % 16 == 15 ? 2 * PAGE - 1 : MIDDLE;

			if (strstr(tries[i].text, "lock") || strstr(tries[i].text, "xchg") ||
			    strstr(tries[i].text, "movap") || strstr(tries[i].text, "dqa") ||
			    strstr(tries[i].text, "movnt"))
				at = MIDDLE;
			fill(at);
			try_one(i, at, MIDDLE, round % 3 ? random() : random() % 8);
		}
	for (unsigned i = strings; i < end; i++)
		for (unsigned round = 0; round < ROUNDS; round++) {
			/* Few different bytes, or one alone, so that comparisons go far. */
			static const uint64_t places[] = { MIDDLE, 2 * PAGE - 5, PAGE + 3, PAGE - 600 };
			uint64_t at = places[random() % 3], from = places[random() % 4];

			for (unsigned k = 0; k < 3 * PAGE; k++)
				native[k] = round % 2 && random() % 64 == 0;
			try_one(i, at, from, round % 3 ? random() % 40 : random() % 400);
		}
}

/* What of an instruction stands when its memory faults. */
static void test_faults(void)
{
	static const uint8_t movs[] = { 0xf3, 0xa5 }, cmps[] = { 0xf3, 0xa6 }, push[] = { 0xff, 0x37 };
	static const uint8_t movups[] = { 0x0f, 0x10, 0x07 };
	static const uint8_t add[] = { 0x48, 0x01, 0x17 }, mul[] = { 0xf7, 0x27 };
	uint64_t hole = (uint64_t)emulated + 3 * PAGE, on = (uint64_t)emulated + MIDDLE;

	memset(emulated, 0, 3 * PAGE);
	cpu.rflags = 2 | FLAG_CF | 0x10;
	cpu.rip = (uint64_t)movs;
	cpu.r[RSI] = on;
	cpu.r[RDI] = hole - 12;
	cpu.r[RCX] = 9;
	report(cpu_emulate_device(&cpu, &fault) == CPU_FAULT && fault.vector == VECTOR_PF &&
	       fault.address == hole && fault.error == PF_W && cpu.r[RCX] == 6 &&
	       cpu.r[RSI] == on + 12 && cpu.r[RDI] == hole && cpu.rip == (uint64_t)movs,
	       "rep movsl", "at a fault, not what was done");
	cpu.rip = (uint64_t)cmps;
	cpu.r[RSI] = hole - 3;
	cpu.r[RDI] = on;
	cpu.r[RCX] = 9;
	report(cpu_emulate_device(&cpu, &fault) == CPU_FAULT && fault.address == hole &&
	       !fault.error && cpu.r[RCX] == 6 && cpu.r[RDI] == on + 3 &&
	       cpu.rflags == (2 | FLAG_CF | 0x10), "repe cmpsb", "at a fault, not the flags of before");
	cpu.rip = (uint64_t)cmps;
	cpu.r[RSI] = cpu.r[RDI] = on;
	cpu.r[RCX] = 9;
	cpu.rflags = 2 | FLAG_TF;
	report(cpu_emulate_device(&cpu, &fault) == CPU_NEXT && cpu.r[RCX] == 8 &&
	       cpu.rip == (uint64_t)cmps, "repe cmpsb", "a step is not an element");
	cpu.rip = (uint64_t)push;
	cpu.rflags = 2;
	cpu.r[RDI] = on;
	cpu.r[RSP] = hole + 8;
	report(cpu_emulate_device(&cpu, &fault) == CPU_FAULT && fault.address == hole &&
	       fault.error == PF_W && cpu.r[RSP] == hole + 8, "push", "onto nothing");
	cpu.rip = (uint64_t)add;
	cpu.r[RDI] = 1ull << 60;
	report(cpu_emulate_device(&cpu, &fault) == CPU_FAULT && fault.vector == VECTOR_GP &&
	       cpu.rflags == 2, "add", "at an address that is none");
	cpu.r[RDI] = (uint64_t)emulated;
	report(cpu_emulate_device(&cpu, &fault) == CPU_UNKNOWN, "add", "of memory");
	cpu.rip = (uint64_t)movups;
	cpu.r[RDI] = on;
	cpu.cr0 |= CR0_TS;
	report(cpu_emulate_device(&cpu, &fault) == CPU_FAULT && fault.vector == VECTOR_NM &&
	       !fault.has_error, "movups", "with TS");
	cpu.rip = (uint64_t)mul;
	cpu.r[RDI] = on;
	report(cpu_emulate_device(&cpu, &fault) == CPU_UNKNOWN, "mul", "is carried out");
}

int main(void)
{
	int rights = PROT_READ | PROT_WRITE, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT;

	native = mmap(NULL, 4 * PAGE, rights, how, -1, 0);
	emulated = mmap(NULL, 4 * PAGE, rights, how, -1, 0);
	backend_low_bytes = ~0ull;
	device = (struct bus_memory){ .gpa = (uint64_t)emulated + PAGE, .size = PAGE,
		.self = emulated + PAGE, .read = device_read, .write = device_write };
	bus_add_memory(&board_vm.bus, &device);
	test_operations();
	test_faults();
	printf("operations: %u passed, %u of them on memory alone, %u failed\n", passed, aside, failed);
	return failed || aside * 20 > passed;
}

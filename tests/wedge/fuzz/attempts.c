/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The attempts of the fuzzing guest; each may end in an exception. */
#include "fuzz.h"

#define P 1ull
#define W 2ull
#define U 4ull
#define PS 0x80ull
#define ADDRESS 0x000ffffffffff000ull
#define EXIT_PORT 0xf4
#define POWER_PORT 0x604
#define PG_PE 0x80000001ull
#define CR4_GOOD 0xa0ull
#define SPARE_GATES 0x90
#define FIRST_SPARE 10		/* descriptor */
#define LAST_SPARE 31
#define LDT_SELECTOR (FIRST_SPARE * 8)

static uint64_t *level4, user_l3[512] __attribute__((aligned(4096))),
	user_l2[512] __attribute__((aligned(4096))), user_l1[512] __attribute__((aligned(4096))),
	apic_l3[512] __attribute__((aligned(4096))), apic_l2[512] __attribute__((aligned(4096))),
	apic_l1[512] __attribute__((aligned(4096)));
static uint8_t user_code[4096] __attribute__((aligned(4096)));

static uint64_t physical(const void *p)
{
	return (uint64_t)p - HIGH;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "d"(port));
}

void fuzz_gate(unsigned vector, uint64_t to, uint8_t type, uint16_t cs, uint8_t ist)
{
	uint64_t *gate = (uint64_t *)(idt + 16 * vector);

	gate[0] = (to & 0xffff) | (uint64_t)cs << 16 | (uint64_t)(ist & 7) << 32 |
		  (uint64_t)type << 40 | (to >> 16 & 0xffff) << 48;
	gate[1] = to >> 32;
}

/* A page-table entry: writable only where that leads to the pool. */
static uint64_t random_entry(void)
{
	uint64_t entry = fuzz_random() & (0x8000000000000fffull);

	if (fuzz_below(8))
		entry |= P | U | W | 0x20;
	if (fuzz_below(4)) {
		entry |= physical(fuzz_pool) + 4096 * fuzz_below(POOL_PAGES);
		if (fuzz_below(8))
			entry &= ~PS;
	} else {
		entry |= fuzz_below(2) ? (fuzz_random() & 0x1ffff000) : fuzz_random() & ADDRESS;
		entry &= ~W;
	}
	if (entry & PS)
		entry &= ~W;
	return entry;
}

static void set_tables(uint64_t a, uint64_t b)
{
	for (unsigned n = 1 + a % 32; n; n--)
		fuzz_pool[fuzz_below(8) ? fuzz_below(POOL_PAGES) * 512 + fuzz_below(4)
					: fuzz_below(POOL_PAGES * 512)] = random_entry();
	if (!(b & 7)) {
		level4[LOWER_PLACE >> 39 & 511] = (random_entry() & ~PS) | P;
		level4[UPPER_PLACE >> 39 & 511] = (random_entry() & ~PS) | P;
	}
	if (b & 16)
		__asm__ volatile("movq %%cr3, %%rax; movq %%rax, %%cr3" : : : "rax", "memory");
}

static void touch(uint64_t a, uint64_t b)
{
	volatile uint64_t *p = (uint64_t *)fuzz_address();

	(void)b;
	if ((uint64_t)p >= 0xffff800000000000ull && (uint64_t)p < 0xffff880000000000ull)
		a = 0;		/* what is there may be seen, but is not ours */
	if (a % 3 == 0)
		(void)*p;
	else
		*p = random_entry();
}

static void invalidate(uint64_t a, uint64_t b)
{
	(void)a; (void)b;
	__asm__ volatile("invlpg (%0)" : : "r"(fuzz_address()) : "memory");
}

static uint32_t random_msr(void)
{
	static const uint32_t known[] = { 0x10, 0x1b, 0x17, 0x3a, 0x48, 0x49, 0x8b, 0xc1, 0xfe,
		0x174, 0x175, 0x176, 0x179, 0x186, 0x1a0, 0x1d9, 0x200, 0x201, 0x250, 0x277,
		0x2ff, 0x38f, 0x6e0, 0x800, 0x80b, 0x830, 0x832, 0xda0, 0x40000000, 0x4b564d00,
		0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100,
		0xc0000101, 0xc0000102, 0xc0000103, 0xc0010015, 0xc001001f, 0xc0011029 };

	return fuzz_below(4) ? known[fuzz_below(sizeof(known) / sizeof(known[0]))]
			     : (uint32_t)fuzz_value();
}

static void read_msr(uint64_t a, uint64_t b)
{
	uint32_t low, high;

	(void)a; (void)b;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(random_msr()));
}

static void write_msr(uint64_t a, uint64_t b)
{
	(void)a;
	wrmsr(random_msr(), b);
}

static uint16_t random_port(void)
{
	static const uint16_t known[] = { 0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x60,
		0x61, 0x64, 0x70, 0x71, 0x80, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3ff,
		0x4d0, 0x600, 0x602, 0x606, 0x608, 0xcf8, 0xcfc, 0xcfe };
	uint16_t port = fuzz_below(3) ? known[fuzz_below(sizeof(known) / sizeof(known[0]))]
				      : fuzz_random();

	/* What ends the guest in good order, and what restarts it. */
	if ((port >= EXIT_PORT - 3 && port <= EXIT_PORT) || port == 0x64 || port == 0x92 ||
	    port == 0xcf9 || (port >= POWER_PORT - 3 && port <= POWER_PORT + 1))
		port = 0x80;
	return port;
}

static void read_port(uint64_t a, uint64_t b)
{
	uint16_t port = random_port();
	uint32_t value;

	(void)b;
	if (a % 3 == 0)
		__asm__ volatile("inb %1, %b0" : "=a"(value) : "d"(port));
	else if (a % 3 == 1)
		__asm__ volatile("inw %1, %w0" : "=a"(value) : "d"(port));
	else
		__asm__ volatile("inl %1, %0" : "=a"(value) : "d"(port));
}

static void write_port(uint64_t a, uint64_t b)
{
	uint16_t port = random_port();

	if (a % 3 == 0)
		__asm__ volatile("outb %b0, %1" : : "a"((uint32_t)b), "d"(port));
	else if (a % 3 == 1)
		__asm__ volatile("outw %w0, %1" : : "a"((uint32_t)b), "d"(port));
	else
		__asm__ volatile("outl %0, %1" : : "a"((uint32_t)b), "d"(port));
}

static void string_port(uint64_t a, uint64_t b)
{
	uint64_t at = fuzz_address(), count = b % 32;
	uint16_t port = random_port();

	if (a & 1)
		__asm__ volatile("rep outsb" : "+S"(at), "+c"(count) : "d"(port) : "memory");
	else if (at - (uint64_t)fuzz_pool < 4096 * POOL_PAGES - 64)
		__asm__ volatile("rep insb" : "+D"(at), "+c"(count) : "d"(port) : "memory");
}

/* The local APIC, by plain transfers of every width; not what goes beyond its
   limits in docs/wedge.md. */
static void apic(uint64_t a, uint64_t b)
{
	uint64_t at = APIC_PLACE + (a & 0xfff);

	if (a & 0x1000)
		at &= ~15ull;
	switch (a >> 16 & 7) {
	case 0: (void)*(volatile uint8_t *)at; break;
	case 1: (void)*(volatile uint16_t *)at; break;
	case 2: (void)*(volatile uint32_t *)at; break;
	case 3: (void)*(volatile uint64_t *)at; break;
	case 4: *(volatile uint8_t *)at = b; break;
	case 5: *(volatile uint16_t *)at = b; break;
	case 6: *(volatile uint32_t *)at = b; break;
	case 7: *(volatile uint64_t *)at = b; break;
	}
}

static void set_descriptors(uint64_t a, uint64_t b)
{
	for (unsigned n = 1 + a % 4; n; n--) {
		uint64_t *d = &gdt[FIRST_SPARE + fuzz_below(LAST_SPARE - FIRST_SPARE + 1)];

		*d = fuzz_random();
		if (b & 1)		/* something that may be loaded */
			*d |= 0x0000f00000000000ull;
	}
	if (a & 64) {			/* a local table in the pool */
		uint64_t base = (uint64_t)fuzz_pool + fuzz_below(4096 * POOL_PAGES);

		gdt[FIRST_SPARE] = (fuzz_random() & 0xffff) | (base & 0xffffff) << 16 |
				   0x82ull << 40 | (base >> 24 & 0xff) << 56;
		gdt[FIRST_SPARE + 1] = base >> 32;
		__asm__ volatile("lldt %w0" : : "r"(LDT_SELECTOR));
	}
}

static uint16_t random_selector(void)
{
	return fuzz_below(4) ? fuzz_below(LAST_SPARE + 1) * 8 + fuzz_below(8)
			     : (uint16_t)fuzz_random();
}

static void selectors(uint64_t a, uint64_t b)
{
	uint16_t s = random_selector();
	uint64_t out = b;

	switch (a % 10) {
	case 0: __asm__ volatile("movl %0, %%ds" : : "r"((uint32_t)s)); break;
	case 1: __asm__ volatile("movl %0, %%es" : : "r"((uint32_t)s)); break;
	case 2: __asm__ volatile("movl %0, %%fs" : : "r"((uint32_t)s)); break;
	case 3: __asm__ volatile("movl %0, %%gs" : : "r"((uint32_t)s)); break;
	case 4: __asm__ volatile("lldt %w0" : : "r"(s)); break;
	case 5: __asm__ volatile("lar %w1, %0" : "+r"(out) : "r"((uint32_t)s) : "cc"); break;
	case 6: __asm__ volatile("lsl %w1, %0" : "+r"(out) : "r"((uint32_t)s) : "cc"); break;
	case 7: __asm__ volatile("verr %w0" : : "r"((uint32_t)s) : "cc"); break;
	case 8: __asm__ volatile("verw %w0" : : "r"((uint32_t)s) : "cc"); break;
	case 9: __asm__ volatile("swapgs"); break;
	}
}

static void control(uint64_t a, uint64_t b)
{
	switch (a % 8) {
	case 0: __asm__ volatile("movq %0, %%cr0" : : "r"((b & 0xffffffff) | PG_PE)); break;
	case 1: __asm__ volatile("movq %0, %%cr4" : : "r"(b | CR4_GOOD)); break;
	case 2: __asm__ volatile("movq %0, %%cr8" : : "r"(b)); break;
	case 3: __asm__ volatile("movq %0, %%cr2" : : "r"(b)); break;
	case 4: __asm__ volatile("movq %0, %%dr7" : : "r"(b & ~0x2000ull)); break;
	case 5: __asm__ volatile("movq %0, %%dr0" : : "r"(b)); break;
	case 6: __asm__ volatile("movq %0, %%dr6" : : "r"(b)); break;
	case 7: __asm__ volatile("xsetbv" : : "c"(fuzz_below(2)), "a"((uint32_t)b),
				 "d"((uint32_t)(b >> 32))); break;
	}
}

/* To user mode, or something like that: to the kernel only with this stack. */
static void frame(uint64_t a, uint64_t b)
{
	uint64_t f[5] = { b, random_selector(), fuzz_random(), fuzz_value(), random_selector() };

	f[1] |= 3;
	if (a & 1)
		f[1] = USER_CS;
	if (a & 2)
		f[4] = USER_SS;
	if (a & 4)
		f[0] = USER_PLACE + (b & 0xfff);
	fuzz_iret(f);
}

static void user(uint64_t a, uint64_t b)
{
	uint64_t f[5] = { USER_PLACE, USER_CS, 0x202 | (b & 0xcd5), fuzz_value(), USER_SS };

	for (unsigned i = 0; i < 64; i++)
		user_code[i] = fuzz_random() >> 8;
	if (a & 1) {
		static const uint8_t first[] = { 0x0f, 0x0f, 0xcd, 0xcf, 0x8e, 0xfa, 0xf4, 0xcb,
			0xca, 0xec, 0xee, 0x9d, 0xff, 0x62, 0xf1, 0xcc };

		for (unsigned i = 0; i < 64; i += 4)
			user_code[i] = first[fuzz_below(sizeof(first))];
	}
	fuzz_iret(f);
}

static void interrupts(uint64_t a, uint64_t b)
{
	unsigned spare = SPARE_GATES + a % 8;

	fuzz_gate(spare, a & 256 ? (uint64_t)fuzz_entries + 16 * spare : fuzz_address(),
		  b >> 8, a & 512 ? KERNEL_CS : random_selector(), a >> 32);
	switch (a % 4) {
	case 0: __asm__ volatile("int $0x90"); break;
	case 1: __asm__ volatile("int $0x91"); break;
	case 2: __asm__ volatile("int $0x92"); break;
	case 3: __asm__ volatile("int $0x93"); break;
	}
}

/* 0F @opcode with a random operand, at @code; how long it is. What the byte behind it
   is taken for is the instruction's own, or NOP: none changes the stack pointer. */
static unsigned hidden_operand(uint8_t *code, uint8_t opcode, uint64_t random)
{
	uint8_t modrm = random >> 8;
	unsigned n = 1;

	switch (opcode) {
	case 0x06: case 0x08: case 0x09: case 0x30: case 0x32: case 0x33: case 0xa2:
		return 0;			/* none has one */
	case 0x02: case 0x03:
		if ((modrm >> 3 & 7) == 4)
			modrm ^= 8;		/* LAR and LSL into rsp */
	}
	if (opcode >= 0x20 && opcode <= 0x23)
		modrm |= 0xc0;			/* registers, whatever mod is (SDM MOV, 2.2.1) */
	if ((modrm & 7) == 4)
		modrm ^= 1;			/* no SIB byte, no rsp */
	if ((modrm & 0xc7) == 5)
		modrm |= 0x40;
	code[0] = modrm;
	if (modrm >> 6 == 1 || modrm >> 6 == 2)
		code[n++] = fuzz_random() & 0x7f;
	while (modrm >> 6 == 2 && n < 5)
		code[n++] = 0;
	return n;
}

/* Privileged instructions nobody recorded, with operands of any kind. Not those
   that name a stack pointer, load cr3 or stop the processor. */
static void hidden(uint64_t a, uint64_t b)
{
	static const uint8_t second[] = { 0x00, 0x01, 0x01, 0x06, 0x08, 0x09, 0x20, 0x21, 0x23,
		0x30, 0x32, 0x33, 0x02, 0x03, 0xa2, 0xc7, 0xae };
	uint8_t *code = user_code + 2048;
	unsigned n = 0;

	for (unsigned i = 0; i < 11; i++)
		fuzz_registers[i] = fuzz_below(2) ? (uint64_t)fuzz_pool + 8 * fuzz_below(4096)
						  : fuzz_value();
	fuzz_registers[1] = random_msr();
	if (b & 1)
		code[n++] = fuzz_below(2) ? 0x66 : fuzz_below(2) ? 0xf2 : 0xf3;
	code[n++] = 0x48 | (a >> 20 & 8);
	code[n++] = 0x0f;
	code[n++] = second[a % sizeof(second)];
	n += hidden_operand(code + n, code[n - 1], b);
	code[n++] = 0xc3;
	while (n < 32)
		code[n++] = 0xcc;		/* whatever it was, it ends here */
	fuzz_run_code(code);
}

static void tables(uint64_t a, uint64_t b)
{
	uint64_t at = fuzz_address();

	(void)b;
	if (at >= 0xffff800000000000ull && at < 0xffff880000000000ull)
		return;
	switch (a % 4) {
	case 0: __asm__ volatile("sgdt (%0)" : : "r"(at) : "memory"); break;
	case 1: __asm__ volatile("sidt (%0)" : : "r"(at) : "memory"); break;
	case 2: __asm__ volatile("str (%0)" : : "r"(at) : "memory"); break;
	case 3: __asm__ volatile("smsw (%0)" : : "r"(at) : "memory"); break;
	}
}

static void idle(uint64_t a, uint64_t b)
{
	(void)a; (void)b;
	__asm__ volatile("sti; nop; nop; nop; cli");
}

static void any_cr3(uint64_t a, uint64_t b)
{
	(void)b;
	__asm__ volatile("movq %0, %%cr3" : : "r"(a & 1 ? physical(fuzz_pool) + (a & 0x3f000)
							: fuzz_random() & ADDRESS) : "memory");
}

static void no_gates(uint64_t a, uint64_t b)
{
	static struct { uint16_t limit; uint64_t base; } __attribute__((packed)) any;

	any.limit = a;
	any.base = b;
	__asm__ volatile("lidt %0; ud2" : : "m"(any));
}

static void other_gdt(uint64_t a, uint64_t b)
{
	static struct { uint16_t limit; uint64_t base; } __attribute__((packed)) any;

	any.limit = a;
	any.base = b;
	__asm__ volatile("lgdt %0" : : "m"(any));
}

static void halted(uint64_t a, uint64_t b)
{
	(void)a; (void)b;
	__asm__ volatile("cli; hlt");
}

const struct fuzz_kind fuzz_kinds[FUZZ_KINDS] = {
	{ "tables", set_tables, 0 }, { "touch", touch, 0 }, { "invlpg", invalidate, 0 },
	{ "rdmsr", read_msr, 0 }, { "wrmsr", write_msr, 0 }, { "in", read_port, 0 },
	{ "out", write_port, 0 }, { "ins, outs", string_port, 0 }, { "APIC", apic, 0 },
	{ "descriptors", set_descriptors, 0 }, { "selectors", selectors, 0 },
	{ "control registers", control, 0 }, { "iret", frame, 0 }, { "user mode", user, 0 },
	{ "int", interrupts, 0 }, { "hidden", hidden, 0 }, { "stores of tables", tables, 0 },
	{ "lgdt", other_gdt, 0 },
	{ "cr3", any_cr3, 1 }, { "lidt", no_gates, 1 },
};

static void link(uint64_t *entry, const void *to)
{
	*entry = physical(to) | 0x67;
}

void fuzz_setup(void)
{
	uint64_t root;

	(void)idle; (void)halted;
	__asm__ volatile("movq %%cr3, %0" : "=r"(root));
	level4 = (uint64_t *)(HIGH + root);
#ifdef LOWER_HALF
	level4[0] = 0;		/* the machine maps nothing at its lowest addresses */
#endif
	link(&level4[USER_PLACE >> 39 & 511], user_l3);
	link(user_l3, user_l2);
	link(user_l2, user_l1);
	link(user_l1, user_code);
	link(&level4[APIC_PLACE >> 39 & 511], apic_l3);
	link(apic_l3, apic_l2);
	link(apic_l2, apic_l1);
	apic_l1[0] = 0xfee00000 | 0x1b;
	fuzz_restore();
}

void fuzz_restore(void)
{
	static const uint8_t pic[][2] = { { 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 }, { 0x21, 1 },
		{ 0xa0, 0x11 }, { 0xa1, 0x28 }, { 0xa1, 2 }, { 0xa1, 1 }, { 0x21, 0xfe }, { 0xa1, 0xff } };

	__asm__ volatile("lgdt %0; lidt %1" : : "m"(*gdtr), "m"(*idtr));
	__asm__ volatile("movq %0, %%cr0" : : "r"(0x80000033ull));
	__asm__ volatile("movq %0, %%cr4" : : "r"(CR4_GOOD));
	__asm__ volatile("movq %0, %%dr7" : : "r"(0x400ull));
	wrmsr(0xc0000080, 0x501);
	wrmsr(0xc0000081, 0x0020001000000000ull);
	wrmsr(0xc0000082, (uint64_t)fuzz_syscall);
	wrmsr(0xc0000083, (uint64_t)fuzz_syscall);
	wrmsr(0xc0000084, 0x47700);
	wrmsr(0x174, 0);
	for (unsigned i = 0; i < sizeof(pic) / sizeof(pic[0]); i++)
		out8(pic[i][0], pic[i][1]);
	out8(0x43, 0x34);			/* 100 Hz */
	out8(0x40, 0x9c);
	out8(0x40, 0x2e);
	patience = 3;
}

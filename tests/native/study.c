/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* A small kernel (tests/kernels/boot.S) that is watched by the example stubs: it does
 * a known number of each thing and says what they saw. */
typedef unsigned int u32;
typedef unsigned long u64;

extern struct { u32 msr, zero; u64 count; } previrt_msr_histogram[65];
extern struct { u64 value, tsc, cycles, zero; } previrt_cr3_trace[256];
extern u64 previrt_cr3_loads;
extern u32 previrt_faults_port, previrt_faults_mask;

static void put(char c)
{
	asm volatile("outb %0,%1" :: "a"(c), "d"((unsigned short)0x3f8));
}

static void say(const char *text, u64 a, u64 b)
{
	int shift;

	while (*text)
		put(*text++);
	for (shift = 28; shift >= 0; shift -= 4)
		put("0123456789abcdef"[a >> shift & 15]);
	put(' ');
	for (shift = 28; shift >= 0; shift -= 4)
		put("0123456789abcdef"[b >> shift & 15]);
	put('\n');
}

static __attribute__((noinline)) void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" :: "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)));
}

static u64 read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return low | (u64)high << 32;
}

/* Flags must reach what is behind a stub as they were ahead of it. */
static int keeps_flags(u64 cr3)
{
	unsigned char carry, overflow;

	asm volatile("movb $0x7f, %%al\n\taddb $1, %%al\n\tstc\n\t"
		     "mov %2, %%cr3\n\tseto %1\n\tsetc %0"
		     : "=&r"(carry), "=&r"(overflow) : "r"(cr3) : "rax", "cc", "memory");
	return carry && overflow;
}

#ifdef LOW
/* Where a process has room, without boot.S: tests/wedge/guests/guest.lds. */
char stack[4096];
asm(".globl start\nstart: lea stack+4096(%rip), %rsp\n\tcall kernel_main\n\t"
    "mov $0x10, %al\n\toutb %al, $0xf4\n1:\thlt\n\tjmp 1b");
#endif

#ifdef FOREVER
/* For somebody who watches from outside: three reads for each write. */
void kernel_main(void)
{
	u64 pat = read_msr(0x277);

	for (;;) {
		write_msr(0x277, pat);
		read_msr(0x277);
		read_msr(0x277);
		read_msr(0x277);
	}
}
#else
void kernel_main(void)
{
	u64 cr3, pat = read_msr(0x277), cycles = 0, ff = 0;
	u32 i, msr;

	for (i = 0; i < 3; i++)
		write_msr(0x277, pat);
	for (i = 0; i < 5; i++)
		write_msr(0xc0000102, i);
	asm volatile("mov %%cr3, %0" : "=r"(cr3));
	for (i = 0; i < 4; i++)
		asm volatile("mov %0, %%cr3" :: "r"(cr3) : "memory");
	say("flags ", keeps_flags(cr3), 0);
	previrt_faults_port = 0x3fa;	/* no answer of the serial port is FFh */
	previrt_faults_mask = 3;
	for (i = 0; i < 8; i++) {
		unsigned char byte;

		asm volatile("inb %1, %0" : "=a"(byte) : "d"((unsigned short)0x3fa));
		ff += byte == 0xff;
	}
	for (i = 0; (msr = previrt_msr_histogram[i].msr); i++)
		say("msr ", (u32)~msr, previrt_msr_histogram[i].count);
	for (i = 0; i < previrt_cr3_loads; i++)
		cycles += previrt_cr3_trace[i].cycles > 0 && previrt_cr3_trace[i].value == cr3;
	say("cr3 ", previrt_cr3_loads, cycles);
	say("faults ", ff, 8);
}
#endif

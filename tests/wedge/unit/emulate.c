/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The emulation of instructions: against this processor where user mode can
 * run them, against the manual's words elsewhere. Guest memory is this
 * program's own; page tables and the back-end are recorders.
 */
#include "../../../runtime-stubs/cpu/cpu.h"
#include "../../../runtime-stubs/backend/backend.h"
#include "../../../runtime-stubs/board/board.h"
#include "../../../runtime-stubs/mmu/mmu.h"
#include "insns.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define ARITHMETIC 0xcd5ul

static unsigned passed, failed;
static struct cpu cpu;
static struct cpu_fault fault;
static struct { uint64_t fs, gs[2], root, invalidated; unsigned flushes, ts; } seen;
static struct { uint16_t port; int size; uint32_t value; unsigned writes, reads; } port;

/* What the processor's parts ask of others; the rest is in stand_ins.c. */
int mmu_access(uint64_t va, void *buffer, size_t size, int write, int user,
	       uint64_t *address, uint32_t *error)
{
	if (va < 0x10000 || (user && va >> 63)) {
		*address = va;
		*error = (write ? PF_W : 0) | (user ? PF_U : 0);
		return -1;
	}
	memcpy(write ? (void *)va : buffer, write ? buffer : (void *)va, size);
	return 0;
}
void mmu_set_root(uint64_t root, int keep) { (void)keep; seen.root = root; }
void mmu_flush_all(void) { seen.flushes++; }
void mmu_invalidate(uint64_t va) { seen.invalidated = va; }
void backend_set_fs_base(uint64_t base) { seen.fs = base; }
uint64_t backend_user_base(int which) { return which == SEG_FS ? seen.fs : seen.gs[1]; }
void backend_set_gs_base(int user, uint64_t base) { seen.gs[user] = base; }
void backend_set_ts(int on) { seen.ts = on; }

static uint32_t read_port(void *self, uint16_t offset, int size)
{
	(void)self;
	port.port = offset;
	port.size = size;
	port.reads++;
	return 0xa1b2c3d4;
}

static void write_port(void *self, uint16_t offset, int size, uint32_t value)
{
	(void)self;
	port.port = offset;
	port.size = size;
	port.value = value;
	port.writes++;
}

static void expect(const char *what, int good)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	printf("BAD %s\n", what);
}

/* Run the bytes at @bytes from the state in cpu. */
static enum cpu_result step(const char *bytes, size_t size)
{
	struct insn insn;

	memset(&fault, 0, sizeof(fault));
	cpu.rip = (uint64_t)bytes;
	if (!insn_decode(&insn, (const uint8_t *)bytes, size, 1))
		return CPU_UNKNOWN;
	return cpu_emulate(&cpu, &insn, cpu.rip, cpu.rip + insn.len, &fault);
}
#define STEP(bytes) step(bytes, sizeof(bytes) - 1)

static uint64_t native_flags(uint64_t flags)
{
	uint64_t result;

	__asm__ volatile("pushq %1\npopfq\npushfq\npopq %0\ncld" : "=r"(result) : "r"(flags) : "cc");
	return result;
}

/* Every combination of the arithmetic flags through pushf and popf. */
static void test_flags(void)
{
	static const uint64_t bits[] = { 1, 4, 16, 64, 128, 2048, 1024 };
	uint64_t stack[4];
	int good = 1;

	for (unsigned i = 0; i < 128; i++) {
		uint64_t flags = 2 | FLAG_IF;

		for (int b = 0; b < 7; b++)
			if (i >> b & 1)
				flags |= bits[b];
		stack[1] = flags;
		cpu.r[RSP] = (uint64_t)&stack[1];
		good &= STEP("\x9d") == CPU_NEXT && cpu.r[RSP] == (uint64_t)&stack[2];
		good &= STEP("\x9c") == CPU_NEXT && cpu.r[RSP] == (uint64_t)&stack[1];
		good &= (stack[1] & ARITHMETIC) == (native_flags(flags) & ARITHMETIC);
		good &= !!(stack[1] & FLAG_IF);
	}
	expect("pushf and popf, 128 combinations", good);
	cpu.rflags = 2 | FLAG_IF;
	STEP("\xfa");
	expect("cli", !(cpu.rflags & FLAG_IF));
	STEP("\x2e\x2e\x2e\x2e\x2e\x2e\x2e\xfb");
	expect("sti with prefixes", cpu.rflags & FLAG_IF);
	cpu.r[RSP] = (uint64_t)&stack[2];
	stack[1] = ~0ul;
	STEP("\x66\x9c");
	expect("pushfw", cpu.r[RSP] == (uint64_t)&stack[2] - 2 && stack[1] >> 48 == 0x202);
	cpu.r[RSP] = 0x100;
	expect("a push onto nothing faults", STEP("\x9c") == CPU_FAULT &&
	       fault.vector == VECTOR_PF && fault.error == PF_W && cpu.r[RSP] == 0x100);
}

static void test_cpuid(void)
{
	uint32_t a, b, c, d;

	__asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(0), "2"(0));
	cpu.r[RAX] = 0xffffffff00000000ul;
	cpu.r[RCX] = 0;
	STEP("\x0f\xa2");
	expect("cpuid 0", cpu.r[RAX] == a && cpu.r[RBX] == b && cpu.r[RCX] == c &&
	       cpu.r[RDX] == d);
	cpu.r[RAX] = 1;
	STEP("\x0f\xa2");
	expect("cpuid 1 hides what is not given", !(cpu.r[RCX] & (1u << 17 | 1u << 3)) &&
	       (cpu.r[RDX] & 1));
}

static void test_msr(void)
{
	cpu.r[RCX] = 0xc0000102;
	cpu.r[RAX] = 0xffffffff12345678ul;
	cpu.r[RDX] = 0xffffffffffff8888ul;
	expect("wrmsr KERNEL_GS_BASE", STEP("\x0f\x30") == CPU_NEXT &&
	       cpu.gs_base[1] == 0xffff888812345678ul && requests_vcpu.work);
	cpu_sync_user_bases(&cpu);
	expect("... which hardware has when user mode runs", seen.gs[1] == cpu.gs_base[1]);
	cpu.r[RCX] = 0xc0000100;
	cpu.r[RDX] = 0;
	expect("wrmsr FS_BASE", STEP("\x0f\x30") == CPU_NEXT && cpu.fs_base == 0x12345678 &&
	       seen.fs == 0x12345678);
	cpu.r[RAX] = requests_vcpu.work = 0;
	expect("a null selector has base 0", STEP("\x8e\xe0") == CPU_NEXT && !cpu.fs_base &&
	       requests_vcpu.work);
	cpu_sync_user_bases(&cpu);
	expect("... which hardware has when user mode runs", !seen.fs);
	cpu.r[RCX] = 0xc0000102;
	expect("swapgs", STEP("\x0f\x01\xf8") == CPU_NEXT);
	cpu.r[RCX] = 0xc0000101;
	STEP("\x0f\x32");
	expect("rdmsr GS_BASE after swapgs", cpu.r[RAX] == 0x12345678 && cpu.r[RDX] == 0xffff8888);
	STEP("\x0f\x01\xf8");
	cpu.r[RDX] = 0x12340000;
	expect("wrmsr of an address that is not canonical", STEP("\x0f\x30") == CPU_FAULT &&
	       fault.vector == VECTOR_GP && fault.has_error && !fault.error);
	/* AMD's processors from family 10h on: Linux opens the extended configuration by it. */
	cpu.r[RCX] = 0xc001001f;
	cpu.r[RAX] = 0;
	cpu.r[RDX] = 1 << 14;
	expect("wrmsr NB_CFG", STEP("\x0f\x30") == CPU_NEXT);
	expect("rdmsr NB_CFG", STEP("\x0f\x32") == CPU_NEXT && !cpu.r[RAX] && !cpu.r[RDX]);
	cpu.r[RCX] = 0x4711;
	expect("rdmsr of nothing", STEP("\x0f\x32") == CPU_FAULT && fault.vector == VECTOR_GP);
}

static void test_control(void)
{
	cpu.r[R10] = 0x12345018;
	expect("mov to cr3", STEP("\x41\x0f\x22\xda") == CPU_NEXT && cpu.cr3 == 0x12345018 &&
	       seen.root == 0x12345000);
	expect("mov from cr3", STEP("\x0f\x20\xd9") == CPU_NEXT && cpu.r[RCX] == 0x12345018);
	cpu.r[RAX] = cpu.cr0 | CR0_TS;
	STEP("\x0f\x22\xc0");
	expect("mov to cr0 sets TS", seen.ts == 1);
	STEP("\x0f\x06");
	expect("clts", seen.ts == 0 && !(cpu.cr0 & CR0_TS));
	cpu.r[RAX] = cpu.cr4 ^ CR4_PGE;
	seen.flushes = 0;
	STEP("\x0f\x22\xe0");
	expect("PGE flushes", seen.flushes == 1);
	cpu.r[RAX] = cpu.cr4 & ~(uint64_t)CR4_OSFXSR;
	expect("OSFXSR is held", STEP("\x0f\x22\xe0") == CPU_NEXT && (cpu.cr4 & CR4_OSFXSR));
	cpu.r[RAX] = cpu.cr4 | 1u << 20;
	expect("SMEP is refused", STEP("\x0f\x22\xe0") == CPU_FAULT && fault.vector == VECTOR_GP);
	cpu.r[RAX] = cpu.cr4 & ~(uint64_t)CR4_PAE;
	expect("PAE stays", STEP("\x0f\x22\xe0") == CPU_FAULT && fault.vector == VECTOR_GP);
	cpu.r[RAX] = (cpu.cr0 & ~(uint64_t)CR0_WP) | 4;
	expect("WP is held, EM cannot be set", STEP("\x0f\x22\xc0") == CPU_NEXT &&
	       (cpu.cr0 & CR0_WP) && !(cpu.cr0 & 4));
	cpu.r[RAX] = cpu.cr0 | CR0_NW;
	expect("NW without CD", STEP("\x0f\x22\xc0") == CPU_FAULT && fault.vector == VECTOR_GP);
	cpu.r[RAX] = 16;
	expect("mov to cr8 of five bits", STEP("\x44\x0f\x22\xc0") == CPU_FAULT &&
	       fault.vector == VECTOR_GP);
	expect("mov to cr1", STEP("\x0f\x22\xc8") == CPU_FAULT && fault.vector == VECTOR_UD);
	cpu.r[RSP] = 0x5000;
	cpu.r[RSI] = 4;
	STEP("\x0f\x01\x7c\xb4\x10");		/* 0x10(%rsp,%rsi,4) */
	expect("invlpg with an index", seen.invalidated == 0x5020);
	cpu.r[RAX] = 0x80050033;
	expect("smsw %eax", STEP("\x0f\x01\xe3") == CPU_NEXT &&
	       (uint32_t)cpu.r[RBX] == (uint32_t)cpu.cr0);
	cpu.r[RAX] = 0;
	expect("paging off", STEP("\x0f\x22\xc0") == CPU_FAULT && fault.vector == VECTOR_GP);
}

static void test_ports(void)
{
	uint8_t text[4] = "abc", got[12];

	cpu.r[RAX] = ~0ul;
	STEP("\xe4\x60");
	expect("in $0x60,%al", port.port == 0x60 && port.size == 1 &&
	       cpu.r[RAX] == 0xffffffffffffffd4ul);
	cpu.r[RDX] = 0xffff0cfc;
	STEP("\x66\xed");
	expect("in %dx,%ax", port.port == 0xcfc && port.size == 2 &&
	       cpu.r[RAX] == 0xffffffffffffc3d4ul);
	STEP("\xed");
	expect("in %dx,%eax", port.size == 4 && cpu.r[RAX] == 0xa1b2c3d4ul);
	STEP("\xe7\x70");
	expect("out %eax,$0x70", port.port == 0x70 && port.value == 0xa1b2c3d4);
	cpu.r[RSI] = (uint64_t)text;
	cpu.r[RCX] = 3;
	port.writes = 0;
	STEP("\xf3\x6e");
	expect("rep outsb", port.writes == 3 && port.value == 'c' && !cpu.r[RCX] &&
	       cpu.r[RSI] == (uint64_t)text + 3);
	cpu.rflags |= FLAG_DF;
	cpu.r[RDI] = (uint64_t)got + 8;
	cpu.r[RCX] = 2;
	STEP("\xf3\x6d");
	expect("rep insl downwards", cpu.r[RDI] == (uint64_t)got && got[8] == 0xd4 && got[4] == 0xd4);
	cpu.rflags &= ~(uint64_t)FLAG_DF;
	cpu.r[RDI] = 0x10;
	cpu.r[RCX] = 2;
	cpu.rflags |= FLAG_TF;
	cpu.r[RDI] = (uint64_t)got;
	expect("a step of rep insb", STEP("\xf3\x6c") == CPU_AGAIN && cpu.r[RCX] == 1 &&
	       cpu.r[RDI] == (uint64_t)got + 1);
	expect("... and the last one", STEP("\xf3\x6c") == CPU_NEXT && !cpu.r[RCX]);
	cpu.rflags &= ~(uint64_t)FLAG_TF;
	cpu.r[RCX] = 2;
	cpu.r[RDI] = 0x10;
	expect("insb to nowhere", STEP("\xf3\x6c") == CPU_FAULT && cpu.r[RCX] == 2 &&
	       fault.error == PF_W);
}

/* Kernel code 0x10, kernel data 0x18, user data 0x2b, user code 0x33, TSS 0x40. */
static uint64_t gdt[16] = { 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0,
	0x00cff3000000ffff, 0x00affb000000ffff };
static uint8_t tss[104];
static struct { uint16_t low, selector, type, middle; uint32_t high, zero; } idt[256];
static uint64_t kernel_stack[64];

static void set_tables(void)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) image;
	uint64_t base = (uint64_t)tss, rsp0 = (uint64_t)&kernel_stack[64];

	gdt[8] = 0x0000890000000067ul | (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
	gdt[9] = base >> 32;
	memcpy(tss + 4, &rsp0, 8);
	for (int i = 0; i < 256; i++) {
		uint64_t to = 0xffffffff81000000ul + i * 16;

		idt[i].low = to;
		idt[i].middle = to >> 16;
		idt[i].high = to >> 32;
		idt[i].selector = 0x10;
		idt[i].type = i == 3 ? 0xef00 : i == 0x80 ? 0xee00 : 0x8e00;
	}
	image.limit = sizeof(gdt) - 1;
	image.base = (uint64_t)gdt;
	cpu.r[RAX] = (uint64_t)&image;
	expect("lgdt", STEP("\x0f\x01\x10") == CPU_NEXT && cpu.gdt.base == (uint64_t)gdt);
	image.limit = sizeof(idt) - 1;
	image.base = (uint64_t)idt;
	STEP("\x0f\x01\x18");
	memset(&image, 0, sizeof(image));
	STEP("\x0f\x01\x08");
	expect("sidt says what lidt was given", image.limit == sizeof(idt) - 1 &&
	       image.base == (uint64_t)idt);
	cpu.r[RAX] = 0x40;
	expect("ltr", STEP("\x0f\x00\xd8") == CPU_NEXT && cpu.tr_base == base &&
	       cpu.tr_limit == 0x67);
	cpu.r[RBX] = ~0ul;
	STEP("\x0f\x00\xcb");
	expect("str %ebx", cpu.r[RBX] == 0x40);
}

static void test_segments(void)
{
	cpu.r[RAX] = 0x2b;
	expect("mov to ds", STEP("\x8e\xd8") == CPU_NEXT && cpu.seg[SEG_DS] == 0x2b);
	cpu.r[RAX] = 0x33 + 0x50;
	expect("mov of a selector past the table", STEP("\x8e\xd8") == CPU_FAULT &&
	       fault.vector == VECTOR_GP && fault.error == 0x80 && cpu.seg[SEG_DS] == 0x2b);
	cpu.r[RCX] = ~0ul;
	STEP("\x8c\xc9");
	expect("mov from cs", cpu.r[RCX] == 0x10);
	cpu.r[RAX] = 0x33;
	cpu.rflags &= ~(uint64_t)FLAG_ZF;
	STEP("\x0f\x02\xc8");
	expect("lar", (cpu.rflags & FLAG_ZF) && cpu.r[RCX] == 0xa0fb00);
	STEP("\x0f\x03\xc8");
	expect("lsl", cpu.r[RCX] == 0xffffffff);
	STEP("\x0f\x00\xe8");
	expect("verw of code", !(cpu.rflags & FLAG_ZF));
	STEP("\x0f\x00\xe0");
	expect("verr of code that may be read", cpu.rflags & FLAG_ZF);
}

/* iret to user mode, an exception from there, and back. */
static void test_transfer(void)
{
	uint64_t frame[5] = { 0x401000, 0x33, 0x202 | FLAG_TF, 0x7ffe0000, 0x2b };
	uint64_t *pushed = &kernel_stack[64 - 6];
	struct cpu_fault page = { .vector = VECTOR_PF, .has_error = 1, .error = 7,
				  .address = 0x1234 };

	cpu.r[RSP] = (uint64_t)frame;
	expect("iretq to user mode", STEP("\x48\xcf") == CPU_JUMPED && cpu.user &&
	       cpu.rip == 0x401000 && cpu.r[RSP] == 0x7ffe0000 && cpu.seg[SEG_SS] == 0x2b &&
	       (cpu.rflags & FLAG_TF));
	expect("a page fault of user mode", !cpu_deliver(&cpu, &page, 0) && !cpu.user &&
	       cpu.rip == 0xffffffff810000e0ul && cpu.cr2 == 0x1234 &&
	       cpu.r[RSP] == (uint64_t)pushed && !(cpu.rflags & (FLAG_IF | FLAG_TF)));
	expect("its frame", pushed[0] == 7 && pushed[1] == 0x401000 && pushed[2] == 0x33 &&
	       pushed[3] == (0x202 | FLAG_TF) && pushed[4] == 0x7ffe0000 && pushed[5] == 0x2b);
	frame[1] = 0x1b;		/* a data segment */
	cpu.r[RSP] = (uint64_t)frame;
	expect("iretq to data", STEP("\x48\xcf") == CPU_FAULT && fault.vector == VECTOR_GP &&
	       fault.error == 0x18 && !cpu.user && cpu.r[RSP] == (uint64_t)frame);
	cpu.star = 0x0023001000000000ul;
	cpu.efer |= EFER_SCE;
	cpu.lstar = 0xffffffff81800000ul;
	cpu.sfmask = FLAG_IF | FLAG_DF;
	cpu.r[RCX] = 0x402000;
	cpu.r[R11] = 0x246;
	expect("sysretq", STEP("\x48\x0f\x07") == CPU_JUMPED && cpu.user && cpu.rip == 0x402000 &&
	       cpu.seg[SEG_CS] == 0x33 && cpu.seg[SEG_SS] == 0x2b && cpu.rflags == 0x246);
	cpu.rip = 0x402002;
	expect("syscall", cpu_syscall(&cpu, 0, &fault) == CPU_JUMPED && !cpu.user && cpu.r[RCX] == 0x402002 && cpu.r[R11] == 0x246 &&
	       cpu.rflags == 0x46 && cpu.rip == cpu.lstar && cpu.seg[SEG_CS] == 0x10);
	cpu.cstar = 0xffffffff81810000ul;
	cpu.user = 1;
	expect("syscall of 32-bit code", cpu_syscall(&cpu, 1, &fault) == CPU_JUMPED && !cpu.user && cpu.rip == cpu.cstar);
	cpu.user = 1;
	cpu.rip = 0x402002;
	cpu.efer &= ~(uint64_t)EFER_SCE;
	expect("syscall without SCE", cpu_syscall(&cpu, 0, &fault) == CPU_FAULT &&
	       fault.vector == VECTOR_UD && !fault.has_error && cpu.user && cpu.rip == 0x402000);
	expect("sysenter without a selector", cpu_sysenter(&cpu, &fault) == CPU_FAULT &&
	       fault.vector == VECTOR_GP && cpu.user);
	cpu.sysenter[0] = 0x10;
	cpu.sysenter[1] = 0x8000;
	cpu.sysenter[2] = 0xffffffff81820000ul;
	cpu.rflags |= FLAG_IF;
	expect("sysenter", cpu_sysenter(&cpu, &fault) == CPU_JUMPED && !cpu.user &&
	       cpu.r[RSP] == 0x8000 && cpu.rip == cpu.sysenter[2] && cpu.seg[SEG_CS] == 0x10 &&
	       cpu.seg[SEG_SS] == 0x18 && !(cpu.rflags & FLAG_IF));
	cpu.user = 1;
	cpu.rip = 0x402002;
	idt[0x21].type = 0x6e00;
	expect("INT n through an absent gate", !cpu_deliver(&cpu, &(struct cpu_fault){ .vector = 0x21 }, 2) &&
	       cpu.rip == 0xffffffff810000b0ul && pushed[0] == 0x21 * 8 + 2 && pushed[1] == 0x402000);
	cpu.user = 1;
	cpu.rip = 0x402002;
	idt[0x21].type = 0x8e00;
	expect("... and one of the kernel's", !cpu_deliver(&cpu, &(struct cpu_fault){ .vector = 0x21 }, 2) &&
	       cpu.rip == 0xffffffff810000d0ul && pushed[0] == 0x21 * 8 + 2 && pushed[1] == 0x402000);
	cpu.user = 1;
	idt[VECTOR_UD].type = 0x0e00;
	expect("a benign exception without a gate", !cpu_deliver(&cpu, &(struct cpu_fault){ .vector = VECTOR_UD }, 0) &&
	       cpu.rip == 0xffffffff810000b0ul && pushed[0] == VECTOR_UD * 8 + 3);
	cpu.user = 1;
	idt[VECTOR_GP].type = 0x0e00;
	expect("one that contributes", !cpu_deliver(&cpu, &(struct cpu_fault){ .vector = VECTOR_GP, .has_error = 1 }, 0) &&
	       cpu.rip == 0xffffffff81000080ul && !pushed[0]);
	cpu.idt.limit = 0;
	expect("no gate, no double-fault gate: a triple fault", cpu_deliver(&cpu, &page, 0));
}

static uint64_t device_registers[512] __attribute__((aligned(4096)));

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

/* Executed by this processor on @memory and with @a, @d in rax, rdx (rdi is the
   address), then by the emulation on a device: both must end alike. */
static void device_case(const char *what, const char *bytes, size_t size)
{
	static uint8_t code[16];
	uint64_t memory[2] = { 0x8877665544f3a291ul, 0x1122334455667788ul };
	uint64_t a = 0xa1a2a3a4a5a6a7a8ul, d = 0xd1d2d3d4d5d6d7d8ul;
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(page, bytes, size);
	((uint8_t *)page)[size] = 0xc3;
	memcpy(code, bytes, size);
	memcpy(device_registers + 4, memory, sizeof(memory));
	cpu.r[RAX] = a;
	cpu.r[RDX] = d;
	cpu.r[RDI] = (uint64_t)(device_registers + 4);
	cpu.rip = (uint64_t)code;
	asm volatile("call *%[page]" : "+a"(a), "+d"(d), "+m"(memory)
		     : "D"(memory), [page] "r"(page) : "cc");
	munmap(page, 4096);
	expect(what, cpu_emulate_device(&cpu, &fault) == CPU_NEXT &&
	       cpu.rip == (uint64_t)code + size && cpu.r[RAX] == a && cpu.r[RDX] == d &&
	       !memcmp(memory, device_registers + 4, sizeof(memory)));
}

#define DEVICE(what, bytes) device_case(what, bytes, sizeof(bytes) - 1)

static void test_device(void)
{
	static const struct bus_memory device = {
		.gpa = 0, .size = 4096, .self = device_registers,
		.read = device_read, .write = device_write,
	};
	static struct bus_memory here;

	here = device;
	here.gpa = (uint64_t)device_registers;
	expect("a device", !bus_add_memory(&board_vm.bus, &here) &&
	       bus_find_memory(&board_vm.bus, here.gpa + 4095) && !bus_find_memory(&board_vm.bus, here.gpa + 4096));
	DEVICE("mov (%rdi),%eax", "\x8b\x07");
	DEVICE("mov 4(%rdi),%rax", "\x48\x8b\x47\x04");
	DEVICE("mov (%rdi),%al", "\x8a\x07");
	DEVICE("mov 1(%rdi),%dh", "\x8a\x77\x01");
	DEVICE("mov (%rdi),%dx", "\x66\x8b\x17");
	DEVICE("mov %eax,(%rdi)", "\x89\x07");
	DEVICE("mov %dh,2(%rdi)", "\x88\x77\x02");
	DEVICE("mov %dil,2(%rdi)", "\x40\x88\x57\x02");
	DEVICE("movl $,(%rdi)", "\xc7\x07\x01\x02\x03\x84");
	DEVICE("movq $,(%rdi)", "\x48\xc7\x07\x01\x02\x03\x84");
	DEVICE("movb $,(%rdi)", "\xc6\x07\x84");
	DEVICE("movw $,(%rdi)", "\x66\xc7\x07\x01\x82");
	DEVICE("movzbl (%rdi),%eax", "\x0f\xb6\x07");
	DEVICE("movzwl (%rdi),%edx", "\x0f\xb7\x17");
	DEVICE("movsbl (%rdi),%eax", "\x0f\xbe\x07");
	DEVICE("movswq 2(%rdi),%rax", "\x48\x0f\xbf\x47\x02");
	DEVICE("movsbw (%rdi),%ax", "\x66\x0f\xbe\x07");
	DEVICE("movslq (%rdi),%rax", "\x48\x63\x07");
	DEVICE("xchg %eax,(%rdi)", "\x87\x07");
	DEVICE("xchg %dl,(%rdi)", "\x86\x17");
	cpu.r[RDI] = (uint64_t)device_registers;
	cpu.rip = (uint64_t)"\xf7\x27";
	expect("mul is not carried out", cpu_emulate_device(&cpu, &fault) == CPU_UNKNOWN);
	cpu.r[RDI] = 0x1000;
	cpu.rip = (uint64_t)"\x8b\x07";
	expect("a page that is not there", cpu_emulate_device(&cpu, &fault) == CPU_FAULT &&
	       fault.vector == VECTOR_PF && fault.address == 0x1000);
}

int main(void)
{
	cpu_reset(&cpu);
	bus_add_ports(&board_vm.bus, &(struct bus_ports){ 0, 0xffff, 1, NULL, read_port, write_port });
	test_flags();
	test_cpuid();
	test_msr();
	test_ports();
	set_tables();
	test_segments();
	test_transfer();
	test_control();
	test_device();
	printf("emulate: %u passed, %u failed\n", passed, failed);
	return failed != 0;
}

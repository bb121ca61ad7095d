/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The report when the wedge stops the guest: the reason and the registers. */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../iface/end.h"
#include "../board/board.h"
#include "../devices/exit_status.h"
#include "../mmu/mmu.h"

#define REPORT_CODE 16		/* bytes at the instruction pointer */
#define REPORT_STACK 4		/* words at the stack pointer */

struct wedge_refused wedge_refused;

/* Reads the guest's memory with the kernel's rights. Returns 0, or -1 if it is not mapped. */
static int report_read(uint64_t va, void *to, size_t size)
{
	uint64_t address;
	uint32_t error;

	return mmu_access(va, to, size, 0, 0, &address, &error);
}

static void report_registers(const struct cpu *cpu)
{
	static const char names[16][4] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi",
		"rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };

	for (int i = 0; i < 16; i += 4)
		wedge_print("previrt: %s %016lx %s %016lx %s %016lx %s %016lx\n",
			    names[i], cpu->r[i], names[i + 1], cpu->r[i + 1],
			    names[i + 2], cpu->r[i + 2], names[i + 3], cpu->r[i + 3]);
	wedge_print("previrt: rip %016lx rflags %lx cs %x ss %x cr0 %lx cr2 %lx cr3 %lx cr4 %lx\n",
		    cpu->rip, cpu->rflags, cpu->seg[SEG_CS], cpu->seg[SEG_SS], cpu->cr0,
		    cpu->cr2, cpu->cr3, cpu->cr4);
	wedge_print("previrt: idt %016lx gdt %016lx tss %016lx efer %lx %s\n", cpu->idt.base,
		    cpu->gdt.base, cpu->tr_base, cpu->efer, cpu->user ? "user" : "kernel");
}

static void report_memory(const struct cpu *cpu)
{
	uint8_t byte;
	uint64_t word;

	wedge_print("previrt: code");
	for (int i = 0; i < REPORT_CODE && !report_read(cpu->rip + i, &byte, 1); i++)
		wedge_print(" %02x", byte);
	wedge_print("\nprevirt: stack");
	for (int i = 0; i < REPORT_STACK && !report_read(cpu->r[RSP] + 8 * i, &word, 8); i++)
		wedge_print(" %016lx", word);
	wedge_print("\n");
}

void wedge_stop(const char *why)
{
	static int stopping;

	/* A failure during the report must not start another one. */
	if (stopping++)
		backend_shutdown(EXIT_STOPPED);
	bus_poll(&board_vm.bus);
	wedge_print("\nprevirt: stopped: %s\n", why);
	if (wedge_refused.at)
		wedge_print("previrt: the last register refused: %s of MSR %x at %016lx\n",
			    wedge_refused.write ? "write" : "read", wedge_refused.msr,
			    wedge_refused.at);
	/* Before the start there are no registers to print. */
	if (previrt_cpu.cr3) {
		report_registers(&previrt_cpu);
		report_memory(&previrt_cpu);
		wedge_wants_counts = 1;
	}
	backend_shutdown(EXIT_STOPPED);
}

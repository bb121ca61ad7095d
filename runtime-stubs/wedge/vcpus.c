/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Further processors: woken through the mailbox that the ACPI tables name, a
 * page of a device's, so that the write of the command is seen at once.
 * ACPI 6.4, 5.2.12.19, tables 5.43 and 5.44.
 */
#include "entry.h"
#include "wedge.h"
#include "print.h"
#include "../backend/backend.h"
#include "../devices/acpi.h"
#include "../devices/ioapic.h"
#include "../devices/lapic.h"
#include "../mmu/device.h"
#include "../mmu/mmu.h"

#define COMMAND_WAKE 1
#define PAGE_OFFSET(at) ((at) & ~7ull)

static struct { uint16_t command; uint32_t apic; uint64_t vector; } mailbox;
static uint64_t wake_vector[BACKEND_VCPUS_MAX];
static uint8_t woken[BACKEND_VCPUS_MAX];
static uint8_t again[BACKEND_VCPUS_MAX];	/* once more, as soon as it is off */
unsigned vcpus_running = 1;

/* The command is taken at once, and none is ever left to be read. */
static uint64_t mailbox_read(void *self, uint64_t offset, unsigned size)
{
	uint64_t low = (uint64_t)mailbox.apic << 32, word;

	(void)self;
	(void)size;
	word = PAGE_OFFSET(offset) == 0 ? low : PAGE_OFFSET(offset) == 8 ? mailbox.vector : 0;
	return word >> 8 * (offset & 7);
}

/* One that has run and is off, or is about to be, comes back: more than ACPI asks. */
static void mailbox_wake(void)
{
	uint32_t vcpu = mailbox.apic;

	if (!vcpu || vcpu >= backend_vcpus)
		return;
	wake_vector[vcpu] = mailbox.vector;
	if (woken[vcpu]) {
		again[vcpu] = 1;
		backend_kick(vcpu);
		return;
	}
	woken[vcpu] = 1;
	vcpus_running++;
	mmu_make_room(2);
	backend_vcpu_start(vcpu);
}

int vcpus_woken_again(void)
{
	int is_woken = again[backend_vcpu];

	again[backend_vcpu] = 0;
	return is_woken;
}

static void mailbox_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	(void)self;
	if (offset == 4 && size == 4)
		mailbox.apic = value;
	else if (offset == 8 && size == 8)
		mailbox.vector = value;
	else if (offset == 0 && (uint16_t)value == COMMAND_WAKE)
		mailbox_wake();
}

static const struct mmu_device mailbox_device = {
	.gpa = ACPI_MAILBOX, .size = BACKEND_PAGE, .read = mailbox_read, .write = mailbox_write,
};

static const struct mmu_device ioapic_device = {
	.gpa = IOAPIC_ADDRESS, .size = IOAPIC_SIZE, .read = ioapic_read, .write = ioapic_write,
};

void vcpus_init(void)
{
	woken[0] = 1;
	if (backend_vcpus == 1)
		return;
	mmu_add_device(&mailbox_device);
	mmu_add_device(&ioapic_device);
}

void wedge_vcpu_started(void)
{
	struct cpu *cpu = &previrt_cpu;

	cpu_reset(cpu);
	cpu_apply_reset(cpu);
	lapic_reset();
	mmu_start();
	backend_syscall_changed();
	cpu->cr3 = 0;
	if (cpu_wake(cpu, wake_vector[backend_vcpu])) {
		wedge_print("previrt: processor %u cannot start at %lx\n", backend_vcpu, cpu->rip);
		wedge_stop("instruction not supported before paging");
	}
	mmu_set_root(cpu->cr3 & PTE_ADDRESS, 0);
	wedge_go();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The machine around the processor: an AT-compatible one without a bus. Each
 * device claims ports; what nobody claims reads as ones and swallows writes.
 *
 * Must not know: the processor's state, page tables, which hypervisor is below.
 */
#ifndef PREVIRT_PORTS_H
#define PREVIRT_PORTS_H
#include <stddef.h>
#include <stdint.h>

/* A device's ports [first, first + count): bytes, unless wide. */
struct ports_range {
	uint16_t first, count;
	uint8_t wide;		/* takes 2 and 4 bytes at once */
	uint32_t (*read)(uint16_t port, int size);
	void (*write)(uint16_t port, int size, uint32_t value);
};

/* An access of 1, 2 or 4 bytes by the guest. */
uint32_t ports_read(uint16_t port, int size);
void ports_write(uint16_t port, int size, uint32_t value);
/* Whose a port is; what is nobody's has a range, too. */
const struct ports_range *ports_find(uint16_t port);

/* The first processor has something to do: what another has asked of a device. */
void devices_tell_first(void);

/* All devices into the state after reset. */
void devices_reset(void);
/* Time has passed or input has come. Sets the back-end's timer anew. */
void devices_run(void);
/* An interrupt the guest's processor is to take now, or -1; taking it. */
int devices_interrupt(void);
int devices_interrupt_waits(void);

/* Interrupt lines of the 8259 pair, and of the I/O APIC if there is one. */
void i8259_reset(void);
void i8259_set(unsigned irq, int level);
/* Line @irq is masked in all controllers; an edge of it waits to be taken. */
int i8259_masked(unsigned irq);
int i8259_keeps(unsigned irq);
/* The vector to deliver, acknowledged, or -1 when none is due. */
int i8259_acknowledge(void);
extern uint8_t i8259_waits;	/* one is due */

void i8254_reset(void);
/* Up to @now; gives the time of the next change of output 0, 0: none. */
uint64_t i8254_run(uint64_t now);
/* The guest has taken an interrupt, perhaps this one: another may be due. */
void i8254_taken(void);
/* Ticks signalled when later ones were due already; dropped, for the line was
   masked. */
extern uint64_t i8254_late, i8254_dropped;

#define UART8250_BASE 0x3f8
void uart8250_reset(void);
void uart8250_run(void);
void cmos_reset(void);
void pci_reset(void);
void acpi_reset(void);

extern const struct ports_range i8259_ports[], i8254_ports[], uart8250_ports[],
	cmos_ports[], pci_ports[], acpi_ports[], system_ports[];
extern const unsigned i8259_ports_count, i8254_ports_count, uart8250_ports_count,
	cmos_ports_count, pci_ports_count, acpi_ports_count,
	system_ports_count;

#endif

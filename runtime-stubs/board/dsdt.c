/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the ACPI namespace has: the way to turn power off, and the PCI bus with its
 * windows and the lines of INTA. ACPI specification 6.4, chapter 20 (AML), 6.4
 * (resources), 6.2.13 (_PRT). In ASL:
 *
 *	Name (_S5, Package (4) { 0, 0, 0, 0 })
 *	Scope (\_SB) { Device (PCI0) {
 *		Name (_HID, EisaId ("PNP0A03"))
 *		Name (_CRS, ResourceTemplate () {
 *			WordBusNumber (, MinFixed, MaxFixed, , 0, 0, 0, 0, 1)
 *			IO (Decode16, 0xcf8, 0xcf8, 1, 8)
 *			WordIO (, MinFixed, MaxFixed, , EntireRange, 0, 0, 0xcf7, 0, 0xcf8)
 *			WordIO (, MinFixed, MaxFixed, , EntireRange, 0, 0xd00, 0xffff, 0, 0xf300)
 *			DWordMemory (, , MinFixed, MaxFixed, NonCacheable, ReadWrite,
 *				     0, BUS_BARS_START, BUS_BARS_END - 1, 0, their difference) })
 *		Name (_PRT, Package (9) { Package (4) { 0x0001ffff, 0, 0, 11 }, ... }) } }
 *
 * The lines are inputs of the 8259 pair and, by the same numbers, of the I/O APIC.
 */
#include "dsdt.h"
#include "../bus/pci.h"
#include <string.h>

/* The length of a package of 64 to 4095 bytes with itself (20.2.4). */
#define LENGTH(n) 0x40 | ((n) & 15), (n) >> 4
#define WORD(n) (n) & 0xff, (n) >> 8 & 0xff
#define DWORD(n) WORD(n), (n) >> 16 & 0xff, (n) >> 24

#define ROUTES (BUS_SLOTS - 1)
#define RESOURCE_BYTES 84
#define CRS_BYTES (4 + RESOURCE_BYTES)
#define PRT_BYTES (3 + 12 * ROUTES)
#define DEVICE_BYTES (2 + 4 + 10 + 6 + CRS_BYTES + 6 + PRT_BYTES)
#define SCOPE_BYTES (2 + 5 + 2 + DEVICE_BYTES)

static const uint8_t dsdt_code[] = {
	0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0, 0, 0, 0,
	0x10, LENGTH(SCOPE_BYTES), '\\', '_', 'S', 'B', '_',
	0x5b, 0x82, LENGTH(DEVICE_BYTES), 'P', 'C', 'I', '0',
	0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0a, 0x03,
	0x08, '_', 'C', 'R', 'S', 0x11, LENGTH(CRS_BYTES), 0x0a, RESOURCE_BYTES,
	0x88, WORD(13), 2, 0x0c, 0, WORD(0), WORD(0), WORD(0), WORD(0), WORD(1),
	0x47, 1, WORD(0xcf8), WORD(0xcf8), 1, 8,
	0x88, WORD(13), 1, 0x0c, 3, WORD(0), WORD(0), WORD(0xcf7), WORD(0), WORD(0xcf8),
	0x88, WORD(13), 1, 0x0c, 3, WORD(0), WORD(0xd00), WORD(0xffff), WORD(0), WORD(0xf300),
	0x87, WORD(23), 0, 0x0c, 1, DWORD(0u), DWORD(BUS_BARS_START), DWORD(BUS_BARS_END - 1),
	DWORD(0u), DWORD(BUS_BARS_END - BUS_BARS_START),
	0x79, 0,
	0x08, '_', 'P', 'R', 'T', 0x12, LENGTH(PRT_BYTES), ROUTES,
};

struct dsdt_route {		/* Package (4) { slot and all functions, INTA, 0, line } */
	uint8_t package, length, elements, dword;
	uint16_t functions, slot;
	uint8_t pin, source, byte, line;
};

_Static_assert(sizeof(dsdt_code) + ROUTES * sizeof(struct dsdt_route) == DSDT_CODE_BYTES,
	       "its size");

void dsdt_write(uint8_t code[DSDT_CODE_BYTES])
{
	memcpy(code, dsdt_code, sizeof(dsdt_code));
	code += sizeof(dsdt_code);
	for (unsigned slot = 1; slot < BUS_SLOTS; slot++, code += sizeof(struct dsdt_route)) {
		const struct dsdt_route route = { 0x12, sizeof(route) - 1, 4, 0x0c, 0xffff, slot,
						  0, 0, 0x0a, bus_slot_line(slot) };

		memcpy(code, &route, sizeof(route));
	}
}

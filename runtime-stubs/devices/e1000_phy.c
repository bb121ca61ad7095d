/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The EEPROM (chapter 5, 13.4.3, 13.4.4), a read-only 93C46 of 64 words, by register
 * and by its wires. The PHY, a Marvell 88E1011 (13.4.6 and IEEE 802.3, 22.2.4): its
 * link is up at 1000 Mb/s while the network's link is up. LIMIT: what the guest writes
 * to the PHY does not change the link.
 */
#include "e1000.h"
#include <string.h>

/* EECD: the wires clock, select, in and out; whether software owns them. */
enum { WIRE_CLOCK = 1, WIRE_SELECT = 2, WIRE_IN = 4, WIRE_OUT = 8, EECD_REQUEST = 0x40,
       EECD_GRANT = 0x80, EECD_PRESENT = 0x100 };
#define EECD_WRITABLE 0x77u

/* A command: a start bit of 1, two bits of opcode, the address. */
#define COMMAND_BITS 9u
#define ADDRESS_BITS 6u
#define COMMAND_READ 6u

enum { EERD_START = 1, EERD_DONE = 0x10 };

/* The words (5.6). The MAC address stands first. */
enum { WORD_SUBSYSTEM = 0x0b, WORD_VENDOR, WORD_DEVICE, WORD_PCI_VENDOR, WORD_SUM = 0x3f };
#define WORDS_SUM 0xbabau

static uint16_t eeprom_stored(const struct e1000 *e1000, unsigned n)
{
	uint16_t word = 0;

	if (n < BUS_MAC / 2)
		memcpy(&word, e1000->net->mac + 2 * n, 2);
	switch (n) {
	case WORD_SUBSYSTEM: memcpy(&word, e1000->function.config + PCI_SUBSYSTEM, 2); break;
	case WORD_DEVICE: memcpy(&word, e1000->function.config + PCI_DEVICE, 2); break;
	case WORD_VENDOR: case WORD_PCI_VENDOR:
		memcpy(&word, e1000->function.config + PCI_VENDOR, 2); break;
	}
	return word;
}

static uint16_t eeprom_word(const struct e1000 *e1000, unsigned n)
{
	uint16_t sum = WORDS_SUM;

	if (n % (WORD_SUM + 1) != WORD_SUM)
		return eeprom_stored(e1000, n % (WORD_SUM + 1));
	for (unsigned i = 0; i < WORD_SUM; i++)
		sum -= eeprom_stored(e1000, i);
	return sum;
}

void e1000_write_eecd(struct e1000 *e1000, uint32_t value)
{
	uint32_t rises = value & ~e1000->eecd;

	e1000->eecd = value & EECD_WRITABLE;
	if (!(value & WIRE_SELECT)) {
		e1000->eeprom_in = e1000->eeprom_bits = 0;
	} else if (rises & WIRE_CLOCK) {
		if (e1000->eeprom_bits < COMMAND_BITS)
			e1000->eeprom_in = e1000->eeprom_in << 1 | !!(value & WIRE_IN);
		e1000->eeprom_bits += !!e1000->eeprom_in;	/* the start bit is 1 */
	}
}

/* After the address the chip sends a zero, then words from that address on, the highest bit
   first. */
static int eeprom_out(const struct e1000 *e1000)
{
	unsigned bit = e1000->eeprom_bits - COMMAND_BITS - 1;
	unsigned address = e1000->eeprom_in & ((1 << ADDRESS_BITS) - 1);

	if (e1000->eeprom_bits < COMMAND_BITS || e1000->eeprom_in >> ADDRESS_BITS != COMMAND_READ)
		return 1;
	return e1000->eeprom_bits > COMMAND_BITS &&
	       eeprom_word(e1000, address + bit / 16) >> (15 - bit % 16) & 1;
}

uint32_t e1000_read_eecd(const struct e1000 *e1000)
{
	return e1000->eecd | EECD_PRESENT | (eeprom_out(e1000) ? WIRE_OUT : 0) |
	       (e1000->eecd & EECD_REQUEST ? EECD_GRANT : 0);
}

void e1000_write_eerd(struct e1000 *e1000, uint32_t value)
{
	unsigned address = value >> 8 & 0xff;

	e1000->eerd = address << 8;
	if (value & EERD_START)
		e1000->eerd |= (uint32_t)eeprom_word(e1000, address) << 16 | EERD_DONE;
}

#define MDIC_PHY 1u			/* the PHY's address */
#define MDIC_TO(mdic) ((mdic) >> 21 & 31)
#define MDIC_REGISTER(mdic) ((mdic) >> 16 & 31)
#define MDIC_DATA 0xffffu
enum { MDIC_WRITE = 1u << 26, MDIC_READ = 1u << 27, MDIC_READY = 1u << 28,
       MDIC_INTERRUPT = 1u << 29, MDIC_ERROR = 1u << 30 };

enum { PHY_CONTROL, PHY_STATUS, PHY_ID, PHY_ID_LOW, PHY_ADVERTISED, PHY_PARTNER, PHY_EXPANSION,
       PHY_1000_CONTROL = 9, PHY_1000_STATUS, PHY_EXTENDED = 15, PHY_SPECIFIC,
       PHY_SPECIFIC_STATUS };
#define CONTROL_RESET 0x8000u
#define CONTROL_RESTART 0x200u
#define STATUS_ONCE_DONE 0x24u		/* negotiation is complete, the link is up */
#define SPECIFIC_ONCE_DONE 0xac00u	/* 1000 Mb/s, full duplex, resolved, up */
#define PHY_READ_ONLY (1u << PHY_STATUS | 1u << PHY_ID | 1u << PHY_ID_LOW | 1u << PHY_PARTNER | \
		       1u << PHY_EXPANSION | 1u << PHY_1000_STATUS | 1u << PHY_EXTENDED | \
		       1u << PHY_SPECIFIC_STATUS)

void e1000_reset_phy(struct e1000 *e1000)
{
	static const uint16_t values[E1000_PHY] = {
		[PHY_CONTROL] = 0x1140,		/* negotiate; 1000 Mb/s, full duplex */
		[PHY_STATUS] = 0x7949,		/* 10 and 100 Mb/s, more in PHY_EXTENDED */
		[PHY_ID] = 0x0141, [PHY_ID_LOW] = 0x0c20,
		[PHY_ADVERTISED] = 0x0de1, [PHY_PARTNER] = 0x41e1, [PHY_EXPANSION] = 1,
		[PHY_1000_CONTROL] = 0x0e00, [PHY_1000_STATUS] = 0x3c00, [PHY_EXTENDED] = 0x3000,
		[PHY_SPECIFIC] = 0x0360,
	};

	memcpy(e1000->phy, values, sizeof(values));
}

static uint16_t phy_read(const struct e1000 *e1000, unsigned n)
{
	unsigned more = !e1000->net->up ? 0 : n == PHY_STATUS ? STATUS_ONCE_DONE :
			n == PHY_SPECIFIC_STATUS ? SPECIFIC_ONCE_DONE : 0;

	return e1000->phy[n] | more;
}

static void phy_write(struct e1000 *e1000, unsigned n, uint16_t value)
{
	if (n == PHY_CONTROL && value & CONTROL_RESET)
		e1000_reset_phy(e1000);
	else if (n == PHY_CONTROL)
		e1000->phy[n] = value & ~CONTROL_RESTART;
	else if (!(PHY_READ_ONLY >> n & 1))
		e1000->phy[n] = value;
}

void e1000_write_mdic(struct e1000 *e1000, uint32_t value)
{
	value &= ~(MDIC_READY | MDIC_ERROR);
	if (MDIC_TO(value) != MDIC_PHY)
		value |= MDIC_ERROR;
	else if (value & MDIC_WRITE)
		phy_write(e1000, MDIC_REGISTER(value), value);
	else if (value & MDIC_READ)
		value = (value & ~MDIC_DATA) | phy_read(e1000, MDIC_REGISTER(value));
	e1000->mdic = value | MDIC_READY;
	if (value & MDIC_INTERRUPT)
		e1000_interrupt(e1000, CAUSE_MDIO);
}

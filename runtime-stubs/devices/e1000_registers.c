/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The registers, in memory and by two ports (13.2.2.2): an index port with the register's
   offset, and a data port. */
#include "e1000.h"

enum { PORT_REGISTER, PORT_VALUE = 4 };

enum { STATUS = 0x0008, EECD = 0x0010, EERD = 0x0014, MDIC = 0x0020, ICR = 0x00c0, ICS = 0x00c8,
       IMS = 0x00d0, IMC = 0x00d8, STATISTICS = 0x4000, MULTICAST = 0x5200, ADDRESS = 0x5400,
       VLAN = 0x5600 };

#define STATUS_FULL_DUPLEX 1u
#define STATUS_LINK 2u
#define STATUS_1000 0x80u

static const struct { uint16_t offset; uint32_t mask; } e1000_registers[] = {
#define E1000_PLACE(name, offset, mask) { offset, mask },
	E1000_REGISTERS(E1000_PLACE)
};

static uint32_t *e1000_in(uint32_t *array, unsigned first, unsigned bytes, unsigned offset)
{
	return offset >= first && offset - first < bytes ? &array[(offset - first) / 4] : NULL;
}

/* Returns the register that stores its written value, and the bits that can be written.
   NULL: no register there stores it. */
static uint32_t *e1000_find(struct e1000 *e1000, unsigned offset, uint32_t *mask)
{
	uint32_t *found;

	for (unsigned i = 0; i < E1000_REGISTER_COUNT; i++) {
		if (e1000_registers[i].offset != offset)
			continue;
		*mask = e1000_registers[i].mask;
		return &e1000->registers[i];
	}
	*mask = ~0u;
	found = e1000_in(e1000->multicast, MULTICAST, sizeof(e1000->multicast), offset);
	if (!found)
		found = e1000_in(e1000->address, ADDRESS, sizeof(e1000->address), offset);
	return found ? found : e1000_in(e1000->vlan, VLAN, sizeof(e1000->vlan), offset);
}

static uint32_t e1000_get(struct e1000 *e1000, unsigned offset)
{
	uint32_t *count = e1000_in(e1000->count, STATISTICS, sizeof(e1000->count), offset);
	uint32_t *found, mask, value;

	switch (offset) {
	case ICR: return e1000_read_causes(e1000);
	case IMS: return e1000->mask;
	case STATUS:
		return STATUS_FULL_DUPLEX | STATUS_1000 | (e1000->net->up ? STATUS_LINK : 0);
	case EECD: return e1000_read_eecd(e1000);
	case EERD: return e1000->eerd;
	case MDIC: return e1000->mdic;
	}
	if (count) {
		value = *count;
		*count = 0;
		return value;
	}
	found = e1000_find(e1000, offset, &mask);
	return found ? *found : 0;
}

static void e1000_control(struct e1000 *e1000, uint32_t value)
{
	if (value & CTRL_RESET)
		e1000_reset_card(e1000);
	if (value & CTRL_PHY_RESET)
		e1000_reset_phy(e1000);
	E1000_REGISTER(e1000, CTRL) &= ~CTRL_PHY_RESET;
}

static void e1000_set_register(struct e1000 *e1000, unsigned offset, uint32_t value)
{
	uint32_t mask, *found = e1000_find(e1000, offset, &mask);

	if (!found)
		return;
	*found = (*found & ~mask) | (value & mask);
	if (found == &E1000_REGISTER(e1000, TDT) || found == &E1000_REGISTER(e1000, TCTL))
		e1000_send(e1000);
	else if (found == &E1000_REGISTER(e1000, RDT) || found == &E1000_REGISTER(e1000, RCTL))
		e1000_receive(e1000);
	else if (found == &E1000_REGISTER(e1000, CTRL))
		e1000_control(e1000, value);
}

static void e1000_set(struct e1000 *e1000, unsigned offset, uint32_t value)
{
	switch (offset) {
	case ICR: e1000->cause &= ~value; break;
	case ICS: e1000->cause |= value & CAUSES; break;
	case IMS: e1000->mask |= value & CAUSES; break;
	case IMC: e1000->mask &= ~value; break;
	case EECD: e1000_write_eecd(e1000, value); return;
	case EERD: e1000_write_eerd(e1000, value); return;
	case MDIC: e1000_write_mdic(e1000, value); return;
	default: e1000_set_register(e1000, offset, value); return;
	}
	e1000_interrupt(e1000, 0);
}

/* The whole register is read. A smaller access gets its part of it. */
uint64_t e1000_read(void *self, uint64_t offset, unsigned size)
{
	uint64_t value = (uint64_t)e1000_get(self, offset & ~3u) >> 8 * (offset & 3);

	if (size == 8 && !(offset & 3))
		value |= (uint64_t)e1000_get(self, offset + 4) << 32;
	return value;
}

/* Writes of less than a register do nothing (13.2.2.1). */
void e1000_write(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	if (size < 4 || offset & 3)
		return;
	e1000_set(self, offset, value);
	if (size == 8)
		e1000_set(self, offset + 4, value >> 32);
}

uint64_t e1000_read_port(void *self, uint64_t offset, unsigned size)
{
	struct e1000 *e1000 = self;

	if (size == 4 && offset == PORT_REGISTER)
		return e1000->port_register;
	return size == 4 && offset == PORT_VALUE ? e1000_get(e1000, e1000->port_register) : 0;
}

void e1000_write_port(void *self, uint64_t offset, unsigned size, uint64_t value)
{
	struct e1000 *e1000 = self;

	if (size == 4 && offset == PORT_REGISTER)
		e1000->port_register = value & (E1000_MEMORY - 4);
	else if (size == 4 && offset == PORT_VALUE)
		e1000_set(e1000, e1000->port_register, value);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Interrupts (13.4.17 to 13.4.21) and the card's reset, for its other files. */
#include "e1000.h"
#include <string.h>

#define ADDRESS_VALID (1u << 31)

int e1000_is_master(const struct e1000 *e1000)
{
	return bus_is_master(&e1000->function);
}

void e1000_interrupt(struct e1000 *e1000, uint32_t causes)
{
	e1000->cause |= causes & CAUSES;
	bus_set_inta(&e1000->function, !!(e1000->cause & e1000->mask));
}

uint64_t e1000_tell(void *self, uint64_t now)
{
	struct e1000 *e1000 = self;

	(void)now;
	if (e1000->late)
		e1000_interrupt(e1000, CAUSE_SENT);
	e1000->late = 0;
	return BUS_NEVER;
}

/* A read of the causes includes the delayed interrupt. */
uint32_t e1000_read_causes(struct e1000 *e1000)
{
	uint32_t causes = e1000->cause | (e1000->late ? CAUSE_SENT : 0);

	e1000->late = e1000->cause = 0;
	e1000->timer.when = BUS_NEVER;
	e1000_interrupt(e1000, 0);
	return causes;
}

/* Resets the card but not its PCI configuration. */
void e1000_reset_card(struct e1000 *e1000)
{
	memset(e1000->registers, 0, sizeof(e1000->registers));
	memset(e1000->count, 0, sizeof(e1000->count));
	memset(e1000->address, 0, sizeof(e1000->address));
	memcpy(e1000->address, e1000->net->mac, BUS_MAC);
	e1000->address[1] |= ADDRESS_VALID;
	E1000_REGISTER(e1000, CTRL) = CTRL_FULL_DUPLEX;
	E1000_REGISTER(e1000, PBA) = 0x00100030;
	e1000->mask = e1000->cause = e1000->late = 0;
	e1000->mdic = e1000->eerd = e1000->eecd = e1000->port_register = 0;
	e1000->eeprom_in = e1000->eeprom_bits = 0;
	memset(e1000->context, 0, sizeof(e1000->context));
	e1000->timer.when = BUS_NEVER;
	e1000->waiting = 0;
	e1000_interrupt(e1000, 0);
}

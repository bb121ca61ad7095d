/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The place and state of Intel's 82540EM (e1000.h). The device exists if the bus has a
 * network (bus/net.h) that asks for this model. After an error in its rings the device
 * does nothing. LIMIT: interrupts by INTA alone, as the real card. The link follows
 * the network's. Wake-up, flow control, LEDs and the interrupt moderation of ITR, RDTR
 * and RADV can be written and do nothing. No loopback.
 */
#include "e1000.h"
#include "../bus/device.h"
#include <string.h>

#define PORTS 64u
enum { BAR_MEMORY, BAR_PORTS = 2 };

static void e1000_poll(void *self)
{
	struct e1000 *e1000 = self;

	e1000_receive(e1000);
	if (e1000->up == e1000->net->up)
		return;
	e1000->up = e1000->net->up;
	e1000_interrupt(e1000, CAUSE_LINK);
}

static int e1000_attach(void *self, struct bus *bus, const struct device_place *place)
{
	static const struct bus_identity identity = { 0x8086, 0x100e, 0x001e, 2, 0x020000 };
	struct e1000 *e1000 = self;

	if (!bus->net || bus->net->model != BUS_NET_E1000)
		return 0;
	e1000->net = bus->net;
	e1000->timer.self = e1000;
	e1000->timer.run = e1000_tell;
	bus_add_timer(bus, &e1000->timer, 0);
	return bus_add_function(bus, &e1000->function, place->at, &identity) ||
	       bus_add_bar(&e1000->function, BAR_MEMORY, &(struct bus_bar){
			e1000, e1000_read, e1000_write, E1000_MEMORY, 0 }) ||
	       bus_add_port_bar(&e1000->function, BAR_PORTS, &(struct bus_bar){
			e1000, e1000_read_port, e1000_write_port, PORTS, 0 }) ||
	       bus_add_poll(bus, e1000_poll, e1000);
}

static void e1000_reset(void *self)
{
	struct e1000 *e1000 = self;

	if (!e1000->net)
		return;
	bus_reset_function(&e1000->function);
	memset(e1000->multicast, 0, sizeof(e1000->multicast));
	memset(e1000->vlan, 0, sizeof(e1000->vlan));
	e1000_reset_card(e1000);
	e1000_reset_phy(e1000);
	e1000->up = e1000->net->up;
}

static int e1000_loaded(void *self)
{
	struct e1000 *e1000 = self;

	if (!e1000->net)
		return e1000->function.config[PCI_VENDOR] || e1000->function.irq.level;
	if (e1000->late > 1 || e1000->up > 1 || e1000->port_register >= E1000_MEMORY ||
	    e1000->port_register & 3)
		return -1;
	e1000->timer.when = e1000->late ? BUS_NOW : BUS_NEVER;
	return bus_function_loaded(&e1000->function);
}

static const struct state_field e1000_state[] = {
	BUS_FUNCTION_STATE(struct e1000, function), STATE_ARRAY(struct e1000, registers),
	STATE_ARRAY(struct e1000, count), STATE_ARRAY(struct e1000, address),
	STATE_ARRAY(struct e1000, multicast), STATE_ARRAY(struct e1000, vlan),
	STATE(struct e1000, cause), STATE(struct e1000, mask), STATE(struct e1000, mdic),
	STATE(struct e1000, eerd), STATE(struct e1000, eecd), STATE(struct e1000, port_register),
	STATE(struct e1000, eeprom_in), STATE(struct e1000, eeprom_bits),
	STATE_ARRAY(struct e1000, phy), { offsetof(struct e1000, context), 4, 8, 8 },
	STATE(struct e1000, late), STATE(struct e1000, up),
};

const struct device device_e1000 = {
	"e1000", sizeof(struct e1000), 1, e1000_attach, e1000_reset, e1000_loaded,
	e1000_state, sizeof(e1000_state) / sizeof(e1000_state[0])
};

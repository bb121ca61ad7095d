/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The place and state of an IDE controller for the disks whose model is ata
 * (bus/disk.h): two channels at the ports and lines of the PC/AT, two drives each, and
 * a bus master. An error in the guest's table becomes an error of its command. LIMIT:
 * the PC/AT's ports cannot be disabled or moved. Timings can be written and have no
 * effect.
 */
#include "ata.h"
#include "../bus/device.h"
#include <string.h>

#define BAR_MASTER 4u
#define MASTER_PORTS 16u
#define TIMINGS 0x40u		/* in the configuration: a word for each channel, then one more */
#define TIMINGS_BYTES 5u
#define DECODED 0x8000u		/* of each word: the channel's ports are there */
#define PORTS 8u

static const struct { uint16_t ports, control; uint8_t line; } ata_places[ATA_CHANNELS] = {
	{ 0x1f0, 0x3f6, 14 }, { 0x170, 0x376, 15 },
};

/* The disks whose model is ata, in their order. */
static unsigned ata_take_disks(struct ata *ata, struct bus *bus, unsigned *first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < bus->disks; i++) {
		if (bus->disk[i]->model != BUS_DISK_ATA)
			continue;
		if (!n)
			*first = i;
		ata->channel[n / ATA_DRIVES].drive[n % ATA_DRIVES].disk = bus->disk[i];
		n++;
	}
	return n;
}

static int ata_add_channel(struct ata_channel *channel, struct bus *bus, unsigned n)
{
	return bus_add_source(bus, &channel->irq, ata_places[n].line) ||
	       bus_add_ports(bus, &(struct bus_ports){
			ata_places[n].ports, PORTS, 1, channel, ata_read, ata_write }) ||
	       bus_add_ports(bus, &(struct bus_ports){
			ata_places[n].control, 1, 0, channel, ata_read_control, ata_write_control });
}

static int ata_attach(void *self, struct bus *bus, const struct device_place *place)
{
	static const struct bus_identity identity = { 0x8086, 0x7010, 0, 0, 0x010180 };
	struct ata *ata = self;
	unsigned first = 0, disks = ata_take_disks(ata, bus, &first), bad;

	if (!disks)
		return 0;
	ata->is_there = 1;
	bad = bus_add_function(bus, &ata->function, place->at + first, &identity) ||
	      bus_add_port_bar(&ata->function, BAR_MASTER, &(struct bus_bar){
			ata, ata_read_master, ata_write_master, MASTER_PORTS, 0 });
	bus_put_config(&ata->function, PCI_PIN, 1, 0);
	memset(ata->function.writable + TIMINGS, 0xff, TIMINGS_BYTES);
	for (unsigned i = 0; i < ATA_CHANNELS; i++) {
		ata->channel[i].ata = ata;
		if (ata->channel[i].drive[0].disk)
			bad |= ata_add_channel(&ata->channel[i], bus, i);
	}
	return bad;
}

static void ata_reset(void *self)
{
	struct ata *ata = self;

	if (!ata->is_there)
		return;
	bus_reset_function(&ata->function);
	for (unsigned i = 0; i < ATA_CHANNELS; i++) {
		struct ata_channel *channel = &ata->channel[i];

		if (!channel->drive[0].disk)
			continue;
		bus_put_config(&ata->function, TIMINGS + 2 * i, 2, DECODED);
		for (unsigned n = 0; n < ATA_DRIVES; n++)
			bus_drive_reset(&channel->drive[n]);
		ata_sign(channel);
		ata_interrupt(channel, 0);
	}
}

/* Refuses numbers that ata*.c uses without a check. Other numbers may have any value. */
static int ata_channel_loaded(struct ata_channel *channel)
{
	const struct bus_drive *drive = &channel->drive[channel->active & 1];

	if (channel->active >= ATA_DRIVES || channel->phase >= ATA_PHASES || channel->size > sizeof(channel->buffer) ||
	    channel->at > channel->size || channel->interrupt > 1 || channel->resets > 1)
		return -1;
	for (unsigned i = 0; i < ATA_DRIVES; i++)
		if (channel->drive[i].multiple > BUS_DRIVE_MULTIPLE)
			return -1;
	if (channel->phase == ATA_IDLE)
		return bus_line_loaded(&channel->irq);
	if (!drive->disk || (channel->writes & 2 && !drive->multiple) ||
	    channel->left > drive->disk->sectors ||
	    channel->sector > drive->disk->sectors - channel->left ||
	    (channel->writes & 1 && drive->disk->read_only) ||
	    ((channel->phase == ATA_OUT || channel->phase == ATA_READ) && !channel->left))
		return -1;
	return bus_line_loaded(&channel->irq);
}

static int ata_loaded(void *self)
{
	struct ata *ata = self;

	if (!ata->is_there)
		return ata->function.config[PCI_VENDOR] != 0;
	for (unsigned i = 0; i < ATA_CHANNELS; i++)
		if (ata->channel[i].drive[0].disk ? ata_channel_loaded(&ata->channel[i]) :
		    ata->channel[i].phase || ata->channel[i].irq.level)
			return -1;
	if (bus_function_loaded(&ata->function))
		return -1;
	for (unsigned i = 0; i < ATA_CHANNELS; i++)
		ata_again(&ata->channel[i]);
	return 0;
}

#define CHANNEL(c) \
	STATE_ARRAY(struct ata, channel[c].value), STATE_ARRAY(struct ata, channel[c].previous), \
	STATE(struct ata, channel[c].error), STATE(struct ata, channel[c].device), \
	STATE(struct ata, channel[c].status), STATE(struct ata, channel[c].control), \
	STATE(struct ata, channel[c].command), STATE(struct ata, channel[c].interrupt), \
	STATE(struct ata, channel[c].phase), STATE(struct ata, channel[c].writes), \
	STATE(struct ata, channel[c].resets), STATE(struct ata, channel[c].active), STATE(struct ata, channel[c].sector), \
	STATE(struct ata, channel[c].left), STATE(struct ata, channel[c].at), \
	STATE(struct ata, channel[c].size), STATE(struct ata, channel[c].master_command), \
	STATE(struct ata, channel[c].master_status), STATE(struct ata, channel[c].table), \
	STATE(struct ata, channel[c].entry), STATE(struct ata, channel[c].done), \
	STATE_ARRAY(struct ata, channel[c].buffer), STATE(struct ata, channel[c].irq.level), \
	BUS_DRIVE_STATE(struct ata, channel[c].drive[0]), BUS_DRIVE_STATE(struct ata, channel[c].drive[1])
static const struct state_field ata_state[] = {
	BUS_FUNCTION_STATE(struct ata, function), CHANNEL(0), CHANNEL(1)
};

const struct device device_ata = {
	"ata", sizeof(struct ata), 1, ata_attach, ata_reset, ata_loaded,
	ata_state, sizeof(ata_state) / sizeof(ata_state[0])
};

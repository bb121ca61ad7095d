/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The bus: what devices are attached to, and how the processors find them. A machine
 * has one (board/). All of it is derived: attaching the devices makes it, and levels
 * and times follow from the devices' state.
 *
 * Must not know: which devices there are, the processor's state, page tables, the
 * hypervisor.
 */
#ifndef PREVIRT_BUS_H
#define PREVIRT_BUS_H
#include "../iface/vcpu.h"
#include "balloon.h"
#include "disk.h"
#include "dma.h"
#include "entropy.h"
#include "lines.h"
#include "memory.h"
#include "messages.h"
#include "net.h"
#include "pci.h"
#include "ports.h"
#include "share.h"
#include "timers.h"

#define BUS_PORT_WINDOWS 24u
#define BUS_MEMORY_WINDOWS 24u
#define BUS_SINKS 4u
#define BUS_POLLS 5u
#define BUS_DISKS 4u

struct bus {
	struct bus_ports ports[BUS_PORT_WINDOWS];
	const struct bus_ports *last_ports;	/* the last one that was found, or NULL */
	struct bus_memory memory[BUS_MEMORY_WINDOWS];
	uint64_t memory_low, memory_high;	/* every window lies between these */
	struct bus_sink sink[BUS_SINKS + 1];	/* the last one is empty */
	uint8_t high[BUS_LINES];		/* by line: how many sources are high */
	uint8_t interrupt;	/* the output of the 8259 pair, the processor's INTR pin */
	uint8_t told_first;	/* bus_tell_first, until the first processor has come */
	struct bus_timer *timers[BACKEND_VCPUS_MAX];
	struct bus_poll { void (*poll)(void *self); void *self; } poll[BUS_POLLS + 1];	/* the last one is empty */
	struct bus_messages messages;
	struct bus_function *function[BUS_SLOTS];	/* of PCI; NULL: the slot is empty */
	struct bus_disk *disk[BUS_DISKS];
	struct bus_balloon *balloon;	/* or NULL */
	struct bus_entropy *entropy;	/* or NULL */
	struct bus_net *net;		/* or NULL */
	struct bus_share *share;	/* or NULL */
	uint8_t console;		/* there is a virtio console, too */
	unsigned port_windows, memory_windows, sinks, polls, disks;
	uint32_t bars;			/* the lowest address that a function's memory windows
					   use */
	uint32_t port_bars;		/* the end of the ports that functions use; 0: none */
};

/* Returns the window at @gpa, or NULL. A result stays right until a window is added. The
   limits alone exclude most addresses. */
static inline const struct bus_memory *bus_find_memory(const struct bus *bus, uint64_t gpa)
{
	return gpa < bus->memory_low || gpa >= bus->memory_high ? NULL : bus_search_memory(bus, gpa);
}

#endif

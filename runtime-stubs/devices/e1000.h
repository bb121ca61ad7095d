/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Intel's 82540EM, for e1000*.c: "PCI/PCI-X Family of Gigabit Ethernet Controllers
 * Software Developer's Manual" (317453), whose sections are named below.
 */
#ifndef PREVIRT_DEVICES_E1000_H
#define PREVIRT_DEVICES_E1000_H
#include "../bus/bus.h"

/* Registers that read back what was written: name, offset, bits that can be written (13.4). */
#define E1000_REGISTERS(R) \
	R(TDT, 0x3818, 0xffff) R(TDH, 0x3810, 0xffff) R(RDT, 0x2818, 0xffff) \
	R(RDH, 0x2810, 0xffff) R(CTRL, 0x0000, 0xfbffffff) R(RCTL, 0x0100, 0x07d3ffdf) \
	R(TCTL, 0x0400, 0x01fffffa) R(RDBAL, 0x2800, 0xfffffff0) R(RDBAH, 0x2804, ~0u) \
	R(RDLEN, 0x2808, 0x000fff80) R(TDBAL, 0x3800, 0xfffffff0) R(TDBAH, 0x3804, ~0u) \
	R(TDLEN, 0x3808, 0x000fff80) R(TIDV, 0x3820, 0xffff) R(TADV, 0x382c, 0xffff) \
	R(ITR, 0x00c4, 0xffff) R(RDTR, 0x2820, 0xffff) R(RADV, 0x282c, 0xffff) \
	R(RXDCTL, 0x2828, ~0u) R(TXDCTL, 0x3828, ~0u) R(RXCSUM, 0x5000, 0x7ff) \
	R(CTRL_EXT, 0x0018, ~0u) R(FCAL, 0x0028, ~0u) R(FCAH, 0x002c, 0xffff) \
	R(FCT, 0x0030, 0xffff) R(VET, 0x0038, 0xffff) R(FCTTV, 0x0170, 0xffff) \
	R(TXCW, 0x0178, ~0u) R(TIPG, 0x0410, 0x3fffffff) R(AIT, 0x0458, 0xffff) \
	R(LEDCTL, 0x0e00, ~0u) R(PBA, 0x1000, 0xffff) R(FCRTL, 0x2160, ~0u) \
	R(FCRTH, 0x2168, ~0u) R(WUC, 0x5800, 0xf) R(WUFC, 0x5808, ~0u) R(MANC, 0x5820, ~0u)

enum {
#define E1000_INDEX(name, offset, mask) E1000_##name,
	E1000_REGISTERS(E1000_INDEX)
#undef E1000_INDEX
	E1000_REGISTER_COUNT
};
#define E1000_REGISTER(e1000, name) ((e1000)->registers[E1000_##name])

#define CTRL_FULL_DUPLEX 1u
#define CTRL_RESET (1u << 26)
#define CTRL_PHY_RESET (1u << 31)
#define RCTL_ENABLE 2u
#define TCTL_ENABLE 2u

/* Interrupt causes (13.4.17). */
enum { CAUSE_SENT = 1 << 0, CAUSE_QUEUE_EMPTY = 1 << 1, CAUSE_LINK = 1 << 2,
       CAUSE_FEW_BUFFERS = 1 << 4, CAUSE_RECEIVED = 1 << 7, CAUSE_MDIO = 1 << 9 };
#define CAUSES 0x1f6dfu

/* Statistics, by their offset from 4000h on; reading clears (13.7). */
enum { COUNT_MISSED = 0x10, COUNT_RECEIVED_64 = 0x5c, COUNT_RECEIVED_GOOD = 0x74,
       COUNT_RECEIVED_BROADCAST = 0x78, COUNT_RECEIVED_MULTICAST = 0x7c, COUNT_SENT_GOOD = 0x80,
       COUNT_RECEIVED_GOOD_BYTES = 0x88, COUNT_SENT_GOOD_BYTES = 0x90,
       COUNT_RECEIVED_BYTES = 0xc0, COUNT_SENT_BYTES = 0xc8, COUNT_RECEIVED = 0xd0,
       COUNT_SENT = 0xd4, COUNT_SENT_64 = 0xd8, COUNT_SENT_MULTICAST = 0xf0,
       COUNT_SENT_BROADCAST = 0xf4, COUNT_SEGMENTED = 0xf8, COUNTS_END = 0x100 };

#define E1000_MEMORY 0x20000u	/* bytes, of registers */
#define E1000_ADDRESSES 16u
#define E1000_HASH 128u		/* words of the multicast and of the VLAN table */
#define E1000_PHY 32u		/* registers */
#define E1000_SEGMENTS 64u	/* of a packet to be sent; a packet with more is dropped */
#define E1000_CHECK 4u		/* bytes: the check sequence behind a frame */
#define E1000_FRAME_LEAST 60u	/* bytes on the wire, without it */

/* A packet of the transmit ring: the part that was not sent yet. */
struct e1000_packet {
	unsigned descriptors, segments, at;	/* segments before @at were sent */
	uint32_t bytes;				/* bytes that were not sent yet */
	uint32_t command, options;		/* of the first descriptor */
	uint8_t good;				/* all segments are memory, and E1000_SEGMENTS
						   sufficed */
	struct bus_segment segment[E1000_SEGMENTS];
};

struct e1000 {
	struct bus_function function;
	/* State. */
	uint32_t registers[E1000_REGISTER_COUNT];
	uint32_t count[COUNTS_END / 4];
	uint32_t address[2 * E1000_ADDRESSES], multicast[E1000_HASH], vlan[E1000_HASH];
	uint32_t cause, mask;
	uint32_t mdic, eerd, eecd, port_register;
	uint32_t eeprom_in, eeprom_bits;	/* bits that EECD has shifted in since the chip
						   was selected */
	uint16_t phy[E1000_PHY];
	uint64_t context[2][2];		/* for checksums, and for segments of TCP */
	uint8_t late;			/* a sent frame waits for its delayed interrupt */
	uint8_t up;			/* the link, as the guest was told it */
	/* Derived. Frames in these buffers may be lost. */
	struct bus_net *net;
	struct bus_timer timer;		/* for the delayed interrupt */
	unsigned waiting;		/* bytes in frame */
	uint8_t frame[BUS_FRAME_MOST + E1000_CHECK];
	uint8_t sending[BUS_FRAME_MOST];
	struct e1000_packet packet;
};

/* The guest-physical address of a ring of descriptors. */
#define E1000_RING(e1000, ring) \
	((uint64_t)E1000_REGISTER(e1000, ring##BAH) << 32 | E1000_REGISTER(e1000, ring##BAL))
#define E1000_DESCRIPTOR 16u

/* e1000_card.c: Adds causes, and requests an interrupt if the guest's mask has one of them. */
void e1000_interrupt(struct e1000 *e1000, uint32_t causes);
/* Returns 1 if the device may access memory. */
int e1000_is_master(const struct e1000 *e1000);
/* Returns the causes and clears them. */
uint32_t e1000_read_causes(struct e1000 *e1000);
/* The function of the timer: requests the delayed interrupt. */
uint64_t e1000_tell(void *self, uint64_t now);
/* Resets the card but not its PCI configuration. */
void e1000_reset_card(struct e1000 *e1000);

/* e1000_registers.c: the functions of the bus's windows. */
uint64_t e1000_read(void *self, uint64_t offset, unsigned size);
void e1000_write(void *self, uint64_t offset, unsigned size, uint64_t value);
uint64_t e1000_read_port(void *self, uint64_t offset, unsigned size);
void e1000_write_port(void *self, uint64_t offset, unsigned size, uint64_t value);

/* e1000_count.c: Counts a frame of @size bytes, without its check sequence. */
enum e1000_way { E1000_RECEIVED, E1000_SENT };
void e1000_count_frame(struct e1000 *e1000, enum e1000_way way, const uint8_t *frame, unsigned size);

/* e1000_send.c: Sends each packet of the ring that is complete. */
void e1000_send(struct e1000 *e1000);
/* e1000_frame.c: Sends the packet, as one frame or cut into several. */
void e1000_send_packet(struct e1000 *e1000);

/* e1000_receive.c: Receives frames of the network while there are buffers. */
void e1000_receive(struct e1000 *e1000);

/* e1000_phy.c: the EEPROM and the PHY. */
void e1000_write_eecd(struct e1000 *e1000, uint32_t value);
uint32_t e1000_read_eecd(const struct e1000 *e1000);
void e1000_write_eerd(struct e1000 *e1000, uint32_t value);
void e1000_write_mdic(struct e1000 *e1000, uint32_t value);
void e1000_reset_phy(struct e1000 *e1000);

#endif

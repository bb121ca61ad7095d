/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The network behind a network interface: a socket, another domain. It is set before
 * the board starts. A device of the board shows it to the guest. A frame begins with
 * the Ethernet header and has no check sequence. Frames may be lost.
 */
#ifndef PREVIRT_BUS_NET_H
#define PREVIRT_BUS_NET_H
#include "dma.h"

#define BUS_MAC 6u		/* bytes */
#define BUS_FRAME_LEAST 14u	/* bytes: the header */
#define BUS_MTU 1500u		/* bytes behind the header that every network and card takes */
#define BUS_MTU_MOST 65520u
#define BUS_FRAME_MOST (BUS_FRAME_LEAST + BUS_MTU)
#define BUS_FRAME_LARGEST (BUS_FRAME_LEAST + BUS_MTU_MOST)

enum bus_net_model { BUS_NET_VIRTIO, BUS_NET_E1000 };

struct bus_net {
	uint8_t mac[BUS_MAC];
	uint8_t up;		/* the link is up; it may change within the functions */
	uint16_t mtu;		/* bytes behind a frame's header, BUS_MTU to BUS_MTU_MOST: it takes
				   no longer frames, but may receive some */
	/* Sends a frame of BUS_FRAME_LEAST to BUS_FRAME_LEAST + mtu bytes. It is read before
	   the function returns. */
	void (*send)(struct bus_net *net, const struct bus_segment *segment, unsigned segments);
	/* Returns the next frame that has come, of 1 byte or more, and its @size. It stays where
	   it is until the next call. NULL: there is none. When a frame comes, the first
	   processor calls bus_run. */
	const uint8_t *(*receive)(struct bus_net *net, unsigned *size);
	uint8_t model;		/* which card the guest sees: enum bus_net_model */
};

#endif

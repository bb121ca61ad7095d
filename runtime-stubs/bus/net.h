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
#define BUS_FRAME_MOST 1514u

enum bus_net_model { BUS_NET_VIRTIO, BUS_NET_E1000 };

struct bus_net {
	uint8_t mac[BUS_MAC];
	uint8_t up;		/* the link is up; it may change within the functions */
	/* Sends a frame of BUS_FRAME_LEAST to BUS_FRAME_MOST bytes. It is read before the
	   function returns. */
	void (*send)(struct bus_net *net, const struct bus_segment *segment, unsigned segments);
	/* Puts the next frame that has come, at most BUS_FRAME_MOST bytes, at @to. Returns
	   its size; 0: there is none. When a frame comes, the first processor calls bus_run. */
	unsigned (*receive)(struct bus_net *net, uint8_t *to);
	uint8_t model;		/* which card the guest sees: enum bus_net_model */
};

#endif

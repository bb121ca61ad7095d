/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A network that is a socket of a Linux host. Each message is a frame (as of type
 * SOCK_SEQPACKET). The program at its other end must read at any time.
 */
#ifndef PREVIRT_HOST_NET_H
#define PREVIRT_HOST_NET_H
#include "../bus/net.h"

struct host_net {
	struct bus_net net;
	int file;
	uint8_t empty;		/* the socket was empty when it was last read */
};

/* @net->file and the address are set. A frame that comes sends SIGIO to this process. */
void host_net_init(struct host_net *net);

/* Returns the socket to wait for. -1: the guest has not read a frame that has come. */
int host_net_waits(const struct host_net *net);

#endif

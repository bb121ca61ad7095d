/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A network that is a socket of a Linux host, each message of which is a frame (as of
 * type SOCK_SEQPACKET). The program at its other end must read at any time.
 */
#ifndef PREVIRT_HOST_NET_H
#define PREVIRT_HOST_NET_H
#include "../bus/net.h"

struct host_net {
	struct bus_net net;
	int file;
	uint8_t empty;		/* the socket was, when it was last read */
};

/* @net->file and the address are filled in. A frame that comes sends this process SIGIO. */
void host_net_init(struct host_net *net);

/* What is to be waited for: the socket, or -1: the guest has not read what has come. */
int host_net_waits(const struct host_net *net);

#endif

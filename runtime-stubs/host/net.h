/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A network that is a socket of a Linux host. Each message is a frame (as of type
 * SOCK_SEQPACKET). The program at its other end must read at any time.
 */
#ifndef PREVIRT_HOST_NET_H
#define PREVIRT_HOST_NET_H
#include "../bus/net.h"
#include <stddef.h>

#define HOST_NET_FRAMES 16u		/* that are read at once, at most */
#define HOST_NET_BYTES (4 * BUS_FRAME_LARGEST)

struct host_net_part {		/* struct iovec */
	uint8_t *at;
	size_t size;
};

struct host_net_message {	/* struct mmsghdr of the host's kernel */
	struct {
		void *name;
		int name_size;
		struct host_net_part *part;
		size_t parts;
		void *control;
		size_t control_size;
		unsigned flags;
	} header;
	unsigned size;		/* that was received */
};

struct host_net {
	struct bus_net net;
	int file;
	uint8_t empty;		/* the socket was empty when it was last read */
	unsigned next, end;	/* frames that were read and that the guest has not seen */
	unsigned batch;		/* how many are read at once */
	struct host_net_part part[HOST_NET_FRAMES];
	struct host_net_message message[HOST_NET_FRAMES];
	uint8_t bytes[HOST_NET_BYTES];
};

/* @net->file, the address and the MTU are set. A frame that comes sends SIGIO to this process. */
void host_net_init(struct host_net *net);

/* Returns the socket to wait for. -1: the guest has not read a frame that has come. */
int host_net_waits(const struct host_net *net);

#endif

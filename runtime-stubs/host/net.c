/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* writev(2), recvmmsg(2). */
#include "net.h"
#include "sys.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/uio.h>

#define PARTS 40u		/* the most segments of a frame; others are dropped */
#define FLAGS 0x40u		/* MSG_DONTWAIT */
#define TRUNCATED 0x20u		/* MSG_TRUNC: of a message that was longer */

/* The call waits while the socket is full. */
static void net_send(struct bus_net *bus_net, const struct bus_segment *segment, unsigned segments)
{
	struct host_net *net = (struct host_net *)bus_net;
	struct iovec part[PARTS];
	long result;

	if (segments > PARTS || !net->net.up)
		return;
	for (unsigned i = 0; i < segments; i++)
		part[i] = (struct iovec){ segment[i].at, segment[i].size };
	do {
		result = sys_call(__NR_writev, net->file, (uint64_t)part, segments, 0);
	} while (result == -EINTR);
}

static void net_read(struct host_net *net)
{
	long result;

	do {
		result = sys_call6(__NR_recvmmsg, net->file, (uint64_t)net->message, net->batch, FLAGS, 0, 0);
	} while (result == -EINTR);
	net->next = 0;
	net->end = result > 0 ? result : 0;
	net->empty = net->end < net->batch;
	if (result <= 0 && result != -EAGAIN)
		net->net.up = 0;
}

/* The end of a batch that was not full is told without a call of the host. A frame that comes
   then sends a signal. */
static const uint8_t *net_receive(struct bus_net *bus_net, unsigned *size)
{
	struct host_net *net = (struct host_net *)bus_net;

	for (;;) {
		const struct host_net_message *message = &net->message[net->next];
		int over = net->next == net->end && net->end && net->empty;

		if (!net->net.up || over) {
			net->next = net->end = 0;
			return NULL;
		}
		if (net->next == net->end) {
			net_read(net);
			if (!net->end)
				return NULL;
			continue;
		}
		*size = message->size;
		if (!message->size)
			net->net.up = 0;	/* the other end is closed */
		else if (!(message->header.flags & TRUNCATED))
			return net->part[net->next++].at;
		else
			net->next++;
	}
}

int host_net_waits(const struct host_net *net)
{
	return net->net.up && net->empty && net->next == net->end ? net->file : -1;
}

static void net_init_batch(struct host_net *net)
{
	unsigned size = BUS_FRAME_LEAST + net->net.mtu, most = HOST_NET_BYTES / size;

	net->batch = most < HOST_NET_FRAMES ? most : HOST_NET_FRAMES;
	net->next = net->end = 0;
	for (unsigned i = 0; i < net->batch; i++) {
		net->part[i] = (struct host_net_part){ net->bytes + i * size, size };
		net->message[i] = (struct host_net_message){ { .part = &net->part[i], .parts = 1 }, 0 };
	}
}

void host_net_init(struct host_net *net)
{
	long flags = sys_call(__NR_fcntl, net->file, F_GETFL, 0, 0);

	net->net.up = net->empty = 1;
	net_init_batch(net);
	net->net.send = net_send;
	net->net.receive = net_receive;
	sys_call(__NR_fcntl, net->file, F_SETOWN, sys_call(__NR_getpid, 0, 0, 0, 0), 0);
	if (flags >= 0)
		sys_call(__NR_fcntl, net->file, F_SETFL, flags | FASYNC, 0);
}

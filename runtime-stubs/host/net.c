/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* writev(2), recvfrom(2). */
#include "net.h"
#include "sys.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/socket.h>
#include <linux/uio.h>

#define PARTS 40u		/* the most segments of a frame; others are dropped */
#define FLAGS 0x40u		/* MSG_DONTWAIT */

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

static unsigned net_receive(struct bus_net *bus_net, uint8_t *to)
{
	struct host_net *net = (struct host_net *)bus_net;
	long size;

	if (!net->net.up)
		return 0;
	do {
		size = sys_call6(__NR_recvfrom, net->file, (uint64_t)to, BUS_FRAME_MOST, FLAGS, 0, 0);
	} while (size == -EINTR);
	net->empty = size <= 0;
	if (size != -EAGAIN && size <= 0)
		net->net.up = 0;	/* the other end is closed */
	return size > 0 ? size : 0;
}

int host_net_waits(const struct host_net *net)
{
	return net->net.up && net->empty ? net->file : -1;
}

void host_net_init(struct host_net *net)
{
	long flags = sys_call(__NR_fcntl, net->file, F_GETFL, 0, 0);

	net->net.up = net->empty = 1;
	net->net.send = net_send;
	net->net.receive = net_receive;
	sys_call(__NR_fcntl, net->file, F_SETOWN, sys_call(__NR_getpid, 0, 0, 0, 0), 0);
	if (flags >= 0)
		sys_call(__NR_fcntl, net->file, F_SETFL, flags | FASYNC, 0);
}

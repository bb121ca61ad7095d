/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "files.h"
#include "net.h"
#include "share.h"
#include <string.h>

static struct host_net net;
static struct host_share share;
static uint8_t has_net, has_share;

void host_files_add_net(struct bus *bus, int file, const uint8_t *mac, enum bus_net_model model,
			unsigned mtu)
{
	net.file = file;
	net.net.mtu = mtu < BUS_MTU || mtu > BUS_MTU_MOST ? BUS_MTU : mtu;
	net.net.model = model;
	memcpy(net.net.mac, mac, BUS_MAC);
	host_net_init(&net);
	bus->net = &net.net;
	has_net = 1;
}

void host_files_add_share(struct bus *bus, int file, const uint8_t *tag, size_t size,
			  void (*before_write)(void *at, uint64_t size))
{
	share.file = file;
	memcpy(share.share.tag, tag, size);
	host_share_init(&share, before_write);
	bus->share = &share.share;
	has_share = 1;
}

int host_files_net_waits(void)
{
	return has_net ? host_net_waits(&net) : -1;
}

int host_files_share_waits(void)
{
	return has_share ? host_share_waits(&share) : -1;
}

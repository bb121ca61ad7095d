/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The network and the shared folder of a bus: file descriptors that this program was
 * started with, one of each at most.
 */
#ifndef PREVIRT_HOST_FILES_H
#define PREVIRT_HOST_FILES_H
#include "../bus/bus.h"

/* @file is the socket of a network with this MTU, whose card has the address @mac (BUS_MAC
   bytes). */
void host_files_add_net(struct bus *bus, int file, const uint8_t *mac, enum bus_net_model model,
			unsigned mtu);
/* @file is the socket of a shared folder. Its name has @size bytes, at most BUS_SHARE_TAG. */
void host_files_add_share(struct bus *bus, int file, const uint8_t *tag, size_t size,
			  void (*before_write)(void *at, uint64_t size));

/* The network's file if a frame is waited for, that of the shared folder if an answer is,
   or -1. */
int host_files_net_waits(void);
int host_files_share_waits(void);

#endif

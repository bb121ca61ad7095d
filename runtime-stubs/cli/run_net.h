/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt run: the network of the machine (--net). */
#ifndef PREVIRT_CLI_RUN_NET_H
#define PREVIRT_CLI_RUN_NET_H
#include "util.h"

#define RUN_NET_PROGRAM "network-user"
#define RUN_NET_PACKAGE "libslirp-dev"
#define RUN_NET_MAC { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 }	/* as QEMU's first */

/* A card that the guest may see. */
struct run_net_model {
	const char *name, *device;	/* the user's and QEMU's word for it */
	char letter;			/* in the wedge's bundle */
};

struct run_net {
	bool given;
	const struct run_net_model *model;	/* once given */
	unsigned mtu;			/* bytes behind a frame's header, in a process */
	bool loopback;			/* the guest may reach this host's 127.0.0.0/8 */
	ARRAY_OF(char *) forward;	/* tcp|udp:ADDRESS:PORT-ADDRESS:PORT */
};

/* Takes user[,model=MODEL][,mtu=BYTES][,loopback][,hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT...].
   False after a numbered error. */
bool run_net_set(struct run_net *net, const char *value);
void run_net_free(struct run_net *net);

/* QEMU's option for it, to be freed. */
char *run_net_netdev(const struct run_net *net);

/* The program that is the network, started; the socket that leads there, or -1 after a
   numbered error. It ends when the socket is closed everywhere, which is waited for by
   run_net_wait. */
int run_net_start(const struct run_net *net);
void run_net_wait(void);

#endif

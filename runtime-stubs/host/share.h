/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A shared folder that is a socket of a Linux host. Each message is one of the guest's
 * or an answer (as of type SOCK_SEQPACKET). The program at its other end answers each
 * before it reads the next one.
 */
#ifndef PREVIRT_HOST_SHARE_H
#define PREVIRT_HOST_SHARE_H
#include "../bus/share.h"

struct host_share {
	struct bus_share share;
	int file;
	void (*before_write)(void *at, uint64_t size);
	uint8_t awaits_answer;	/* a request was sent and is not answered yet */
};

/*
 * @share->file and the tag are set. An answer that comes sends SIGIO to this process.
 * @before_write: called before the host writes to so many bytes of guest memory.
 */
void host_share_init(struct host_share *share, void (*before_write)(void *at, uint64_t size));

/* Returns the socket to wait for. -1: no request is pending. */
int host_share_waits(const struct host_share *share);

#endif

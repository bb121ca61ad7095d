/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A shared folder that is a socket of a Linux host, each message of which is one of the
 * guest's or an answer (as of type SOCK_SEQPACKET). The program at its other end answers
 * each before it reads the next.
 */
#ifndef PREVIRT_HOST_SHARE_H
#define PREVIRT_HOST_SHARE_H
#include "../bus/share.h"

struct host_share {
	struct bus_share share;
	int file;
	void (*before_write)(void *at, uint64_t size);
	uint8_t awaits_answer;	/* 1: a request was sent, its answer has not come */
};

/*
 * @share->file and the tag are filled in. An answer that comes sends this process SIGIO.
 * @before_write: the host is going to write to so many bytes of guest memory.
 */
void host_share_init(struct host_share *share, void (*before_write)(void *at, uint64_t size));

/* What is to be waited for: the socket, or -1: no request is pending. */
int host_share_waits(const struct host_share *share);

#endif

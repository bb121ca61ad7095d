/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* writev(2), recvmsg(2). */
#include "share.h"
#include "sys.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>
#include <linux/uio.h>
#include <stddef.h>

#define PARTS 132u		/* segments of a message at most */
#define FLAGS (0x20u | 0x40u)	/* MSG_TRUNC: returns the whole size; MSG_DONTWAIT */

struct message {		/* struct user_msghdr of the host's kernel */
	void *name;
	int name_size;
	struct iovec *part;
	size_t parts;
	void *control;
	size_t control_size;
	unsigned flags;
};

static unsigned share_parts(struct iovec part[PARTS], const struct bus_segment *segment,
			    unsigned segments)
{
	unsigned n = segments < PARTS ? segments : PARTS;

	for (unsigned i = 0; i < n; i++)
		part[i] = (struct iovec){ segment[i].at, segment[i].size };
	return n;
}

static int share_send(struct bus_share *bus_share, const struct bus_segment *segment,
		      unsigned segments)
{
	struct host_share *share = (struct host_share *)bus_share;
	struct iovec part[PARTS];
	unsigned n = share_parts(part, segment, segments);
	long result;

	do {
		result = sys_call(__NR_writev, share->file, (uint64_t)part, n, 0);
	} while (result == -EINTR);
	share->awaits_answer = result > 0;
	return result > 0 ? 0 : -1;
}

static long share_receive(struct bus_share *bus_share, const struct bus_segment *segment,
			  unsigned segments)
{
	struct host_share *share = (struct host_share *)bus_share;
	struct iovec part[PARTS];
	struct message message = { .part = part };
	long result;

	for (unsigned i = 0; i < segments; i++)
		share->before_write(segment[i].at, segment[i].size);
	message.parts = share_parts(part, segment, segments);
	do {
		result = sys_call(__NR_recvmsg, share->file, (uint64_t)&message, FLAGS, 0);
	} while (result == -EINTR);
	if (result == -EAGAIN)
		return 0;
	share->awaits_answer = 0;
	return result > 0 ? result : -1;
}

int host_share_waits(const struct host_share *share)
{
	return share->awaits_answer ? share->file : -1;
}

void host_share_init(struct host_share *share, void (*before_write)(void *at, uint64_t size))
{
	long flags = sys_call(__NR_fcntl, share->file, F_GETFL, 0, 0);

	share->before_write = before_write;
	share->share.send = share_send;
	share->share.receive = share_receive;
	sys_call(__NR_fcntl, share->file, F_SETOWN, sys_call(__NR_getpid, 0, 0, 0, 0), 0);
	if (flags >= 0)
		sys_call(__NR_fcntl, share->file, F_SETFL, flags | FASYNC, 0);
}

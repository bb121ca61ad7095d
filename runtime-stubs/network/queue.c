/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "queue.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 16		/* frames of one call */

struct queue_frame {
	struct queue_frame *next;
	size_t size;
	char bytes[];
};

bool queue_is_empty(const struct queue *queue)
{
	return !queue->first;
}

void queue_add(struct queue *queue, const void *bytes, size_t size)
{
	struct queue_frame *frame;

	if (queue->bytes + size > QUEUE_MOST)
		return;
	frame = malloc(sizeof(*frame) + size);
	if (!frame)
		return;
	frame->next = NULL;
	frame->size = size;
	memcpy(frame->bytes, bytes, size);
	*(queue->first ? queue->end : &queue->first) = frame;
	queue->end = &frame->next;
	queue->bytes += size;
}

/* Sends the first ones, as many as a call takes. Returns how many it sent, or -1. */
static int queue_send_batch(const struct queue *queue, int socket)
{
	struct iovec part[BATCH];
	struct mmsghdr message[BATCH] = { 0 };
	unsigned n = 0;

	for (struct queue_frame *frame = queue->first; frame && n < BATCH; frame = frame->next) {
		part[n] = (struct iovec){ frame->bytes, frame->size };
		message[n].msg_hdr = (struct msghdr){ .msg_iov = &part[n], .msg_iovlen = 1 };
		n++;
	}
	return sendmmsg(socket, message, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool queue_send(struct queue *queue, int socket)
{
	while (queue->first) {
		int sent = queue_send_batch(queue, socket);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		while (sent--) {
			struct queue_frame *frame = queue->first;

			queue->first = frame->next;
			queue->bytes -= frame->size;
			free(frame);
		}
	}
	return true;
}

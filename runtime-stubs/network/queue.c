/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "queue.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

bool queue_send(struct queue *queue, int socket)
{
	while (queue->first) {
		struct queue_frame *frame = queue->first;

		if (send(socket, frame->bytes, frame->size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		queue->first = frame->next;
		queue->bytes -= frame->size;
		free(frame);
	}
	return true;
}

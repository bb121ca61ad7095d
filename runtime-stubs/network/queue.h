/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Frames that wait for a socket. The number of bytes is limited; further frames are dropped. */
#ifndef PREVIRT_NETWORK_QUEUE_H
#define PREVIRT_NETWORK_QUEUE_H
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_MOST (4u << 20)

struct queue_frame;
struct queue {
	struct queue_frame *first, **end;
	size_t bytes;
};

bool queue_is_empty(const struct queue *queue);
void queue_add(struct queue *queue, const void *frame, size_t size);
/* Sends as many as @socket takes without waiting. False: its other end is closed. */
bool queue_send(struct queue *queue, int socket);

#endif

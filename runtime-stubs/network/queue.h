/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Frames that wait until a socket takes them: so many bytes at most, others are lost. */
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
/* As many as @socket takes without waiting. False: it takes none any more. */
bool queue_send(struct queue *queue, int socket);

#endif

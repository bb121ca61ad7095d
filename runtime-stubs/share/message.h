/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Messages of 9P2000.L: numbers, lowest byte first, and strings with their length before
 * them. What is read past the end of a message is 0 and marks it as bad; what has no room
 * in an answer marks that as bad.
 */
#ifndef PREVIRT_SHARE_MESSAGE_H
#define PREVIRT_SHARE_MESSAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MOST 131072u		/* bytes of one */
#define MESSAGE_HEADER 7u		/* size, type, tag */

struct message {
	uint8_t *at, *end;
	bool bad;
};

uint64_t message_take(struct message *m, unsigned bytes);
/* The next @size bytes, in their place; NULL: there are not so many. */
const void *message_take_bytes(struct message *m, size_t size);
/* A string without zeroes, to @to, of @room bytes with the zero behind it. False, and bad: it
   has others, or is longer. */
bool message_take_string(struct message *m, char *to, size_t room);

void message_put(struct message *m, unsigned bytes, uint64_t value);
void message_put_bytes(struct message *m, const void *from, size_t size);
void message_put_string(struct message *m, const char *text);

#endif

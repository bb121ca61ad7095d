/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "message.h"
#include <string.h>

static uint8_t *message_next(struct message *m, size_t size)
{
	uint8_t *at = m->at;

	if (m->bad || size > (size_t)(m->end - m->at)) {
		m->bad = true;
		return NULL;
	}
	m->at += size;
	return at;
}

const void *message_take_bytes(struct message *m, size_t size)
{
	return message_next(m, size);
}

uint64_t message_take(struct message *m, unsigned bytes)
{
	const uint8_t *from = message_next(m, bytes);
	uint64_t value = 0;

	for (unsigned i = 0; from && i < bytes; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

bool message_take_string(struct message *m, char *to, size_t room)
{
	size_t size = message_take(m, 2);
	const void *from = message_next(m, size);

	if (!from || size >= room || memchr(from, 0, size)) {
		m->bad = true;
		*to = '\0';
		return false;
	}
	memcpy(to, from, size);
	to[size] = '\0';
	return true;
}

void message_put_bytes(struct message *m, const void *from, size_t size)
{
	void *to = message_next(m, size);

	if (to)
		memcpy(to, from, size);
}

void message_put(struct message *m, unsigned bytes, uint64_t value)
{
	uint8_t *to = message_next(m, bytes);

	for (unsigned i = 0; to && i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

void message_put_string(struct message *m, const char *text)
{
	size_t size = strlen(text);

	message_put(m, 2, size);
	message_put_bytes(m, text, size);
}

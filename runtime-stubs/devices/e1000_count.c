/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Statistics (13.7). Errors of the wire do not occur and are not counted. */
#include "e1000.h"

static void count(struct e1000 *e1000, unsigned at)
{
	uint32_t *counter = &e1000->count[at / 4];

	if (*counter != ~0u)
		++*counter;
}

static void count_bytes(struct e1000 *e1000, unsigned at, unsigned bytes)
{
	uint32_t *counter = &e1000->count[at / 4];

	counter[1] += counter[0] + bytes < counter[0];
	counter[0] += bytes;
}

/* Of 64 bytes, 65 to 127, 128 to 255, and so on. */
static unsigned count_class(unsigned bytes)
{
	unsigned class = 0;

	for (unsigned most = 64; bytes > most && class < 5; most = most == 64 ? 127 : 2 * most + 1)
		class++;
	return class;
}

void e1000_count_frame(struct e1000 *e1000, enum e1000_way way, const uint8_t *frame, unsigned size)
{
	int sent = way == E1000_SENT, broadcast = 1;
	unsigned bytes = size + E1000_CHECK;

	for (unsigned i = 0; i < BUS_MAC; i++)
		broadcast &= frame[i] == 0xff;
	count(e1000, sent ? COUNT_SENT : COUNT_RECEIVED);
	count(e1000, sent ? COUNT_SENT_GOOD : COUNT_RECEIVED_GOOD);
	count_bytes(e1000, sent ? COUNT_SENT_BYTES : COUNT_RECEIVED_BYTES, bytes);
	count_bytes(e1000, sent ? COUNT_SENT_GOOD_BYTES : COUNT_RECEIVED_GOOD_BYTES, bytes);
	count(e1000, (sent ? COUNT_SENT_64 : COUNT_RECEIVED_64) + 4 * count_class(bytes));
	if (broadcast)
		count(e1000, sent ? COUNT_SENT_BROADCAST : COUNT_RECEIVED_BROADCAST);
	else if (frame[0] & 1)
		count(e1000, sent ? COUNT_SENT_MULTICAST : COUNT_RECEIVED_MULTICAST);
}

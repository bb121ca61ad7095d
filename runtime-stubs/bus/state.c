/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "state.h"
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are saved as they are");

size_t state_size(const struct state_field *fields, unsigned count)
{
	size_t size = 0;

	for (unsigned i = 0; i < count; i++)
		size += (size_t)fields[i].count * fields[i].size;
	return size;
}

void state_save(const void *self, const struct state_field *fields, unsigned count, uint8_t *to)
{
	for (unsigned i = 0; i < count; i++)
		for (unsigned n = 0; n < fields[i].count; n++, to += fields[i].size)
			memcpy(to, (const uint8_t *)self + fields[i].offset + n * fields[i].stride,
			       fields[i].size);
}

void state_load(void *self, const struct state_field *fields, unsigned count,
		const uint8_t *from)
{
	for (unsigned i = 0; i < count; i++)
		for (unsigned n = 0; n < fields[i].count; n++, from += fields[i].size)
			memcpy((uint8_t *)self + fields[i].offset + n * fields[i].stride, from,
			       fields[i].size);
}

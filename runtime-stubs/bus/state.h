/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Saved state: the parts of a structure, one after the other, each a little-endian
 * number of its size.
 */
#ifndef PREVIRT_BUS_STATE_H
#define PREVIRT_BUS_STATE_H
#include <stddef.h>
#include <stdint.h>

/* @count numbers of @size bytes (1, 2, 4 or 8), @stride bytes apart. */
struct state_field {
	uint16_t offset, count, stride;
	uint8_t size;
};

/* A number; an array of numbers. */
#define STATE(type, member) \
	{ offsetof(type, member), 1, 0, sizeof(((type *)0)->member) }
#define STATE_ARRAY(type, member) \
	{ offsetof(type, member), sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), \
	  sizeof(((type *)0)->member[0]), sizeof(((type *)0)->member[0]) }
/* The number @part of each structure of the array @member. */
#define STATE_EACH(type, member, part) \
	{ offsetof(type, member[0].part), \
	  sizeof(((type *)0)->member) / sizeof(((type *)0)->member[0]), \
	  sizeof(((type *)0)->member[0]), sizeof(((type *)0)->member[0].part) }

/* How many bytes @fields take. */
size_t state_size(const struct state_field *fields, unsigned count);
/* Write the @fields of @self to @to; read them from @from. */
void state_save(const void *self, const struct state_field *fields, unsigned count, uint8_t *to);
void state_load(void *self, const struct state_field *fields, unsigned count,
		const uint8_t *from);

#endif

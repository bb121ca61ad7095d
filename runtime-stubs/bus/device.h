/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the board needs of each device. A device is one file in devices/, which defines
 * `const struct device device_NAME', and one line in board/devices.def. Its state is a
 * structure, which the board allocates, zeroed. A device knows the bus and no other
 * device.
 */
#ifndef PREVIRT_BUS_DEVICE_H
#define PREVIRT_BUS_DEVICE_H
#include "bus.h"
#include "state.h"

/* The device's place on the board. */
struct device_place {
	uint64_t at;		/* its first port, or the address of its registers */
	unsigned line;		/* its interrupt line, or BUS_LINES: none */
};

struct device {
	char name[9];		/* at most 8 letters; in saved state without the last zero */
	uint16_t size;		/* of its structure, in bytes */
	uint16_t version;	/* of its saved state */
	/* Called once: registers windows, lines and timers. Returns non-zero if one of them
	   is not free. */
	int (*attach)(void *self, struct bus *bus, const struct device_place *place);
	void (*reset)(void *self);
	/* Called after the state was read: checks it, and derives the rest. Non-zero: the
	   state is refused. NULL: nothing to do. */
	int (*loaded)(void *self);
	const struct state_field *state;	/* the fields that are state; others are derived */
	uint16_t states;
};

#endif

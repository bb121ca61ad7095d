/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The saved state of all devices: the mark and the number of devices; then for each,
 * in the order of devices.def, its name, version and size, and the numbers of its
 * structure (bus/state.h). Numbers are little-endian.
 */
#include "board.h"
#include "devices.h"
#include <string.h>

struct state_head {
	char mark[8];
	uint32_t version, devices;
};

struct state_device {
	char name[8];
	uint16_t version, reserved;
	uint32_t size;
};

static const struct state_head state_head = { "previrt", 1, BOARD_DEVICES };

static struct state_device state_device(const struct device *device)
{
	struct state_device head = { .version = device->version,
				     .size = state_size(device->state, device->states) };

	memcpy(head.name, device->name, sizeof(head.name));
	return head;
}

size_t board_state_size(void)
{
	size_t size = sizeof(state_head);

	for (unsigned i = 0; i < BOARD_DEVICES; i++)
		size += sizeof(struct state_device) + state_device(board_devices[i].device).size;
	return size;
}

void board_save(uint8_t *to)
{
	bus_poll(&board_vm.bus);		/* buffered output is written now, because it is
						   not state */
	memcpy(to, &state_head, sizeof(state_head));
	to += sizeof(state_head);
	for (unsigned i = 0; i < BOARD_DEVICES; i++) {
		const struct device *device = board_devices[i].device;
		struct state_device head = state_device(device);

		memcpy(to, &head, sizeof(head));
		to += sizeof(head);
		state_save(board_vm.self[i], device->state, device->states, to);
		to += head.size;
	}
}

/* Reads the numbers of all devices. Returns NULL, or the name of the device whose numbers
   are invalid. */
static const char *state_read(const uint8_t *from)
{
	for (unsigned i = 0; i < BOARD_DEVICES; i++) {
		const struct device *device = board_devices[i].device;
		struct state_device head = state_device(device);

		if (memcmp(from, &head, sizeof(head)))
			return device->name;
		from += sizeof(head);
		state_load(board_vm.self[i], device->state, device->states, from);
		from += head.size;
	}
	return NULL;
}

const char *board_load(const uint8_t *from, size_t size)
{
	const char *bad;

	if (size != board_state_size() || memcmp(from, &state_head, sizeof(state_head)))
		return "board";
	bad = state_read(from + sizeof(state_head));
	memset(board_vm.bus.high, 0, sizeof(board_vm.bus.high));
	for (unsigned i = 0; i < BOARD_DEVICES && !bad; i++) {
		const struct device *device = board_devices[i].device;

		if (device->loaded && device->loaded(board_vm.self[i]))
			bad = device->name;
	}
	return bad;
}

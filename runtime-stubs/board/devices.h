/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The structures of all devices, for this folder. */
#ifndef PREVIRT_BOARD_DEVICES_H
#define PREVIRT_BOARD_DEVICES_H
#include "../bus/device.h"

#define DEVICE(name, at, line) extern const struct device device_##name;
#include "devices.def"
#undef DEVICE

enum {
#define DEVICE(name, at, line) BOARD_##name,
#include "devices.def"
#undef DEVICE
	BOARD_DEVICES
};

struct board_device {
	const struct device *device;
	struct device_place place;
};
extern const struct board_device board_devices[BOARD_DEVICES];

#endif

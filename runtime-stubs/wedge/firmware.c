/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "firmware.h"
#include "zeropage.h"
#include "../board/board.h"
#include "../iface/memory.h"
#include <string.h>

enum {				/* the BIOS data area */
	BDA_COM1 = 0x400, BDA_EBDA = 0x40e, BDA_EQUIPMENT = 0x410, BDA_MEMORY = 0x413,
};
#define BDA_ONE_COM (1u << 9)
#define EBDA_KIB 1

/*
 * What firmware leaves below 1 MiB: the BIOS data area (IBM PS/2 and PC BIOS
 * interface reference, section 3), the extended one, and the ACPI tables.
 */
void firmware_place(void)
{
	uint8_t *low = backend_guest(0);

	memset(low, 0, FIRMWARE_END);
	zeropage_put(low, BDA_COM1, BOARD_COM1, 2);
	zeropage_put(low, BDA_EBDA, FIRMWARE_LOW_END >> 4, 2);
	zeropage_put(low, BDA_EQUIPMENT, BDA_ONE_COM, 2);
	zeropage_put(low, BDA_MEMORY, FIRMWARE_LOW_END >> 10, 2);
	low[FIRMWARE_LOW_END] = EBDA_KIB;
	board_write_tables(backend_guest(BOARD_TABLES), BOARD_TABLES);
}

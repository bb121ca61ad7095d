/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The places of devices that more files than devices.def need. */
#ifndef PREVIRT_BOARD_PLACES_H
#define PREVIRT_BOARD_PLACES_H

#define ACPI_AT 0x600u
#define SCI_LINE 9u
#define HPET_AT 0xfed00000u
#define IOAPIC_AT 0xfec00000u
#define LAPIC_AT 0xfee00000u
#define MAILBOX_AT 0xfee01000u

/* Slots of the PCI bus; disks take four. */
#define RNG_SLOT 1u
#define NET_SLOT 2u
#define SHARE_SLOT 3u
#define DISK_SLOT 4u
#define BALLOON_SLOT 8u
#define CONSOLE_SLOT 9u

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The exit status of a run: one byte that is written to QEMU's exit port (isa-debug-
 * exit) by the guest, or by a wedge or the loader for the guest. QEMU then ends with
 * status 2
 *
 * value + 1. Writers: the wedge, the loader, the guests of the tests. Reader: `previrt
 * run'.
 */
#ifndef PREVIRT_EXIT_STATUS_H
#define PREVIRT_EXIT_STATUS_H

#define EXIT_PORT 0xf4

#define EXIT_GOOD 0x10		/* success: power-off, or the guest wrote this value */
#define EXIT_GUEST_MAX 0x6f	/* other values up to this one: the guest's own */
#define EXIT_STOPPED 0x72	/* stopped with a report; the guest could not go on */
#define EXIT_RESET 0x73		/* the guest has restarted the machine */

/* The value for what a guest wrote to its exit port. */
static inline int exit_status_of_guest(unsigned value)
{
	value &= 0xff;
	return value && value <= EXIT_GUEST_MAX ? (int)value : EXIT_GUEST_MAX;
}

/*
 * Flow control of console input. A byte that is written to QEMU's debug port (isa-
 * debugcon) says that the wedge has taken so many more bytes of input. A wedge uses it
 * if its hypervisor drops input that its own buffer cannot hold. That buffer must hold
 * ROOM_BYTES.
 */
#define ROOM_PORT 0xe9
#define ROOM_BYTES 64

#endif

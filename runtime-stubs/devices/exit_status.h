/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The exit status of a run, as a value written to QEMU's exit port (isa-debug-exit), one
 * byte: by the guest itself, or by a wedge or the loader on its behalf. QEMU
 * then ends with twice the value plus one. Written by the wedge, the loader and
 * the guests of the tests; read by `previrt run'.
 */
#ifndef PREVIRT_EXIT_STATUS_H
#define PREVIRT_EXIT_STATUS_H

#define EXIT_PORT 0xf4

#define EXIT_GOOD 0x10		/* all is well: power-off, or the guest's word */
#define EXIT_GUEST_MAX 0x6f	/* other values up to this one: the guest's own */
#define EXIT_STOPPED 0x72	/* stopped with a report; the guest could not go on */
#define EXIT_RESET 0x73		/* the guest has restarted the machine */

/* The value that passes on what a guest wrote to its port. */
static inline int exit_status_of_guest(unsigned value)
{
	value &= 0xff;
	return value && value <= EXIT_GUEST_MAX ? (int)value : EXIT_GUEST_MAX;
}

/*
 * While it runs: a byte written to QEMU's debug port (isa-debugcon) has room for
 * so many more bytes of console input made. For a wedge below which a hypervisor
 * drops what its own buffer does not hold; the buffer must hold ROOM_BYTES.
 */
#define ROOM_PORT 0xe9
#define ROOM_BYTES 64

#endif

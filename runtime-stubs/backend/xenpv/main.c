/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Start, console, and the end. */
#include "domu.h"
#include "xenpv.h"
#include "../backend.h"
#include "../../devices/exit_status.h"
#include "../../wedge/entry.h"
#include "../../wedge/print.h"
#include "../../wedge/wedge.h"
#include <xen/physdev.h>
#include <string.h>

void backend_console_write(const char *text, size_t length)
{
	if (xenpv_domu_is())
		xenpv_domu_console_write(text, length);
	else
		xenpv_call(__HYPERVISOR_console_io, CONSOLEIO_write, length, (uint64_t)text, 0);
}

static long main_iopl(unsigned level)
{
	struct physdev_set_iopl iopl = { .iopl = level };

	return xenpv_call(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, (uint64_t)&iopl, 0, 0);
}

/* Xen keeps 128 bytes of input (SERIAL_RX_SIZE) and drops the rest. The I/O level
   is 0 again when the guest runs: its in and out must trap. */
static void main_tell_room(size_t bytes)
{
	if (!wedge_wants_room || !bytes || main_iopl(1))
		return;
	__asm__ volatile("outb %b0, %1" : : "a"(bytes), "Nd"((uint16_t)ROOM_PORT));
	main_iopl(0);
}

size_t backend_console_read(char *text, size_t size)
{
	static uint8_t told;
	long n;

	if (xenpv_domu_is())
		return xenpv_domu_console_read(text, size);
	if (!told)
		main_tell_room(ROOM_BYTES);
	told = 1;
	if (!xenpv_console_has)
		return 0;
	n = xenpv_call(__HYPERVISOR_console_io, CONSOLEIO_read, size, (uint64_t)text, 0);
	xenpv_console_has = n == (long)size;
	main_tell_room(n > 0 ? n : 0);
	return n > 0 ? n : 0;
}

/*
 * QEMU's exit port carries how it ended; a real machine ignores it, and is
 * turned off or (if it did not end well) crashes the domain, which Xen reports.
 * The I/O level is raised last of all: no in or out may trap differently before.
 */
void backend_shutdown(int how)
{
	struct sched_shutdown reason;

	how = wedge_ending(how);
	reason.reason = how == EXIT_GOOD ? SHUTDOWN_poweroff :
			how == EXIT_RESET ? SHUTDOWN_reboot : SHUTDOWN_crash;
	if (xenpv_domu_is())
		reason.reason = xenpv_domu_ending(reason.reason);
	if (!main_iopl(3))
		__asm__ volatile("outl %0, %1" : : "a"(how), "Nd"((uint16_t)EXIT_PORT));
	for (;;)
		xenpv_call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&reason, 0, 0);
}

void xenpv_main(struct start_info *info)
{
	xenpv_start_info = info;
	xenpv_check_init();
	if (xenpv_domu_is())
		xenpv_domu_init();
	xenpv_vcpu_place(0, xenpv_first_info_mfn());
	wedge_print("previrt: wedge for %s, %lu MiB\n", info->magic, info->nr_pages >> 8);
	xenpv_vcpus_count();
	xenpv_memory_init(wedge_memory_wanted((void *)info->mod_start, info->mod_len));
	xenpv_vcpus_init();
	xenpv_traps_init();
	xenpv_time_init();
	wedge_start((void *)info->mod_start, info->mod_len);
}

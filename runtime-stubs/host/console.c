/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "console.h"
#include "sys.h"
#include "../iface/console.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>

#define CONSOLE_FLAGS 0x40u		/* MSG_DONTWAIT */

uint64_t host_console_calls;
static uint8_t console_closed;		/* its other end is closed */
static uint8_t console_told;		/* there is input that nobody has read since the signal */

void backend_console_write(const char *text, size_t length)
{
	while (length) {
		long n = sys_call(__NR_write, HOST_CONSOLE, (uint64_t)text, length, 0);

		host_console_calls++;
		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;		/* the other end is closed */
		text += n;
		length -= n;
	}
}

size_t backend_console_read(char *text, size_t size)
{
	long n;

	if (console_closed)
		return 0;
	console_told = 0;
	host_console_calls++;
	n = sys_call6(__NR_recvfrom, HOST_CONSOLE, (uint64_t)text, size, CONSOLE_FLAGS, 0, 0);
	console_closed = !n;
	return n > 0 ? n : 0;
}

int host_console_waits(void)
{
	return console_closed || console_told ? -1 : HOST_CONSOLE;
}

void host_console_tell(void)
{
	console_told = 1;
}

/* fcntl(2), F_SETSIG. */
long host_console_init(void)
{
	long flags = sys_call(__NR_fcntl, HOST_CONSOLE, F_GETFL, 0, 0);

	if (flags < 0)
		return flags;
	sys_call(__NR_fcntl, HOST_CONSOLE, F_SETOWN, sys_call(__NR_getpid, 0, 0, 0, 0), 0);
	sys_call(__NR_fcntl, HOST_CONSOLE, F_SETFL, flags | FASYNC, 0);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* sendto(2), recvfrom(2). */
#include "debugger.h"
#include "sys.h"
#include <asm-generic/errno.h>
#include <linux/fcntl.h>

#define DONT_WAIT 0x40u		/* MSG_DONTWAIT */

static int debugger_file = -1;

void host_debugger_init(int file)
{
	long flags = sys_call(__NR_fcntl, file, F_GETFL, 0, 0);

	debugger_file = file;
	sys_call(__NR_fcntl, file, F_SETOWN, sys_call(__NR_getpid, 0, 0, 0, 0), 0);
	if (flags >= 0)
		sys_call(__NR_fcntl, file, F_SETFL, flags | FASYNC, 0);
}

int host_debugger_waits(void)
{
	return debugger_file;
}

void host_debugger_write(const char *bytes, size_t size)
{
	while (size) {
		long n = sys_call6(__NR_sendto, debugger_file, (uint64_t)bytes, size, 0, 0, 0);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return;		/* the other end is closed */
		bytes += n;
		size -= n;
	}
}

size_t host_debugger_read(char *to, size_t size, int wait)
{
	long n;

	if (debugger_file < 0)
		return 0;
	do {
		n = sys_call6(__NR_recvfrom, debugger_file, (uint64_t)to, size, wait ? 0 : DONT_WAIT, 0, 0);
	} while (n == -EINTR);
	if (n != -EAGAIN && n <= 0)
		debugger_file = -1;
	return n > 0 ? n : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * privileged: what a user may ask of sensitive instructions, by way of the
 * kernel or of the I/O level: MSRs, also a write that faults (the exception
 * table's wrmsr), CPUID, ports, and instructions that fault in user mode.
 * Copyright The previrt authors
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

#define MSR_EFER	0xc0000080
#define MSR_PKRS	0x6e1	/* its high half is reserved: QEMU faults */
#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71

static int check_msr(void)
{
	int fd = open("/dev/cpu/0/msr", O_RDWR), bad = 0;
	uint64_t v = 0;
	ssize_t n;

	if (fd < 0)
		return guest_check(0, "/dev/cpu/0/msr");
	n = pread(fd, &v, sizeof(v), MSR_EFER);
#ifdef __x86_64__
	bad |= guest_check(n == sizeof(v) && (v & 0x501) == 0x501,
			   "EFER has SCE, LME, LMA");
#else
	bad |= guest_check(n == sizeof(v), "EFER");
#endif
	v = UINT64_MAX;
	n = pwrite(fd, &v, sizeof(v), MSR_PKRS);
	bad |= guest_check(n == -1 && errno == EIO, "wrmsr that faults");
	close(fd);
	return bad;
}

static int check_cpuid(void)
{
	int fd = open("/dev/cpu/0/cpuid", O_RDONLY);
	uint32_t r[4] = { 0 };
	char vendor[13] = "";

	if (fd < 0 || pread(fd, r, sizeof(r), 0) != sizeof(r))
		return guest_check(0, "/dev/cpu/0/cpuid");
	memcpy(vendor, &r[1], 4);
	memcpy(vendor + 4, &r[3], 4);
	memcpy(vendor + 8, &r[2], 4);
	close(fd);
	return guest_check(strlen(vendor) == 12, "vendor %s", vendor);
}

static int check_ports(void)
{
	int before, after;

	if (ioperm(CMOS_INDEX, 2, 1))
		return guest_check(0, "ioperm");
	outb(0x0d, CMOS_INDEX);		/* status D: bit 7, battery good */
	before = inb(CMOS_DATA) & 0x80;
	ioperm(CMOS_INDEX, 2, 0);
	if (iopl(3))
		return guest_check(0, "iopl");
	outb(0x0d, CMOS_INDEX);
	after = inb(CMOS_DATA) & 0x80;
	iopl(0);
	return guest_check(before == 0x80 && after == 0x80, "CMOS by ioperm and iopl");
}

static int do_cli(void *arg)	{ (void)arg; asm volatile("cli"); return 0; }
static int do_hlt(void *arg)	{ (void)arg; asm volatile("hlt"); return 0; }
static int do_in(void *arg)	{ (void)arg; return inb(CMOS_DATA) & 0; }
static int do_ud2(void *arg)	{ (void)arg; asm volatile("ud2"); return 0; }
static int do_int3(void *arg)	{ (void)arg; asm volatile("int3"); return 0; }
static int do_int1(void *arg)	{ (void)arg; asm volatile(".byte 0xf1"); return 0; }
static int do_into(void *arg)	{ (void)arg; asm volatile("int $0x20"); return 0; }

static int do_rdmsr(void *arg)
{
	unsigned int lo, hi;

	(void)arg;
	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(MSR_EFER));
	return 0;
}

static int do_divide(void *arg)
{
	int q;

	asm volatile("xor %%edx, %%edx; mov $1, %%eax; idivl %1"
		     : "=&a"(q) : "r"(arg ? 1 : 0) : "edx", "cc");
	return q & 0;
}

int test_privileged(void)
{
	static const struct { const char *what; int (*body)(void *); } faults[] = {
		{ "cli", do_cli }, { "hlt", do_hlt }, { "in", do_in },
		{ "rdmsr", do_rdmsr }, { "ud2", do_ud2 }, { "int3", do_int3 },
		{ "int1", do_int1 }, { "int 0x20", do_into }, { "divide", do_divide },
	};
	int bad = 0;
	size_t i;

	bad |= check_msr();
	bad |= check_cpuid();
	bad |= check_ports();
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		bad |= !WIFSIGNALED(guest_in_child(faults[i].what, faults[i].body, NULL));
	return bad;
}

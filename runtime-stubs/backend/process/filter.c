/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the supervisor and its stubs may ask of the host (host/filter.h): the
 * calls that the wedge makes, from its own code, for the guest's kernel runs in this process.
 *
 * LIMIT: the guest's kernel can jump to the wedge's own calls, and send signals then.
 */
#include "process.h"
#include "../../stub/stub.h"
#include "../../host/console.h"
#include "../../host/filter.h"

extern char process_text_end[];

static const uint32_t calls[] = {
	/* While the guest runs. */
	__NR_mmap, __NR_munmap, __NR_mprotect, __NR_madvise, __NR_clock_gettime, __NR_timer_settime, __NR_ppoll,
	__NR_rt_sigreturn, __NR_ioctl, __NR_tgkill, __NR_arch_prctl, __NR_exit_group,
	/* A stub begins, or ends. */
	__NR_clone, __NR_getpid, __NR_getppid, __NR_futex, __NR_waitid, __NR_wait4, __NR_kill,
	__NR_close, __NR_close_range, __NR_dup3, __NR_mremap, __NR_sigaltstack, __NR_rt_sigaction,
	__NR_rt_sigprocmask, __NR_prctl, __NR_modify_ldt, __NR_seccomp, __NR_getcpu,
	__NR_sched_getaffinity, __NR_sched_setaffinity,
	/* The code of stubs makes it, for the supervisor to see. */
	STUB_NOTIFY,
};

static void filter_files(struct host_filter *filter)
{
	static const uint32_t disk[] = { __NR_preadv, __NR_pwritev, __NR_fdatasync, __NR_fallocate };
	uint32_t net = process_files.net, share = process_files.share, gdb = process_files.gdb;

	host_filter_file_call(filter, __NR_write, HOST_CONSOLE, HOST_CONSOLE + 1);
	host_filter_file_call(filter, __NR_recvfrom, HOST_CONSOLE, (gdb ? gdb : HOST_CONSOLE) + 1);
	if (net)
		host_filter_file_call(filter, __NR_recvmmsg, net, net + 1);
	if (gdb)
		host_filter_file_call(filter, __NR_sendto, gdb, gdb + 1);
	if (net || share)
		host_filter_file_call(filter, __NR_writev, net ? net : share, process_files.disk);
	if (share)
		host_filter_file_call(filter, __NR_recvmsg, share, share + 1);
	for (unsigned i = 0; i < sizeof(disk) / sizeof(disk[0]); i++)
		host_filter_file_call(filter, disk[i], process_files.disk, process_files.disk_end);
}

void process_filter_init(void)
{
	static const uint64_t stubs[] = { WEDGE_STUBS, STUB_CODE };
	struct host_filter filter;

	_Static_assert(WEDGE_STUBS >> 32 != STUB_CODE >> 32 && (uint32_t)WEDGE_BASE == 0, "places");
	host_filter_places(&filter, stubs, 2, (uint64_t)process_text_end);
	filter_files(&filter);
	process_must("a filter", host_filter_calls(&filter, calls, sizeof(calls) / sizeof(calls[0])));
}

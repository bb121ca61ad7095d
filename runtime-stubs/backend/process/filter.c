/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What the supervisor and its stubs may ask of the host (seccomp(2)): the calls that
 * the wedge makes, from its own code. A call from elsewhere, for the guest's kernel runs
 * in this process, is SIGSYS; any other call from here is the end.
 *
 * LIMIT: the guest's kernel can jump to the wedge's own calls, and send signals then.
 */
#include "process.h"
#include "stub.h"
#include "../../host/console.h"
#include <asm-generic/errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#define ROOM 128u
#define HIGH(address) ((uint32_t)((address) >> 32))
#define LOAD(field) (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
#define RETURN(what) (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)
#define IF(test, k, yes, no) (struct sock_filter)BPF_JUMP(BPF_JMP | (test) | BPF_K, k, yes, no)

extern char process_text_end[];

static const uint32_t calls[] = {
	/* While the guest runs. */
	__NR_mmap, __NR_munmap, __NR_mprotect, __NR_madvise, __NR_clock_gettime, __NR_timer_settime, __NR_ppoll,
	__NR_rt_sigreturn, __NR_ioctl, __NR_tgkill, __NR_arch_prctl, __NR_exit_group,
	/* A stub begins, or ends. */
	__NR_clone, __NR_getpid, __NR_getppid, __NR_futex, __NR_waitid, __NR_wait4, __NR_kill,
	__NR_close, __NR_close_range, __NR_dup3, __NR_mremap, __NR_sigaltstack, __NR_rt_sigaction,
	__NR_rt_sigprocmask, __NR_prctl, __NR_seccomp, __NR_getcpu, __NR_sched_setaffinity,
	/* The code of stubs makes it, for the supervisor to see. */
	STUB_NOTIFY,
};

static struct sock_filter filter[ROOM];
static unsigned length;

static void filter_add(struct sock_filter statement)
{
	filter[length++] = statement;
}

/* Goes on behind what it adds if the call is made by the wedge or the code of stubs. */
static void filter_place(void)
{
	_Static_assert(HIGH(WEDGE_STUBS) != HIGH(STUB_CODE) && (uint32_t)WEDGE_BASE == 0, "places");
	filter_add(LOAD(offsetof(struct seccomp_data, arch)));
	filter_add(IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
	filter_add(RETURN(SECCOMP_RET_TRAP));
	filter_add(LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4));
	filter_add(IF(BPF_JEQ, HIGH(WEDGE_STUBS), 5, 0));
	filter_add(IF(BPF_JEQ, HIGH(STUB_CODE), 4, 0));
	filter_add(IF(BPF_JEQ, HIGH(WEDGE_BASE), 0, 2));
	filter_add(LOAD(offsetof(struct seccomp_data, instruction_pointer)));
	filter_add(IF(BPF_JGT, (uint32_t)(uint64_t)process_text_end, 0, 1));
	filter_add(RETURN(SECCOMP_RET_TRAP));
	filter_add(LOAD(offsetof(struct seccomp_data, nr)));
}

/* A call on the files from @first to before @end, and on no other. */
static void filter_file_call(uint32_t call, uint32_t first, uint32_t end)
{
	filter_add(IF(BPF_JEQ, call, 0, 5));
	filter_add(LOAD(offsetof(struct seccomp_data, args[0])));
	filter_add(IF(BPF_JGE, first, 0, 2));
	filter_add(IF(BPF_JGE, end, 1, 0));
	filter_add(RETURN(SECCOMP_RET_ALLOW));
	filter_add(RETURN(SECCOMP_RET_KILL_PROCESS));
}

static void filter_files(void)
{
	static const uint32_t disk[] = { __NR_preadv, __NR_pwritev, __NR_fdatasync, __NR_fallocate };
	uint32_t net = process_files.net, share = process_files.share;

	filter_file_call(__NR_write, HOST_CONSOLE, HOST_CONSOLE + 1);
	filter_file_call(__NR_recvfrom, HOST_CONSOLE, net ? net + 1 : HOST_CONSOLE + 1);
	if (net || share)
		filter_file_call(__NR_writev, net ? net : share, process_files.disk);
	if (share)
		filter_file_call(__NR_recvmsg, share, share + 1);
	for (unsigned i = 0; i < sizeof(disk) / sizeof(disk[0]); i++)
		filter_file_call(disk[i], process_files.disk, process_files.disk_end);
}

void process_filter_init(void)
{
	struct sock_fprog program = { .filter = filter };

	filter_place();
	filter_files();
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		filter_add(IF(BPF_JEQ, calls[i], 0, 1));
		filter_add(RETURN(SECCOMP_RET_ALLOW));
	}
	filter_add(RETURN(SECCOMP_RET_KILL_PROCESS));
	program.len = length;
	process_must("no new privileges", sys_call6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0));
	process_must("a filter", sys_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0,
					  (uint64_t)&program, 0));
}

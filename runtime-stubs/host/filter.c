/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "filter.h"
#include "sys.h"
#include <asm-generic/errno.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define HIGH(address) ((uint32_t)((address) >> 32))
#define LOAD(field) (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
#define RETURN(what) (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what)
#define IF(test, k, yes, no) (struct sock_filter)BPF_JUMP(BPF_JMP | (test) | BPF_K, k, yes, no)

static void filter_add(struct host_filter *filter, struct sock_filter statement)
{
	if (filter->length < HOST_FILTER_ROOM)
		filter->statements[filter->length] = statement;
	filter->length++;
}

void host_filter_places(struct host_filter *filter, const uint64_t *places, unsigned count,
			uint64_t end)
{
	filter->length = 0;
	filter_add(filter, LOAD(offsetof(struct seccomp_data, arch)));
	filter_add(filter, IF(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
	filter_add(filter, RETURN(SECCOMP_RET_TRAP));
	filter_add(filter, LOAD(offsetof(struct seccomp_data, instruction_pointer) + 4));
	for (unsigned i = 0; i < count; i++)
		filter_add(filter, IF(BPF_JEQ, HIGH(places[i]), count - i + 3, 0));
	filter_add(filter, IF(BPF_JEQ, HIGH(end), 0, 2));
	filter_add(filter, LOAD(offsetof(struct seccomp_data, instruction_pointer)));
	filter_add(filter, IF(BPF_JGT, (uint32_t)end, 0, 1));
	filter_add(filter, RETURN(SECCOMP_RET_TRAP));
	filter_add(filter, LOAD(offsetof(struct seccomp_data, nr)));
}

void host_filter_file_call(struct host_filter *filter, uint32_t call, uint32_t first, uint32_t last)
{
	filter_add(filter, IF(BPF_JEQ, call, 0, 5));
	filter_add(filter, LOAD(offsetof(struct seccomp_data, args[0])));
	filter_add(filter, IF(BPF_JGE, first, 0, 2));
	filter_add(filter, IF(BPF_JGE, last, 1, 0));
	filter_add(filter, RETURN(SECCOMP_RET_ALLOW));
	filter_add(filter, RETURN(SECCOMP_RET_KILL_PROCESS));
}

long host_filter_calls(struct host_filter *filter, const uint32_t *calls, unsigned count)
{
	struct sock_fprog program = { .filter = filter->statements };
	long result;

	for (unsigned i = 0; i < count; i++) {
		filter_add(filter, IF(BPF_JEQ, calls[i], 0, 1));
		filter_add(filter, RETURN(SECCOMP_RET_ALLOW));
	}
	filter_add(filter, RETURN(SECCOMP_RET_KILL_PROCESS));
	if (filter->length > HOST_FILTER_ROOM)
		return -ENOSPC;
	program.len = filter->length;
	result = sys_call6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	return result ? result : sys_call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (uint64_t)&program, 0);
}

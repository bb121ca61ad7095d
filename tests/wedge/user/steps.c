/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Steps a 32-bit program (/compat) from its first instruction to its last and
 * says where the steps ended that do not follow the one before: the way over
 * system calls by the kernel's page, and by int 0x80. Two machines must agree.
 */
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST 15	/* bytes of an instruction */
#define IN_PAGE 0xffful

int main(void)
{
	struct user_regs_struct r;
	unsigned long last = 0, steps = 0, leaps = 0, sum = 0;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl("/compat", "compat", "few", NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		ptrace(PTRACE_GETREGS, pid, NULL, &r);
		if (r.rip - last > LONGEST) {
			leaps++;
			/* The kernel's page is at another place each time. */
			sum = sum * 31 + (r.rip & IN_PAGE);
		}
		last = r.rip;
		steps++;
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL))
			break;
	}
	printf("%lu steps, %lu leaps, %lx\n", steps, leaps, sum);
	printf(WIFEXITED(status) && !WEXITSTATUS(status) && steps > 100 ? "ok stepped to the end\n" :
	       "BAD status %x\n", status);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

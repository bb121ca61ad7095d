/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * What guest code in processes needs of the host (docs/process.md), tried in a child as
 * a stub would have it: seccomp(2), seccomp_unotify(2), memfd_create(2), XSAVE (SDM
 * volume 1, 13).
 */
#include "doctor.h"
#include <cpuid.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINUX_MAJOR 5		/* the oldest version with all that is used */
#define LINUX_MINOR 10
#define LOW_MOST 65536ul	/* Debian's vm.mmap_min_addr */

static bool look_linux(const struct run *run, char **said)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	(void)run;
	if (uname(&name)) {
		*said = util_copy(strerror(errno));
		return false;
	}
	*said = util_printf("%s %s, %s", name.sysname, name.release, name.machine);
	return !strcmp(name.sysname, "Linux") && !strcmp(name.machine, "x86_64") &&
	       sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	       (major > LINUX_MAJOR || (major == LINUX_MAJOR && minor >= LINUX_MINOR));
}

static bool look_processor(const struct run *run, char **said)
{
	unsigned int a, b, c, d;

	(void)run;
	if (__get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE)) {
		*said = util_copy("XSAVE");
		return true;
	}
	*said = util_copy("the processor has no XSAVE, or the host's kernel does not use it");
	return false;
}

/* In the child: a filter whose notifications come here. Returns the error, 0: none. */
static int process_filter(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program) < 0 ? errno : 0;
}

static bool look_notification(const struct run *run, char **said)
{
	int status = -1;
	pid_t child;

	(void)run;
	fflush(NULL);
	child = fork();
	if (!child)
		_exit(process_filter());
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		*said = util_copy("no process could try it");
	else if (WEXITSTATUS(status) == EBUSY)
		*said = util_copy("this process is in a sandbox that has the one listener there "
				  "can be");
	else if (WEXITSTATUS(status))
		*said = util_printf("seccomp: %s", strerror(WEXITSTATUS(status)));
	else
		*said = util_copy("seccomp's notifications of system calls");
	return !status;
}

/* Guest memory is a file without a name, mapped with each right a guest asks for. */
static bool look_memory_file(const struct run *run, char **said)
{
	int file = memfd_create("previrt", MFD_CLOEXEC);
	void *page = MAP_FAILED;

	(void)run;
	if (file >= 0 && !ftruncate(file, 4096))
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, file, 0);
	*said = page == MAP_FAILED ? util_printf("memfd_create and mmap: %s", strerror(errno)) :
		util_copy("files without a name, mapped executable");
	if (page != MAP_FAILED)
		munmap(page, 4096);
	if (file >= 0)
		close(file);
	return page != MAP_FAILED;
}

static bool look_low_memory(const struct run *run, char **said)
{
	FILE *file = fopen("/proc/sys/vm/mmap_min_addr", "re");
	unsigned long least = 0;
	bool known = file && fscanf(file, "%lu", &least) == 1;

	(void)run;
	if (file)
		fclose(file);
	*said = known ? util_printf("vm.mmap_min_addr is %lu", least) :
		util_copy("/proc/sys/vm/mmap_min_addr cannot be read");
	return known && least <= LOW_MOST;
}

const struct doctor_check doctor_linux = {
	"host", DIAG_RUN_HOST, "take a host with Linux 5.10 or later on x86-64", look_linux,
};
const struct doctor_check doctor_processor = {
	"processor", DIAG_RUN_HOST, "take a processor with XSAVE, and a kernel without noxsave",
	look_processor,
};
const struct doctor_check doctor_notification = {
	"seccomp", DIAG_RUN_HOST,
	"leave the sandbox, have it permit seccomp, or take a kernel with CONFIG_SECCOMP_FILTER",
	look_notification,
};
const struct doctor_check doctor_memory_file = {
	"memory", DIAG_RUN_HOST, "as root, run sysctl vm.memfd_noexec=0; have /dev/shm's rules "
	"permit executable mappings", look_memory_file,
};
const struct doctor_check doctor_low_memory = {
	"addresses", DIAG_RUN_HOST, "as root, run sysctl vm.mmap_min_addr=65536: programs of the "
	"guest stand low", look_low_memory,
};

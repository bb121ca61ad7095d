/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shell: a shell runs a short script; what a person would type.
 * Copyright The previrt authors
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

static int run_script(void *arg)
{
	(void)arg;
	execl("/bin/busybox", "sh", "/etc/scripted", (char *)NULL);
	return 127;
}

int test_shell(void)
{
	if (access("/bin/busybox", X_OK)) {
		printf("# no shell in this initramfs\n");
		return guest_check(0, "a shell");
	}
	return guest_in_child("script", run_script, NULL) != 0;
}

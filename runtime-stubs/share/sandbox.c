/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* landlock(7), by system calls: the C library has no functions for them. */
#include "sandbox.h"
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* What newer headers have names for. */
#define REFER (1ull << 13)
#define TRUNCATE (1ull << 14)
#define CHANGES (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
		 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
		 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
		 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | REFER)
#define NEVER (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define VERSION_REFER 2
#define VERSION_TRUNCATE 3

int sandbox(int folder, bool read_only)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t changes = CHANGES | (version >= VERSION_TRUNCATE ? TRUNCATE : 0);
	struct landlock_ruleset_attr all = { .handled_access_fs = READS | changes | NEVER };
	struct landlock_path_beneath_attr below = { .parent_fd = folder };
	int rules;
	long result;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	if (version < VERSION_REFER)
		return 0;
	below.allowed_access = READS | (read_only ? 0 : changes);
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0)
		return -1;
	result = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	if (!result)
		result = syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
	return result ? -1 : 0;
}

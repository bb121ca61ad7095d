/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The program's commands. The help, the completions of three shells (by
 * `previrt help --words`) and the tests of the manual page take them from one table.
 */
#ifndef PREVIRT_CLI_COMMAND_H
#define PREVIRT_CLI_COMMAND_H
#include <stdbool.h>

struct command {
	const char *name, *arguments, *what;
	int (*run)(int argc, char **argv);
	bool exempt, common;	/* takes exemptions; the options of all that read files */
	const char *help;	/* its own options, or NULL */
	void (*print_help)(void);	/* prints those that are made up, or NULL */
};

/* Without a name: behind the last. */
extern const struct command command_list[];
extern const char command_help_common[], command_help_exempt[], command_help_flags[];

/* NULL: there is none. */
const struct command *command_find(const char *name);

#endif

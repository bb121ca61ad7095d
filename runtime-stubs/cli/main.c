/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The program previrt. Man page: previrt(1). Its commands: command.c.
 * Reading order: main.c, cmd_check.c, scan.c, decode.c, table.c, image.c.
 */
#include "command.h"
#include "diag.h"
#include "options.h"
#include "report.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int command_run(int argc, char **argv)
{
	const struct command *command = command_find(argv[1]);
	char *help[1];
	int i;

	if (!command) {
		diag_error(DIAG_USAGE, NULL, "no command '%s' (see `previrt "
			   "--help`)", argv[1]);
		return EXIT_TROUBLE;
	}
	for (i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			help[0] = argv[1];
			return cmd_help(1, help);
		}
	}
	return command->run(argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
	/* A reader that goes away (dump | head) ends the program quietly, as it does
	   others. What has programs at the other end of pipes must see errors. */
	if (argc > 1 && !strcmp(argv[1], "run"))
		signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		diag_error(DIAG_USAGE, NULL, "no command (see `previrt --help`)");
		return EXIT_TROUBLE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return cmd_help(0, NULL);
	if (!strcmp(argv[1], "--version"))
		return cmd_version(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--cflags") || !strcmp(argv[1], "--aflags")) {
		bool help = argc > 2 && !strcmp(argv[2], "--help");
		char *flags[] = { (char *)"flags" };

		return help ? cmd_help(1, flags) :
		       cmd_flags(argv[1][2] == 'a', argc - 2, argv + 2);
	}
	return command_run(argc, argv);
}

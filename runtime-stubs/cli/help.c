/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt help: the program's or a command's text. With --words, what a shell can
 * complete, a line each: the word, a tab, what it means; it is read off the same text.
 */
#include "command.h"
#include "diag.h"
#include "options.h"
#include "report.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void help_all(void)
{
	puts("usage: previrt COMMAND [OPTION...] [FILE...]\n"
	     "       previrt --cflags|--aflags [OPTION...]\n"
	     "Flags for pre-virtualizing a kernel, and tools for its site table.\n");
	for (const struct command *c = command_list; c->name; c++)
		printf("  %-8s %s\n", c->name, c->what);
	puts("\n  --cflags, --aflags   flags for KCFLAGS and KAFLAGS (help flags)\n"
	     "  --version            print the version (with --json: of all formats)\n"
	     "  --help               print this text\n\n"
	     "`previrt help COMMAND` tells a command's options.");
}

static void help_command(const struct command *command)
{
	printf("usage: previrt %s [OPTION...] %s\n%s\n", command->name, command->arguments,
	       command->what);
	if (command->print_help)
		command->print_help();
	if (command->help)
		fputs(command->help, stdout);
	if (command->exempt)
		fputs(command_help_exempt, stdout);
	if (command->common)
		fputs(command_help_common, stdout);
}

/* @name's text (NULL: the program's); false after a numbered error. */
static bool help_print(const char *name)
{
	const struct command *command = name ? command_find(name) : NULL;

	if (!name)
		help_all();
	else if (!strcmp(name, "flags"))
		fputs(command_help_flags, stdout);
	else if (command)
		help_command(command);
	else
		diag_error(DIAG_USAGE, NULL, "help: no command '%s' (see `previrt --help`)", name);
	return !name || command || !strcmp(name, "flags");
}

/* "--pad=prefix|nop" is one word for each value, "--cc=COMPILER" one without. */
static void help_word(char *word, const char *means)
{
	char *values = strchr(word, '='), *save = NULL, *value;

	if (!values) {
		printf("%s\t%s\n", word, means);
		return;
	}
	*values++ = '\0';
	for (value = strtok_r(values, "|", &save); value; value = strtok_r(NULL, "|", &save))
		printf("%s=%s\t%s\n", word, islower((unsigned char)*value) ? value : "", means);
}

/* A line "  WORD, WORD ARGUMENT  meaning". */
static void help_line(char *line)
{
	const char *first = line + 2;
	char *means = strstr(line + 2, "  "), *save = NULL, *word;

	if (means)
		*means = '\0';
	means = means ? means + 2 + strspn(means + 2, " ") : line + strlen(line);
	for (word = strtok_r(line, " ,", &save); word; word = strtok_r(NULL, " ,", &save)) {
		if (*word != *first)
			break;
		help_word(word, means);
		if (*first != '-')
			break;
	}
}

static bool help_words(const char *name)
{
	char *text = NULL, *save = NULL, *line;
	FILE *terminal = stdout;
	size_t size;
	bool good;

	/* In the GNU C library, stdout is a variable. */
	stdout = open_memstream(&text, &size);
	if (!stdout) {
		stdout = terminal;
		return false;
	}
	good = help_print(name);
	fclose(stdout);
	stdout = terminal;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "  ", 2) &&
		    (line[2] == '-' || (!name && islower((unsigned char)line[2]))))
			help_line(line);
	free(text);
	return good;
}

int cmd_help(int argc, char **argv)
{
	bool words = argc && !strcmp(argv[0], "--words");
	const char *name = argc > words ? argv[words] : NULL;

	if (!(words ? help_words(name) : help_print(name)))
		return EXIT_TROUBLE;
	return report_finish(EXIT_CLEAN);
}

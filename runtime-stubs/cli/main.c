/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The program previrt: its commands and their help. Man page: previrt(1).
 * Reading order: main.c, cmd_check.c, scan.c, decode.c, table.c, image.c.
 */
#include "diag.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

#ifndef PREVIRT_VERSION
#define PREVIRT_VERSION "unknown"
#endif

static const char help_exempt[] =
	"  --exempt FILE         add an exemption file (previrt(1) has the format)\n"
	"  --no-default-exempt   do not use the installed one for Linux\n";

static const char help_check[] =
	"  --strict              what is loaded, could hold code and was not looked at is a\n"
	"                        finding, and so is a file without code\n";

static const char help_verify[] =
	"  --padded              a file in which no site has a pad (--mode=record) is no\n"
	"                        longer taken for sound\n";

static const char help_counts[] =
	"  --log CONSOLE         what the wedge printed there at its end (run --counts)\n"
	"  --image MEMORY        core (dump-guest-memory, /proc/kcore) or raw copy of\n"
	"                        physical memory (pmemsave); FILEs: first the kernel's\n"
	"                        vmlinux, then modules\n"
	"  --top N               print N sites (20; 0: all that ran)\n"
	"  --slide HEX           the kernel's shift, where it is not found by itself\n";

static const char help_learn[] =
	"  --faults LIST         a wedge's log, QEMU's under -d int, or a list (previrt(1)\n"
	"                        has the forms of a line); may be repeated; -: input\n"
	"  --space SPACE         what was touched, where a line does not say: pte (the\n"
	"                        default), pmd, pud, p4d, pgd or mmio\n"
	"  --slide HEX           the kernel's shift, taken off each address\n"
	"  --by-line             name FUNCTION:LINE, not all of a function\n";

static const char help_rewrite[] =
	"  --dry-run             only show it: address, instruction, template, bytes\n"
	"                        of the site left over, before, after, place\n"
	"  --backend=NAME        with the addresses in that wedge (NAME.elf)\n";

static const char help_common[] =
	"  --json                machine-readable output\n"
	"  -v, --verbose         say more\n"
	"  -q, --quiet           findings only\n"
	"  --max N               print at most N findings of a file\n"
	"FILE: object, archive, module, vmlinux or bzImage; -: standard input.\n"
	"Status: 0 clean, 1 findings, 2 wrong use, input or output.\n";

static const struct command {
	const char *name, *arguments, *what;
	int (*run)(int argc, char **argv);
	bool exempt;
} commands[] = {
	{ "check", "FILE...", "is every sensitive instruction in the table?",
	  cmd_check, true },
	{ "verify", "FILE...", "is the table sound, and does it fit the code?",
	  cmd_verify, true },
	{ "dump", "[--scan] FILE...", "list all sites (--scan: all sensitive "
	  "instructions that decoding finds)", cmd_dump, true },
	{ "stat", "FILE...", "count sites by class, pads and table size",
	  cmd_stat, false },
	{ "diff", "[--scan] A B", "sites that A and B do not share, by function "
	  "and class", cmd_diff, true },
	{ "counts", "--image MEMORY FILE... | --log CONSOLE", "the sites that ran most, "
	  "from the memory of a kernel with counting stubs; or what a wedge counted",
	  cmd_counts, false },
	{ "rewrite", "--dry-run [--backend=NAME] FILE...", "what a wedge would write at each site",
	  cmd_rewrite, false },
	{ "run", "-k VMLINUX [-i INITRD] [-a WORDS] [-m SIZE]", "run a kernel on a "
	  "hypervisor or a bare machine, in QEMU", cmd_run, false },
	{ "bundle", "-k VMLINUX [-i INITRD] [-a WORDS] -o BUNDLE", "a kernel, its initrd "
	  "and its command line as one file for a wedge", cmd_bundle, false },
	{ "learn", "--faults LIST FILE...", "lines of a guest file for instructions "
	  "that faulted on page tables or devices", cmd_learn, false },
	{ "explain", "PVnnn|--all", "cause and cure of a diagnostic",
	  cmd_explain, false },
	{ "help", "[COMMAND]", "this text, or a command's", cmd_help, false },
};

static const char help_flags[] =
	"usage: previrt --cflags [OPTION...]\n"
	"       previrt --aflags [OPTION...]\n"
	"Print the flags for a kernel's build:\n"
	"  make KCFLAGS=\"$(previrt --cflags)\" KAFLAGS=\"$(previrt --aflags)\"\n"
	"  --mode=pad|call|record  pad sites (default), call stubs, only record\n"
	"  --pad=prefix|nop|none   how to pad (default: prefix)\n"
	"  --stubs=native|count|PATH  --mode=call: stubs that execute (default), that\n"
	"                          count executions too, or the text in a file\n"
	"  --guest=NAME|PATH       operations on memory too, as this guest file says\n"
	"                          (may be repeated)\n"
	"  --loads                 with --guest: loads of page tables too\n"
	"  --cc=COMPILER           the compiler of that build (default: $CC, gcc)\n"
	"  --class=-NAME,+NAME     classes of instructions off and on\n"
	"  --exclude-file=GLOB     leave alone what comes of such a source file\n"
	"  --exclude-function=GLOB leave alone such functions in C\n"
	"  --gc-sections          entries that a linker drops with their sections\n"
	"  --record-file=GLOB, --record-function=GLOB, --record-section=GLOB\n"
	"                          record what is there, without a pad\n"
	"  --wide-file=GLOB, --wide-section=GLOB\n"
	"                          entries that reach code linked far from the table\n"
	"  --no-plugin             --aflags only: the macro pack alone\n";

static void help_all(void)
{
	size_t i;

	puts("usage: previrt COMMAND [OPTION...] [FILE...]\n"
	     "       previrt --cflags|--aflags [OPTION...]\n"
	     "Flags for pre-virtualizing a kernel, and tools for its site table.\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].what);
	puts("\n  --cflags, --aflags   flags for KCFLAGS and KAFLAGS (help flags)\n"
	     "  --version            print the version\n"
	     "  --help               print this text\n\n"
	     "`previrt help COMMAND` tells a command's options.");
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

int cmd_help(int argc, char **argv)
{
	const struct command *command;

	if (!argc) {
		help_all();
		return report_finish(EXIT_CLEAN);
	}
	if (!strcmp(argv[0], "flags")) {
		fputs(help_flags, stdout);
		return report_finish(EXIT_CLEAN);
	}
	command = command_find(argv[0]);
	if (!command) {
		diag_error(DIAG_USAGE, NULL, "help: no command '%s'", argv[0]);
		return EXIT_TROUBLE;
	}
	printf("usage: previrt %s [OPTION...] %s\n%s\n", command->name,
	       command->arguments, command->what);
	if (command->run == cmd_run)
		run_help();
	if (command->run == cmd_bundle)
		bundle_help();
	if (strstr(command->arguments, "FILE") || command->run == cmd_diff) {
		fputs(command->run == cmd_counts ? help_counts : "", stdout);
		fputs(command->run == cmd_learn ? help_learn : "", stdout);
		fputs(command->run == cmd_rewrite ? help_rewrite : "", stdout);
		fputs(command->run == cmd_check ? help_check : "", stdout);
		fputs(command->run == cmd_verify ? help_verify : "", stdout);
		fputs(command->exempt ? help_exempt : "", stdout);
		fputs(help_common, stdout);
	}
	return report_finish(EXIT_CLEAN);
}

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
	/* A reader that goes away is an error to report, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		diag_error(DIAG_USAGE, NULL, "no command (see `previrt --help`)");
		return EXIT_TROUBLE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return cmd_help(0, NULL);
	if (!strcmp(argv[1], "--version")) {
		puts("previrt " PREVIRT_VERSION);
		return report_finish(EXIT_CLEAN);
	}
	if (!strcmp(argv[1], "--cflags") || !strcmp(argv[1], "--aflags")) {
		bool help = argc > 2 && !strcmp(argv[2], "--help");
		char *flags[] = { (char *)"flags" };

		return help ? cmd_help(1, flags) :
		       cmd_flags(argv[1][2] == 'a', argc - 2, argv + 2);
	}
	return command_run(argc, argv);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The commands and what their help says: one table. See command.h. */
#include "command.h"
#include "options.h"
#include "run.h"
#include <string.h>

const char command_help_exempt[] =
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
	"  --process PID         instead of --image: the memory, as it is now, of the guest\n"
	"                        that this `previrt run` runs (on QEMU's machines: --watch)\n"
	"  --top N               print N sites (20; 0: all that ran)\n"
	"  --slide HEX           the kernel's shift, where it is not found by itself\n"
	"  --every SECONDS       then read again after each such time, and tell what was\n"
	"                        added: of a kernel that runs (--process,\n"
	"                        /proc/kcore)\n"
	"  --times N             so many times (10)\n"
	"  --csv                 a line for each site and time, for spreadsheets\n"
	"  --per-cpu             a column for each processor, of --stubs=percpu\n";

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

const char command_help_common[] =
	"  --json                machine-readable output\n"
	"  -v, --verbose         say more\n"
	"  -q, --quiet           findings only\n"
	"  --max N               print at most N findings of a file\n"
	"FILE: object, archive, module, vmlinux or bzImage; -: standard input.\n"
	"Status: 0 clean, 1 findings, 2 wrong use, input or output.\n";

static const char help_doctor[] =
	"  --build               only what building needs, no machines\n"
	"  --json                machine-readable output\n"
	"  -q, --quiet           only what is missing\n"
	"Status: 0 all is there, 1 something is missing, 2 wrong use.\n";

static const char help_report[] =
	"  -o, --output PAGE     the file to write\n"
	"  --log CONSOLE         what a wedge counted there (run --counts); may be repeated\n"
	"  --counts FILE         what counting stubs counted (counts --csv); twice: compared\n";

static const char help_init[] =
	"  kbuild                Linux's own makefiles (the default)\n"
	"  debian                Debian packages of a kernel\n"
	"  yocto                 a layer for Yocto\n"
	"  buildroot             an external tree for Buildroot\n"
	"The first two are shell scripts: previrt init kbuild | sh -es -- -j4\n";

static const char help_explain[] =
	"  --all                 all diagnostics\n"
	"  --json                machine-readable output\n"
	"  --markdown            all, as docs/diagnostics.md has them\n";

const struct command command_list[] = {
	{ "check", "FILE...",
	  "is every sensitive instruction in the table?",
	  cmd_check, true, true, help_check, NULL },
	{ "verify", "FILE...",
	  "is the table sound, and does it fit the code?",
	  cmd_verify, true, true, help_verify, NULL },
	{ "dump", "[--scan] FILE...",
	  "list all sites (--scan: all sensitive instructions that decoding finds)",
	  cmd_dump, true, true, NULL, NULL },
	{ "stat", "FILE...",
	  "count sites by class, pads and table size",
	  cmd_stat, false, true, NULL, NULL },
	{ "diff", "[--scan] A B",
	  "sites that A and B do not share, by function and class",
	  cmd_diff, true, true, NULL, NULL },
	{ "counts", "--image MEMORY|--process PID FILE... | --log CONSOLE",
	  "the sites that ran most, from the memory of a kernel with "
	  "counting stubs; or what a wedge counted",
	  cmd_counts, false, true, help_counts, NULL },
	{ "rewrite", "--dry-run [--backend=NAME] FILE...",
	  "what a wedge would write at each site",
	  cmd_rewrite, false, true, help_rewrite, NULL },
	{ "run", "-k VMLINUX [-i INITRD] [-a WORDS] [-m SIZE]",
	  "run a kernel on a hypervisor or a bare machine, in QEMU, or in a "
	  "process",
	  cmd_run, false, false, NULL, run_help },
	{ "bundle", "-k VMLINUX [-i INITRD] [-a WORDS] -o BUNDLE",
	  "a kernel, its initrd and its command line as one file for a wedge",
	  cmd_bundle, false, false, NULL, bundle_help },
	{ "learn", "--faults LIST FILE...",
	  "lines of a guest file for instructions that faulted on page tables "
	  "or devices",
	  cmd_learn, false, true, help_learn, NULL },
	{ "init", "[kbuild|debian|yocto|buildroot]",
	  "what to add to a kernel's build",
	  cmd_init, false, false, help_init, NULL },
	{ "doctor", "",
	  "what works on this host, and what to install",
	  cmd_doctor, false, false, help_doctor, NULL },
	{ "report", "[--log CONSOLE] [--counts FILE] -o PAGE VMLINUX [OTHER]",
	  "a page of HTML about a kernel, or two of them",
	  cmd_report, true, false, help_report, NULL },
	{ "explain", "PVnnn|--all",
	  "cause and cure of a diagnostic",
	  cmd_explain, false, false, help_explain, NULL },
	{ "help", "[COMMAND]",
	  "this text, or a command's",
	  cmd_help, false, false, NULL, NULL },
	{ .name = NULL },
};

const char command_help_flags[] =
	"usage: previrt --cflags [OPTION...]\n"
	"       previrt --aflags [OPTION...]\n"
	"Print the flags for a kernel's build:\n"
	"  make KCFLAGS=\"$(previrt --cflags)\" KAFLAGS=\"$(previrt --aflags)\"\n"
	"  --mode=pad|call|record  pad sites (default), call stubs, only record\n"
	"  --pad=prefix|nop|none   how to pad (default: prefix)\n"
	"  --stubs=native|count|percpu|PATH  --mode=call: stubs that execute (default),\n"
	"                          that count executions too, with a counter for each\n"
	"                          processor of a Linux, or the text in a file\n"
	"  --guest=NAME|PATH       operations on memory too, as this guest file says\n"
	"                          (may be repeated)\n"
	"  --guest-lines=WORD,...  with --guest: only the file's lines that begin so\n"
	"                          (device: sites on device memory alone)\n"
	"  --loads                 with --guest: loads of page tables too\n"
	"  --cc=COMPILER           the compiler of that build (default: $CC, gcc)\n"
	"  --class=-NAME,+NAME     classes of instructions off and on\n"
	"  --exclude-file=GLOB     leave alone what comes of such a source file\n"
	"  --exclude-function=GLOB leave alone such functions in C\n"
	"  --record-file=GLOB, --record-function=GLOB, --record-section=GLOB\n"
	"                          record what is there, without a pad\n"
	"  --wide-file=GLOB, --wide-section=GLOB\n"
	"                          entries that reach code linked far from the table\n"
	"  --gc-sections           entries that a linker drops with their sections\n"
	"  --no-plugin             the macro pack alone, for clang with gas, say\n";

const struct command *command_find(const char *name)
{
	const struct command *command = command_list;

	while (command->name && strcmp(name, command->name))
		command++;
	return command->name ? command : NULL;
}

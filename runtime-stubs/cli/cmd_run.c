/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt run: one vmlinux, on a hypervisor by a wedge or on the bare machine,
 * both in QEMU, or in a process of this host by a wedge. The exit status tells how the
 * guest ended (run.h).
 */
#include "diag.h"
#include "doctor.h"
#include "options.h"
#include "run.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_DEFAULT 256
#define MEMORY_LEAST 16			/* MiB: a BIOS wants some, too */
#define CPUS_MOST 8			/* what a wedge takes */
#define MEMORY_MOST (1u << 14)		/* what a wedge takes */

static const char run_help_text[] =
	"  -k, --kernel VMLINUX  the kernel, the same file on each\n"
	"  -i, --initrd FILE     an initial ramdisk\n"
	"  -a, --append WORDS    the kernel's command line\n"
	"  -m, --memory SIZE     the guest's memory in MiB, or with M or G (256; 16 to\n"
	"                        16384 MiB)\n"
	"  --disk FILE[,copy|ro] a disk (may be repeated; at most 4): what is written reaches\n"
	"                        the file, with copy it is lost at the end, with ro none is;\n"
	"                        model=virtio|ata|ahci behind it: what the guest sees (virtio)\n"
	"  --net user[,WORD...]  a network, this host's by sockets (docs/devices.md); words:\n"
	"                        model=virtio|e1000  the card that the guest sees (virtio)\n"
	"                        hostfwd=tcp|udp:[ADDRESS]:PORT-[ADDRESS]:PORT  a port of\n"
	"                        this host (127.0.0.1) leads to one of the guest; loopback\n"
	"                        the guest may reach 127.0.0.1 as 10.0.2.2; mtu=BYTES frames\n"
	"                        in a process (65520)\n"
	"  --share DIR:TAG[,ro]  a folder of this host, which the guest mounts by its tag (9p);\n"
	"                        with ro it changes nothing in it\n"
	"  --console virtio      a console of virtio's (hvc0) on this terminal, too\n"
	"  --rng                 an entropy device, fed by this machine's random numbers\n"
	"  --balloon             memory that the guest has freed goes back to this machine\n"
	"  --trust shared        in a process: user mode shares the guest kernel's address space,\n"
	"                        for speed: each program in the guest can read and change its\n"
	"                        kernel; protected (the default): it runs in others\n"
	"  --watch               `previrt counts --process` can read this machine's memory; in a\n"
	"                        process it always can\n"
	"  --cpus N              processors of the guest (1; at most 8)\n"
	"  --counts              what the wedge has done, printed at the end\n"
	"  --timeout SECONDS     give up then (0: never, the default)\n"
	"  --log FILE            the console into a file, too\n"
	"  --gdb PORT[,wait]     gdb sees the guest by target remote :PORT (of 127.0.0.1); with\n"
	"                        wait the guest begins when gdb says so\n"
	"  --gdb unix:PATH[,wait] the same, by target remote PATH\n"
	"  --gdb FILE            write a script for gdb, which finds the guest by gdb -x FILE\n"
	"  --perf DIR            in a process: a folder by which perf report --symfs DIR names the\n"
	"                        functions of the guest's kernel\n"
	"  -q, --quiet           nothing on the terminal\n"
	"  --cpu MODEL           QEMU's processor (qemu64)\n"
	"  --icount              count instructions instead of time: repeatable\n"
	"  --hypervisor FILE     instead of the newest one in /boot\n"
	"  --qemu WORD           one more word for QEMU (may be repeated)\n"
	"The console is this terminal; Ctrl-A x leaves. Input that is no terminal waits\n"
	"until the guest reads.\n"
	"In a process there is no QEMU, and none of its options; one processor.\n"
	"Status: 0 the guest turned its power off, 1 it ended with another status of\n"
	"its own, 2 not started, 3 stopped by the wedge, 4 restarted, 5 ended by the\n"
	"hypervisor, 6 QEMU or the process ended or was left, 7 out of time.\n";

/* All of them with @between; to be freed. */
static char *run_names_of_machines(const char *between)
{
	char *list = util_copy("");

	for (size_t i = 0; run_machines[i]; i++) {
		char *longer = util_printf("%s%s%s", list, i ? between : "", run_machines[i]->name);

		free(list);
		list = longer;
	}
	return list;
}

void run_help(void)
{
	size_t i;

	char *names = run_names_of_machines("|");

	printf("  --on=%s\n"
	       "                        the machine (the first one, if not told):\n", names);
	free(names);
	for (i = 0; run_machines[i]; i++)
		printf("                          %-8s%s\n", run_machines[i]->name,
		       run_machines[i]->what);
	run_wedge_help();
	fputs(run_help_text, stdout);
}

/* A number from @least to @most, for @option; false after a numbered error. */
static bool run_number(const char *option, const char *text, uint64_t least, uint64_t most,
		       uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most)
		return true;
	diag_error(DIAG_RANGE, NULL, "run: %s %s: a number from %llu to %llu is needed", option,
		   text, (unsigned long long)least, (unsigned long long)most);
	return false;
}

/* MiB, also written with M, or G for 1024 of them. */
static bool run_memory(const char *text, uint64_t *mib)
{
	uint64_t unit = 1;
	char *end;

	errno = 0;
	*mib = strtoull(text, &end, 10);
	if (*end && strchr("gG", *end))
		unit = 1024;
	if (*end && strchr("mMgG", *end))
		end++;
	if (*text >= '0' && *text <= '9' && !*end && !errno && *mib <= MEMORY_MOST / unit &&
	    *mib * unit >= MEMORY_LEAST) {
		*mib *= unit;
		return true;
	}
	diag_error(DIAG_RANGE, NULL, "run: -m %s: %u to %u MiB (such as 512, 512M or 2G) are "
		   "needed", text, MEMORY_LEAST, MEMORY_MOST);
	return false;
}

static bool run_set_text(const char **to, const char *value)
{
	*to = value;
	return true;
}

/* Options with a value, by their long and short names. */
enum run_option { ON, KERNEL, INITRD, APPEND, MEMORY, DISK, NET, SHARE, CONSOLE, TRUST, CPUS, TIMEOUT, LOG, GDB, PERF, CPU, HYPERVISOR, WEDGE,
	QEMU_WORD, RUN_OPTIONS };
static const struct { const char *name, *letter; } run_names[RUN_OPTIONS] = {
	[ON] = { "--on", NULL }, [KERNEL] = { "--kernel", "-k" },
	[INITRD] = { "--initrd", "-i" }, [APPEND] = { "--append", "-a" },
	[MEMORY] = { "--memory", "-m" }, [DISK] = { "--disk", NULL }, [NET] = { "--net", NULL },
	[SHARE] = { "--share", NULL }, [CONSOLE] = { "--console", NULL }, [TRUST] = { "--trust", NULL }, [CPUS] = { "--cpus", NULL },
	[TIMEOUT] = { "--timeout", NULL },
	[LOG] = { "--log", NULL }, [GDB] = { "--gdb", NULL }, [PERF] = { "--perf", NULL },
	[CPU] = { "--cpu", NULL },
	[HYPERVISOR] = { "--hypervisor", NULL }, [WEDGE] = { "--wedge", NULL },
	[QEMU_WORD] = { "--qemu", NULL },
};

static bool run_add_word(struct run *run, char *word)
{
	array_add(&run->options, word);
	return run_wedge_word(word);
}

static bool run_trust(struct run *run, const char *value)
{
	if (!strcmp(value, RUN_SHARED))
		array_add(&run->options, (char *)RUN_SHARED);
	else if (strcmp(value, "protected"))
		diag_error(DIAG_USAGE, NULL, "run: --trust %s: it is protected or shared", value);
	else
		return true;
	return !strcmp(value, RUN_SHARED);
}

/* A place where gdb comes, or a script. */
static bool run_gdb(struct run *run, const char *value)
{
	bool good;

	return run_gdb_port_set(&run->gdb_port, value, &good) ? good : run_set_text(&run->gdb, value);
}

static bool run_console(struct run *run, const char *value)
{
	run->console = !strcmp(value, "virtio");
	if (!run->console)
		diag_error(DIAG_USAGE, NULL, "run: --console %s: it is virtio", value);
	return run->console;
}

/* Takes @value; false after a numbered error. */
static bool run_set(struct run *run, enum run_option option, char *value)
{
	switch (option) {
	case ON: return run_set_text(&run->machine, value);
	case KERNEL: return run_set_text(&run->kernel, value);
	case INITRD: return run_set_text(&run->initrd, value);
	case APPEND: return run_set_text(&run->append, value);
	case LOG: return run_set_text(&run->log, value) && run_log_good(value);
	case GDB: return run_gdb(run, value);
	case PERF: return run_set_text(&run->perf, value);
	case CPU: run->cpu_given = true; return run_set_text(&run->cpu, value);
	case HYPERVISOR: return run_set_text(&run->below, value);
	case DISK: return run_disk_add(&run->disks, value);
	case NET: return run_net_set(&run->net, value);
	case SHARE: return run_share_set(&run->share, value);
	case CONSOLE: return run_console(run, value);
	case TRUST: return run_trust(run, value);
	case MEMORY: return run_memory(value, &run->memory);
	case CPUS: return run_number("--cpus", value, 1, CPUS_MOST, &run->cpus);
	case TIMEOUT: return run_number("--timeout", value, 0, UINT32_MAX, &run->timeout);
	case WEDGE: return run_add_word(run, value);
	case QEMU_WORD: array_add(&run->qemu, value); return true;
	default: return false;
	}
}

/* Which option argv[*i] is, with its value, which may be the next word. */
static enum run_option run_option(int argc, char **argv, int *i, char **value)
{
	const char *arg = argv[*i];
	enum run_option o;

	for (o = 0; o < RUN_OPTIONS; o++) {
		size_t n = strlen(run_names[o].name);

		if (!strncmp(arg, run_names[o].name, n) && arg[n] == '=') {
			*value = argv[*i] + n + 1;
			return o;
		}
		if (strcmp(arg, run_names[o].name) &&
		    (!run_names[o].letter || strcmp(arg, run_names[o].letter)))
			continue;
		if (*i + 1 == argc)
			break;
		*value = argv[++*i];
		return o;
	}
	return RUN_OPTIONS;
}

/* An option without a value? Takes it. */
static bool run_flag(struct run *run, const char *arg)
{
	if (!strcmp(arg, "--counts"))
		array_add(&run->options, (char *)"counts");
	else if (!strcmp(arg, "--rng"))
		run->rng = true;
	else if (!strcmp(arg, "--balloon"))
		run->balloon = true;
	else if (!strcmp(arg, "--watch"))
		run->watch = true;
	else if (!strcmp(arg, "--icount"))
		run->icount = true;
	else if (!strcmp(arg, "--quiet") || !strcmp(arg, "-q"))
		run->quiet = true;
	else
		return false;
	return true;
}

static bool run_parse(struct run *run, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char *arg = argv[i], *value = NULL;
		enum run_option option;

		if (run_flag(run, arg))
			continue;
		option = run_option(argc, argv, &i, &value);
		if (!value)
			diag_error(DIAG_USAGE, NULL, "run: unknown option or missing value: '%s' "
				   "(see `previrt help run`)", arg);
		if (!value || !run_set(run, option, value))
			return false;
	}
	if (!run->kernel)
		diag_error(DIAG_USAGE, NULL, "run: no kernel given: -k VMLINUX (see "
			   "`previrt help run`)");
	return run->kernel;
}

static const struct run_machine *run_machine(const char *name)
{
	char *names;

	for (size_t i = 0; run_machines[i]; i++)
		if (!strcmp(name, run_machines[i]->name))
			return run_machines[i];
	names = run_names_of_machines(", ");
	diag_error(DIAG_USAGE, NULL, "run: --on=%s: it is one of %s", name, names);
	free(names);
	return NULL;
}

/* What only a process can do; false after a numbered error. */
static bool run_can(const struct run *run, const struct run_machine *machine)
{
	const char *what = run->perf ? "--perf" : NULL;

	for (size_t i = 0; i < run->options.n; i++)
		if (!strcmp(run->options.v[i], RUN_SHARED))
			what = "--trust shared";
	if (what && machine != &run_process)
		diag_error(DIAG_USAGE, NULL, "run: %s: not with --on=%s; take --on=process", what,
			   machine->name);
	return !what || machine == &run_process;
}

int cmd_run(int argc, char **argv)
{
	struct run run = { .machine = run_machines[0]->name, .append = "", .cpu = "qemu64",
			   .memory = MEMORY_DEFAULT, .cpus = 1 };
	const struct run_machine *machine = NULL;
	int status = RUN_TROUBLE;

	if (run_parse(&run, argc, argv))
		machine = run_machine(run.machine);
	if (machine && machine->tells_room && !run.quiet && !isatty(0))
		array_add(&run.options, (char *)"room");
	if (machine && run_can(&run, machine) && !doctor_lacks(&run, machine->name))
		status = (int)(machine->run ? machine->run(&run) : run_qemu(&run, machine));
	free(run.options.v);
	free(run.qemu.v);
	run_disks_free(&run.disks);
	run_net_free(&run.net);
	run_share_free(&run.share);
	run_gdb_port_free(&run.gdb_port);
	return status;
}

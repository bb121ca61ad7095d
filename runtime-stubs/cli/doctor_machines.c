/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* What each machine of `previrt run` needs: one table, a line for each machine. */
#include "doctor.h"
#include "options.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool doctor_in_path(const char *name)
{
	const char *list = getenv("PATH");
	char *all = util_copy(list ? list : "/usr/bin:/bin"), *save = NULL, *dir;
	bool found = false;

	for (dir = strtok_r(all, ":", &save); dir && !found; dir = strtok_r(NULL, ":", &save)) {
		char *path = util_printf("%s/%s", dir, name);

		found = !access(path, X_OK);
		free(path);
	}
	free(all);
	return found;
}

static bool look_qemu(const struct run *run, char **said)
{
	(void)run;
	if (doctor_in_path(RUN_QEMU)) {
		*said = util_copy(RUN_QEMU);
		return true;
	}
	*said = util_copy(RUN_QEMU " is not in the search path");
	return false;
}

static bool look_file(const char *name, char **said)
{
	*said = path_wedge(name);
	if (*said)
		return true;
	*said = util_printf("%s is missing", name);
	return false;
}

static bool look_wedge(const struct run *run, char **said)
{
	(void)run;
	return look_file("xenpv.elf", said);
}

static bool look_loader(const struct run *run, char **said)
{
	(void)run;
	return look_file("native.elf", said);
}

static bool look_process_wedge(const struct run *run, char **said)
{
	(void)run;
	return look_file("process.elf", said);
}

/* Needed by whoever asks for a network. */
static bool look_network(const struct run *run, char **said)
{
	*said = path_wedge(RUN_NET_PROGRAM);
	if (*said)
		return true;
	*said = util_copy(RUN_NET_PROGRAM ", which --net needs, is missing");
	return !run->net.given;
}

static const struct doctor_check qemu = {
	"QEMU", DIAG_RUN_QEMU, "install Debian's " RUN_QEMU_PACKAGE, look_qemu,
};
static const struct doctor_check wedge = {
	"wedge", DIAG_RUN_WEDGE, "install previrt-wedge, or run `make` and `make install`",
	look_wedge,
};
static const struct doctor_check loader = {
	"loader", DIAG_RUN_WEDGE, "install previrt-wedge, or run `make` and `make install`",
	look_loader,
};

static const struct doctor_check process_wedge = {
	"wedge", DIAG_RUN_WEDGE, "install previrt-wedge, or run `make` and `make install`",
	look_process_wedge,
};

static const struct doctor_check network = {
	"network", DIAG_RUN_NET, "install Debian's " RUN_NET_PACKAGE " and run `make`", look_network,
};

const struct doctor_machine doctor_machines[] = {
	{ "xen", "Xen PV in QEMU, by a wedge", { &qemu, &doctor_hypervisor, &wedge } },
	{ "native", "the bare machine in QEMU", { &qemu, &loader } },
	{ "process", "processes of this host, by a wedge",
	  { &doctor_linux, &doctor_processor, &doctor_notification, &doctor_memory_file,
	    &doctor_low_memory, &process_wedge, &network } },
	{ NULL, NULL, { NULL } },
};

bool doctor_lacks(const struct run *run, const char *name)
{
	const struct doctor_machine *machine = doctor_machines;
	bool lacks = false;

	while (machine->name && strcmp(machine->name, name))
		machine++;
	for (size_t i = 0; machine->name && machine->needs[i]; i++) {
		const struct doctor_check *check = machine->needs[i];
		char *said = NULL;

		if (!check->look(run, &said)) {
			diag_error(check->number, NULL, "%s; %s", said, check->cure);
			lacks = true;
		}
		free(said);
	}
	return lacks;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt doctor: what works on this host, and what to do about the rest; a line for
 * each thing that is needed. Status 0: all is there; 1: something is missing.
 */
#include "doctor.h"
#include "json.h"
#include "options.h"
#include "report.h"
#include "version.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct doctor {
	bool json, quiet, build;	/* build: no machines */
	bool colour;
	const char *group;		/* what needs it, where no heading says so */
};

/* One check, with its line or object; is it good? */
static bool doctor_check(struct doctor *doctor, const struct doctor_check *check)
{
	static const struct run none;
	char *said = NULL;
	bool good = check->look(&none, &said);

	if (doctor->json) {
		json_open(NULL, '{');
		json_text("name", check->name);
		json_bool("good", good);
		json_text("found", said);
		json_text("cure", good ? NULL : check->cure);
		json_number("diagnostic", (uint64_t)check->number);
		json_close();
	} else if (!good || !doctor->quiet) {
		if (doctor->quiet)
			printf("%s:", doctor->group);
		printf("  %-12s %s%-8s%s %s", check->name,
		       doctor->colour ? good ? "\033[32m" : "\033[31m" : "",
		       good ? "ok" : "missing", doctor->colour ? "\033[0m" : "", said);
		if (!good)
			printf("; %s (PV%d)", check->cure, (int)check->number);
		putchar('\n');
	}
	free(said);
	return good;
}

static bool doctor_checks(struct doctor *doctor, const struct doctor_check *const *checks)
{
	bool good = true;

	for (; *checks; checks++)
		good &= doctor_check(doctor, *checks);
	return good;
}

/* Does `previrt run` start it? */
static bool doctor_runs(const char *machine)
{
	for (size_t i = 0; run_machines[i]; i++)
		if (!strcmp(machine, run_machines[i]->name))
			return true;
	return false;
}

static bool doctor_machine(struct doctor *doctor, const struct doctor_machine *machine)
{
	bool runs = doctor_runs(machine->name), good;

	if (doctor->json) {
		json_open(NULL, '{');
		json_text("name", machine->name);
		json_text("what", machine->what);
		json_bool("runs", runs);
		json_open("needs", '[');
	} else if (!doctor->quiet) {
		printf("machine %s: %s%s\n", machine->name, machine->what,
		       runs ? "" : " (`previrt run` does not start it yet)");
	}
	doctor->group = machine->name;
	good = doctor_checks(doctor, machine->needs);
	if (doctor->json) {
		json_close();
		json_bool("good", good);
		json_close();
	}
	return good;
}

static bool doctor_all(struct doctor *doctor)
{
	bool good;

	if (doctor->json) {
		json_open(NULL, '{');
		json_text("version", PREVIRT_VERSION);
		json_open("build", '[');
	} else if (!doctor->quiet) {
		puts("building kernels");
	}
	doctor->group = "build";
	good = doctor_checks(doctor, doctor_build);
	if (doctor->json) {
		json_close();
		json_open("machines", '[');
	}
	for (const struct doctor_machine *m = doctor_machines; !doctor->build && m->name; m++)
		good &= doctor_machine(doctor, m);
	if (doctor->json) {
		json_close();
		json_bool("good", good);
		json_close();
	}
	return good;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor doctor = { .colour = diag_colour(1) };

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			doctor.json = true;
		} else if (!strcmp(argv[i], "--quiet") || !strcmp(argv[i], "-q")) {
			doctor.quiet = true;
		} else if (!strcmp(argv[i], "--build")) {
			doctor.build = true;
		} else {
			diag_error(DIAG_USAGE, NULL, "doctor: unknown option '%s' (see "
				   "`previrt help doctor`)", argv[i]);
			return EXIT_TROUBLE;
		}
	}
	return report_finish(doctor_all(&doctor) ? EXIT_CLEAN : EXIT_FINDINGS);
}

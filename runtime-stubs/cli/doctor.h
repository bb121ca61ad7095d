/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt doctor: what building kernels and each machine need of this host, whether it
 * is there, and what to do where it is not. `previrt run` says the same of its machine
 * before it starts anything.
 */
#ifndef PREVIRT_CLI_DOCTOR_H
#define PREVIRT_CLI_DOCTOR_H
#include "diag.h"
#include "run.h"

/* One thing that is needed. */
struct doctor_check {
	const char *name;
	enum diag number;	/* of the error where it is missing */
	const char *cure;	/* what to do then, a sentence's end */
	/*
	 * Is it there? What was found, or what is wrong, goes to *@said, to be freed.
	 * @run: options that name another file; all zero if there are none.
	 */
	bool (*look)(const struct run *run, char **said);
};

/* A machine of `previrt run --on`, and all that it needs; NULL behind the last. */
struct doctor_machine {
	const char *name, *what;
	const struct doctor_check *needs[9];
};
/* Without a name: behind the last. */
extern const struct doctor_machine doctor_machines[];

/* What building a kernel needs; NULL behind the last. */
extern const struct doctor_check *const doctor_build[];

/* The parts of a host on which guest code runs in processes (docs/process.md). */
extern const struct doctor_check doctor_linux, doctor_notification, doctor_memory_file,
	doctor_processor, doctor_low_memory;

/* A hypervisor's image, where it is started. */
extern const struct doctor_check doctor_hypervisor;

/* Is program @name in the search path? */
bool doctor_in_path(const char *name);

/*
 * Does the machine @name lack anything? Each such thing is a numbered error. Nothing is
 * known of a machine that is in no table: false.
 */
bool doctor_lacks(const struct run *run, const char *name);

#endif

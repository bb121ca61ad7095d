/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * The command line after the command's name, and the commands themselves.
 */
#ifndef PREVIRT_CLI_OPTIONS_H
#define PREVIRT_CLI_OPTIONS_H
#include "util.h"

/* Options common to the commands that read files. */
struct options {
	bool json, verbose, quiet, scan;
	bool strict;                    /* what was not looked at is a finding */
	bool padded;                    /* a file without any pad is a finding */
	bool builtin_exemptions;        /* the installed file is used too */
	size_t most;                    /* findings printed per file; 0: all */
	const char **exempt;
	size_t exempts;
	char **file;
	size_t files;
};

/*
 * Parse @argv (without the command's name) into @options; options_free after
 * use. False after a numbered error.
 */
bool options_parse(struct options *options, const char *command, int argc,
		   char **argv);
void options_free(struct options *options);

/*
 * The value if @argv[*@i] is "NAME=VALUE" or "NAME" before a "VALUE" (*@i then
 * names that), or NULL.
 */
const char *options_value(const char *name, int *i, int argc, char **argv);

/* Each returns an exit status of diag.h; argv starts behind the command. */
int cmd_check(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_stat(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_counts(int argc, char **argv);
int cmd_rewrite(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_bundle(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

/* --cflags and --aflags; @assembler tells which. argv starts behind it. */
int cmd_flags(bool assembler, int argc, char **argv);

/* Where the program's own files are; paths.c. To be freed. */
char *path_pack(void);                  /* pack.h, or NULL */
char *path_gas_pack(void);              /* the same for gas to read, or NULL */
char *path_guest(const char *name);     /* NAME.guest, or NULL */
char *path_stubs(const char *name);     /* stubs_NAME.inc, or NULL */
char *path_plugin(int gcc_major);       /* previrt.so, or NULL */
char *path_exemptions(void);            /* linux.exempt, or NULL */
char *path_wedge(const char *file);     /* a wedge or the loader, or NULL */

#endif

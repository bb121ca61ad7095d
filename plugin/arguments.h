/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
/*
 * The plugin's arguments, -fplugin-arg-previrt-NAME[=VALUE].
 */
#ifndef PREVIRT_ARGUMENTS_H
#define PREVIRT_ARGUMENTS_H

extern "C" {
#include "insns.h"
}

struct plugin_argument;

/* The values are those of .Lpv_policy in the gas pack. */
enum previrt_pad_policy { POLICY_PREFIX, POLICY_NOP, POLICY_NONE };

enum previrt_mode { MODE_PAD, MODE_CALL, MODE_RECORD };

/* A list of patterns in the order given; next is NULL at its end. */
struct previrt_pattern {
	const char *glob;
	const char *reason;
	struct previrt_pattern *next;
};

/* Lists of patterns that set_part reads; see parts.h. */
enum previrt_part_list {
	PARTS_RECORD_FILE, PARTS_RECORD_FUNCTION, PARTS_RECORD_SECTION,
	PARTS_WIDE_FILE, PARTS_WIDE_SECTION, PARTS_LISTS
};

struct previrt_options {
	enum previrt_mode mode;
	enum previrt_pad_policy pad;
	unsigned char class_off[PREVIRT_CLASSES];
	struct previrt_pattern *exclude_files, *exclude_functions;
	struct previrt_pattern *parts[PARTS_LISTS];
	const char *stubs;	/* native, count, or a path */
	struct previrt_pattern *guests;	/* names or paths of guest files */
	const char *guest_lines;	/* first words of the lines that count; NULL: all */
	bool gc_sections;	/* entries go with the sections of their sites */
	bool loads;		/* loads of page tables are sites too */
	const char *digest;	/* of --cflags; NULL: none given */
	bool verbose, ignore_version, help;
};

/*
 * Fill in the options from the plugin's arguments. Errors are reported, with
 * what to do about them; false if there was one.
 */
bool arguments_parse(struct previrt_options *options, int count,
		   const struct plugin_argument *arguments);

/* Was this argument given (before anything else is looked at)? */
bool arguments_given(int count, const struct plugin_argument *arguments, const char *name);

/* The text for help. */
extern const char arguments_help[];

/*
 * Does the pattern match the name, or the end of it behind a '/'? So
 * "mm/fault.c" fits in any source directory.
 */
bool arguments_match(const char *glob, const char *name);

#endif

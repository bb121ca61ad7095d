/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt run: what the machines it knows have in common.
 *
 * A machine makes QEMU's words; run_qemu.c starts them, watches, and tells how
 * the run ended. One without QEMU does so itself. Files are handed over as memory that has a name below /proc,
 * so that nothing is left behind however it ends.
 */
#ifndef PREVIRT_CLI_RUN_H
#define PREVIRT_CLI_RUN_H
#include "run_disk.h"
#include "run_gdb_port.h"
#include "run_net.h"
#include "run_share.h"
#include "util.h"

#define RUN_QEMU "qemu-system-x86_64"
#define RUN_QEMU_PACKAGE "qemu-system-x86"

#define RUN_SHARED "shared"	/* a word for the wedge: of --trust */

struct run {
	const char *machine, *kernel, *initrd, *append, *cpu, *log, *below;
	const char *gdb;	/* the file for a script for gdb, or NULL */
	struct run_gdb_port gdb_port;
	const char *perf;	/* the folder for perf, or NULL */
	uint64_t memory;	/* MiB */
	uint64_t cpus;
	uint64_t timeout;	/* seconds; 0: none */
	bool icount, quiet, cpu_given;
	bool rng;		/* an entropy device */
	bool watch;		/* counts --process can read the guest's memory */
	bool console;		/* one of virtio's beside the serial port */
	bool balloon;		/* memory that the guest does not use goes back */
	bool lower_half;	/* of the address space alone: kernels are moved there */
	bool files;		/* the wedge gets disks, network and share as open files */
	ARRAY_OF(char *) options;	/* words for the wedge (docs/wedge.md) */
	ARRAY_OF(char *) qemu;		/* words for QEMU, behind all others */
	struct run_disks disks;
	struct run_net net;
	struct run_share share;
};

/* How a run can end; also the exit status. Documented in previrt(1). */
enum run_end {
	RUN_GOOD = 0,		/* the guest turned its power off, or said so */
	RUN_GUEST = 1,		/* it ended with a status of its own, not good */
	RUN_TROUBLE = 2,	/* it was not started: use, input, missing parts */
	RUN_STOPPED = 3,	/* the wedge stopped it, with a report */
	RUN_RESTART = 4,	/* it restarted the machine */
	RUN_CRASHED = 5,	/* the hypervisor ended it, with a report of its own */
	RUN_LOST = 6,		/* QEMU or the wedge ended, or was left, and the guest did not */
	RUN_TIMEOUT = 7,	/* the time was over */
};

struct run_words {
	ARRAY_OF(char *) word;
};
void run_word(struct run_words *words, const char *word);	/* copied */
void run_words_free(struct run_words *words);
/* @name in an option of QEMU: a comma is written twice. To be freed. */
char *run_qemu_name(const char *name);

/* A name for @data that another process started by this one can open, or NULL
   after an error. To be freed; the data lives as long as the program. */
char *run_memory_file(const char *what, const void *data, size_t size);

/* The kernel, command line and so on as one archive (wedge/bundle.h), to be
   freed; *@size: of it. @tables: for a wedge. NULL after an error. */
uint8_t *bundle_make(const struct run *run, bool tables, size_t *size);
/* The same as a memory file. */
char *run_bundle(const struct run *run, bool tables, size_t *size);

/* What would not start is said before anything starts (run_check.c). Is there a
   word @name for the wedge (wedge/words.def)? False after a numbered error. */
bool run_wedge_word(const char *name);
/* The option for these words and what each means, for the help. */
void run_wedge_help(void);
/* Can the log be written, which is made? False after a numbered error. */
bool run_log_good(const char *path);
/*
 * Is this file, whose contents are @data, a kernel that the wedge and the loader can
 * start (run_kernel.c)? False after a numbered error.
 */
bool run_kernel_good(const char *path, const uint8_t *data, size_t size);
/* The answer to a kernel of 32 bits, everywhere. */
extern const char run_kernel_ia32[];
/* A warning if the wedge will find no table of sites in it. */
void run_warn_table(const char *path, const uint8_t *data, size_t size);
/* A warning if this @kernel, a file's contents, is a Linux that nothing ends. */
void run_warn_endless(const struct run *run, const uint8_t *kernel, size_t size);

/*
 * Is it linked for the upper half of the address space? The kernel of @path, moved into
 * the lower one, to be freed, with *@size of it and what the wedge has to know; NULL after
 * a numbered error. *@facts is the guest file, to be freed in any case. The headers of @file are good (run_kernel_good).
 */
struct bundle_moved;
bool run_move_needed(const uint8_t *file);
uint8_t *run_move(const char *path, const uint8_t *file, size_t *size, struct bundle_moved *moved,
		  char **facts);

/* How much further up than it was linked the kernel of @path, whose headers are good, is where
   it runs in a process, modulo 2^64. */
uint64_t run_moved_by(const char *path);

/* Linux's list of relocations that is found beside @kernel, to be freed; or NULL. */
uint8_t *run_move_list(const char *kernel, size_t *size);

struct run_machine {
	const char *name, *what;
	/* Add QEMU's words; false after an error. */
	bool (*words)(const struct run *run, struct run_words *words);
	/* What a restart that nobody in the guest asked for means. */
	enum run_end restart;
	/* The wedge tells how much console input there is room for (the word room). */
	bool tells_room;
	/* Without QEMU: start it, wait for its end, which is told. */
	enum run_end (*run)(const struct run *run);
};
extern const struct run_machine run_native, run_process;
/* All of them, the default first; NULL behind the last. */
extern const struct run_machine *const run_machines[];

/* The options of the commands run and bundle, for the help. */
void run_help(void);
void bundle_help(void);

/* The end of which the exit port's @value tells (devices/exit_status.h). */
enum run_end run_ended(int value);

/* Start QEMU with this machine and wait for its end, which is told. */
enum run_end run_qemu(const struct run *run, const struct run_machine *machine);

#endif

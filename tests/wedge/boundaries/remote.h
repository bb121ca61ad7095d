/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * A machine in QEMU, started by previrt run and held by QEMU's gdbstub (GDB
 * manual, appendix "Remote Serial Protocol"). Whatever fails ends the program.
 */
#ifndef BOUNDARIES_REMOTE_H
#define BOUNDARIES_REMOTE_H
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct remote {
	pid_t pid;
	int gdb, keys;		/* the stub; the serial port's other end */
	long key_vector;	/* what the port raises; 0: not seen yet */
};

/* @machine: as in --on; @log: of the console. It stands before the first
   instruction. */
void remote_start(struct remote *, const char *machine, const char *guest, const char *log);
/* Lets it run to its end; the status of previrt run. */
int remote_end(struct remote *);

void remote_read(struct remote *, uint64_t va, void *to, size_t size);
void remote_write32(struct remote *, uint64_t va, uint32_t value);
uint64_t remote_rip(struct remote *);
void remote_break(struct remote *, uint64_t va, int on);
/* Run to a breakpoint. */
void remote_run(struct remote *);
/* One instruction; @open: an interrupt that waits comes first. */
void remote_step(struct remote *, int open);
/* Something comes in by the serial port: 0 when its interrupt waits, -1 when it
   does not. */
int remote_key(struct remote *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * gdb's remote protocol, the side of what is debugged: a machine with threads, registers,
 * memory and software breakpoints. GDB manual, appendix E. All threads stop together.
 *
 * Must not know: whose processors they are, how bytes come and go.
 */
#ifndef PREVIRT_GDB_SERVER_H
#define PREVIRT_GDB_SERVER_H
#include "packet.h"

struct gdb_register {
	const char *name, *type;	/* of the target description (appendix G) */
	uint16_t bytes;
	const char *feature;		/* begins here; else NULL */
};
#define GDB_REGISTER_MOST 16u		/* bytes */

/* What is debugged. Threads are numbered from 1. */
struct gdb_machine {
	const struct gdb_register *registers;
	unsigned register_count;
	unsigned (*threads)(void);
	/* Register @n of @thread. Returns 0, or -1: it is not known, or cannot be set. */
	int (*read_register)(unsigned thread, unsigned n, uint8_t *to);
	int (*write_register)(unsigned thread, unsigned n, const uint8_t *from);
	/* read returns how many bytes could be read. write returns 0, or -1 if not all can
	   be written. */
	size_t (*read)(uint64_t at, uint8_t *to, size_t size);
	int (*write)(uint64_t at, const uint8_t *from, size_t size);
	/* Sets (@on) or removes a software breakpoint. Returns -1 if it cannot. */
	int (*breakpoint)(uint64_t at, int on);
	void (*detached)(void);		/* gdb leaves: all breakpoints are removed */
	void (*send)(const char *bytes, size_t size);
};

enum gdb_state { GDB_RUNS, GDB_STOPPED, GDB_STEPS, GDB_KILLED };

struct gdb_server {
	const struct gdb_machine *machine;
	enum gdb_state state;
	/* @thread has stopped, or takes bytes while the machine runs. @at is the one that
	   gdb reads and writes. */
	unsigned thread, at;
	uint64_t first_segment;		/* the address of the kernel's first segment; 0: where
					   it is linked */
	uint8_t signal, trap;		/* the reason of the stop; @trap: a software breakpoint
					   at rip */
	uint8_t no_ack;
	struct gdb_packet packet;
	struct gdb_answer answer;
};

#define GDB_SIGINT 2u
#define GDB_SIGTRAP 5u

/* Takes a byte from gdb. Returns what the machine is to do. A machine that runs must stop. */
enum gdb_state gdb_server_take(struct gdb_server *s, uint8_t byte);
/* @thread has stopped by @signal; @trap: by a software breakpoint. gdb waits for this
   answer. */
void gdb_server_stopped(struct gdb_server *s, unsigned thread, uint8_t signal, int trap);

/* Puts at most @size bytes of the target description (XML), from @from on, into @a: after
   "l" if they are the last, else after "m". */
void gdb_describe(const struct gdb_machine *machine, struct gdb_answer *a, size_t from, size_t size);

#endif

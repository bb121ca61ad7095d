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
	/* Memory: how many bytes could be read; 0, or -1: not all can be written. */
	size_t (*read)(uint64_t at, uint8_t *to, size_t size);
	int (*write)(uint64_t at, const uint8_t *from, size_t size);
	/* A software breakpoint is set (@on), or not. Returns -1 if it cannot be. */
	int (*breakpoint)(uint64_t at, int on);
	void (*detached)(void);		/* gdb leaves: all of them are to go */
	void (*send)(const char *bytes, size_t size);
};

enum gdb_state { GDB_RUNS, GDB_STOPPED, GDB_STEPS, GDB_KILLED };

struct gdb_server {
	const struct gdb_machine *machine;
	enum gdb_state state;
	/* That has stopped, or takes bytes while the machine runs; that gdb looks at. */
	unsigned thread, at;
	uint64_t first_segment;		/* where the kernel's is; 0: where it is linked */
	uint8_t signal, trap;		/* why it has stopped; by a software breakpoint, at rip */
	uint8_t no_ack;
	struct gdb_packet packet;
	struct gdb_answer answer;
};

#define GDB_SIGINT 2u
#define GDB_SIGTRAP 5u

/* A byte has come from gdb: what is to be done next. A machine that runs stops. */
enum gdb_state gdb_server_take(struct gdb_server *s, uint8_t byte);
/* @thread has stopped by @signal, @trap: by a software breakpoint, which gdb waits for. */
void gdb_server_stopped(struct gdb_server *s, unsigned thread, uint8_t signal, int trap);

/* The target description as XML, from @from on, at most @size bytes, into @a: "l" in front
   of the last of it, else "m". */
void gdb_describe(const struct gdb_machine *machine, struct gdb_answer *a, size_t from, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt run --gdb PORT: where a gdb of the guest's own view may come, and what stands between
   it and a wedge. */
#ifndef PREVIRT_CLI_RUN_GDB_PORT_H
#define PREVIRT_CLI_RUN_GDB_PORT_H
#include "util.h"
#include <poll.h>

struct run_words;

struct run_gdb_port {
	bool given, wait;	/* the guest begins when gdb says so */
	uint16_t port;		/* of 127.0.0.1; 0: a socket of that path */
	char *path;
};

/* Takes PORT[,wait] or unix:PATH[,wait], and *@good tells whether it is right, after a numbered
   error if not. Returns false if @value is neither: the name of a file. */
bool run_gdb_port_set(struct run_gdb_port *port, const char *value, bool *good);
void run_gdb_port_free(struct run_gdb_port *port);

/* QEMU's words for it. */
void run_gdb_port_qemu(const struct run_gdb_port *port, struct run_words *words);

/* Between one gdb after the other, and a wedge: numbers of open files, -1: there is none. */
struct run_gdb_relay {
	int listener, gdb, wedge;
	const char *path;	/* that is removed at the end */
	size_t left;		/* gdb has left; less one, so much of the wedge's last word has come */
};
#define RUN_GDB_RELAY_NONE { -1, -1, -1, NULL, 0 }
#define RUN_GDB_FILES 2

/* Listens. The wedge's end, or -1 after a numbered error. */
int run_gdb_relay_open(struct run_gdb_relay *relay, const struct run_gdb_port *port);
/* What is waited for, RUN_GDB_FILES of them; what has come of it. */
void run_gdb_relay_poll(const struct run_gdb_relay *relay, struct pollfd *p);
void run_gdb_relay_serve(struct run_gdb_relay *relay, const struct pollfd *p);
/* The guest has ended, with exit status @status. */
void run_gdb_relay_end(struct run_gdb_relay *relay, int status);

#endif

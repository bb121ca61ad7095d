/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt run: standard input that is no terminal. It waits until the guest reads
 * its serial port, for what comes before is lost there: a driver that starts
 * resets the port, and a hypervisor's buffer is short.
 *
 * Where a wedge tells how much there is room for (devices/exit_status.h: ROOM_PORT), so
 * much is given. On the bare machine the port's registers tell, read by QEMU's
 * monitor: once the guest has the interrupt of received data enabled, QEMU gives
 * byte after byte as the guest takes them.
 */
#ifndef PREVIRT_CLI_RUN_INPUT_H
#define PREVIRT_CLI_RUN_INPUT_H
#include "run.h"
#include <poll.h>
#include <sys/types.h>

/* A guest that polls its port does not tell: it is given input after this time. */
#define INPUT_PATIENCE_MS 60000

struct run_input {
	int from;		/* standard input; -1: there is none, or it has ended */
	int to;			/* what QEMU reads; -1: closed */
	int qemu;		/* the end that QEMU is given, until it runs */
	int told, tells;	/* where room is told, and the end for QEMU; -1: it is not */
	uint64_t room;		/* bytes the guest has room for */
	bool asked;		/* the monitor has not answered yet */
	unsigned listening;	/* times in a row that the registers said so */
	int64_t since, next;	/* ms: begun; when to ask next */
	uint8_t held[4096];
	size_t size;
};

/* False after an error. @run: is there a terminal, or nothing to be read? */
bool input_open(struct run_input *input, const struct run *run,
		const struct run_machine *machine);
/* Behind the start of QEMU, or an attempt. */
void input_started(struct run_input *input);
void input_close(struct run_input *input);

/* What to wait for: fills two of @p, of which each may be none (-1). */
void input_poll(const struct run_input *input, struct pollfd p[2]);
/* Read, and hand on what may go, at @now (ms). */
void input_move(struct run_input *input, const struct pollfd p[2], int64_t now);
/* Is input_ask to be called every INPUT_ASK_MS? */
#define INPUT_ASK_MS 100
bool input_asks(const struct run_input *input);
/* Ask at the monitor's socket @control whether the guest listens, if it is time. */
void input_ask(struct run_input *input, int control, int64_t now);
/* The monitor has said this, which is made unreadable where it was an answer. */
void input_heard(struct run_input *input, char *said);

#endif

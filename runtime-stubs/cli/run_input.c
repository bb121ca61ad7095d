/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Standard input for a guest that may not read it yet (run_input.h). */
#include "../devices/exit_status.h"
#include "diag.h"
#include "run_input.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENING_TIMES 2	/* a driver that starts may enable it for a moment */
#define UART_IER 0x3f9
#define IER_RECEIVED 1u
#define ANSWER "portb[0x03f9] = 0x"
#define ESCAPE 1		/* Ctrl-A: what follows is QEMU's, at any time */

static bool input_fail(const char *what)
{
	diag_error(DIAG_RUN_START, NULL, "%s: %s", what, strerror(errno));
	return false;
}

bool input_open(struct run_input *input, const struct run *run,
		const struct run_machine *machine)
{
	int ends[2];

	input->from = input->to = input->qemu = input->told = input->tells = -1;
	if (run->quiet || isatty(0))
		return true;
	if (pipe2(ends, O_CLOEXEC))
		return input_fail("pipe");
	input->from = 0;
	input->qemu = ends[0];
	input->to = ends[1];
	fcntl(input->to, F_SETFL, O_NONBLOCK);
	if (machine->tells_room) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
			return input_fail("socketpair");
		input->told = ends[0];
		input->tells = ends[1];
		fcntl(input->told, F_SETFD, FD_CLOEXEC);
	}
	return true;
}

static void input_end(int *fd)
{
	if (*fd > 0)
		close(*fd);
	*fd = -1;
}

void input_started(struct run_input *input)
{
	input_end(&input->qemu);
	input_end(&input->tells);
}

void input_close(struct run_input *input)
{
	input_started(input);
	input_end(&input->to);
	input_end(&input->told);
}

/* Bytes of what is held that may go now. */
static size_t input_free(const struct run_input *input)
{
	size_t n = 0;

	while (n + 1 < input->size && input->held[n] == ESCAPE)
		n += 2;
	if (n < input->size && input->room && !(input->room == 1 && input->held[n] == ESCAPE))
		n = input->size - n < input->room ? input->size : n + input->room;
	return n;
}

void input_poll(const struct run_input *input, struct pollfd p[2])
{
	p[0] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (input->size < sizeof(input->held))
		p[0].fd = input->from;
	p[1] = (struct pollfd){ .fd = input->told, .events = POLLIN };
	if (input->told < 0 && input->to >= 0 && input_free(input))
		p[1] = (struct pollfd){ .fd = input->to, .events = POLLOUT };
}

static void input_read(struct run_input *input)
{
	ssize_t n = read(input->from, input->held + input->size,
			 sizeof(input->held) - input->size);

	if (n > 0)
		input->size += (size_t)n;
	else if (!n || errno != EINTR)
		input->from = -1;
}

static void input_write(struct run_input *input)
{
	ssize_t n = write(input->to, input->held, input_free(input));

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		input_end(&input->to);
	if (n <= 0)
		return;
	input->room -= (uint64_t)n < input->room ? (uint64_t)n : input->room;
	input->size -= (size_t)n;
	memmove(input->held, input->held + n, input->size);
}

void input_move(struct run_input *input, const struct pollfd p[2], int64_t now)
{
	uint8_t rooms[64];
	ssize_t n;

	if (!input->since)
		input->since = now;
	if (p[0].revents)
		input_read(input);
	if (p[1].revents && input->told >= 0) {
		n = read(input->told, rooms, sizeof(rooms));
		for (ssize_t i = 0; i < n; i++)
			input->room += rooms[i];
		if (!n)
			input_end(&input->told);
	}
	if (input->told < 0 && now - input->since > INPUT_PATIENCE_MS)
		input->room = UINT64_MAX;
	if (input->to >= 0 && input_free(input))
		input_write(input);
	if (input->from < 0 && !input->size)
		input_end(&input->to);
}

bool input_asks(const struct run_input *input)
{
	return input->to >= 0 && input->told < 0 && !input->room && input->size;
}

void input_ask(struct run_input *input, int control, int64_t now)
{
	static const char question[] = "{\"execute\":\"human-monitor-command\","
		"\"arguments\":{\"command-line\":\"i /b 0x3f9\"}}\n";

	if (!input_asks(input) || input->asked || now < input->next)
		return;
	input->next = now + INPUT_ASK_MS;
	input->asked = write(control, question, strlen(question)) > 0;
}

void input_heard(struct run_input *input, char *said)
{
	char *answer = strstr(said, ANSWER);
	unsigned value;

	if (!answer || sscanf(answer + strlen(ANSWER), "%2x\\r", &value) != 1)
		return;
	*answer = '-';
	input->asked = false;
	input->listening = value & IER_RECEIVED ? input->listening + 1 : 0;
	if (input->listening >= LISTENING_TIMES)
		input->room = UINT64_MAX;
}

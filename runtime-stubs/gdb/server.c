/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* Packets that gdb sends to a machine that has stopped, and their answers. */
#include "server.h"
#include <string.h>

#define ERROR "E01"
#define OK "OK"

/* Returns 1 if @text begins with @word, and moves @text after it. */
static int server_is(const char **text, const char *word)
{
	size_t size = strlen(word);

	if (strncmp(*text, word, size))
		return 0;
	*text += size;
	return 1;
}

static void server_say(struct gdb_server *s, const char *text)
{
	gdb_answer_text(&s->answer, text);
}

static void server_say_stopped(struct gdb_server *s)
{
	server_say(s, "T");
	gdb_answer_bytes(&s->answer, &s->signal, 1);
	server_say(s, s->trap ? "swbreak:;thread:" : "thread:");
	gdb_answer_number(&s->answer, s->thread);
	server_say(s, ";");
}

static void server_send(struct gdb_server *s)
{
	gdb_answer_end(&s->answer);
	s->machine->send(s->answer.text, s->answer.size);
}

/* A register that is not known is answered by an `x` for each digit. */
static void server_read_register(struct gdb_server *s, unsigned n)
{
	uint8_t value[GDB_REGISTER_MOST];
	unsigned bytes = s->machine->registers[n].bytes;

	if (!s->machine->read_register(s->at, n, value))
		gdb_answer_bytes(&s->answer, value, bytes);
	else
		for (unsigned i = 0; i < bytes; i++)
			server_say(s, "xx");
}

/* Sets all registers. Those that cannot be set stay as they are. */
static void server_write_registers(struct gdb_server *s, const char *text)
{
	uint8_t value[GDB_REGISTER_MOST];

	for (unsigned n = 0; n < s->machine->register_count; n++) {
		unsigned bytes = s->machine->registers[n].bytes;

		if (gdb_bytes(text, value, bytes) == bytes)
			s->machine->write_register(s->at, n, value);
		else if (strncmp(text, "xx", 2))
			break;
		text += 2 * bytes;
	}
	server_say(s, OK);
}

/* "n=value", or "n" for a read. */
static void server_one_register(struct gdb_server *s, const char *text, int write)
{
	uint8_t value[GDB_REGISTER_MOST];
	unsigned n = gdb_number(&text), bytes;

	if (n >= s->machine->register_count) {
		server_say(s, ERROR);
		return;
	}
	bytes = s->machine->registers[n].bytes;
	if (!write)
		server_read_register(s, n);
	else
		server_say(s, *text == '=' && gdb_bytes(text + 1, value, bytes) == bytes &&
			   !s->machine->write_register(s->at, n, value) ? OK : ERROR);
}

/* "at,size" */
static void server_read(struct gdb_server *s, const char *text)
{
	static uint8_t bytes[GDB_PACKET_MOST / 2];
	uint64_t at = gdb_number(&text), size;

	text += *text == ',';
	size = gdb_number(&text);
	size = size < sizeof(bytes) ? size : sizeof(bytes);
	size = s->machine->read(at, bytes, size);
	gdb_answer_bytes(&s->answer, bytes, size);
	if (!size)
		server_say(s, ERROR);
}

/* "at,size:bytes"; the bytes are hexadecimal digits (M) or binary (X). */
static void server_write(struct gdb_server *s, const char *text, int digits)
{
	static uint8_t bytes[GDB_PACKET_MOST];
	uint64_t at = gdb_number(&text), size, had;

	text += *text == ',';
	size = gdb_number(&text);
	text += *text == ':';
	had = s->packet.text + s->packet.size - text;
	if (digits)
		had = gdb_bytes(text, bytes, sizeof(bytes));
	else
		memcpy(bytes, text, had);
	server_say(s, had == size && !s->machine->write(at, bytes, size) ? OK : ERROR);
}

/* "type,at,kind". Only software breakpoints are known. */
static void server_breakpoint(struct gdb_server *s, const char *text, int on)
{
	uint64_t at;

	if (!server_is(&text, "0,"))
		return;
	at = gdb_number(&text);
	server_say(s, s->machine->breakpoint(at, on) ? ERROR : OK);
}

/* The thread of H, T and other packets. 0 and -1 mean any thread. */
static unsigned server_thread(struct gdb_server *s, const char *text)
{
	uint64_t n = gdb_number(&text);

	return n ? n : s->thread;
}

static void server_choose(struct gdb_server *s, const char *text)
{
	unsigned thread = server_thread(s, text + 1);
	int known = thread <= s->machine->threads();

	if (known && *text == 'g')
		s->at = thread;
	/* LIMIT: only the thread that has stopped can be stepped. */
	server_say(s, known && (*text == 'g' || thread == s->thread) ? OK : ERROR);
}

static void server_threads(struct gdb_server *s)
{
	for (unsigned n = 1; n <= s->machine->threads(); n++) {
		server_say(s, n == 1 ? "m" : ",");
		gdb_answer_number(&s->answer, n);
	}
}

static void server_description(struct gdb_server *s, const char *text)
{
	uint64_t from = gdb_number(&text), size;

	text += *text == ',';
	size = gdb_number(&text);
	gdb_describe(s->machine, &s->answer, from, size < GDB_PACKET_MOST / 2 ? size : GDB_PACKET_MOST / 2);
}

static void server_query(struct gdb_server *s, const char *text)
{
	if (server_is(&text, "Supported")) {
		server_say(s, "PacketSize=");
		gdb_answer_number(&s->answer, GDB_PACKET_MOST);
		server_say(s, ";QStartNoAckMode+;qXfer:features:read+;swbreak+");
	} else if (server_is(&text, "Xfer:features:read:target.xml:")) {
		server_description(s, text);
	} else if (server_is(&text, "Attached")) {
		server_say(s, "1");	/* gdb's quit leaves it running */
	} else if (server_is(&text, "Offsets") && s->first_segment) {
		server_say(s, "TextSeg=");
		gdb_answer_number(&s->answer, s->first_segment);
	} else if (server_is(&text, "fThreadInfo")) {
		server_threads(s);
	} else if (server_is(&text, "sThreadInfo")) {
		server_say(s, "l");
	} else if (!strcmp(text, "C")) {
		server_say(s, "QC");
		gdb_answer_number(&s->answer, s->thread);
	}
}

/* Returns 1 if the guest is to run. The answer comes when it stops again. */
static int server_goes(struct gdb_server *s, const char *text)
{
	switch (*text) {
	case 'c':
	case 'C':
		s->state = GDB_RUNS;
		return 1;
	case 's':
	case 'S':
		s->state = GDB_STEPS;
		return 1;
	case 'k':
		s->state = GDB_KILLED;
		return 1;
	default:
		return 0;
	}
}

/* gdb leaves; it may have gone without a packet. */
static void server_detach(struct gdb_server *s, const char *answer)
{
	s->state = GDB_RUNS;
	s->no_ack = 0;
	s->machine->detached();
	server_say(s, answer);
}

static void server_command(struct gdb_server *s, const char *text)
{
	switch (*text++) {
	case '?': server_say_stopped(s); break;
	case 'g':
		for (unsigned n = 0; n < s->machine->register_count; n++)
			server_read_register(s, n);
		break;
	case 'G': server_write_registers(s, text); break;
	case 'p': server_one_register(s, text, 0); break;
	case 'P': server_one_register(s, text, 1); break;
	case 'm': server_read(s, text); break;
	case 'M': server_write(s, text, 1); break;
	case 'X': server_write(s, text, 0); break;
	case 'Z': server_breakpoint(s, text, 1); break;
	case 'z': server_breakpoint(s, text, 0); break;
	case 'H': server_choose(s, text); break;
	case 'T':
		server_say(s, server_thread(s, text) <= s->machine->threads() ? OK : ERROR);
		break;
	case 'D': server_detach(s, OK); break;
	case 'q': server_query(s, text); break;
	case 'Q':
		if (!strcmp(text, "StartNoAckMode")) {
			s->no_ack = 1;
			server_say(s, OK);
		} else if (!strcmp(text, "previrt.Left")) {
			server_detach(s, "left");
		}
		break;
	}
}

static void server_packet(struct gdb_server *s)
{
	if (!s->no_ack)
		s->machine->send("+", 1);
	if (server_goes(s, s->packet.text))
		return;
	gdb_answer_begin(&s->answer);
	server_command(s, s->packet.text);
	server_send(s);
}

void gdb_server_stopped(struct gdb_server *s, unsigned thread, uint8_t signal, int trap)
{
	s->state = GDB_STOPPED;
	s->thread = s->at = thread;
	s->signal = signal;
	s->trap = trap;
	gdb_answer_begin(&s->answer);
	server_say_stopped(s);
	server_send(s);
}

enum gdb_state gdb_server_take(struct gdb_server *s, uint8_t byte)
{
	switch (gdb_packet_take(&s->packet, byte)) {
	case GDB_BEGINS:	/* gdb connects; it does not wait for the answer to this stop */
		if (s->state != GDB_STOPPED)
			s->at = s->thread;
		s->state = GDB_STOPPED;
		break;
	case GDB_BREAK:
		if (s->state != GDB_STOPPED)
			gdb_server_stopped(s, s->thread, GDB_SIGINT, 0);
		break;
	case GDB_PACKET:
		server_packet(s);
		break;
	case GDB_DAMAGED:
		if (!s->no_ack)
			s->machine->send("-", 1);
		break;
	case GDB_AGAIN:
		if (!s->no_ack && s->answer.size)
			s->machine->send(s->answer.text, s->answer.size);
		break;
	case GDB_MORE:
		break;
	}
	return s->state;
}

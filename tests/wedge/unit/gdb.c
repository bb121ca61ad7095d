/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * gdb's remote protocol: each packet and its answer, by the GDB manual, appendix E; packets
 * that are damaged, cut off or of no sense; random bytes.
 */
#include "../../../runtime-stubs/gdb/server.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct gdb_register registers[] = {
	{ "rax", "int64", 8, "first" }, { "eflags", "int32", 4, NULL }, { "xmm0", "vec128", 16, "second" },
};
static uint8_t value[2][16], memory[64];
static char sent[3 * GDB_PACKET_MOST];
static size_t sent_size;
static unsigned breakpoints, failed;

static unsigned threads(void) { return 2; }

/* The last register is known of the first thread alone. */
static int read_register(unsigned thread, unsigned n, uint8_t *to)
{
	if (n == 2 && thread != 1)
		return -1;
	memcpy(to, n < 2 ? value[n] : memory, registers[n].bytes);
	if (thread == 2)
		to[0] ^= 0xff;
	return 0;
}

static int write_register(unsigned thread, unsigned n, const uint8_t *from)
{
	if (n == 2 || thread != 1)
		return -1;
	memcpy(value[n], from, registers[n].bytes);
	return 0;
}

static size_t read_memory(uint64_t at, uint8_t *to, size_t size)
{
	size_t left = at < sizeof(memory) ? sizeof(memory) - at : 0;

	size = size < left ? size : left;
	memcpy(to, memory + (left ? at : 0), size);
	return size;
}

static int write_memory(uint64_t at, const uint8_t *from, size_t size)
{
	if (at >= sizeof(memory) || size > sizeof(memory) - at)
		return -1;
	memcpy(memory + at, from, size);
	return 0;
}

static int breakpoint(uint64_t at, int on)
{
	breakpoints += on ? 1 : -1;
	return at < sizeof(memory) ? 0 : -1;
}

static void detached(void) { breakpoints = 0; }

static void send_bytes(const char *bytes, size_t size)
{
	if (size > sizeof(sent) - 1 - sent_size)
		sent_size = 0;
	memcpy(sent + sent_size, bytes, size);
	sent_size += size;
	sent[sent_size] = 0;
}

static const struct gdb_machine machine = {
	registers, 3, threads, read_register, write_register, read_memory, write_memory, breakpoint,
	detached, send_bytes,
};
static struct gdb_server server;

static void feed(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		gdb_server_take(&server, bytes[i]);
}

static void begin(enum gdb_state state)
{
	memset(&server, 0, sizeof(server));
	server.machine = &machine;
	server.state = state;
	server.thread = server.at = 1;
	server.signal = GDB_SIGTRAP;
	sent_size = sent[0] = breakpoints = 0;
}

static void check(int good, const char *what)
{
	if (good)
		return;
	printf("%s: %s\n", what, sent);
	failed++;
}

static void wrap(const char *text, size_t size, char *to)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += text[i];
	*to = '$';
	memcpy(to + 1, text, size);
	sprintf(to + 1 + size, "#%02x", sum);
}

/* @question is answered with @answer, and the machine is in @state then. */
static void expect(const char *question, const char *answer, enum gdb_state state)
{
	char packet[GDB_PACKET_MOST + 8], wanted[GDB_PACKET_MOST + 8] = "+";

	wrap(question, strlen(question), packet);
	if (answer)
		wrap(answer, strlen(answer), wanted + 1);
	sent_size = sent[0] = 0;
	feed(packet, strlen(packet));
	check(!strcmp(sent, wanted) && server.state == state, question);
}

static const struct { const char *question, *answer; enum gdb_state state; } packets[] = {
	{ "?", "T05thread:1;", GDB_STOPPED },
	{ "qSupported:multiprocess+", "PacketSize=1000;QStartNoAckMode+;qXfer:features:read+;swbreak+", GDB_STOPPED },
	{ "vMustReplyEmpty", "", GDB_STOPPED }, { "vCont?", "", GDB_STOPPED }, { "", "", GDB_STOPPED },
	{ "qAttached", "1", GDB_STOPPED }, { "qC", "QC1", GDB_STOPPED }, { "qOffsets", "", GDB_STOPPED },
	{ "qfThreadInfo", "m1,2", GDB_STOPPED }, { "qsThreadInfo", "l", GDB_STOPPED },
	{ "T2", "OK", GDB_STOPPED }, { "T3", "E01", GDB_STOPPED },
	{ "g", "010000000000000002000000000102030405060708090a0b0c0d0e0f", GDB_STOPPED },
	{ "Hg2", "OK", GDB_STOPPED },
	{ "g", "fe00000000000000fd000000xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", GDB_STOPPED },
	{ "P0=0000000000000000", "E01", GDB_STOPPED },
	{ "Hc2", "E01", GDB_STOPPED }, { "Hc-1", "OK", GDB_STOPPED }, { "Hg0", "OK", GDB_STOPPED },
	{ "P0=1122334455667788", "OK", GDB_STOPPED }, { "p0", "1122334455667788", GDB_STOPPED },
	{ "P1=1122", "E01", GDB_STOPPED }, { "P2=00", "E01", GDB_STOPPED }, { "p3", "E01", GDB_STOPPED },
	{ "G0100000000000000xxxxxxxx", "OK", GDB_STOPPED }, { "p0", "0100000000000000", GDB_STOPPED },
	{ "p1", "02000000", GDB_STOPPED },
	{ "m2,3", "020304", GDB_STOPPED }, { "m3e,10", "3e3f", GDB_STOPPED }, { "m40,1", "E01", GDB_STOPPED },
	{ "mffffffffffffffff,4", "E01", GDB_STOPPED }, { "m", "E01", GDB_STOPPED },
	{ "M0,2:aabb", "OK", GDB_STOPPED }, { "m0,3", "aabb02", GDB_STOPPED },
	{ "M0,2:aa", "E01", GDB_STOPPED }, { "M3f,2:aabb", "E01", GDB_STOPPED },
	{ "X0,2:}\x03!", "OK", GDB_STOPPED }, { "m0,2", "2321", GDB_STOPPED }, { "X0,0:", "OK", GDB_STOPPED },
	{ "Z0,10,1", "OK", GDB_STOPPED }, { "z0,10,1", "OK", GDB_STOPPED }, { "Z0,100,1", "E01", GDB_STOPPED },
	{ "Z1,10,1", "", GDB_STOPPED }, { "qXfer:features:read:target.xml:fff,10", "l", GDB_STOPPED },
	{ "qXfer:features:read:target.xml:0,6", "m<?xml ", GDB_STOPPED },
	{ "s", NULL, GDB_STEPS },
};

static void check_packets(void)
{
	begin(GDB_STOPPED);
	for (unsigned i = 0; i < sizeof(memory); i++)
		memory[i] = i;
	value[0][0] = 1;
	value[1][0] = 2;
	for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
		expect(packets[i].question, packets[i].answer, packets[i].state);
	begin(GDB_STOPPED);
	server.first_segment = 0x4000c1000000;
	expect("qOffsets", "TextSeg=4000c1000000", GDB_STOPPED);
	expect("c", NULL, GDB_RUNS);
	begin(GDB_STOPPED);
	expect("k", NULL, GDB_KILLED);
}

/* The whole description, in pieces, is the same as in one. */
static void check_description(void)
{
	static struct gdb_answer whole, piece;
	static char pieces[GDB_PACKET_MOST];
	size_t size = 0;

	gdb_answer_begin(&whole);
	gdb_describe(&machine, &whole, 0, GDB_PACKET_MOST);
	do {
		gdb_answer_begin(&piece);
		gdb_describe(&machine, &piece, size, 7);
		memcpy(pieces + size, piece.text + 2, piece.size - 2);
		size += piece.size - 2;
	} while (piece.text[1] == 'm' && size < whole.size);
	check(whole.text[1] == 'l' && size == whole.size - 2 && !memcmp(pieces, whole.text + 2, size) &&
	      strstr(whole.text, "<reg name=\"xmm0\" bitsize=\"128\" type=\"vec128\"/>") != NULL,
	      "the description");
}

static void check_stops(void)
{
	begin(GDB_RUNS);
	feed("\x03", 1);
	check(!strcmp(sent, "$T02thread:1;#d4") && server.state == GDB_STOPPED, "Ctrl-C");
	feed("\x03", 1);
	check(sent_size == 16, "Ctrl-C of one that has stopped");
	begin(GDB_RUNS);
	gdb_server_stopped(&server, 2, GDB_SIGTRAP, 1);
	check(!strcmp(sent, "$T05swbreak:;thread:2;#3c"), "a breakpoint");
	begin(GDB_RUNS);
	feed("$", 1);
	check(server.state == GDB_STOPPED && !sent_size, "gdb comes");
	feed("?#3f", 4);
	check(!strcmp(sent, "+$T05thread:1;#d7"), "the first question");
	feed("-", 1);
	check(!strcmp(sent, "+$T05thread:1;#d7$T05thread:1;#d7"), "the answer once more");
	sent_size = 0;
	feed("$?#00$?#3f", 10);
	check(!strncmp(sent, "-+$T05", 6), "a wrong sum");
	sent_size = 0;
	feed("$P0=112$?#3f", 12);
	check(!strcmp(sent, "+$T05thread:1;#d7"), "a packet that is cut off");
	begin(GDB_STOPPED);
	expect("QStartNoAckMode", "OK", GDB_STOPPED);
	sent_size = 0;
	feed("$qC#b4", 6);
	check(!strcmp(sent, "$QC1#c5"), "without acknowledgement");
	feed("$Z0,1,1#00$Z0,2,1#aa", 20);
	check(server.state == GDB_STOPPED, "a damaged one");
	feed("$Qprevirt.Left#16", 17);
	check(server.state == GDB_RUNS && !server.no_ack && !breakpoints && strstr(sent, "$left#ab"), "gdb is gone");
}

static void check_too_long(void)
{
	begin(GDB_STOPPED);
	feed("$", 1);
	for (unsigned i = 0; i < 2 * GDB_PACKET_MOST; i++)
		feed("m", 1);
	feed("#00", 3);
	check(!strcmp(sent, "-"), "a packet that is too long");
	expect("qC", "QC1", GDB_STOPPED);
}

/* Whatever comes, under the sanitizers; half of it in packets with a right sum. */
static void check_random(void)
{
	static const char letters[] = "?gGpPmMXZzHTDqQcsk0123456789abcdef,:;=-}\x03$#";

	srand(1);
	for (unsigned n = 0; n < 200000; n++) {
		char text[64], packet[80];
		size_t size = rand() % 40;

		for (size_t i = 0; i < size; i++)
			text[i] = letters[rand() % (sizeof(letters) - 1)];
		if (server.state == GDB_KILLED || n % 1000 == 0)
			begin(GDB_STOPPED);
		if (n % 2) {
			wrap(text, size, packet);
			feed(packet, size + 4);
		} else {
			feed(text, size);
		}
	}
	begin(GDB_STOPPED);
	expect("qC", "QC1", GDB_STOPPED);
}

int main(void)
{
	check_packets();
	check_description();
	check_stops();
	check_too_long();
	check_random();
	printf("gdb: %zu packets, %u wrong\n", sizeof(packets) / sizeof(packets[0]), failed);
	return failed != 0;
}

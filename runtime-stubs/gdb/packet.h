/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Packets of gdb's remote protocol: `$text#sum`, the sum of the text's bytes in two
 * hexadecimal digits; `}` in front of a byte xor 20h. GDB manual, appendix E.1.
 */
#ifndef PREVIRT_GDB_PACKET_H
#define PREVIRT_GDB_PACKET_H
#include <stddef.h>
#include <stdint.h>

#define GDB_PACKET_MOST 4096u	/* bytes of text, on the wire and without escapes */

/* Input from gdb, byte by byte. All zero at the start. */
struct gdb_packet {
	char text[GDB_PACKET_MOST + 1];		/* ends with a 0 when it is whole */
	size_t size;
	uint8_t state, sum, digit;
};

enum gdb_taken {
	GDB_MORE,		/* nothing yet */
	GDB_BEGINS,		/* a packet does */
	GDB_PACKET,		/* it is whole, and its sum is right */
	GDB_DAMAGED,		/* it is not, or has no room */
	GDB_BREAK,		/* Ctrl-C */
	GDB_AGAIN		/* gdb has not understood the last answer */
};
enum gdb_taken gdb_packet_take(struct gdb_packet *p, uint8_t byte);

/* Output to gdb: the text of one answer. Text beyond the room is cut off. */
struct gdb_answer {
	char text[GDB_PACKET_MOST + 5];		/* with `$`, `#` and the sum */
	size_t size;
};
void gdb_answer_begin(struct gdb_answer *a);
void gdb_answer_text(struct gdb_answer *a, const char *text);
void gdb_answer_number(struct gdb_answer *a, uint64_t number);		/* hexadecimal */
void gdb_answer_bytes(struct gdb_answer *a, const uint8_t *bytes, size_t size);
void gdb_answer_end(struct gdb_answer *a);

/* Reads a hexadecimal number at *@text and moves *@text after it; 0 if there is none. */
uint64_t gdb_number(const char **text);
/* Reads up to @size bytes of two digits each. Returns how many there were. */
size_t gdb_bytes(const char *text, uint8_t *to, size_t size);

#endif

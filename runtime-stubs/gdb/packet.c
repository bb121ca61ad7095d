/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "packet.h"

enum { OUTSIDE, INSIDE, ESCAPED, FIRST_DIGIT, SECOND_DIGIT };

static const char digits[] = "0123456789abcdef";

static int packet_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum gdb_taken packet_outside(struct gdb_packet *p, uint8_t byte)
{
	switch (byte) {
	case '$':
		p->state = INSIDE;
		p->size = p->sum = 0;
		return GDB_BEGINS;
	case 3:
		return GDB_BREAK;
	case '-':
		return GDB_AGAIN;
	default:
		return GDB_MORE;
	}
}

static void packet_add(struct gdb_packet *p, uint8_t byte)
{
	if (p->size < GDB_PACKET_MOST)
		p->text[p->size] = byte;
	p->size++;
}

static enum gdb_taken packet_inside(struct gdb_packet *p, uint8_t byte)
{
	if (byte == '$')		/* gdb has been cut off, and another one begins */
		return packet_outside(p, byte);
	if (byte == '#') {
		p->state = FIRST_DIGIT;
		return GDB_MORE;
	}
	p->sum += byte;
	if (p->state == INSIDE && byte == '}') {
		p->state = ESCAPED;
		return GDB_MORE;
	}
	packet_add(p, p->state == ESCAPED ? byte ^ 0x20 : byte);
	p->state = INSIDE;
	return GDB_MORE;
}

static enum gdb_taken packet_ends(struct gdb_packet *p, uint8_t byte)
{
	int low = packet_digit(byte), high = packet_digit(p->digit);

	p->state = OUTSIDE;
	if (p->size > GDB_PACKET_MOST || low < 0 || high < 0 || (high << 4 | low) != p->sum)
		return GDB_DAMAGED;
	p->text[p->size] = 0;
	return GDB_PACKET;
}

enum gdb_taken gdb_packet_take(struct gdb_packet *p, uint8_t byte)
{
	switch (p->state) {
	case INSIDE:
	case ESCAPED:
		return packet_inside(p, byte);
	case FIRST_DIGIT:
		p->digit = byte;
		p->state = SECOND_DIGIT;
		return GDB_MORE;
	case SECOND_DIGIT:
		return packet_ends(p, byte);
	default:
		return packet_outside(p, byte);
	}
}

void gdb_answer_begin(struct gdb_answer *a)
{
	a->text[0] = '$';
	a->size = 1;
}

static void answer_add(struct gdb_answer *a, char c)
{
	if (a->size <= GDB_PACKET_MOST)
		a->text[a->size++] = c;
}

/* Nothing that is answered has a byte that needs an escape. */
void gdb_answer_text(struct gdb_answer *a, const char *text)
{
	for (; *text; text++)
		answer_add(a, *text);
}

void gdb_answer_number(struct gdb_answer *a, uint64_t number)
{
	int shift = 60;

	while (shift && !(number >> shift & 15))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		answer_add(a, digits[number >> shift & 15]);
}

void gdb_answer_bytes(struct gdb_answer *a, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		answer_add(a, digits[bytes[i] >> 4]);
		answer_add(a, digits[bytes[i] & 15]);
	}
}

void gdb_answer_end(struct gdb_answer *a)
{
	uint8_t sum = 0;

	for (size_t i = 1; i < a->size; i++)
		sum += a->text[i];
	a->text[a->size++] = '#';
	a->text[a->size++] = digits[sum >> 4];
	a->text[a->size++] = digits[sum & 15];
}

uint64_t gdb_number(const char **text)
{
	uint64_t number = 0;

	for (; packet_digit(**text) >= 0; ++*text)
		number = number << 4 | packet_digit(**text);
	return number;
}

size_t gdb_bytes(const char *text, uint8_t *to, size_t size)
{
	size_t n = 0;

	for (; n < size && packet_digit(text[0]) >= 0 && packet_digit(text[1]) >= 0; text += 2)
		to[n++] = packet_digit(text[0]) << 4 | packet_digit(text[1]);
	return n;
}

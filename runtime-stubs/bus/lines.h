/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Interrupt lines. A line is high while any of its sources is high; several devices
 * may share a line. All sinks, which are the interrupt controllers, are told each
 * change of a line. Each sink decides by itself whether an edge or a level counts.
 */
#ifndef PREVIRT_BUS_LINES_H
#define PREVIRT_BUS_LINES_H
#include <stdint.h>

struct bus;

#define BUS_LINES 24u		/* as many as an I/O APIC has inputs */

/* A device's output to one line. @level is state of the device; the rest is derived. */
struct bus_source {
	struct bus *bus;
	uint8_t line, level;
};

/* The state of a line at a sink. */
#define BUS_LINE_MASKED 1u
#define BUS_LINE_WAITS 2u	/* its interrupt is pending */

/* A change of a line: low, high, or low for a moment and then high. */
enum bus_level { BUS_LOW, BUS_HIGH, BUS_PULSE };

struct bus_sink {
	void *self;		/* handed to the functions */
	void (*set)(void *self, unsigned line, enum bus_level level);
	unsigned (*look)(void *self, unsigned line);	/* BUS_LINE_... */
};

/* Adds a copy of @sink, which is told each later change of a line. Returns -1 if there are
   too many. */
int bus_add_sink(struct bus *bus, const struct bus_sink *sink);

/* Connects @source, which is low at first, to @line. -1: there is no such line. */
int bus_add_source(struct bus *bus, struct bus_source *source, unsigned line);

/* Sets the source high (1) or low (0). */
void bus_set_line(struct bus_source *source, int level);

/* Sets the source low for a moment and then high: an edge, if no other source drives the
   line high. */
void bus_pulse_line(struct bus_source *source);

/*
 * Returns the sinks' state of the source's line: that of the first sink, in the order
 * of bus_add_sink, that does not mask the line; if all mask it, that of the last sink.
 */
unsigned bus_look_at_line(const struct bus_source *source);

/* The level of @source has been read from saved state, and so has the state of the sinks.
   Returns -1 if the level is neither 0 nor 1. */
int bus_line_loaded(struct bus_source *source);

#endif

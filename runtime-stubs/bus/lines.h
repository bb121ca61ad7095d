/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * Interrupt lines. A line is high while any of its sources is high (several devices
 * may share one). Each change of a line is told to all sinks, the interrupt
 * controllers; whether an edge or a level counts is a sink's own setting.
 */
#ifndef PREVIRT_BUS_LINES_H
#define PREVIRT_BUS_LINES_H
#include <stdint.h>

struct bus;

#define BUS_LINES 24u		/* as many as an I/O APIC has inputs */

/* A device's output to one line. @level is state of the device, the rest is derived. */
struct bus_source {
	struct bus *bus;
	uint8_t line, level;
};

/* Of a line, as a sink sees it. */
#define BUS_LINE_MASKED 1u
#define BUS_LINE_WAITS 2u	/* an interrupt of it has not been taken yet */

/* What a line does: it becomes low, it becomes high, or it is low for a moment and then
   high. */
enum bus_level { BUS_LOW, BUS_HIGH, BUS_PULSE };

struct bus_sink {
	void *self;		/* handed to the functions */
	void (*set)(void *self, unsigned line, enum bus_level level);
	unsigned (*look)(void *self, unsigned line);	/* BUS_LINE_... */
};

/* From now on each change of a line is told to a copy of @sink. Returns -1 if there are too
   many sinks. */
int bus_add_sink(struct bus *bus, const struct bus_sink *sink);

/* @source drives @line, low at first. -1: there is no such line. */
int bus_add_source(struct bus *bus, struct bus_source *source, unsigned line);

/* The source is high (1) or low (0) from now on. */
void bus_set_line(struct bus_source *source, int level);

/* The source is low for a moment, and high from then on: an edge, if no other source
   holds the line. */
void bus_pulse_line(struct bus_source *source);

/*
 * What the sinks say about the source's line: that of the first one, in the order
 * of bus_add_sink, where it is not masked; if all mask it, that of the last one.
 */
unsigned bus_look_at_line(const struct bus_source *source);

/* The level of @source has been read from saved state, and so has what the sinks
   know. Gives -1 if it is neither 0 nor 1. */
int bus_line_loaded(struct bus_source *source);

#endif

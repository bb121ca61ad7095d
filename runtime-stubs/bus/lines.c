/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "bus.h"

int bus_add_sink(struct bus *bus, const struct bus_sink *sink)
{
	if (bus->sinks == BUS_SINKS)
		return -1;
	bus->sink[bus->sinks++] = *sink;
	return 0;
}

int bus_add_source(struct bus *bus, struct bus_source *source, unsigned line)
{
	if (line >= BUS_LINES)
		return -1;
	*source = (struct bus_source){ .bus = bus, .line = line };
	return 0;
}

static inline void lines_tell(struct bus *bus, unsigned line, enum bus_level level)
{
	for (const struct bus_sink *sink = bus->sink; sink->set; sink++)
		sink->set(sink->self, line, level);
}

void bus_set_line(struct bus_source *source, int level)
{
	struct bus *bus = source->bus;
	uint8_t *high = &bus->high[source->line];

	level = !!level;
	if (source->level == level)
		return;
	source->level = level;
	*high += level ? 1 : -1;
	if (*high != level)
		return;		/* another source drives it high */
	lines_tell(bus, source->line, level);
}

void bus_pulse_line(struct bus_source *source)
{
	struct bus *bus = source->bus;

	bus->high[source->line] += !source->level;
	source->level = 1;
	if (bus->high[source->line] == 1)
		lines_tell(bus, source->line, BUS_PULSE);
}

unsigned bus_look_at_line(const struct bus_source *source)
{
	const struct bus *bus = source->bus;
	unsigned seen = BUS_LINE_MASKED;

	for (const struct bus_sink *sink = bus->sink; sink->set; sink++) {
		seen = sink->look(sink->self, source->line);
		if (!(seen & BUS_LINE_MASKED))
			break;
	}
	return seen;
}

int bus_line_loaded(struct bus_source *source)
{
	if (source->level > 1)
		return -1;
	source->bus->high[source->line] += source->level;
	return 0;
}

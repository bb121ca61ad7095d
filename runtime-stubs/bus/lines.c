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
		return;		/* another source holds it */
	for (unsigned i = 0; i < bus->sinks; i++)
		bus->sink[i].set(bus->sink[i].self, source->line, level);
}

unsigned bus_look_at_line(const struct bus_source *source)
{
	const struct bus *bus = source->bus;
	unsigned seen = BUS_LINE_MASKED;

	for (unsigned i = 0; i < bus->sinks && seen & BUS_LINE_MASKED; i++)
		seen = bus->sink[i].look(bus->sink[i].self, source->line);
	return seen;
}

int bus_line_loaded(struct bus_source *source)
{
	if (source->level > 1)
		return -1;
	source->bus->high[source->line] += source->level;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The target description: a line for each register. */
#include "server.h"

/* What is asked for is a part of the text, which is made anew each time. */
struct window {
	struct gdb_answer *answer;
	size_t from, to, at;
};

static void window_text(struct window *w, const char *text)
{
	char one[2] = { 0, 0 };

	for (; *text; text++, w->at++) {
		one[0] = *text;
		if (w->at >= w->from && w->at < w->to)
			gdb_answer_text(w->answer, one);
	}
}

static void window_number(struct window *w, unsigned number)
{
	char text[2] = { '0' + number % 10, 0 };

	if (number >= 10)
		window_number(w, number / 10);
	window_text(w, text);
}

static void describe_register(struct window *w, const struct gdb_register *r)
{
	window_text(w, "<reg name=\"");
	window_text(w, r->name);
	window_text(w, "\" bitsize=\"");
	window_number(w, r->bytes * 8u);
	window_text(w, "\" type=\"");
	window_text(w, r->type);
	window_text(w, "\"/>\n");
}

static void describe_feature(struct window *w, const char *name, int first)
{
	window_text(w, first ? "<feature name=\"" : "</feature>\n<feature name=\"");
	window_text(w, name);
	window_text(w, "\">\n"
		    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\n"
		    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>\n"
		    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>\n"
		    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>\n"
		    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>\n"
		    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>\n"
		    "<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
		    "<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>"
		    "<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
		    "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/>"
		    "</union>\n");
}

void gdb_describe(const struct gdb_machine *machine, struct gdb_answer *a, size_t from, size_t size)
{
	struct window w = { a, from, from + size, 0 };
	size_t start = a->size;

	gdb_answer_text(a, "m");
	window_text(&w, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
		    "<target version=\"1.0\">\n<architecture>i386:x86-64</architecture>\n");
	for (unsigned n = 0; n < machine->register_count; n++) {
		if (machine->registers[n].feature)
			describe_feature(&w, machine->registers[n].feature, !n);
		describe_register(&w, &machine->registers[n]);
	}
	window_text(&w, "</feature>\n</target>\n");
	if (w.at <= w.to)
		a->text[start] = 'l';
}

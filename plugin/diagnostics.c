/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#include "diagnostics.h"

static const struct {
	int number;
	const char *text;
} diagnostics[] = {
#define PVDIAG(number, text, cause, cure) { number, text },
#include "diagnostics.def"
#undef PVDIAG
};

const char *plugin_text(int number)
{
	for (unsigned i = 0; i < ARRAY_SIZE(diagnostics); i++)
		if (diagnostics[i].number == number)
			return diagnostics[i].text;
	gcc_unreachable();
}

void plugin_note(location_t where, int number, ...)
{
	va_list args;
	char *text;

	va_start(args, number);
	text = xvasprintf(plugin_text(number), args);
	va_end(args);
	inform(where, "previrt: PV%d: %s", number, text);
	free(text);
}

void plugin_error(int number, ...)
{
	va_list args;
	char *text;

	va_start(args, number);
	text = xvasprintf(plugin_text(number), args);
	va_end(args);
	error_at(UNKNOWN_LOCATION, "previrt: PV%d: %s", number, text);
	free(text);
}

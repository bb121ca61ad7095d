/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "print.h"
#include "../iface/console.h"
#include <stdarg.h>
#include <string.h>

struct line {
	char text[256];
	size_t length;
};

static void print_char(struct line *line, char c)
{
	if (line->length < sizeof(line->text))
		line->text[line->length++] = c;
}

static void print_number(struct line *line, unsigned long value, unsigned base, int width,
			 char fill)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (width-- > n)
		print_char(line, fill);
	while (n)
		print_char(line, digits[--n]);
}

void wedge_print(const char *format, ...)
{
	struct line line = { .length = 0 };
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		int width = 0, is_long = 0;
		char fill = ' ';

		if (*format != '%') {
			print_char(&line, *format);
			continue;
		}
		format++;
		if (*format == '0')
			fill = '0';
		while (*format >= '0' && *format <= '9')
			width = width * 10 + *format++ - '0';
		while (*format == 'l')
			is_long = 1, format++;
		if (*format == 's') {
			for (const char *s = va_arg(args, const char *); *s; s++)
				print_char(&line, *s);
		} else if (*format == 'c') {
			print_char(&line, va_arg(args, int));
		} else if (*format == 'd') {
			long value = is_long ? va_arg(args, long) : va_arg(args, int);

			if (value < 0)
				print_char(&line, '-');
			print_number(&line, value < 0 ? -value : value, 10, width, fill);
		} else if (*format == 'u' || *format == 'x') {
			unsigned long value = is_long ? va_arg(args, unsigned long)
						      : va_arg(args, unsigned);

			print_number(&line, value, *format == 'u' ? 10 : 16, width, fill);
		} else {
			print_char(&line, *format);
		}
	}
	va_end(args);
	backend_console_write(line.text, line.length);
}

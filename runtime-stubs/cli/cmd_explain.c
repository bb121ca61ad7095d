/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt explain: a diagnostic's meaning, cause and cure, all from
 * the two diagnostics.def; --markdown prints docs/diagnostics.md.
 */
#include "diag.h"
#include "json.h"
#include "options.h"
#include "report.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Print @text in lines of at most 76 columns behind @first, then @rest. */
static void explain_wrap(const char *first, const char *rest, const char *text)
{
	size_t column = strlen(first);
	bool fresh = true;

	fputs(first, stdout);
	while (*text) {
		size_t n = strcspn(text, " ");

		if (column + n + 1 > 76) {
			printf("\n%s", rest);
			column = strlen(rest);
		} else if (!fresh) {
			putchar(' ');
			column++;
		}
		fwrite(text, 1, n, stdout);
		fresh = false;
		column += n;
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/*
 * The plugin's texts are formats of one or more lines: show the first one, and
 * what is filled in as "...".
 */
static void explain_title(const char *before, const struct diag_info *info)
{
	const char *p;

	printf("%sPV%d: ", before, info->number);
	for (p = info->text; *p && *p != '\n'; p++) {
		if (*p == '%' && p[1] && p[1] != '%') {
			fputs("...", stdout);
			p += 1 + strspn(p + 1, "0123456789.-lhz");
		} else {
			putchar(*p);
		}
	}
	putchar('\n');
}

static void explain_text(const struct diag_info *info)
{
	explain_title("", info);
	explain_wrap("  Cause: ", "         ", info->cause);
	explain_wrap("  Cure:  ", "         ", info->cure);
}

static void explain_markdown(void)
{
	size_t i;

	puts("<!-- SPDX-License-Identifier: BSD-2-Clause -->\n"
	     "# Diagnostics\n");
	puts("<!-- Printed by `previrt explain --markdown` from\n"
	     "runtime-stubs/cli/diagnostics.def and plugin/diagnostics.def; change\n"
	     "it there. -->\n");
	puts("Findings (PV1xx of `previrt check`, PV2xx of `previrt verify`) end "
	     "with status 1,\nall other errors with status 2; PV7xx come from the "
	     "compiler, through the plugin.\n`previrt explain PV101` prints one "
	     "entry.");
	for (i = 0; i < diag_count; i++) {
		putchar('\n');
		explain_title("## ", &diag_list[i]);
		putchar('\n');
		explain_wrap("Cause: ", "", diag_list[i].cause);
		putchar('\n');
		explain_wrap("Cure: ", "", diag_list[i].cure);
	}
}

/* The plugin's texts as they stand: formats. */
static void explain_json(const struct diag_info *info)
{
	json_open(NULL, '{');
	json_number("number", (uint64_t)info->number);
	json_text("text", info->text);
	json_text("cause", info->cause);
	json_text("cure", info->cure);
	json_close();
}

static void explain_print(const struct diag_info *info, bool json)
{
	if (json)
		explain_json(info);
	else
		explain_text(info);
}

static bool explain_one(const char *text, bool json)
{
	const char *digits = text;
	const struct diag_info *info = NULL;
	char *end;
	long number;

	if (toupper((unsigned char)digits[0]) == 'P' &&
	    toupper((unsigned char)digits[1]) == 'V')
		digits += 2;
	number = strtol(digits, &end, 10);
	if (*digits && !*end && number > 0 && number < 1000)
		info = diag_find((int)number);
	if (!info) {
		diag_error(DIAG_NUMBER_UNKNOWN, NULL, "explain: no diagnostic "
			   "'%s'; `previrt explain --all` lists them", text);
		return false;
	}
	explain_print(info, json);
	return true;
}

/* One word of the command line; false after a numbered error. */
static bool explain_word(const char *word, bool json)
{
	if (!strcmp(word, "--json"))
		return true;
	if (!strcmp(word, "--markdown")) {
		explain_markdown();
		return true;
	}
	if (strcmp(word, "--all"))
		return explain_one(word, json);
	for (size_t d = 0; d < diag_count; d++)
		explain_print(&diag_list[d], json);
	return true;
}

int cmd_explain(int argc, char **argv)
{
	int status = EXIT_CLEAN, words = argc, i;
	bool json = false;

	for (i = 0; i < argc; i++)
		if (!strcmp(argv[i], "--json")) {
			json = true;
			words--;
		}
	if (!words) {
		diag_error(DIAG_USAGE, NULL, "explain: give a number such as "
			   "PV101, or --all");
		return EXIT_TROUBLE;
	}
	if (json)
		json_open(NULL, '[');
	for (i = 0; i < argc; i++)
		if (!explain_word(argv[i], json))
			status = EXIT_TROUBLE;
	if (json)
		json_close();
	return report_finish(status);
}

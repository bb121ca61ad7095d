/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* The page's text and tables; see page.h. */
#include "page.h"
#include "page_text.h"
#include "version.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST 40u		/* of functions */

/* Each has its colour: page/style.css. */
_Static_assert(PREVIRT_CLASSES <= 32, "colours");

void page_text(struct page *page, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&': fputs("&amp;", page->out); break;
		case '<': fputs("&lt;", page->out); break;
		case '>': fputs("&gt;", page->out); break;
		case '"': fputs("&quot;", page->out); break;
		default:
			/* Names in a file may hold anything; control characters are no HTML. */
			fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, page->out);
		}
}

void page_put(struct page *page, const char *text)
{
	fputs(text, page->out);
}

/* A cell with a name, as the row's heading. */
void page_head(struct page *page, const char *text)
{
	page_put(page, "<tr><th scope=\"row\">");
	page_text(page, text);
	page_put(page, "</th>");
}

void page_cell(struct page *page, const char *text)
{
	page_put(page, "<td>");
	page_text(page, text);
	page_put(page, "</td>");
}

void page_number(struct page *page, uint64_t value)
{
	fprintf(page->out, "<td class=\"n\">%" PRIu64 "</td>", value);
}

/* The numbers stand beside it, so readers of the screen pass it over. */
void page_bar(struct page *page, uint64_t value, uint64_t most)
{
	fprintf(page->out, "<td><svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><rect width=\"%.1f\" height=\"8\"/></svg></td>",
		most ? 100.0 * (double)value / (double)most : 0);
}

/* A table with these columns, cut at |; a column that begins with # has numbers. */
void page_table(struct page *page, const char *caption, const char *columns)
{
	char *copy = util_copy(columns), *save = NULL, *column;

	page_put(page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
	page_text(page, caption);
	page_put(page, "\"><table><caption>");
	page_text(page, caption);
	page_put(page, "</caption><thead><tr>");
	for (column = strtok_r(copy, "|", &save); column; column = strtok_r(NULL, "|", &save)) {
		fprintf(page->out, "<th scope=\"col\"%s>", *column == '#' ? " class=\"n\"" : "");
		page_text(page, column + (*column == '#'));
		page_put(page, "</th>");
	}
	page_put(page, "</tr></thead><tbody>\n");
	free(copy);
}

void page_table_end(struct page *page)
{
	page_put(page, "</tbody></table></div>\n");
}

static void page_row(struct page *page, const char *name, uint64_t value)
{
	page_head(page, name);
	page_number(page, value);
	page_put(page, "</tr>\n");
}

static void page_summary(struct page *page, const struct page_kernel *k)
{
	page_put(page, "<section><h2>");
	page_text(page, k->name);
	page_put(page, "</h2><p>Made by: ");
	for (size_t i = 0; i < k->makers.n; i++) {
		page_put(page, i ? "; " : "");
		page_text(page, k->makers.v[i]);
	}
	fprintf(page->out, "%s.</p><p class=\"%s\">%s</p>\n", k->makers.n ? "" : "not known",
		k->findings ? "bad" : "good", k->findings ? "previrt check has findings." :
		"previrt check finds nothing: the table is complete.");
	page_table(page, "Coverage and size", "what|#number");
	page_row(page, "sensitive instructions", k->tally.sensitive);
	page_row(page, "of them in the table", k->tally.accounted);
	page_row(page, "of them exempt", k->tally.exempted);
	page_row(page, "of them missing", k->tally.missing);
	page_row(page, "instructions looked at", k->instructions);
	page_row(page, "bytes not looked at", k->not_looked_at);
	page_row(page, "sites", k->sites);
	page_row(page, "objects with sites", k->objects);
	page_row(page, "bytes of the table", k->table_bytes);
	page_row(page, "bytes of code", k->code);
	page_table_end(page);
	page_put(page, "</section>\n");
}

static void page_key(struct page *page, const struct page_kernel *k)
{
	page_put(page, "<ul class=\"key\" aria-label=\"Colours of classes\">");
	for (unsigned int i = 0; i < PREVIRT_CLASSES; i++)
		if (k->class[i].sites)
			fprintf(page->out, "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect "
				"class=\"c%u\" width=\"10\" height=\"10\"/></svg> %s</li>", i,
				previrt_class_names[i]);
	page_put(page, "</ul>\n");
}

static void page_groups(struct page *page, const struct page_kernel *k)
{
	size_t most = 0;

	for (size_t i = 0; i < k->groups.n; i++)
		most = k->groups.v[i].sites > most ? k->groups.v[i].sites : most;
	page_put(page, "<section><h2>Map</h2><p>Areas are numbers of sites, colours the class "
		       "that most of them are of. A part is a folder of the source or, where no debug "
		       "information tells it, a class.</p>\n");
	page_key(page, k);
	page_map(page, k);
	fprintf(page->out, "<details><summary>The map as a table: %zu parts</summary>\n",
		k->groups.n);
	page_table(page, "Sites by section and folder", "part|section|most are|#sites|");
	for (size_t i = 0; i < k->groups.n; i++) {
		const struct page_group *g = &k->groups.v[i];

		page_head(page, g->folder);
		page_cell(page, g->section);
		page_cell(page, previrt_class_names[page_main_class(g)]);
		page_number(page, g->sites);
		page_bar(page, g->sites, most);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
	page_put(page, "</details></section>\n");
}

static void page_classes(struct page *page, const struct page_kernel *k)
{
	size_t most = 0, pads = 0;
	unsigned int i;

	for (i = 0; i < PREVIRT_CLASSES; i++) {
		most = k->class[i].sites > most ? k->class[i].sites : most;
		pads += k->class[i].prefixes + k->class[i].nops;
	}
	fprintf(page->out, "<section><h2>Growth</h2><p>Pads take %zu bytes of %" PRIu64
		" bytes of code: %.3f%%.</p>\n", pads, k->code,
		k->code ? 100.0 * (double)pads / (double)k->code : 0);
	page_table(page, "Sites and pads by class", "class|#sites|#prefixes|#NOP bytes|sites");
	for (i = 0; i < PREVIRT_CLASSES; i++) {
		if (!k->class[i].sites)
			continue;
		page_head(page, previrt_class_names[i]);
		page_number(page, k->class[i].sites);
		page_number(page, k->class[i].prefixes);
		page_number(page, k->class[i].nops);
		page_bar(page, k->class[i].sites, most);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
	page_put(page, "</section>\n");
}

static void page_functions(struct page *page, const struct page_kernel *k)
{
	page_put(page, "<section><h2>Functions</h2>\n");
	page_table(page, "Functions with most sites", "function|line|#sites|");
	for (size_t i = 0; i < k->functions.n && i < ROWS_MOST; i++) {
		const struct page_function *f = &k->functions.v[i];

		page_head(page, f->name);
		page_put(page, "<td>");
		if (f->file) {
			page_text(page, f->file);
			fprintf(page->out, ":%d", f->line);
		}
		page_put(page, "</td>");
		page_number(page, f->sites);
		page_bar(page, f->sites, k->functions.v[0].sites);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
	page_put(page, "</section>\n<section><h2>Exemptions</h2>\n");
	page_table(page, "What check passes over, and why", "rule|reason|#instructions");
	for (size_t i = 0; i < k->exemptions.n; i++) {
		page_head(page, k->exemptions.v[i].rule);
		page_cell(page, k->exemptions.v[i].reason);
		page_number(page, k->exemptions.v[i].used);
		page_put(page, "</tr>\n");
	}
	page_table_end(page);
	page_put(page, "</section>\n");
}

/* Each group of each log as a table. */
static void page_counts(struct page *page)
{
	size_t i, j, n = page->counts.n;
	const struct page_count *c = page->counts.v;

	page_put(page, "<section><h2>Exits and causes</h2>\n");
	for (i = 0; i < n; i = j) {
		uint64_t most = 0;
		char *caption = util_printf("%s, from %s", c[i].group, c[i].log);

		for (j = i; j < n && !strcmp(c[j].group, c[i].group) && !strcmp(c[j].log, c[i].log); j++)
			most = c[j].value > most ? c[j].value : most;
		page_table(page, caption, "name|what|#number|");
		for (size_t r = i; r < j; r++) {
			page_head(page, c[r].name);
			page_cell(page, c[r].word);
			page_number(page, c[r].value);
			page_bar(page, c[r].value, most);
			page_put(page, "</tr>\n");
		}
		page_table_end(page);
		free(caption);
	}
	page_put(page, "</section>\n");
}

static void page_compare(struct page *page)
{
	const struct page_kernel *a = &page->kernel[0], *b = &page->kernel[1];

	page_put(page, "<section><h2>Comparison</h2>\n");
	page_table(page, "Sites by class in both", "class|#first|#second|#difference");
	for (unsigned int i = 0; i < PREVIRT_CLASSES; i++) {
		if (!a->class[i].sites && !b->class[i].sites)
			continue;
		page_head(page, previrt_class_names[i]);
		page_number(page, a->class[i].sites);
		page_number(page, b->class[i].sites);
		fprintf(page->out, "<td class=\"n\">%+lld</td></tr>\n",
			(long long)b->class[i].sites - (long long)a->class[i].sites);
	}
	page_table_end(page);
	page_put(page, "</section>\n");
}

void page_write(struct page *page)
{
	page_put(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		 "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>previrt: ");
	page_text(page, page->kernel[0].name);
	page_put(page, "</title>\n<style>\n");
	page_put(page, page_style);
	page_put(page, "</style></head>\n<body><header><h1>A pre-virtualized kernel</h1></header><main>\n");
	for (size_t i = 0; i < page->kernels; i++) {
		page_summary(page, &page->kernel[i]);
		page_groups(page, &page->kernel[i]);
		page_classes(page, &page->kernel[i]);
		page_functions(page, &page->kernel[i]);
	}
	if (page->kernels > 1)
		page_compare(page);
	if (page->hits.n)
		page_hot(page);
	if (page->counts.n)
		page_counts(page);
	page_put(page, "</main><footer class=\"soft\"><p>Written by previrt " PREVIRT_VERSION
		 ".</p></footer>\n<script>\n");
	page_put(page, page_script);
	page_put(page, "</script></body></html>\n");
}

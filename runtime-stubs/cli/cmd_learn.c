/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt learn: from faults that a wedge or an emulator saw to lines of a
 * guest file, by which the next build makes sites of the instructions.
 *
 * The function named is the one that has the instruction in the source: the
 * innermost one inlined there, if there is debug information; otherwise the
 * one whose symbol it is, which the plugin takes with all that is inlined.
 */
#include "decode.h"
#include "input.h"
#include "json.h"
#include "learn_log.h"
#include "lines.h"
#include "report.h"
#include "table.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of the guest file, and where it comes from. */
struct lesson {
	char *text;             /* the line: "accessor pte set_foo" */
	char *place;            /* the first one: "bar+0x1c, mm/foo.c:12" */
	uint64_t count;
	size_t places;
};

struct learn {
	struct options options;
	struct learn_log log;
	ARRAY_OF(struct lesson) lessons;
	unsigned int space;     /* of faults that do not say */
	uint64_t slide;
	bool by_line;
	size_t known;           /* faults at sites */
	int status;
};

/* A fault in an image. */
struct learned {
	struct image *image;
	const struct table *table;
	const struct learn_fault *fault;
	uint64_t addr;
	bool called;            /* addr is that of a call, not of the instruction */
};

/* The address of a place in this image; false if it is not in its code. */
static bool learn_address(const struct learn *learn, const struct image *image,
			  const struct learn_place *place, uint64_t *addr)
{
	const struct symbol *symbol;
	const struct section *s;

	if (place->symbol) {
		symbol = image_find(image, place->symbol);
		if (!symbol || !image_is_place(symbol) ||
		    (symbol->size && place->addr > symbol->size))
			return false;
		*addr = symbol->addr + place->addr;
	} else {
		/* An object's addresses begin at 0: they name no place. */
		if (image->type == ET_REL)
			return false;
		*addr = image_wrap(image, place->addr - learn->slide);
	}
	s = image_section_at(image, *addr);
	return s && s->code;
}

static bool learn_is_site(const struct table *table, uint64_t addr)
{
	size_t i;

	for (i = 0; i < table->operations; i++)
		if (addr - table->operation[i].addr <
		    (uint64_t)table->operation[i].len + table->operation[i].pad)
			return true;
	return false;
}

/* "foo.part.0" is foo in the source. */
static char *learn_plain_name(const char *name)
{
	return util_printf("%.*s", (int)strcspn(name, "."), name);
}

/* The function to name; NULL if it is none of C's. To be freed. */
static char *learn_function(const struct learned *l)
{
	struct function function;
	const struct symbol *symbol;

	if (lines_function(l->image, l->addr, &function))
		return function.assembler ? NULL : learn_plain_name(function.name);
	symbol = image_symbol(l->image, l->addr);
	return symbol ? learn_plain_name(symbol->name) : NULL;
}

/* The bytes at the place as an access to memory; false if it is none. */
static bool learn_access(const struct learned *l, struct decoded_access *access)
{
	const struct section *s = image_section_at(l->image, l->addr);

	return decode_access(l->image->mode64 ? DECODE_64 : DECODE_32,
			     s->data + (l->addr - s->addr),
			     s->size - (l->addr - s->addr), access);
}

static char *learn_where(const struct learned *l)
{
	const struct line *line = lines_at(l->image, l->addr);
	char *place = image_place(l->image, l->addr), *where;

	where = line ? util_printf("%s, %s:%d", place, line->file, line->line) :
		util_copy(place);
	free(place);
	return where;
}

/* What the guest file says of the function, but for its name. */
static char *learn_words(const struct learn *learn, const struct learned *l)
{
	unsigned int space = l->fault->space ? l->fault->space : learn->space;
	struct decoded_access access = { 0 };

	if (!l->called && !learn_access(l, &access))
		return NULL;
	if (space != PREVIRT_SPACE_mmio)
		return util_printf("accessor %s", table_space_name(space));
	if (l->called || access.string || !access.width || access.width > 8)
		return util_printf("device %s-string 1",
				   l->called || access.writes ? "write" : "read");
	return util_printf("device %s %u", access.writes ? "write" : "read",
			   access.width);
}

/* Takes @text and @where over. */
static void learn_add(struct learn *learn, char *text, char *where, uint64_t count)
{
	struct lesson lesson = { text, where, count, 1 };
	size_t i;

	for (i = 0; i < learn->lessons.n; i++) {
		struct lesson *old = &learn->lessons.v[i];

		if (strcmp(old->text, text))
			continue;
		old->count += count;
		old->places += strcmp(old->place, where) != 0;
		free(text);
		free(where);
		return;
	}
	array_add(&learn->lessons, lesson);
}

static void learn_complain(struct learn *learn, const struct learn_fault *fault,
			   enum diag number, const char *text, const char *where)
{
	if (!learn->status)
		learn->status = EXIT_FINDINGS;
	diag_warn(number, fault->file, "line %zu: %s %s", fault->line, where, text);
}

static void learn_lesson(struct learn *learn, const struct learned *l)
{
	const struct line *line = lines_at(l->image, l->addr);
	char *function = learn_function(l), *where = learn_where(l);
	char *words = function ? learn_words(learn, l) : NULL, *text;

	if (!function) {
		learn_complain(learn, l->fault, DIAG_FAULT_ASSEMBLER,
			       "is in an assembler file", where);
	} else if (!words) {
		learn_complain(learn, l->fault, DIAG_FAULT_NO_ACCESS,
			       "accesses no memory", where);
	} else {
		text = learn->by_line && line ?
			util_printf("%s %s:%d", words, function, line->line) :
			util_printf("%s %s", words, function);
		learn_add(learn, text, where, l->fault->count);
		where = NULL;
	}
	free(function);
	free(where);
	free(words);
}

/* In an assembler function the caller is who means a table: by a copy. */
static void learn_from_caller(struct learn *learn, struct learned *l)
{
	struct function function;
	uint64_t caller;

	if (!l->fault->caller.given || !lines_function(l->image, l->addr, &function) ||
	    !function.assembler ||
	    !learn_address(learn, l->image, &l->fault->caller, &caller))
		return;
	l->addr = caller - 1;
	l->called = true;
}

static void learn_fault(struct learn *learn, struct learned *l)
{
	learn_from_caller(learn, l);
	if (learn_is_site(l->table, l->addr))
		learn->known++;
	else
		learn_lesson(learn, l);
}

static void learn_image(struct image *image, void *context)
{
	struct learn *learn = context;
	struct table *table = table_read(image);
	size_t i;

	for (i = 0; table && i < learn->log.faults.n; i++) {
		struct learn_fault *fault = &learn->log.faults.v[i];
		struct learned l = { image, table, fault, 0, false };

		if (fault->found || !learn_address(learn, image, &fault->at, &l.addr))
			continue;
		fault->found = true;
		learn_fault(learn, &l);
	}
	if (table)
		table_free(table);
	else
		learn->status = EXIT_TROUBLE;
}

static void learn_missed(struct learn *learn)
{
	size_t i;
	char *where;

	for (i = 0; i < learn->log.faults.n; i++) {
		const struct learn_fault *fault = &learn->log.faults.v[i];

		if (fault->found)
			continue;
		where = fault->at.symbol ?
			util_printf("%s+0x%" PRIx64, fault->at.symbol, fault->at.addr) :
			util_printf("0x%" PRIx64, fault->at.addr);
		learn_complain(learn, fault, DIAG_FAULT_PLACE,
			       "is in no code of these files", where);
		free(where);
	}
}

static int learn_compare(const void *a, const void *b)
{
	const struct lesson *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void learn_print(const struct learn *learn)
{
	const struct lesson *l = learn->lessons.v, *end = l + learn->lessons.n;

	if (learn->options.json)
		json_open(NULL, '[');
	else if (!learn->options.quiet)
		printf("# previrt learn: %zu lines from %zu faults, %zu of them at "
		       "sites; %zu lines passed over\n", learn->lessons.n,
		       learn->log.faults.n, learn->known, learn->log.passed);
	for (; l < end; l++) {
		if (learn->options.json) {
			json_open(NULL, '{');
			json_text("line", l->text);
			json_number("faults", l->count);
			json_number("places", l->places);
			json_text("first", l->place);
			json_close();
			continue;
		}
		printf("# %" PRIu64 " faults at %zu places: %s\n%s\n", l->count,
		       l->places, l->place, l->text);
	}
	if (learn->options.json)
		json_close();
}

static bool learn_slide(struct learn *learn, const char *value)
{
	char *end;

	errno = 0;
	learn->slide = strtoull(value, &end, 16);
	if (!*value || *end || errno) {
		diag_error(DIAG_RANGE, NULL, "learn: --slide=%s: a hexadecimal number is needed",
			   value);
		return false;
	}
	return true;
}

static bool learn_set_space(struct learn *learn, const char *value)
{
	learn->space = learn_space(value);
	if (!learn->space)
		diag_error(DIAG_USAGE, NULL, "learn: --space=%s: none of pte, pmd, pud, "
			   "p4d, pgd, mmio", value);
	return learn->space;
}

/* Takes its own options out of @argv and reads the lists; the rest is common. */
static bool learn_parse(struct learn *learn, int argc, char **argv)
{
	const char *value;
	size_t lists = 0;
	bool good = true;
	int i, n = 0;

	for (i = 0; i < argc && good; i++) {
		if (!strcmp(argv[i], "--by-line"))
			learn->by_line = true;
		else if ((value = options_value("--faults", &i, argc, argv)))
			good = learn_read(&learn->log, value) && ++lists;
		else if ((value = options_value("--space", &i, argc, argv)))
			good = learn_set_space(learn, value);
		else if ((value = options_value("--slide", &i, argc, argv)))
			good = learn_slide(learn, value);
		else
			argv[n++] = argv[i];
	}
	if (!good || !options_parse(&learn->options, "learn", n, argv))
		return false;
	if (!lists) {
		diag_error(DIAG_USAGE, NULL, "learn needs --faults LIST");
	} else if (!learn->log.faults.n) {
		diag_error(DIAG_FAULT_NONE, NULL, "none of %zu lines names the address "
			   "of a fault", learn->log.passed);
	} else {
		return true;
	}
	options_free(&learn->options);
	return false;
}

int cmd_learn(int argc, char **argv)
{
	struct learn learn = { .space = PREVIRT_SPACE_pte };
	size_t i;

	if (!learn_parse(&learn, argc, argv)) {
		learn_free(&learn.log);
		return EXIT_TROUBLE;
	}
	for (i = 0; i < learn.options.files; i++)
		if (!input_each(learn.options.file[i], learn_image, &learn))
			learn.status = EXIT_TROUBLE;
	learn_missed(&learn);
	if (learn.lessons.n)
		qsort(learn.lessons.v, learn.lessons.n, sizeof(*learn.lessons.v),
		      learn_compare);
	learn_print(&learn);
	for (i = 0; i < learn.lessons.n; i++) {
		free(learn.lessons.v[i].text);
		free(learn.lessons.v[i].place);
	}
	free(learn.lessons.v);
	learn_free(&learn.log);
	options_free(&learn.options);
	return report_finish(learn.status);
}

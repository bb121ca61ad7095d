/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* previrt report: what is known of one kernel or two, as a page of HTML. See page.h. */
#include "counts_csv.h"
#include "counts_log.h"
#include "decode.h"
#include "exempt.h"
#include "input.h"
#include "lines.h"
#include "options.h"
#include "page.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER_DEPTH 3		/* arch/x86/kernel */

struct collect {
	struct page page;
	struct exempt *rules;
	const struct options *options;
	const char *log;
	bool failed;
};

/*
 * The folder of @file, in the source's own tree; to be freed. Without debug information
 * nobody knows it: then sites are told apart by their class.
 */
static char *collect_folder(const char *file, unsigned int class)
{
	static const char *const tops[] = { "arch/", "block/", "crypto/", "drivers/", "fs/",
		"include/", "init/", "ipc/", "kernel/", "lib/", "mm/", "net/", "security/",
		"sound/", "virt/", NULL };
	const char *start = NULL, *at, *slash;
	int depth = 0;

	if (!file)
		return util_printf("class %s", previrt_class_names[class]);
	/* What stands in front of the kernel's own folders is where it was built. */
	for (int i = 0; tops[i]; i++)
		for (at = strstr(file, tops[i]); at; at = strstr(at + 1, tops[i]))
			if ((at == file || at[-1] == '/') && (!start || at < start))
				start = at;
	at = start ? start : file;
	for (slash = at; depth < FOLDER_DEPTH && strchr(slash + depth, '/'); depth++)
		slash = strchr(slash + (depth > 0), '/');
	if (!depth)
		return util_copy("(no folder)");
	return util_printf("%.*s", (int)(slash - at), at);
}

static void collect_group(struct page_kernel *k, const char *section, char *folder,
			  unsigned int class)
{
	struct page_group group = { .sites = 1 };

	for (size_t i = 0; i < k->groups.n; i++) {
		struct page_group *g = &k->groups.v[i];

		if (!strcmp(g->section, section) && !strcmp(g->folder, folder)) {
			g->sites++;
			g->by_class[class]++;
			free(folder);
			return;
		}
	}
	group.by_class[class] = 1;
	group.section = util_copy(section);
	group.folder = folder;
	array_add(&k->groups, group);
}

/* Sites come by address, so those of one function follow each other. */
static void collect_function(struct page_kernel *k, struct image *image, uint64_t addr,
			     const struct line *line)
{
	const struct symbol *symbol = image_symbol(image, addr);
	struct page_function f = { .sites = 1 };

	if (!symbol)
		return;
	if (k->functions.n && !strcmp(k->functions.v[k->functions.n - 1].name, symbol->name)) {
		k->functions.v[k->functions.n - 1].sites++;
		return;
	}
	f.name = util_copy(symbol->name);
	f.file = line && line->file ? util_copy(line->file) : NULL;
	f.line = line ? line->line : 0;
	array_add(&k->functions, f);
}

static void collect_site(struct page_kernel *k, struct image *image, const struct site *site)
{
	const struct section *s = image_section_at(image, site->addr);
	uint64_t at = site_insn(site);
	const uint8_t *p = image_bytes(image, at, site->len);
	const struct line *line = lines_at(image, at);
	unsigned int class = previrt_insns[site->op].name ? previrt_insns[site->op].cls : 0;
	struct decoded first = { 0 };

	if (p)
		decode_one(image->mode64 ? DECODE_64 : DECODE_32, p, site->len, at, &first);
	k->class[class].sites++;
	k->class[class].prefixes += first.pads;
	k->class[class].nops += site->pad;
	collect_group(k, s ? s->name : "(none)", collect_folder(line ? line->file : NULL, class), class);
	collect_function(k, image, at, line);
}

static int collect_by_sites(const void *a, const void *b)
{
	const struct page_function *x = a, *y = b;

	if (x->sites != y->sites)
		return x->sites > y->sites ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int collect_by_section(const void *a, const void *b)
{
	const struct page_group *x = a, *y = b;
	int order = strcmp(x->section, y->section);

	if (order)
		return order;
	if (x->sites != y->sites)
		return x->sites > y->sites ? -1 : 1;
	return strcmp(x->folder, y->folder);
}

static void collect_maker(const char *maker, void *context)
{
	struct page_kernel *k = context;

	array_add(&k->makers, util_copy(maker));
}

static void collect_exemption(void *context, const char *rule, const char *reason, size_t used)
{
	struct page_kernel *k = context;
	struct page_exemption e = { util_copy(rule), util_copy(reason), used };

	array_add(&k->exemptions, e);
}

static void collect_check(struct page_kernel *k, const struct checked *c)
{
	k->tally = c->tally;
	k->findings = c->report->findings;
	k->instructions = c->scan->insns;
	k->not_looked_at = c->rest.bytes;
	k->sites = c->table->sites;
	k->objects = c->table->units;
	k->table_bytes = c->table->bytes + c->table->extra;
	exempt_report(c->map, collect_exemption, k);
}

static void collect_image(struct image *image, void *context)
{
	struct collect *collect = context;
	struct page_kernel *k = &collect->page.kernel[collect->page.kernels];
	struct report report;
	struct checked c = { .report = &report };

	if (collect->page.kernels == ARRAY_SIZE(collect->page.kernel) ||
	    !check_open(&c, image, collect->rules)) {
		collect->failed = true;
		return;
	}
	collect->page.kernels++;
	k->name = util_copy(image->name);
	report_begin(&report, collect->options, image);
	report.silent = true;
	check_look(&c, image);
	collect_check(k, &c);
	for (size_t i = 0; i < c.table->sites; i++)
		collect_site(k, image, &c.table->site[i]);
	for (size_t i = 0; i < image->sections; i++)
		k->code += image->section[i].code ? image->section[i].size : 0;
	table_makers(image, collect_maker, k);
	if (k->groups.n)
		qsort(k->groups.v, k->groups.n, sizeof(*k->groups.v), collect_by_section);
	if (k->functions.n)
		qsort(k->functions.v, k->functions.n, sizeof(*k->functions.v), collect_by_sites);
	check_close(&c);
}

static void collect_count(void *context, const char *group, const char *name, const char *word,
			  uint64_t value)
{
	struct collect *collect = context;
	struct page_count c = { util_copy(collect->log), util_copy(group), util_copy(name),
				util_copy(word), value };

	array_add(&collect->page.counts, c);
}

static void collect_hit(void *context, char *const field[CSV_FIELDS])
{
	struct page *page = &((struct collect *)context)->page;
	struct page_hit hit = {
		.op = util_copy(field[CSV_OP]), .place = util_copy(field[CSV_PLACE]),
		.file = util_copy(field[CSV_FILE]), .line = atoi(field[CSV_LINE]),
		.seconds = strtod(field[CSV_SECONDS], NULL),
		.count = strtoull(field[CSV_COUNT], NULL, 10), .run = page->runs,
	};

	array_add(&page->hits, hit);
}

/* One run's counters; false after an error. */
static bool collect_run(struct collect *collect, const char *path)
{
	struct page *page = &collect->page;

	if (page->runs == PAGE_RUNS) {
		diag_error(DIAG_USAGE, NULL, "report: --counts may stand twice at most");
		return false;
	}
	if (!counts_csv_each(path, collect_hit, collect))
		return false;
	page->run[page->runs++] = path;
	return true;
}

/* The page under @path, whole or not at all. */
static int collect_write(struct collect *collect, const char *path)
{
	char *new = util_printf("%s.new", path);
	int status = EXIT_CLEAN;

	collect->page.out = fopen(new, "we");
	if (collect->page.out)
		page_write(&collect->page);
	if (!collect->page.out || ferror(collect->page.out) || fclose(collect->page.out) ||
	    rename(new, path)) {
		diag_error(DIAG_OUTPUT, path, "%s", strerror(errno));
		remove(new);
		status = EXIT_TROUBLE;
	}
	free(new);
	return status;
}

/* Takes -o, --log and --counts out of @argv, and reads what they name. False after an error. */
static bool collect_options(struct collect *collect, int *argc, char **argv, const char **output)
{
	int left = 0;

	for (int i = 0; i < *argc; i++) {
		const char *value = options_value("--log", &i, *argc, argv);

		if (value) {
			collect->log = value;
			if (!counts_log_each(value, collect_count, collect))
				return false;
		} else if ((value = options_value("--counts", &i, *argc, argv))) {
			if (!collect_run(collect, value))
				return false;
		} else if ((value = options_value("--output", &i, *argc, argv)) ||
			   (value = options_value("-o", &i, *argc, argv))) {
			*output = value;
		} else {
			argv[left++] = argv[i];
		}
	}
	*argc = left;
	if (!*output)
		diag_error(DIAG_USAGE, NULL, "report: no page to write given: -o FILE (see "
			   "`previrt help report`)");
	return *output;
}

int cmd_report(int argc, char **argv)
{
	struct collect collect = { .rules = exempt_new() };
	const char *output = NULL;
	struct options options;
	int status = EXIT_TROUBLE;

	if (!collect_options(&collect, &argc, argv, &output) ||
	    !options_parse(&options, "report", argc, argv))
		return EXIT_TROUBLE;
	collect.options = &options;
	if (options.files > ARRAY_SIZE(collect.page.kernel))
		diag_error(DIAG_USAGE, NULL, "report: one kernel, or two to compare, are needed");
	else if (!exempt_read_all(collect.rules, &options))
		collect.failed = true;
	else
		status = EXIT_CLEAN;
	for (size_t i = 0; status == EXIT_CLEAN && i < options.files; i++)
		if (!input_each(options.file[i], collect_image, &collect) || collect.failed)
			status = EXIT_TROUBLE;
	if (status == EXIT_CLEAN)
		status = collect_write(&collect, output);
	exempt_free(collect.rules);
	options_free(&options);
	return report_finish(status);
}

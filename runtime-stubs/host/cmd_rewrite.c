/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt rewrite --dry-run: what a wedge would write at each site, and how
 * many bytes of the site it would leave unused. Writes nothing.
 *
 * The planning is the wedge's own (runtime-stubs/rewriter); addresses of slots
 * and flags are those of a wedge at the top of the address space, and so stand
 * for any wedge's.
 */
#include "input.h"
#include "report.h"
#include "table.h"
#include "../rewriter/rewriter.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEDGE 0xffffffffffe00000ull

static const char *const rewrite_templates[REWRITER_TEMPLATES] = {
	[REWRITER_TRAP] = "trap", [REWRITER_LEAVE] = "leave",
	[REWRITER_NOTHING] = "nothing", [REWRITER_CLI] = "store",
	[REWRITER_SWAPGS] = "invert", [REWRITER_CALL] = "call", [REWRITER_JUMP] = "jump",
};
/* Bytes a template needs. */
static const unsigned rewrite_needs[REWRITER_TEMPLATES] = {
	[REWRITER_CLI] = 8, [REWRITER_SWAPGS] = 7, [REWRITER_CALL] = 7, [REWRITER_JUMP] = 7,
};

struct rewrite {
	const struct options *options;
	int status;
};

static void rewrite_hex(char *text, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

/* One site; the template, or a negative error. */
static int rewrite_site(struct rewriter *rw, const struct rewrite *rewrite,
			const struct image *image, const struct site *site)
{
	struct previrt_site entry = { .op = site->op, .len = site->len, .pad = site->pad,
				      .flags = site->flags };
	size_t size = site_size(site);
	const uint8_t *bytes = image_bytes(image, site->addr, size);
	char before[2 * REWRITER_SITE_MAX + 1] = "", after[2 * REWRITER_SITE_MAX + 1] = "";
	uint8_t out[REWRITER_SITE_MAX];
	char *place = image_place(image, site->addr);
	int template = bytes ? rewriter_plan_site(rw, &entry, bytes, site->addr, out)
			     : -REWRITER_OUTSIDE;

	if (template < 0) {
		printf("%s: %s: %s\n", place, table_op_name(site->op),
		       rewriter_strerror(-template));
	} else if (!rewrite->options->quiet) {
		rewrite_hex(before, bytes, size);
		rewrite_hex(after, out, size);
		printf("%016" PRIx64 " %-13s %-8s %2zu %s %s %s\n",
		       image_file_addr(image, site->addr), table_op_name(site->op),
		       rewrite_templates[template],
		       rewrite_needs[template] ? size - rewrite_needs[template] : 0,
		       before, template > REWRITER_LEAVE ? after : "-", place);
	}
	free(place);
	return template;
}

static void rewrite_image(struct image *image, void *context)
{
	struct rewrite *rewrite = context;
	struct table *table = table_read(image);
	struct rewriter *rw;
	size_t bad = 0;

	if (!table) {
		rewrite->status = EXIT_TROUBLE;
		return;
	}
	rw = util_alloc(1, sizeof(*rw));
	rw->target = (struct rewriter_target){ WEDGE, WEDGE + 8, WEDGE + 64,
		WEDGE + 64 + 8 * REWRITER_CALLS };
	for (size_t i = 0; i < table->sites; i++) {
		int template = rewrite_site(rw, rewrite, image, &table->site[i]);

		if (template < 0)
			bad++;
		else
			rw->by_template[template]++;
	}
	printf("%s: %zu sites:", image->name, table->sites);
	for (int i = REWRITER_TEMPLATES - 1; i >= 0; i--)
		printf(" %s %u,", rewrite_templates[i], rw->by_template[i]);
	printf(" impossible %zu; %u different calls\n", bad, rw->call_count);
	if (bad)
		rewrite->status = EXIT_FINDINGS;
	free(rw);
	table_free(table);
}

int cmd_rewrite(int argc, char **argv)
{
	struct options options;
	struct rewrite rewrite = { .options = &options };
	bool dry = false;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--dry-run"))
			dry = true;
		else
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	if (!options_parse(&options, "rewrite", n, argv))
		return EXIT_TROUBLE;
	if (!dry) {
		diag_error(DIAG_USAGE, NULL, "rewrite needs --dry-run: "
			   "it is a wedge that rewrites, when it loads a kernel");
		options_free(&options);
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < options.files; i++)
		if (!input_each(options.file[i], rewrite_image, &rewrite))
			rewrite.status = EXIT_TROUBLE;
	options_free(&options);
	return report_finish(rewrite.status);
}

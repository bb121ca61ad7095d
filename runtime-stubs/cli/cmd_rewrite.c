/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt rewrite --dry-run: what a wedge would write at each site, and how
 * many bytes of the site it would leave unused. Writes nothing. Each site is
 * also undone, and must then be what it was.
 *
 * The planning is the wedge's own (runtime-stubs/rewriter). Addresses of slots
 * and flags are those in the wedge that --backend names; without it, those of a
 * wedge at the top of the address space, which stand for any wedge's.
 */
#include "file.h"
#include "input.h"
#include "json.h"
#include "report.h"
#include "run.h"
#include "table.h"
#include "../cpu/cpu.h"
#include "../rewriter/rewriter.h"
#include <errno.h>
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
/* Bytes a template needs, of @size. */
static size_t rewrite_needs(const struct rewriter_target *target, int template, size_t size)
{
	if (template <= REWRITER_NOTHING)
		return 0;
	return template == REWRITER_CLI || (target->fs_base && size > REWRITER_SHORT) ? 8 : 7;
}

struct rewrite {
	const struct options *options;
	struct rewriter_target target;
	int status;
};

static void rewrite_hex(char *text, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

/* The wedge of @name: where its slots and flags are. False after an error. */
static bool rewrite_backend(struct rewriter_target *target, const char *name)
{
	static const char *const names[] = { "previrt_if_byte", "previrt_cpu",
		"previrt_call_slots", "previrt_jump_slots", "backend_fs_base" };
	uint64_t *const to[] = { &target->if_byte, &target->gs_byte, &target->call_slots,
		&target->jump_slots, &target->fs_base };
	char *file = util_printf("%s.elf", name), *path = path_wedge(file);
	struct image *image = NULL;
	struct file data;
	size_t i;

	free(file);
	if (!path) {
		diag_error(DIAG_RUN_WEDGE, NULL, "no wedge '%s' (%s.elf)", name, name);
		return false;
	}
	if (!file_open(&data, path)) {
		diag_error(DIAG_RUN_WEDGE, path, "%s", strerror(errno));
		free(path);
		return false;
	}
	image = image_open(path, data.data, data.size);
	for (i = 0; image && i < ARRAY_SIZE(names); i++) {
		const struct symbol *symbol = image_find(image, names[i]);

		if (!symbol) {
			diag_error(DIAG_RUN_WEDGE, path, "it has no %s", names[i]);
			break;
		}
		*to[i] = symbol->addr;
	}
	target->gs_byte += offsetof(struct cpu, gs_swapped);
	/* The first and the last are constants. */
	for (size_t at = 0; image && at < ARRAY_SIZE(names); at += ARRAY_SIZE(names) - 1)
		if (image_bytes(image, *to[at], 8))
			*to[at] = get64(image_bytes(image, *to[at], 8));
	if (image)
		image_close(image);
	file_close(&data);
	free(path);
	return image && i == ARRAY_SIZE(names);
}

/* Is it possible to go back from @out to @bytes? */
static bool rewrite_returns(struct rewriter *rw, const struct previrt_site *entry,
			    uint64_t address, const uint8_t *bytes, const uint8_t *out)
{
	uint8_t copy[REWRITER_SITE_MAX];
	size_t size = (size_t)entry->len + entry->pad;

	memcpy(copy, out, size);
	return rewriter_undo_site(rw, entry, address, copy) && !memcmp(copy, bytes, size);
}

/* One site as an object; the template, or a negative error. */
static int rewrite_json_site(struct rewriter *rw, const struct image *image,
			     const struct site *site, int template, const uint8_t *bytes,
			     const uint8_t *out)
{
	struct previrt_site entry = { .op = site->op, .len = site->len, .pad = site->pad,
				      .flags = site->flags };
	char before[2 * REWRITER_SITE_MAX + 1] = "", after[2 * REWRITER_SITE_MAX + 1] = "";
	char *place = image_place(image, site->addr);
	const char *error = template < 0 ? rewriter_strerror(-template) : NULL;

	if (template > REWRITER_LEAVE && !rewrite_returns(rw, &entry, site->addr, bytes, out)) {
		error = "undo does not bring back its bytes";
		template = -1;
	}
	if (bytes)
		rewrite_hex(before, bytes, site_size(site));
	if (template > REWRITER_LEAVE)
		rewrite_hex(after, out, site_size(site));
	json_open(NULL, '{');
	json_hex("address", image_file_addr(image, site->addr));
	json_text("op", table_op_name(site->op));
	json_text("template", template < 0 ? NULL : rewrite_templates[template]);
	json_text("before", before);
	json_text("after", template > REWRITER_LEAVE ? after : NULL);
	json_text("place", place);
	json_text("error", error);
	json_close();
	free(place);
	return template;
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

	if (rewrite->options->json) {
		template = rewrite_json_site(rw, image, site, template, bytes, out);
	} else if (template < 0) {
		printf("%s: %s: %s\n", place, table_op_name(site->op),
		       rewriter_strerror(-template));
	} else if (template > REWRITER_LEAVE && !rewrite_returns(rw, &entry, site->addr, bytes, out)) {
		printf("%s: %s: undo does not bring back its bytes\n", place,
		       table_op_name(site->op));
		template = -1;
	} else if (!rewrite->options->quiet) {
		rewrite_hex(before, bytes, size);
		rewrite_hex(after, out, size);
		printf("%016" PRIx64 " %-13s %-8s %2zu %s %s %s\n",
		       image_file_addr(image, site->addr), table_op_name(site->op),
		       rewrite_templates[template],
		       template > REWRITER_NOTHING ?
		       size - rewrite_needs(&rw->target, template, size) : 0,
		       before, template > REWRITER_LEAVE ? after : "-", place);
	}
	free(place);
	return template;
}

static void rewrite_begin(const struct options *options, const struct image *image)
{
	if (!options->json)
		return;
	json_open(NULL, '{');
	json_text("file", image->name);
	json_open("sites", '[');
}

/* What came of all sites, by template. */
static void rewrite_end(const struct options *options, const struct image *image, size_t sites,
			const struct rewriter *rw, size_t bad)
{
	if (options->json) {
		json_close();
		json_open("templates", '{');
	} else {
		printf("%s: %zu sites:", image->name, sites);
	}
	for (int i = REWRITER_TEMPLATES - 1; i >= 0; i--)
		if (options->json)
			json_number(rewrite_templates[i], rw->by_template[i]);
		else
			printf(" %s %u,", rewrite_templates[i], rw->by_template[i]);
	if (options->json) {
		json_close();
		json_number("impossible", bad);
		json_number("calls", rw->call_count);
		json_close();
	} else {
		printf(" impossible %zu; %u different calls\n", bad, rw->call_count);
	}
}

static void rewrite_image(struct image *image, void *context)
{
	struct rewrite *rewrite = context;
	struct table *table;
	struct rewriter *rw;
	size_t bad = 0;

	if (!image->mode64) {
		diag_error(DIAG_RUN_KERNEL, image->name, "%s", run_kernel_ia32);
		rewrite->status = EXIT_TROUBLE;
		return;
	}
	table = table_read(image);
	if (!table) {
		rewrite->status = EXIT_TROUBLE;
		return;
	}
	rw = util_alloc(1, sizeof(*rw));
	rw->calls = util_alloc(REWRITER_CALLS, sizeof(*rw->calls));
	rw->jumps = util_alloc(REWRITER_JUMPS, sizeof(*rw->jumps));
	rw->target = rewrite->target;
	rewrite_begin(rewrite->options, image);
	for (size_t i = 0; i < table->sites; i++) {
		int template = rewrite_site(rw, rewrite, image, &table->site[i]);

		if (template < 0)
			bad++;
		else
			rw->by_template[template]++;
	}
	rewrite_end(rewrite->options, image, table->sites, rw, bad);
	if (bad)
		rewrite->status = EXIT_FINDINGS;
	free(rw->calls);
	free(rw->jumps);
	free(rw);
	table_free(table);
}

int cmd_rewrite(int argc, char **argv)
{
	struct options options;
	struct rewrite rewrite = {
		.options = &options,
		.target = { WEDGE, WEDGE + 8, WEDGE + 64, WEDGE + 64 + 8 * REWRITER_CALLS },
	};
	bool dry = false;
	int n = 0;

	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--dry-run"))
			dry = true;
		else if (!strncmp(argv[i], "--backend=", 10)) {
			if (!rewrite_backend(&rewrite.target, argv[i] + 10))
				return EXIT_TROUBLE;
		} else
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
	if (options.json)
		json_open(NULL, '[');
	for (size_t i = 0; i < options.files; i++)
		if (!input_each(options.file[i], rewrite_image, &rewrite))
			rewrite.status = EXIT_TROUBLE;
	if (options.json)
		json_close();
	options_free(&options);
	return report_finish(rewrite.status);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/*
 * previrt verify: is the table sound, and does it fit the code?
 *
 * Invariant: a file that passes can be rewritten site by site: each site's
 * bytes are its own, and execution enters it only at its start.
 */
#include "input.h"
#include "insn.h"
#include "insns.h"
#include "json.h"
#include "lines.h"
#include "patches.h"
#include "report.h"
#include "scan.h"
#include "table.h"
#include "verify_memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Code that is not the image's own; no rewriter touches it. */
#define OTHER_CODE (PREVIRT_SITE_CODE32 | PREVIRT_SITE_CODE16)
#define KNOWN_FLAGS (PREVIRT_SITE_PAD_BEFORE | PREVIRT_SITE_FUSED | \
		     PREVIRT_SITE_KEEP | PREVIRT_SITE_CALL | OTHER_CODE)

/*
 * Hostile tables and symbols may pile up at one address: so many are looked at
 * for one site, and so many findings are reported for one image.
 */
#define VERIFY_NEAR 64
/* Nobody counts farther than so many bytes. */
#define COUNTED_MOST 4096
#define VERIFY_MOST 100000

struct verify {
	const struct options *options;
	struct exempt *rules;
	int status;
};

/* Everything about one image. */
struct verifying {
	struct report report;
	struct image *image;
	struct table *table;
	struct scan *scan;
	struct patches patches;
	bool padded;            /* some site has a pad */
	struct exempt_map *map;
};

/* What code stands at a site: what its entry says, else what the scan takes it for. */
static enum decode_mode verify_mode(const struct verifying *v, const struct site *site,
				    uint64_t at)
{
	if (site && site->flags & PREVIRT_SITE_CODE16)
		return DECODE_16;
	if (site && site->flags & PREVIRT_SITE_CODE32)
		return DECODE_32;
	if (site && scan_mode(v->scan, at) == DECODE_DATA)
		return v->image->mode64 ? DECODE_64 : DECODE_32;
	return scan_mode(v->scan, at);
}

static bool verify_decode(const struct verifying *v, const struct site *site,
			  uint64_t at, uint64_t end, struct decoded *insn)
{
	const uint8_t *p = at < end ? image_bytes(v->image, at, end - at) : NULL;

	memset(insn, 0, sizeof(*insn));
	return p && decode_one(verify_mode(v, site, at), p, end - at, at, insn);
}

/* The pad is NOPs and nothing else. */
static void verify_pad(struct verifying *v, const struct site *site)
{
	bool before = site->flags & PREVIRT_SITE_PAD_BEFORE;
	uint64_t at = before ? site->addr : site->addr + site->len;
	uint64_t end = at + site->pad;
	struct decoded insn;

	for (; at < end; at += insn.len) {
		if (verify_decode(v, site, at, end, &insn) && insn.nop)
			continue;
		report_finding(&v->report, DIAG_SITE_PAD, at, "%u bytes of NOPs "
			       "%s the site's '%s', but this is none", site->pad,
			       before ? "before" : "behind",
			       table_op_name(site->op));
		return;
	}
}

/* Is @insn what part @part of the pair @site should be? 0: a push or a pop. */
static bool verify_is_part(const struct site *site, unsigned int part,
			   const struct decoded *insn)
{
	uint8_t op = previrt_insns[site->op].part[part];

	return op == insn->op && (op || insn->stack);
}

/* Are so many bytes of code the site's, but for an lfence behind? */
static bool verify_length(const struct verifying *v, const struct site *site, unsigned int len)
{
	const uint8_t *bytes = image_bytes(v->image, site_insn(site), site->len);

	return len == site->len || (bytes && len + insn_fence(bytes, site->len) == site->len);
}

/* Decode the instruction, or both of a pair, and compare with the entry. */
static void verify_code(struct verifying *v, const struct site *site)
{
	uint64_t start = site_insn(site), limit = site->addr + site_size(site);
	const char *name = table_op_name(site->op);
	struct decoded first, second = { 0 };
	bool fits;

	/* Decode past the recorded length, to tell a wrong one. */
	if (site->flags & PREVIRT_SITE_PAD_BEFORE || !site->pad)
		limit += 15;
	while (limit > start && !image_bytes(v->image, start, limit - start))
		limit--;
	verify_decode(v, site, start, limit, &first);
	fits = first.op == site->op;
	if (site->flags & PREVIRT_SITE_FUSED) {
		verify_decode(v, site, start + first.len, limit, &second);
		fits = first.len && second.len &&
		       verify_is_part(site, 0, &first) &&
		       verify_is_part(site, 1, &second);
	}
	if (!fits)
		report_finding(&v->report, DIAG_SITE_OP, start,
			       "recorded as '%s', but '%s' stands here", name,
			       !first.len ? "no instruction" :
			       first.op ? table_op_name(first.op) :
			       "another instruction");
	else if (!verify_length(v, site, first.len + second.len))
		report_finding(&v->report, DIAG_SITE_LENGTH, start,
			       "'%s' is %u bytes long, recorded as %u", name,
			       first.len + second.len, site->len);
	/* One may be the source's own: the pack pads no memory operand with prefixes. */
	if (fits && first.pads > 1 && first.segment_matters)
		report_finding(&v->report, DIAG_SITE_PREFIX, start,
			       "a prefix of '%s' changes its segment", name);
}

/* In call mode the site holds a call, and maybe moves around it. */
static void verify_call(struct verifying *v, const struct site *site)
{
	uint64_t at = site_insn(site), end = at + site->len;
	struct decoded insn;
	bool call = false;

	for (; at < end && verify_decode(v, site, at, end, &insn); at += insn.len)
		call |= insn.call;
	if (!call || at != end)
		report_finding(&v->report, DIAG_SITE_CALL, site_insn(site),
			       "recorded as a call for '%s'",
			       table_op_name(site->op));
}

/* Where no code was found: is it loaded, and does the site's instruction stand there? */
static bool verify_is_loaded(const struct verifying *v, const struct section *s,
			     const struct site *site)
{
	struct decoded insn;

	return s->flags & SHF_ALLOC && s->data &&
	       verify_decode(v, site, site_insn(site), s->addr + s->size, &insn) &&
	       (insn.op == site->op || site->flags & PREVIRT_SITE_FUSED);
}

static bool verify_entry(struct verifying *v, const struct site *site)
{
	const struct previrt_insn *insn = &previrt_insns[site->op];
	const struct section *s = image_section_at(v->image, site->addr);
	bool pair = insn->name && (insn->part[0] || insn->part[1]);

	if (!insn->name) {
		report_finding(&v->report, DIAG_SITE_UNKNOWN_OP, site->addr,
			       "instruction number %u", site->op);
		return false;
	}
	if (!s || (!scan_is_code(v->scan, site->addr) &&
		   !exempt_is_template(v->map, site->addr) &&
		   !verify_is_loaded(v, s, site)) ||
	    site_size(site) > s->size - (site->addr - s->addr)) {
		char *entry = image_place(v->image, site->entry);

		report_finding(&v->report, DIAG_SITE_OUTSIDE, site->addr,
			       "the entry at %s ('%s') leads to 0x%" PRIx64
			       ", outside all code", entry, insn->name,
			       site->addr);
		free(entry);
		return false;
	}
	if (site->flags & ~KNOWN_FLAGS || !site->len ||
	    pair != !!(site->flags & PREVIRT_SITE_FUSED) ||
	    (site->flags & PREVIRT_SITE_PAD_BEFORE && !site->pad))
		report_finding(&v->report, DIAG_SITE_FLAGS, site->addr,
			       "'%s' with flags 0x%02x, length %u, pad %u",
			       insn->name, site->flags, site->len, site->pad);
	return true;
}

/* Nothing may point between the site's first byte and its end. */
static void verify_inside(struct verifying *v, const struct site *site)
{
	uint64_t start = site_insn(site), end = site->addr + site_size(site), at;
	const char *name = table_op_name(site->op);
	const struct line *line;
	size_t i, n, near = 0;

	for (at = site->addr;
	     (at = scan_target_between(v->scan, at, end));)
		if (at != start)
			report_finding(&v->report, DIAG_SITE_BRANCH, at,
				       "a branch leads here, into the site of '%s'",
				       name);
	for (i = image_symbol_index(v->image, site->addr + 1);
	     i < v->image->symbols && v->image->symbol[i].addr < end &&
	     near++ < VERIFY_NEAR; i++)
		if (v->image->symbol[i].addr != start &&
		    image_is_place(&v->image->symbol[i]))
			report_finding(&v->report, DIAG_SITE_SYMBOL,
				       v->image->symbol[i].addr,
				       "this symbol is in the site of '%s'", name);
	for (line = lines_at(v->image, site->addr), n = 0; line && n < VERIFY_NEAR; line++, n++) {
		size_t count;
		const struct line *all = lines_all(v->image, &count);

		if (line == all + count || line->addr >= end)
			break;
		if (line->addr > site->addr && line->addr != start && line->file)
			report_finding(&v->report, DIAG_SITE_LINE, line->addr,
				       "a line-table row is in the site of '%s'",
				       name);
	}
}

static void verify_site(struct verifying *v, const struct site *site)
{
	uint64_t start = site_insn(site);
	unsigned int target = previrt_insns[site->op].target;

	if (!verify_entry(v, site))
		return;
	if (site > v->table->site &&
	    site[-1].addr + site_size(&site[-1]) > site->addr)
		report_finding(&v->report, DIAG_SITE_OVERLAP, site->addr,
			       "the sites of '%s' and '%s' overlap",
			       previrt_insns[site[-1].op].name ?
			       previrt_insns[site[-1].op].name : "?",
			       table_op_name(site->op));
	if (!(site->flags & OTHER_CODE) && scan_is_code(v->scan, site->addr) &&
	    (!scan_is_start(v->scan, site->addr) || !scan_is_start(v->scan, start)))
		report_finding(&v->report, DIAG_SITE_MISALIGNED, site->addr,
			       "the site of '%s' begins inside an instruction",
			       table_op_name(site->op));
	if (site->flags & PREVIRT_SITE_CALL)
		verify_call(v, site);
	else
		verify_code(v, site);
	verify_pad(v, site);
	if (!(site->flags & OTHER_CODE) &&
	    (v->padded || v->report.options->padded) && site_size(site) < target)
		report_finding(&v->report, DIAG_SITE_UNPADDED, site->addr,
			       "the site of '%s' is %u bytes long, not %u",
			       table_op_name(site->op),
			       (unsigned int)site_size(site), target);
	verify_inside(v, site);
}

/* Is there a pad anywhere? Else the file may have been built to record only. */
static bool verify_is_padded(const struct verifying *v)
{
	struct decoded insn;
	size_t i;

	for (i = 0; i < v->table->sites; i++) {
		const struct site *site = &v->table->site[i];

		if (site->pad)
			return true;
		if (verify_decode(v, site, site->addr, site->addr + site->len, &insn) &&
		    insn.pads)
			return true;
	}
	return false;
}

/* The first site that ends behind @addr. */
static size_t verify_first(const struct table *table, uint64_t addr)
{
	size_t low = 0, high = table->sites;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct site *site = &table->site[mid];

		if (site->addr + site_size(site) <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void verify_patch(struct verifying *v, const struct patch *patch)
{
	bool point = patch->kind >= PATCH_FAULT;
	bool whole = patch->kind == PATCH_ALTERNATIVE ||
		     patch->kind == PATCH_REPLACEMENT;
	uint64_t end = point ? patch->start + 1 : patch->end;
	size_t i = verify_first(v->table, patch->start), near = 0;

	for (; i < v->table->sites && v->table->site[i].addr < end &&
	     near++ < VERIFY_NEAR; i++) {
		const struct site *site = &v->table->site[i];
		uint64_t stop = site->addr + site_size(site);

		if (point && (patch->start == site->addr ||
			      patch->start == site_insn(site)))
			continue;
		if (whole && site->addr >= patch->start && stop <= patch->end)
			continue;
		report_finding(&v->report, patch->kind == PATCH_JUMP_TARGET ?
			       DIAG_SITE_BRANCH : point ? DIAG_SITE_FAULT :
			       whole ? DIAG_SITE_ALTERNATIVE : DIAG_SITE_PATCHED,
			       site->addr, "the site of '%s' shares bytes with "
			       "the %s at 0x%" PRIx64, table_op_name(site->op),
			       patch_name(patch->kind),
			       image_file_addr(v->image, patch->start));
	}
}

/* The instruction that holds @addr but does not begin there; false if none does. */
static bool verify_holder(const struct verifying *v, uint64_t addr, uint64_t *start)
{
	const struct section *s = image_section_at(v->image, addr);
	struct decoded insn;
	uint64_t back;

	if (!s || !scan_is_code(v->scan, addr) || scan_is_start(v->scan, addr))
		return false;
	for (back = 1; back < 15 && addr - s->addr >= back; back++) {
		if (!scan_is_start(v->scan, addr - back))
			continue;
		*start = addr - back;
		return verify_decode(v, NULL, *start, s->addr + s->size, &insn) && insn.len > back;
	}
	return false;
}

/*
 * Code that counts its own bytes (lea 5(%rip), jmp .+7, label+3) is right
 * without pads and leads elsewhere with them: into a site, or across one into
 * the middle of an instruction. A branch into a site is told with the site.
 */
static void verify_counted(struct verifying *v, const struct edge *edge)
{
	bool back = edge->target < edge->source;
	uint64_t low = back ? edge->target : edge->source, start;
	uint64_t high = back ? edge->source : edge->target;
	const struct site *at = table_site_at(v->table, edge->target);
	size_t between = verify_first(v->table, low + 1);
	const char *what;

	if (high - low > COUNTED_MOST ||
	    image_section_at(v->image, low) != image_section_at(v->image, high))
		return;
	if (at && (edge->target == at->addr || edge->target == site_insn(at) || !edge->address))
		return;
	if (!at && (between == v->table->sites || v->table->site[between].addr >= high ||
		    !verify_holder(v, edge->target, &start)))
		return;
	what = at ? "into the site of" : "across the site of";
	at = at ? at : &v->table->site[between];
	report_finding(&v->report, DIAG_COUNTED, edge->source, "it counts bytes: what it %s "
		       "is %" PRIu64 " bytes %s, %s '%s'", edge->address ? "points at" :
		       "jumps to", high - low, back ? "ahead of it" : "behind it", what,
		       table_op_name(at->op));
}

/* The same of an address that a relocation makes: what it counts from is not known. */
static void verify_pointer(struct verifying *v, const struct pointer *pointer)
{
	const struct site *at = table_site_at(v->table, pointer->target);
	const struct section *s = image_section_at(v->image, pointer->at);
	uint64_t start;

	/* ftrace's calls are looked at by patches.h. */
	if ((at && (pointer->target == at->addr || pointer->target == site_insn(at))) ||
	    !s || !strcmp(s->name, "__mcount_loc"))
		return;
	if (at || verify_holder(v, pointer->target, &start))
		report_finding(&v->report, DIAG_COUNTED, pointer->at, "it counts bytes: it points "
			       "into the %s%s%s", at ? "site of '" : "middle of an instruction",
			       at ? table_op_name(at->op) : "", at ? "'" : "");
}

static void verify_units(struct verifying *v)
{
	unsigned int arch = v->image->mode64 ? PREVIRT_ARCH_X86_64 :
			    PREVIRT_ARCH_I386;
	size_t i;

	for (i = 0; i < v->table->units; i++)
		if (v->table->unit[i].header.arch != arch)
			report_finding(&v->report, DIAG_TABLE_ARCH,
				       v->table->unit[i].note,
				       "a table for architecture %u",
				       v->table->unit[i].header.arch);
}

static void verify_summary(struct verifying *v)
{
	const struct options *options = v->report.options;

	report_end_findings(&v->report);
	if (options->json) {
		json_open("summary", '{');
		json_number("sites", v->table->sites);
		json_number("objects", v->table->units);
		json_number("operations", v->table->operations);
		json_number("hooks", v->table->hooks);
		json_number("patches", v->patches.list.n);
		json_number("findings", v->report.findings);
		json_bool("padded", v->padded);
		json_close();
	} else if (!options->quiet &&
		   (v->table->sites || options->verbose ||
		    !strchr(v->image->name, '('))) {
		printf("%s: %zu sites of %zu objects", v->image->name,
		       v->table->sites, v->table->units);
		if (v->table->operations || v->table->hooks)
			printf(", %zu operations, %zu hooks",
			       v->table->operations, v->table->hooks);
		printf(" verified, %zu findings%s\n", v->report.findings, v->table->sites && !v->padded ?
		       "; no site has a pad" : "");
	}
	report_end(&v->report);
}

static void verify_image(struct image *image, void *context)
{
	struct verify *verify = context;
	struct verifying v = { .image = image, .table = table_read(image) };
	size_t i;

	if (!v.table) {
		verify->status = EXIT_TROUBLE;
		return;
	}
	v.map = exempt_apply(verify->rules, image);
	v.scan = scan_image(image, v.map, v.table, true);
	patches_read(image, &v.patches);
	report_begin(&v.report, verify->options, image);
	v.padded = verify_is_padded(&v);
	verify_units(&v);
	for (i = 0; i < v.table->sites && v.report.findings < VERIFY_MOST; i++)
		verify_site(&v, &v.table->site[i]);
	for (i = 0; i < v.patches.list.n && v.report.findings < VERIFY_MOST; i++)
		verify_patch(&v, &v.patches.list.v[i]);
	for (i = 0; i < v.scan->edges.n && v.report.findings < VERIFY_MOST; i++)
		verify_counted(&v, &v.scan->edges.v[i]);
	for (i = 0; v.table->sites && i < image->pointers.n && v.report.findings < VERIFY_MOST; i++)
		verify_pointer(&v, &image->pointers.v[i]);
	verify_memory(image, v.table, v.scan, &v.patches, &v.report);
	verify_summary(&v);
	if (v.report.findings && verify->status == EXIT_CLEAN)
		verify->status = EXIT_FINDINGS;
	patches_free(&v.patches);
	scan_free(v.scan);
	exempt_unmap(v.map);
	table_free(v.table);
}

int cmd_verify(int argc, char **argv)
{
	struct options options;
	struct verify verify = { .options = &options };
	size_t i;

	if (!options_parse(&options, "verify", argc, argv))
		return EXIT_TROUBLE;
	verify.rules = exempt_new();
	if (!exempt_read_all(verify.rules, &options)) {
		exempt_free(verify.rules);
		options_free(&options);
		return EXIT_TROUBLE;
	}
	if (options.json)
		json_open(NULL, '[');
	for (i = 0; i < options.files; i++)
		if (!input_each(options.file[i], verify_image, &verify))
			verify.status = EXIT_TROUBLE;
	if (options.json)
		json_close();
	exempt_free(verify.rules);
	options_free(&options);
	return report_finish(verify.status);
}

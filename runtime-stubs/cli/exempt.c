/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
/* See exempt.h for the contracts and the format. */
#include "exempt.h"
#include "diag.h"
#include "insns.h"
#include "options.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum exempt_kind {
	KIND_SYMBOL, KIND_SECTION, KIND_CODE16, KIND_CODE32, KIND_CODE64, KIND_DATA,
	KIND_TEMPLATE
};

static const char *const exempt_kinds[] = {
	"symbol", "section", "code16", "code32", "code64", "data", "template",
};

struct exempt_rule {
	enum exempt_kind kind;
	char *name, *reason;
	char *text;             /* the name as it stands in the file */
	uint64_t first, end;    /* offsets of the part that is meant; 0 and 0: all */
	bool op[PREVIRT_OP_LIMIT];
};

struct exempt {
	ARRAY_OF(struct exempt_rule) rules;
};

struct exempt_map {
	const struct exempt *rules;
	ARRAY_OF(struct exempt_range) ranges;   /* of symbols and sections */
	ARRAY_OF(struct exempt_range) modes;    /* of code16, code32, data */
	ARRAY_OF(struct exempt_range) templates;
	size_t *used;                           /* by rule */
};

struct exempt *exempt_new(void)
{
	return util_alloc(1, sizeof(struct exempt));
}

void exempt_free(struct exempt *rules)
{
	size_t i;

	for (i = 0; i < rules->rules.n; i++) {
		free(rules->rules.v[i].name);
		free(rules->rules.v[i].text);
		free(rules->rules.v[i].reason);
	}
	free(rules->rules.v);
	free(rules);
}

static char *exempt_trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r");
	n = strlen(text);
	while (n && strchr(" \t\r", text[n - 1]))
		text[--n] = '\0';
	return text;
}

static bool exempt_parse_ops(struct exempt_rule *rule, char *text)
{
	char *save, *word;
	unsigned int i;

	for (word = strtok_r(text, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		bool known = false;

		for (i = 1; i < PREVIRT_OP_LIMIT; i++) {
			const char *name = previrt_insns[i].name;

			if (name && (!strcmp(word, "*") || !strcmp(word, name))) {
				rule->op[i] = true;
				known = true;
			}
		}
		if (!known && strcmp(word, "-"))
			return false;
	}
	return true;
}

/* Cut "+0xA-0xB" off a name. False if that makes no sense. */
static bool exempt_parse_part(struct exempt_rule *rule)
{
	char *plus = strrchr(rule->name, '+'), *end;

	if (!plus || strncmp(plus, "+0x", 3))
		return true;
	errno = 0;
	rule->first = strtoull(plus + 1, &end, 16);
	if (strncmp(end, "-0x", 3))
		return false;
	rule->end = strtoull(end + 1, &end, 16);
	*plus = '\0';
	return !*end && !errno && rule->first < rule->end;
}

/* NULL, or what is wrong with the line. */
static const char *exempt_parse(struct exempt *rules, char *line)
{
	struct exempt_rule rule = { 0 };
	char *column[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(column); i++) {
		column[i] = i < 3 ? strsep(&line, "|") : line;
		if (!column[i] || !*(column[i] = exempt_trim(column[i])))
			return "a line needs four columns: kind | name | "
			       "instructions | reason";
	}
	for (i = 0; i < ARRAY_SIZE(exempt_kinds); i++)
		if (!strcmp(column[0], exempt_kinds[i]))
			break;
	if (i == ARRAY_SIZE(exempt_kinds))
		return "the kind is none of symbol, section, code16, code32, code64, "
		       "data, template";
	rule.kind = (enum exempt_kind)i;
	if (!exempt_parse_ops(&rule, column[2]))
		return "an instruction is not in the list of sensitive ones";
	rule.name = util_copy(column[1]);
	rule.text = util_copy(column[1]);
	rule.reason = util_copy(column[3]);
	array_add(&rules->rules, rule);
	return exempt_parse_part(&rules->rules.v[rules->rules.n - 1]) ? NULL :
	       "a part of a symbol is NAME+0xA-0xB";
}

bool exempt_read(struct exempt *rules, const char *path)
{
	size_t size, number = 0;
	char *data = (char *)util_read_file(path, &size), *at, *line;
	const char *wrong = NULL;

	if (!data) {
		diag_error(DIAG_EXEMPT_FILE, path, "%s", strerror(errno));
		return false;
	}
	data[size] = '\0';
	if (strlen(data) != size)
		wrong = "it is not text";
	for (at = data; !wrong && (line = strsep(&at, "\n"));) {
		number++;
		line[strcspn(line, "#")] = '\0';
		line = exempt_trim(line);
		if (*line)
			wrong = exempt_parse(rules, line);
	}
	if (wrong)
		diag_error(DIAG_EXEMPT_FILE, path, "line %zu: %s", number, wrong);
	free(data);
	return !wrong;
}

bool exempt_read_all(struct exempt *rules, const struct options *options)
{
	char *builtin = options->builtin_exemptions ? path_exemptions() : NULL;
	bool good = true;
	size_t i;

	if (builtin)
		good = exempt_read(rules, builtin);
	for (i = 0; good && i < options->exempts; i++)
		good = exempt_read(rules, options->exempt[i]);
	free(builtin);
	return good;
}

/* Where @symbol ends: by its size, or else at the next symbol or section end. */
static uint64_t exempt_end(const struct image *image, const struct symbol *symbol)
{
	const struct section *s = &image->section[symbol->section];
	size_t i = image_symbol_index(image, symbol->addr);

	if (symbol->size)
		return symbol->addr + symbol->size;
	for (; i < image->symbols; i++)
		if (image->symbol[i].addr > symbol->addr &&
		    image_is_place(&image->symbol[i]))
			break;
	if (i < image->symbols && image->symbol[i].addr < s->addr + s->size)
		return image->symbol[i].addr;
	return s->addr + s->size;
}

/* Rule @rule applies to [@start, @end), or the part of it that it names. */
static void exempt_add(struct exempt_map *map, size_t rule, const struct section *s,
		       uint64_t start, uint64_t end)
{
	const struct exempt_rule *r = &map->rules->rules.v[rule];
	enum exempt_kind kind = r->kind;
	struct exempt_range range = { .start = start, .end = end, .rule = rule };

	if (r->end && r->first < end - start)
		range.start = start + r->first;
	if (r->end && r->end < end - start)
		range.end = start + r->end;
	if (r->end && r->first >= end - start)
		return;
	if (kind == KIND_SYMBOL || kind == KIND_SECTION || (kind == KIND_DATA && !s->code)) {
		array_add(&map->ranges, range);
		return;
	}
	if (kind == KIND_TEMPLATE) {
		array_add(&map->templates, range);
		return;
	}
	range.mode = kind == KIND_CODE16 ? DECODE_16 : kind == KIND_CODE32 ? DECODE_32 :
		     kind == KIND_CODE64 ? DECODE_64 : DECODE_DATA;
	array_add(&map->modes, range);
}

static int exempt_compare(const void *a, const void *b)
{
	const struct exempt_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Patterns are rare; a plain name is compared, which is quicker by far. */
static bool exempt_matches(const struct exempt_rule *rule, const char *name)
{
	if (!strpbrk(rule->name, "*?["))
		return !strcmp(rule->name, name);
	return !fnmatch(rule->name, name, 0);
}

/* Symbols never begin with a dot, but those that are not kept. */
static bool exempt_names_sections(const struct exempt_rule *rule)
{
	return rule->kind == KIND_SECTION || *rule->name == '.';
}

struct exempt_map *exempt_apply(const struct exempt *rules,
				const struct image *image)
{
	struct exempt_map *map = util_alloc(1, sizeof(*map));
	size_t r, i;

	map->rules = rules;
	map->used = util_alloc(rules->rules.n, sizeof(*map->used));
	for (r = 0; r < rules->rules.n; r++) {
		const struct exempt_rule *rule = &rules->rules.v[r];

		for (i = 0; exempt_names_sections(rule) && i < image->sections; i++) {
			const struct section *s = &image->section[i];

			if (s->data && s->flags & SHF_ALLOC && exempt_matches(rule, s->name))
				exempt_add(map, r, s, s->addr, s->addr + s->size);
		}
		for (i = 0; rule->kind != KIND_SECTION && i < image->symbols; i++) {
			const struct symbol *s = &image->symbol[i];

			if (image_is_place(s) && image->section[s->section].data &&
			    exempt_matches(rule, s->name))
				exempt_add(map, r, &image->section[s->section], s->addr,
					   exempt_end(image, s));
		}
	}
	if (map->modes.n)
		qsort(map->modes.v, map->modes.n, sizeof(*map->modes.v),
		      exempt_compare);
	return map;
}

void exempt_unmap(struct exempt_map *map)
{
	free(map->ranges.v);
	free(map->modes.v);
	free(map->templates.v);
	free(map->used);
	free(map);
}

const struct exempt_range *exempt_modes(const struct exempt_map *map, size_t *n)
{
	*n = map->modes.n;
	return map->modes.v;
}

bool exempt_is_template(const struct exempt_map *map, uint64_t addr)
{
	size_t i;

	for (i = 0; i < map->templates.n; i++) {
		const struct exempt_range *range = &map->templates.v[i];

		if (addr >= range->start && addr < range->end)
			return true;
	}
	return false;
}

bool exempt_covers(struct exempt_map *map, uint64_t addr, unsigned int op)
{
	size_t i;

	for (i = 0; i < map->ranges.n; i++) {
		const struct exempt_range *range = &map->ranges.v[i];

		if (addr >= range->start && addr < range->end &&
		    op < PREVIRT_OP_LIMIT &&
		    map->rules->rules.v[range->rule].op[op]) {
			map->used[range->rule]++;
			return true;
		}
	}
	return false;
}

bool exempt_set_aside(struct exempt_map *map, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < map->ranges.n; i++) {
		const struct exempt_range *range = &map->ranges.v[i];

		if (start >= range->start && end <= range->end) {
			map->used[range->rule]++;
			return true;
		}
	}
	return false;
}

void exempt_report(const struct exempt_map *map,
		   void (*each)(void *context, const char *rule,
				const char *reason, size_t used),
		   void *context)
{
	size_t r, i;

	for (r = 0; r < map->rules->rules.n; r++) {
		const struct exempt_rule *rule = &map->rules->rules.v[r];
		size_t used = map->used[r];
		char *text = util_printf("%s %s", exempt_kinds[rule->kind],
					 rule->text);

		for (i = 0; i < map->modes.n; i++)
			used += map->modes.v[i].rule == r;
		for (i = 0; i < map->templates.n; i++)
			used += map->templates.v[i].rule == r;
		each(context, text, rule->reason, used);
		free(text);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

/* The numbers of diagnostics.def that this file uses. */
enum {
	PV_UNKNOWN_WORD = 713, PV_BAD_WORD = 714, PV_MISSING_WORD = 715,
	PV_TWICE = 716
};

#define NAME(prefix, name) [prefix##name] = #name

static const char *const levels[] = {
	NAME(PREVIRT_SPACE_, pte), NAME(PREVIRT_SPACE_, pmd), NAME(PREVIRT_SPACE_, pud),
	NAME(PREVIRT_SPACE_, p4d), NAME(PREVIRT_SPACE_, pgd),
};

static const char *const meanings[] = {
	NAME(PREVIRT_HOOK_, module_loaded), NAME(PREVIRT_HOOK_, module_freed),
	NAME(PREVIRT_HOOK_, table_allocated), NAME(PREVIRT_HOOK_, table_freed),
	NAME(PREVIRT_HOOK_, lazy_entered), NAME(PREVIRT_HOOK_, lazy_left),
	NAME(PREVIRT_HOOK_, user_copy), NAME(PREVIRT_HOOK_, idle),
};

static const char *const ways[] = { "read", "write", "read-string", "write-string" };
static const char *const widths[] = { "1", "2", "4", "8" };
static const char *const wheres[] = { "entry", "exit" };
static const char *const whats[] = { "file", "function" };

#define PLACE(kind, word, area, number) PLACE_##kind,
enum {
	PLACE_USER_END,
#include "places.def"
};
#undef PLACE
#define PLACE(kind, word, area, number) word,
static const char *const places[] = {
	"user-end",
#include "places.def"
};
#undef PLACE

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct parser {
	struct guest *guest;
	struct guest_error *error;
	char *rest;		/* of the line */
	unsigned line;
};

static void *must(void *memory)
{
	if (!memory) {
		fputs("previrt: out of memory\n", stderr);
		abort();
	}
	return memory;
}

static bool fail(struct parser *p, int diagnostic, const char *word, const char *wanted)
{
	p->error->line = p->line;
	p->error->diagnostic = diagnostic;
	snprintf(p->error->word, sizeof(p->error->word), "%s", word);
	snprintf(p->error->wanted, sizeof(p->error->wanted), "%s", wanted);
	return false;
}

/* The next word of the line, NUL behind it, or NULL. */
static char *next_word(struct parser *p)
{
	char *word = p->rest + strspn(p->rest, " \t\r");

	if (!*word || *word == '#')
		return NULL;
	p->rest = word + strcspn(word, " \t\r");
	if (*p->rest)
		*p->rest++ = 0;
	return word;
}

/* "a, b, c" of a list with holes; returns text. */
static char *join(const char *const *list, size_t count, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (size_t i = 0; i < count; i++)
		if (list[i] && used < size)
			used += snprintf(text + used, size - used, "%s%s", used ? ", " : "", list[i]);
	return text;
}

/* The next word's place in a list; false after an error. */
static bool next_choice(struct parser *p, const char *const *list, size_t count,
			unsigned *value)
{
	char wanted[sizeof(p->error->wanted)];
	char *word = next_word(p);

	for (size_t i = 0; word && i < count; i++)
		if (list[i] && !strcmp(word, list[i])) {
			*value = i;
			return true;
		}
	join(list, count, wanted, sizeof(wanted));
	return fail(p, word ? PV_BAD_WORD : PV_MISSING_WORD, word ? word : "", wanted);
}

/* "set_foo:123" becomes "set_foo"; false after an error. */
static bool cut_line(struct parser *p, struct guest_entry *e, char *name)
{
	char *colon = strchr(name, ':'), *end;

	if (!colon || (e->kind != GUEST_ACCESSOR && e->kind != GUEST_DEVICE))
		return true;
	e->at = strtoul(colon + 1, &end, 10);
	if (colon == name || !e->at || *end || colon[1] == '-')
		return fail(p, PV_BAD_WORD, name, "FUNCTION or FUNCTION:LINE");
	*colon = 0;
	return true;
}

static bool add(struct parser *p, const struct guest_entry *like, char *name)
{
	struct guest_entry **at = &p->guest->entries[like->kind];
	struct guest_entry *new = must(malloc(sizeof(*new)));

	*new = *like;
	new->line = p->line;
	new->file = p->guest->files;
	if (!cut_line(p, new, name)) {
		free(new);
		return false;
	}
	/* A function may have a hook at its entry and one at its exit. */
	for (; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name) && (*at)->file == new->file &&
		    (*at)->exit == new->exit && (*at)->at == new->at) {
			char before[32];

			snprintf(before, sizeof(before), "%u", (*at)->line);
			free(new);
			return fail(p, PV_TWICE, name, before);
		}
	new->name = must(strdup(name));
	*at = new;
	return true;
}

/* The names that end most lines: at least one. */
static bool add_names(struct parser *p, const struct guest_entry *like, const char *wanted)
{
	char *name = next_word(p);

	if (!name)
		return fail(p, PV_MISSING_WORD, "", wanted);
	for (; name; name = next_word(p))
		if (!add(p, like, name))
			return false;
	return true;
}

static bool parse_level(struct parser *p, struct guest_entry *e)
{
	return next_choice(p, levels, COUNT(levels), &e->value) &&
		add_names(p, e, e->kind == GUEST_TYPE || e->kind == GUEST_POINTER ?
			  "names of types" : "names of functions");
}

static bool parse_device(struct parser *p, struct guest_entry *e)
{
	unsigned way, width;

	if (!next_choice(p, ways, COUNT(ways), &way) ||
	    !next_choice(p, widths, COUNT(widths), &width))
		return false;
	e->write = way & 1;
	e->string = way & 2;
	e->value = 1u << width;
	return add_names(p, e, "names of functions");
}

static bool parse_hook(struct parser *p, struct guest_entry *e)
{
	unsigned where;

	if (!next_choice(p, wheres, COUNT(wheres), &where) ||
	    !next_choice(p, meanings, COUNT(meanings), &e->value))
		return false;
	e->exit = where;
	return add_names(p, e, "names of functions");
}

static bool parse_leave(struct parser *p, struct guest_entry *e)
{
	unsigned what;

	if (!next_choice(p, whats, COUNT(whats), &what))
		return false;
	e->kind = what ? GUEST_LEAVE_FUNCTION : GUEST_LEAVE_FILE;
	return add_names(p, e, "patterns");
}

/* The next word as a number; false after an error. */
static bool next_number(struct parser *p, const char *wanted, unsigned long long *number)
{
	char *value = next_word(p), *end;

	if (!value)
		return fail(p, PV_MISSING_WORD, "", wanted);
	errno = 0;
	*number = strtoull(value, &end, 0);
	if (errno || *end || *value == '-')
		return fail(p, PV_BAD_WORD, value, "a number of at most 64 bits");
	return true;
}

/* Nothing may follow; false after an error. */
static bool end_line(struct parser *p)
{
	char *more = next_word(p);

	return !more || fail(p, PV_BAD_WORD, more, "nothing more");
}

static bool parse_constant(struct parser *p, struct guest_entry *e)
{
	char *name = next_word(p);

	if (!name)
		return fail(p, PV_MISSING_WORD, "", "a name and a number");
	return next_number(p, "a name and a number", &e->number) && end_line(p) &&
		add(p, e, name);
}

static bool parse_place(struct parser *p, struct guest_entry *e)
{
	char end[] = "user-end", *name;

	if (!next_choice(p, places, COUNT(places), &e->value))
		return false;
	switch (e->value) {
	case PLACE_USER_END:
		return next_number(p, "a number", &e->number) && end_line(p) && add(p, e, end);
	case PLACE_STAYS:
		return next_number(p, "the size of an entry", &e->number) &&
			add_names(p, e, "names of sections");
	case PLACE_PROCESSOR:
		return next_number(p, "a selector", &e->number) &&
			add_names(p, e, "names of variables");
	case PLACE_BASE:
		return next_word(p) ? add_names(p, e, "the name of a variable") :
			fail(p, PV_MISSING_WORD, "", "an area and a variable");
	case PLACE_NUMBERS:
		name = next_word(p);
		if (!name)
			return fail(p, PV_MISSING_WORD, "", "an area and a number");
		return next_number(p, "a number", &e->number) && end_line(p) && add(p, e, name);
	}
	return add_names(p, e, "names");
}

static const struct {
	const char *word;
	enum guest_kind kind;
	bool (*parse)(struct parser *p, struct guest_entry *e);
} directives[] = {
	{ "type", GUEST_TYPE, parse_level },
	{ "pointer", GUEST_POINTER, parse_level },
	{ "accessor", GUEST_ACCESSOR, parse_level },
	{ "fill", GUEST_FILL, parse_level },
	{ "device", GUEST_DEVICE, parse_device },
	{ "hook", GUEST_HOOK, parse_hook },
	{ "leave", GUEST_LEAVE_FILE, parse_leave },
	{ "constant", GUEST_CONSTANT, parse_constant },
	{ "place", GUEST_PLACE, parse_place },
};

/* The first words of all lines, as join makes them; returns text. */
static char *join_directives(char *text, size_t size)
{
	const char *words[COUNT(directives)];

	for (size_t i = 0; i < COUNT(directives); i++)
		words[i] = directives[i].word;
	return join(words, COUNT(words), text, size);
}

static bool parse_line(struct parser *p)
{
	char wanted[sizeof(p->error->wanted)];
	char *word = next_word(p);

	if (!word)
		return true;
	for (size_t i = 0; i < COUNT(directives); i++) {
		struct guest_entry entry = { .kind = directives[i].kind };

		if (!strcmp(word, directives[i].word))
			return directives[i].parse(p, &entry);
	}
	return fail(p, PV_UNKNOWN_WORD, word, join_directives(wanted, sizeof(wanted)));
}

bool guest_parse(const char *text, struct guest *guest, struct guest_error *error)
{
	struct parser p = { .guest = guest, .error = error };
	char *copy = must(strdup(text)), *line = copy;
	bool good = true;

	guest->files++;
	while (good && line) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = 0;
		p.line++;
		p.rest = line;
		good = parse_line(&p);
		line = end;
	}
	free(copy);
	return good;
}

static void free_kind(struct guest *guest, unsigned kind)
{
	while (guest->entries[kind]) {
		struct guest_entry *e = guest->entries[kind];

		guest->entries[kind] = e->next;
		free((void *)e->name);
		free(e);
	}
}

void guest_free(struct guest *guest)
{
	for (unsigned kind = 0; kind < GUEST_KINDS; kind++)
		free_kind(guest, kind);
}

/* Is @word, of @length bytes, one of the list @words? */
static bool is_in_list(const char *words, const char *word, size_t length)
{
	for (; *words; words += strcspn(words, ","), words += *words == ',')
		if (strcspn(words, ",") == length && !memcmp(words, word, length))
			return true;
	return false;
}

void guest_select(struct guest *guest, const char *words)
{
	for (size_t i = 0; i < COUNT(directives); i++) {
		if (is_in_list(words, directives[i].word, strlen(directives[i].word)))
			continue;
		free_kind(guest, directives[i].kind);
		if (directives[i].kind == GUEST_LEAVE_FILE)
			free_kind(guest, GUEST_LEAVE_FUNCTION);
	}
}

bool guest_words(const char *words, char *list, size_t size)
{
	char all[256];
	bool good = *words && words[strlen(words) - 1] != ',';

	all[0] = 0;
	for (size_t i = 0, used = 0; i < COUNT(directives); i++)
		used += snprintf(all + used, sizeof(all) - used, "%s%s", i ? "," : "", directives[i].word);
	for (; good && *words; words += strcspn(words, ","), words += *words == ',')
		good = is_in_list(all, words, strcspn(words, ","));
	if (!good)
		join_directives(list, size);
	return good;
}

const struct guest_entry *guest_find(const struct guest *guest, enum guest_kind kind,
				     const char *name)
{
	for (const struct guest_entry *e = guest->entries[kind]; e; e = e->next)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

const char *guest_level_name(unsigned level)
{
	return level < COUNT(levels) ? levels[level] : NULL;
}

const char *guest_space_name(unsigned space)
{
	return space == PREVIRT_SPACE_mmio ? "mmio" : guest_level_name(space);
}

const char *guest_meaning_name(unsigned meaning)
{
	return meaning < COUNT(meanings) ? meanings[meaning] : NULL;
}

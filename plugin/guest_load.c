/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright The previrt authors */
#include "gcc-compat.h"

#include "arguments.h"
#include "diagnostics.h"
#include "guest_load.h"
#include "unit.h"

static struct guest guest;
static bool loaded;

/* The text of a file, or NULL with errno set. */
static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0, room = 4096, got;
	char *text;
	int error;

	if (!file)
		return NULL;
	text = XNEWVEC(char, room + 1);
	while ((got = fread(text + size, 1, room - size, file)) > 0) {
		size += got;
		if (size == room) {
			room *= 2;
			text = XRESIZEVEC(char, text, room + 1);
		}
	}
	error = ferror(file) ? errno : 0;
	fclose(file);
	text[size] = 0;
	if (!error)
		return text;
	free(text);
	errno = error;
	return NULL;
}

/* The text of NAME.guest beside the plugin; sets path to the file found. */
static char *read_named(const char *name, const char *plugin, char **path)
{
	static const char *const places[] = {
		"guests", "../guests", "../../../share/previrt/guests"
	};
	const char *slash = strrchr(plugin, '/');
	char *directory = slash ? xstrndup(plugin, slash - plugin) : xstrdup(".");
	char *text = NULL;

	for (unsigned i = 0; !text && i < ARRAY_SIZE(places); i++) {
		free(*path);
		*path = concat(directory, "/", places[i], "/", name, ".guest", NULL);
		text = read_text(*path);
	}
	free(directory);
	return text;
}

/* "file:line: PVnnn: ..." */
static void report(const char *path, const struct guest_error *e)
{
	const char *format = plugin_text(e->diagnostic);
	char *text = xasprintf(format, e->word, e->wanted);

	fprintf(stderr, "%s:%u: PV%d: %s\n", path, e->line, e->diagnostic, text);
	free(text);
}

bool guest_load(const char *name, const char *plugin, const char *lines)
{
	char *path = NULL, *text;
	struct guest_error error;

	if (strchr(name, '/')) {
		path = xstrdup(name);
		text = read_text(path);
	} else {
		text = read_named(name, plugin, &path);
	}
	if (!text) {
		plugin_error(712, strchr(name, '/') ? path : name, xstrerror(errno));
		free(path);
		return false;
	}
	loaded = guest_parse(text, &guest, &error);
	if (!loaded)
		report(path, &error);
	else if (lines)
		guest_select(&guest, lines);
	free(text);
	free(path);
	return loaded;
}

bool guest_is_loaded()
{
	return loaded;
}

/* The function's name in the source, which clones ("f.constprop") share. */
static bool is_named(const struct guest_entry *e, tree decl)
{
	return !strcmp(e->name, IDENTIFIER_POINTER(DECL_NAME(DECL_ORIGIN(decl))));
}

const struct guest_entry *guest_hook(tree decl, bool at_exit)
{
	if (!loaded || !DECL_NAME(decl))
		return NULL;
	for (const struct guest_entry *e = guest.entries[GUEST_HOOK]; e; e = e->next)
		if (e->exit == at_exit && is_named(e, decl))
			return e;
	return NULL;
}

const struct guest_entry *guest_at_line(tree decl, enum guest_kind kind, unsigned line)
{
	if (!loaded || !DECL_NAME(decl))
		return NULL;
	for (const struct guest_entry *e = guest.entries[kind]; e; e = e->next)
		if ((!e->at || e->at == line) && is_named(e, decl))
			return e;
	return NULL;
}

bool guest_leaves_function(tree decl)
{
	if (!loaded || !DECL_NAME(decl))
		return false;
	for (const struct guest_entry *e = guest.entries[GUEST_LEAVE_FUNCTION]; e; e = e->next)
		if (arguments_match(e->name, IDENTIFIER_POINTER(DECL_NAME(decl))))
			return true;
	return false;
}

bool guest_leaves_unit()
{
	if (!loaded)
		return false;
	for (const struct guest_entry *e = guest.entries[GUEST_LEAVE_FILE]; e; e = e->next)
		if (unit_fits(e->name))
			return true;
	return false;
}

/* The name a type was given, or NULL. */
static const char *type_name(tree type)
{
	tree name = TYPE_NAME(type);

	if (name && TREE_CODE(name) == TYPE_DECL)
		name = DECL_NAME(name);
	return name && TREE_CODE(name) == IDENTIFIER_NODE ? IDENTIFIER_POINTER(name) : NULL;
}

/*
 *	typedef struct { pteval_t pte; } pte_t;
 * The structure has no name; the variant that the typedef made has one.
 */
static unsigned find_level(tree type)
{
	for (tree t = TYPE_MAIN_VARIANT(type); t; t = TYPE_NEXT_VARIANT(t)) {
		const char *name = type_name(t);
		const struct guest_entry *e = name ? guest_find(&guest, GUEST_TYPE, name) : NULL;

		if (e)
			return e->value;
	}
	return 0;
}

/* The level of an object of this type, arrays of them included. */
static unsigned level_of(tree type)
{
	static hash_map<tree, unsigned> *known;
	bool existed;

	while (type && TREE_CODE(type) == ARRAY_TYPE)
		type = TREE_TYPE(type);
	if (!type || !TYPE_P(type))
		return 0;
	if (!known)
		known = new hash_map<tree, unsigned>;
	if (RECORD_OR_UNION_TYPE_P(type) || INTEGRAL_TYPE_P(type)) {
		unsigned &level = known->get_or_insert(TYPE_MAIN_VARIANT(type), &existed);

		/* The variant with the name may come after the first use. */
		if (!existed || !level)
			level = RECORD_OR_UNION_TYPE_P(type) ? find_level(type) : 0;
		if (level)
			return level;
	}
	return 0;
}

/*
 * The level of what a pointer of this type points to; *other is set if that is
 * certainly something else.
 */
static unsigned level_behind(tree pointer_type, bool *other)
{
	tree to = POINTER_TYPE_P(pointer_type) ? TREE_TYPE(pointer_type) : NULL_TREE;
	unsigned level = to ? level_of(to) : 0;
	const struct guest_entry *e;
	const char *name;

	if (!to || level)
		return level;
	name = type_name(to);
	e = name ? guest_find(&guest, GUEST_POINTER, name) : NULL;
	if (e)
		return e->value;
	*other = RECORD_OR_UNION_TYPE_P(to);
	return 0;
}

enum { DEPTH = 8 };

static unsigned trace_reference(tree ref, bool *other, int depth);

/*
 *	_1 = (long) p_0;
 *	_2 = _1 | 4096;
 *	_3 = (void *) _2;
 * The pointer that an integer was made of, or NULL.
 */
static tree pointer_behind(tree value, int depth)
{
	for (; depth > 0 && TREE_CODE(value) == SSA_NAME; depth--) {
		gimple *def = SSA_NAME_DEF_STMT(value);
		enum tree_code code = is_gimple_assign(def) ? gimple_assign_rhs_code(def) : ERROR_MARK;

		if (!CONVERT_EXPR_CODE_P(code) && code != BIT_IOR_EXPR && code != BIT_AND_EXPR)
			return NULL_TREE;
		if (gimple_num_ops(def) > 2 && TREE_CODE(gimple_assign_rhs2(def)) != INTEGER_CST)
			return NULL_TREE;
		value = gimple_assign_rhs1(def);
		if (POINTER_TYPE_P(TREE_TYPE(value)))
			return value;
	}
	return NULL_TREE;
}

/*
 * The level of what a pointer points to, by where it comes from:
 *	_1 = &vmf->orig_pte		a field of another structure
 *	_2 = &pte			a local variable
 *	_3 = (unsigned long *) ptep_4	as ptep_4
 *	_5 = ptep_4 + 8			as ptep_4
 */
static unsigned trace_pointer(tree pointer, bool *other, int depth)
{
	unsigned level = 0;
	gimple *def;

	if (TREE_CODE(pointer) == ADDR_EXPR)
		return trace_reference(TREE_OPERAND(pointer, 0), other, depth);
	if (TREE_CODE(pointer) == SSA_NAME && depth > 0) {
		def = SSA_NAME_DEF_STMT(pointer);
		if (def && is_gimple_assign(def)) {
			tree from = gimple_assign_rhs1(def);
			enum tree_code code = gimple_assign_rhs_code(def);

			if (CONVERT_EXPR_CODE_P(code) && INTEGRAL_TYPE_P(TREE_TYPE(from)))
				from = pointer_behind(from, depth);
			if (from && (CONVERT_EXPR_CODE_P(code) || code == SSA_NAME ||
				     code == ADDR_EXPR || code == POINTER_PLUS_EXPR) &&
			    POINTER_TYPE_P(TREE_TYPE(from)))
				level = trace_pointer(from, other, depth - 1);
		} else if (def && gimple_code(def) == GIMPLE_PHI) {
			for (unsigned i = 0; !level && !*other && i < gimple_phi_num_args(def); i++) {
				bool no = false;

				level = trace_pointer(gimple_phi_arg_def(def, i), &no, depth / 2);
			}
		}
	}
	if (level || *other)
		return level;
	return level_behind(TREE_TYPE(pointer), other);
}

static unsigned trace_reference(tree ref, bool *other, int depth)
{
	unsigned level = 0, outer;

	for (; handled_component_p(ref); ref = TREE_OPERAND(ref, 0)) {
		outer = level_of(TREE_TYPE(ref));
		if (outer)
			level = outer;
		/* A page-table entry inside another structure is a copy. */
		if (TREE_CODE(ref) == COMPONENT_REF && level &&
		    !level_of(TREE_TYPE(TREE_OPERAND(ref, 0))) && outer)
			*other = true;
	}
	if (*other)
		return 0;
	if (TREE_CODE(ref) == MEM_REF || TREE_CODE(ref) == TARGET_MEM_REF) {
		bool elsewhere = false;
		unsigned from = trace_pointer(TREE_OPERAND(ref, 0), &elsewhere, depth);

		if (elsewhere)
			*other = true;
		if (from || elsewhere)
			return from;
		outer = level_of(TREE_TYPE(ref));
		if (!outer)	/* what it is for alias analysis */
			outer = level_behind(TREE_TYPE(TREE_OPERAND(ref, 1)), &elsewhere);
		return outer ? outer : level;
	}
	if (DECL_P(ref)) {
		bool table = VAR_P(ref) && is_global_var(ref) &&
			TREE_CODE(TREE_TYPE(ref)) == ARRAY_TYPE;

		*other = !table;
		return table ? level_of(TREE_TYPE(ref)) : 0;
	}
	return level;
}

unsigned memory_type_level(tree reference)
{
	bool other = false;
	unsigned level = trace_reference(reference, &other, DEPTH);

	return other ? 0 : level;
}

unsigned memory_type_pointer(tree pointer)
{
	bool other = false;
	unsigned level = trace_pointer(pointer, &other, DEPTH);

	return other ? 0 : level;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/section_reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "config/file_look.h"
#include "config/secret_reference.h"

/* The most items of a list that is a default. */
enum { INITIAL_MAX = 8 };

struct reader {
	const struct value_context *values;
	struct problems *problems;
	enum config_look look;
	const struct node *root;
};

/* A section that is being filled. */
struct filling {
	const struct section *section;
	const struct node *map; /* NULL: nothing is there, so that defaults are all there is */
	char *out;
	bool good[SECTION_KEYS_MAX]; /* by key: its field holds a value */
};

static void fill(struct reader *r, const struct section *s, const struct node *map, void *out);

/* --- one key --- */

/* Where a section as a whole is blamed: at its own key, if it has one. */
static struct place
place_of_map(const struct node *map)
{
	return map->key ? map->key->at : map->at;
}

/* What a section is called in messages; only the outermost has no place of its own. */
static const char *
label(const struct reader *r, const struct node *map)
{
	if (map->key)
		return map->key->text.ptr;
	return map == r->root ? "the file" : "an item of a list";
}

static bool
expect(struct reader *r, const struct key *k, const struct node *node, enum node_kind kind)
{
	static const char *const what[] = {
		[NODE_SCALAR] = "a single value belongs here",
		[NODE_MAP] = "keys belong here",
		[NODE_LIST] = "a list belongs here",
	};
	static const char *const form[] = {
		[NODE_SCALAR] = "Write it behind the colon, on the same line.",
		[NODE_MAP] =
		    "Write keys with their values on lines of their own, indented; or remove this one.",
		[NODE_LIST] = "Write it in brackets: [a, b].",
	};

	if (node->kind == kind)
		return true;
	problem_advise(problems_add(r->problems, node->at, "%s: %s", k->name, what[kind]), "%s",
	    form[kind]);
	return false;
}

static bool
read_scalar(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	struct value_text v = { .text = node->text, .plain = node->plain, .at = node->at };
	const char *path;

	if (!expect(r, k, node, NODE_SCALAR) || !config_value_read(k, &v, r->values, field))
		return false;
	if (r->look == CONFIG_NO_LOOK || (k->type != TYPE_INPUT && k->type != TYPE_PROFILE))
		return true;
	path = *(const char *const *)field;
	if (strchr(path, '/') || k->type == TYPE_INPUT)
		file_look(path, false, k->name, node->at, r->problems);
	return true;
}

static void
set_list(void *field, const void *item, size_t n)
{
	struct any_list list = { item, n };

	memcpy(field, &list, sizeof list);
}

static size_t
count(const struct node *parent)
{
	size_t n = 0;

	for (const struct node *child = parent->child; child; child = child->next)
		n++;
	return n;
}

static bool
expect_count(struct reader *r, const struct key *k, const struct node *node)
{
	size_t n = count(node);

	if (n > 0 && n <= k->items)
		return true;
	problem_advise(problems_add(r->problems, node->at, "%s: %s", k->name,
	                   n == 0 ? "the list is empty" : "the list is too long"),
	    "At least one, and at most %zu.", k->items);
	return false;
}

static bool
read_list(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	size_t size = key_item_size(k);
	bool good = true;
	size_t n = 0;
	char *item;

	if (!expect(r, k, node, NODE_LIST) || !expect_count(r, k, node))
		return false;
	item = arena_alloc(r->values->arena, count(node) * size);
	for (const struct node *child = node->child; item && child; child = child->next)
		good = read_scalar(r, k, child, item + size * n++) && good;
	if (item && good)
		set_list(field, item, n);
	return item && good;
}

/* Also a broken one leaves its name, so that what refers to it is not blamed as well. */
static void
read_name(struct reader *r, const struct key *k, const struct node *node, const char **field)
{
	const struct key name = { .name = k->name, .type = TYPE_NAME };
	const struct value_text v = { node->text, node->plain, node->at };

	if (!config_value_read(&name, &v, r->values, field))
		*field = node->text.ptr;
}

static bool
read_named(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	size_t size = k->section->size;
	size_t n = 0;
	char *item;

	if (!expect(r, k, node, NODE_MAP))
		return false;
	item = arena_alloc(r->values->arena, count(node) * size);
	for (const struct node *child = node->child; item && child; child = child->next) {
		const struct key entry = { .name = child->key->text.ptr };
		char *out = item + size * n++;

		read_name(r, k, child->key, (const char **)(void *)out);
		fill(r, k->section, expect(r, &entry, child, NODE_MAP) ? child : NULL, out);
	}
	if (item)
		set_list(field, item, n);
	return item;
}

/* A list of maps. */
static bool
read_sections(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	size_t size = k->section->size;
	size_t n = 0;
	char *item;

	if (!expect(r, k, node, NODE_LIST) || !expect_count(r, k, node))
		return false;
	item = arena_alloc(r->values->arena, count(node) * size);
	for (const struct node *child = node->child; item && child; child = child->next)
		fill(r, k->section, expect(r, k, child, NODE_MAP) ? child : NULL,
		    item + size * n++);
	if (item)
		set_list(field, item, n);
	return item;
}

/* A map whose keys are not ours. */
static bool
read_pairs(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	struct name_value *item;
	bool good = true;
	size_t n = 0;

	if (!expect(r, k, node, NODE_MAP) || !expect_count(r, k, node))
		return false;
	item = arena_alloc(r->values->arena, count(node) * sizeof *item);
	for (const struct node *child = node->child; item && child; child = child->next, n++) {
		const struct key name = { .name = k->name, .type = TYPE_TEXT };
		const struct key value = { .name = child->key->text.ptr, .type = TYPE_TEXT };

		good = read_scalar(r, &name, child->key, &item[n].name) && good;
		good = read_scalar(r, &value, child, &item[n].value) && good;
	}
	if (item && good)
		set_list(field, item, n);
	return item && good;
}

static bool
read_section(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	void *section = field;

	if (!expect(r, k, node, NODE_MAP))
		return false;
	if (k->type == TYPE_OPTIONAL_SECTION) {
		section = arena_alloc(r->values->arena, k->section->size);
		memcpy(field, &section, sizeof section);
	}
	if (section)
		fill(r, k->section, node, section);
	return section;
}

static bool
read_key(struct reader *r, const struct key *k, const struct node *node, void *field)
{
	switch (k->type) {
	case TYPE_SECRET:
	case TYPE_CERTIFICATE:
	case TYPE_SIGNING_KEY:
		return secret_reference_read(k, node, r->values, field);
	case TYPE_SECTION:
	case TYPE_OPTIONAL_SECTION:
		return read_section(r, k, node, field);
	case TYPE_NAMED:
		return read_named(r, k, node, field);
	case TYPE_SECTIONS:
		return read_sections(r, k, node, field);
	case TYPE_PAIRS:
		return read_pairs(r, k, node, field);
	default:
		return k->items > 0 ? read_list(r, k, node, field) : read_scalar(r, k, node, field);
	}
}

/* A default is read as if it stood in the file: it is the same text. */
static bool
read_initial(struct reader *r, const struct key *k, void *field)
{
	struct node list = { .kind = NODE_LIST };
	struct node item[INITIAL_MAX];
	struct node **end = &list.child;
	struct slice rest = slice_of(k->initial);
	struct slice text;

	for (size_t n = 0; key_next_initial(k, &rest, &text); n++) {
		assert(n < INITIAL_MAX);
		item[n] = (struct node){ .text = text, .plain = true };
		*end = &item[n];
		end = &item[n].next;
	}
	return read_key(r, k, k->items > 0 ? &list : &item[0], field);
}

/* One text pointer, or a list of just that. */
static bool
copy_neighbour(struct reader *r, const struct filling *f, const struct key *k, void *field)
{
	const struct key *source = section_key(f->section, slice_of(k->same_as));
	const char *text;
	void *item;

	memcpy(&text, f->out + source->offset, sizeof text);
	if (!text)
		return false;
	if (k->items == 0) {
		memcpy(field, &text, sizeof text);
		return true;
	}
	item = arena_alloc(r->values->arena, sizeof text);
	if (!item)
		return false;
	memcpy(item, &text, sizeof text);
	set_list(field, item, 1);
	return true;
}

static bool
take_default(struct reader *r, const struct filling *f, const struct key *k, void *field)
{
	if (k->same_as)
		return copy_neighbour(r, f, k, field);
	if (k->initial)
		return read_initial(r, k, field);
	if (k->type == TYPE_SECTION)
		fill(r, k->section, NULL, field);
	return false;
}

/* --- what a section says of its keys --- */

static void
report_unknown(struct reader *r, const struct section *s, const struct node *map,
    const struct node *key)
{
	const char *candidate[SECTION_KEYS_MAX];
	struct slice echo = slice_head(key->text, 60);
	struct problem *problem;
	struct buf known;
	const char *meant;
	size_t n = 0;

	buf_init(&known, PROBLEM_ADVICE_BYTES);
	for (; s->key[n].name; n++) {
		assert(n < SECTION_KEYS_MAX);
		candidate[n] = s->key[n].name;
		buf_addf(&known, "%s%s", n > 0 ? ", " : "", candidate[n]);
	}
	meant = nearest(key->text, candidate, n);
	if (meant)
		problem = problems_add(r->problems, key->at,
		    "unknown key \"" SLICE_FMT "\" in %s; did you mean \"%s\"?", SLICE_ARG(echo),
		    label(r, map), meant);
	else
		problem = problems_add(r->problems, key->at, "unknown key \"" SLICE_FMT "\" in %s",
		    SLICE_ARG(echo), label(r, map));
	problem_advise(problem, "Known: %s. Notes may stand under keys that begin with x-.",
	    known.ptr ? known.ptr : "");
	buf_done(&known);
}

static void
judge_unknown(struct reader *r, const struct filling *f)
{
	for (const struct node *child = f->map->child; child; child = child->next) {
		struct slice name = child->key->text;

		if (!section_key(f->section, name) &&
		    !slice_eq(slice_head(name, 2), slice_of("x-")))
			report_unknown(r, f->section, f->map, child->key);
	}
}

static void
report_missing(struct reader *r, const struct filling *f, const struct key *k, const char *why)
{
	problem_advise(problems_add(r->problems, place_of_map(f->map), "%s: %s is missing%s",
	                   label(r, f->map), k->name, why),
	    "Add %s. %s", k->name, k->help);
}

/* Which keys are needed and which are not wanted, as this word of the selector has it. */
static void
judge_selected(struct reader *r, const struct filling *f, unsigned word)
{
	const struct key *selector = &f->section->key[0];
	char why[64];

	(void)snprintf(why, sizeof why, ", which %s %s needs", selector->name,
	    selector->words[word]);
	for (const struct key *k = f->section->key; k->name; k++) {
		const struct node *node = yaml_tree_get(f->map, k->name);

		if (!node && (k->needed_by >> word & 1))
			report_missing(r, f, k, why);
		if (node && k->only_for > 0 && !(k->only_for >> word & 1))
			problem_advise(problems_add(r->problems, node->key->at,
			                   "%s does not go with %s %s", k->name, selector->name,
			                   selector->words[word]),
			    "Remove one of the two.");
	}
}

static void
judge_proof(struct reader *r, const struct filling *f)
{
	static const char alone[] = "A certificate takes both certificate and private_key.";
	const struct node *secret = yaml_tree_get(f->map, "client_secret");
	const struct node *certificate = yaml_tree_get(f->map, "certificate");
	const struct node *key = yaml_tree_get(f->map, "private_key");
	const struct node *extra = certificate ? certificate : key;

	if (secret && extra)
		problem_advise(problems_add(r->problems, extra->key->at,
		                   "%s and client_secret are both there", extra->key->text.ptr),
		    "Keep client_secret, or certificate with private_key.");
	else if (extra && !(certificate && key))
		problem_advise(problems_add(r->problems, extra->key->at, "%s stands alone",
		                   extra->key->text.ptr),
		    "%s", alone);
	else if (!secret && !extra)
		problem_advise(problems_add(r->problems, place_of_map(f->map),
		                   "%s: client_secret is missing", label(r, f->map)),
		    "Add client_secret, or certificate with private_key.");
}

/* A certificate that is needed is missed already. */
static void
judge_certificates(struct reader *r, const struct filling *f)
{
	for (const struct key *k = f->section->key; k->name; k++) {
		const struct node *key = k->key_in ? yaml_tree_get(f->map, k->key_in) : NULL;

		if (key && k->needed_by == 0 && !yaml_tree_get(f->map, k->name))
			problem_advise(
			    problems_add(r->problems, key->key->at, "%s stands alone", k->key_in),
			    "Add %s, or remove it.", k->name);
	}
}

static void
judge_company(struct reader *r, const struct filling *f)
{
	for (const struct key *k = f->section->key; k->name; k++) {
		const struct node *node = k->beside ? yaml_tree_get(f->map, k->name) : NULL;

		if (node && !yaml_tree_get(f->map, k->beside))
			problem_advise(
			    problems_add(r->problems, node->key->at, "%s stands alone", k->name),
			    "Add %s, or remove it.", k->beside);
	}
}

static void
look_at_secrets(struct reader *r, const struct filling *f)
{
	for (const struct key *k = f->section->key; k->name; k++) {
		const struct node *node = yaml_tree_get(f->map, k->name);
		bool has_key = k->key_in && !yaml_tree_get(f->map, k->key_in);

		if ((k->type == TYPE_SECRET || k->type == TYPE_CERTIFICATE ||
		        k->type == TYPE_SIGNING_KEY) &&
		    f->good[k - f->section->key])
			secret_reference_look(k->name, (const void *)(f->out + k->offset),
			    k->type != TYPE_CERTIFICATE || has_key, node->at, r->values);
	}
}

static void
judge_order(struct reader *r, const struct filling *f, const struct key *k)
{
	const struct key *limit = section_key(f->section, slice_of(k->at_most));
	const struct node *node = yaml_tree_get(f->map, k->name);
	const struct node *limit_node = yaml_tree_get(f->map, limit->name);
	struct buf value;

	if (!node)
		node = limit_node; /* with two defaults there is nothing to judge */
	if (!node || !f->good[k - f->section->key] || !f->good[limit - f->section->key] ||
	    *(const uint64_t *)(const void *)(f->out + k->offset) <=
	        *(const uint64_t *)(const void *)(f->out + limit->offset))
		return;
	buf_init(&value, PROBLEM_MESSAGE_BYTES);
	buf_addf(&value, "%s is ", limit->name);
	(void)config_value_print(limit, f->out + limit->offset, &value);
	buf_addf(&value, ", but %s is ", k->name);
	(void)config_value_print(k, f->out + k->offset, &value);
	problem_advise(problems_add(r->problems, node->at, "%s", value.ptr ? value.ptr : ""),
	    "%s may be at most %s.", k->name, limit->name);
	buf_done(&value);
}

static void
judge(struct reader *r, const struct filling *f)
{
	const struct section *s = f->section;
	bool selected = s->selector && f->good[0];
	unsigned word = selected ? *(const unsigned *)(const void *)(f->out + s->key[0].offset) : 0;

	judge_unknown(r, f);
	for (const struct key *k = s->key; k->name; k++) {
		if (k->required && !yaml_tree_get(f->map, k->name))
			report_missing(r, f, k, "");
		if (k->at_most)
			judge_order(r, f, k);
	}
	if (selected)
		judge_selected(r, f, word);
	if (selected && (s->app_proof >> word & 1))
		judge_proof(r, f);
	judge_certificates(r, f);
	judge_company(r, f);
	if (r->look == CONFIG_LOOK_AT_FILES)
		look_at_secrets(r, f);
}

static void
fill(struct reader *r, const struct section *s, const struct node *map, void *out)
{
	struct filling f = { .section = s, .map = map, .out = out };

	assert(out);
	for (size_t i = 0; s->key[i].name; i++) {
		const struct key *k = &s->key[i];
		const struct node *node = yaml_tree_get(map, k->name);

		f.good[i] = node ? read_key(r, k, node, f.out + k->offset)
		                 : take_default(r, &f, k, f.out + k->offset);
	}
	if (map)
		judge(r, &f);
}

void
section_read(const struct section *s, const struct node *map, const struct value_context *c,
    enum config_look look, void *out)
{
	struct reader r = { .values = c, .problems = c->problems, .look = look, .root = map };

	fill(&r, s, map, out);
}

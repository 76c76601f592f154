/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the one that is being looked at */
	struct slice text;
	struct arena *arena;
	struct problems *problems;
	bool stopped; /* nothing behind a failure makes sense */
};

static struct place
place_of(yaml_mark_t mark)
{
	return (struct place){ mark.line + 1, mark.column + 1 };
}

/* Only what the scanner has read is counted in marks; for bytes that it refuses we count. */
static struct place
place_of_offset(struct slice text, size_t offset)
{
	struct place at = { 1, 1 };

	for (size_t i = 0; i < offset && i < text.len; i++) {
		if (text.ptr[i] == '\n')
			at = (struct place){ at.line + 1, 1 };
		else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80)
			at.column++;
	}
	return at;
}

/* Is the line that far indented with a tab? at becomes the tab's place. */
static bool
find_tab(struct slice text, struct place *at)
{
	const char *line = text.ptr;
	const char *end = text.ptr + text.len;
	size_t blanks = 0;

	for (size_t n = 1; n < at->line; n++) {
		line = memchr(line, '\n', (size_t)(end - line));
		if (!line)
			return false;
		line++;
	}
	while (line + blanks < end && line[blanks] == ' ')
		blanks++;
	if (line + blanks == end || line[blanks] != '\t')
		return false;
	at->column = blanks + 1;
	return true;
}

static void
report_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct place at = place_of(p->problem_mark);
	struct place begin = place_of(p->context_mark);
	struct problem *problem;

	if (find_tab(r->text, &at)) {
		problem = problems_add(r->problems, at, "a line is indented with a tab");
		problem_advise(problem, "Indent with blanks only.");
		return;
	}
	if (p->context && begin.line > 0)
		problem = problems_add(r->problems, at, "%s %s that begins at %zu:%zu", p->problem,
		    p->context, begin.line, begin.column);
	else
		problem = problems_add(r->problems, at, "%s", p->problem);
	problem_advise(problem, "Mend the YAML syntax here or just above; the rest was not read.");
}

static void
report_bytes(struct reader *r)
{
	struct problem *problem = problems_add(r->problems,
	    place_of_offset(r->text, r->parser.problem_offset), "%s", r->parser.problem);

	problem_advise(problem, "Save the file as UTF-8 text.");
}

static void
report_failure(struct reader *r)
{
	switch (r->parser.error) {
	case YAML_MEMORY_ERROR:
		r->arena->failed = true;
		break;
	case YAML_READER_ERROR:
		report_bytes(r);
		break;
	default:
		report_syntax(r);
	}
}

/* Moves to the next event. False once the reader has stopped. */
static bool
advance(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (r->arena->failed)
		r->stopped = true;
	if (!r->stopped && !yaml_parser_parse(&r->parser, &r->event)) {
		report_failure(r);
		r->stopped = true;
	}
	return !r->stopped;
}

static void
refuse(struct reader *r, const char *what, const char *advice)
{
	problem_advise(problems_add(r->problems, place_of(r->event.start_mark), "%s", what), "%s",
	    advice);
}

static void
refuse_decoration(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		refuse(r, "anchors are not taken", "Remove the word that begins with &.");
	if (tag)
		refuse(r, "tags are not taken", "Remove the word that begins with !.");
}

static struct node *
stop_at(struct reader *r, const char *what, const char *advice)
{
	refuse(r, what, advice);
	r->stopped = true;
	return NULL;
}

static struct node *
new_node(struct reader *r, enum node_kind kind)
{
	struct node *node = arena_alloc(r->arena, sizeof *node);

	if (node)
		*node = (struct node){ .kind = kind, .at = place_of(r->event.start_mark) };
	return node;
}

static struct node *
read_scalar(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	struct node *node = new_node(r, NODE_SCALAR);
	struct slice text = { (const char *)e->data.scalar.value, e->data.scalar.length };

	refuse_decoration(r, e->data.scalar.anchor, e->data.scalar.tag);
	if (!node)
		return NULL;
	node->text = (struct slice){ arena_text(r->arena, text), text.len };
	node->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return node;
}

static struct node *read_node(struct reader *r, unsigned depth);

static struct node *
read_list(struct reader *r, unsigned depth)
{
	struct node *list = new_node(r, NODE_LIST);
	struct node **end = list ? &list->child : NULL;

	refuse_decoration(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag);
	while (end && advance(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
		*end = read_node(r, depth + 1);
		end = *end ? &(*end)->next : NULL;
	}
	return list;
}

/* By key, equal ones in the order of the file. */
static int
compare_keys(const void *left, const void *right)
{
	const struct node *a = *(const struct node *const *)left;
	const struct node *b = *(const struct node *const *)right;
	int order = strcmp(a->text.ptr, b->text.ptr);

	if (order != 0)
		return order;
	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	return a->at.column < b->at.column ? -1 : 1;
}

/* Sorted, because a long map must not take the square of its length. */
static void
report_twins(struct reader *r, const struct node *map)
{
	const struct node **key;
	size_t n = 0;
	const struct node *first;

	for (const struct node *child = map->child; child; child = child->next)
		n++;
	key = arena_alloc(r->arena, n * sizeof(struct node *));
	if (!key)
		return;
	n = 0;
	for (const struct node *child = map->child; child; child = child->next)
		key[n++] = child->key;
	qsort(key, n, sizeof(struct node *), compare_keys);
	first = n > 0 ? key[0] : NULL;
	for (size_t i = 1; i < n; i++) {
		if (!slice_eq(key[i]->text, first->text)) {
			first = key[i];
			continue;
		}
		problem_advise(problems_add(r->problems, key[i]->at,
		                   "\"%s\" is there twice; the first is at %zu:%zu",
		                   key[i]->text.ptr, first->at.line, first->at.column),
		    "Remove one of the two.");
	}
}

static const struct node *
read_key(struct reader *r)
{
	if (r->event.type != YAML_SCALAR_EVENT)
		return stop_at(r, "a key must be a word", "Write it as key: value.");
	return read_scalar(r);
}

static struct node *
read_map(struct reader *r, unsigned depth)
{
	struct node *map = new_node(r, NODE_MAP);
	struct node **end = map ? &map->child : NULL;

	refuse_decoration(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag);
	while (end && advance(r) && r->event.type != YAML_MAPPING_END_EVENT) {
		const struct node *key = read_key(r);

		*end = key && advance(r) ? read_node(r, depth + 1) : NULL;
		if (!*end)
			break;
		(*end)->key = key;
		end = &(*end)->next;
	}
	if (map && !r->stopped)
		report_twins(r, map);
	return map;
}

/* What begins with the event that is being looked at. NULL if the reader has stopped. */
static struct node *
read_node(struct reader *r, unsigned depth)
{
	if (depth > YAML_TREE_DEPTH_MAX)
		return stop_at(r, "too many levels", "Nothing here needs more than six.");
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, depth);
	case YAML_MAPPING_START_EVENT:
		return read_map(r, depth);
	default:
		assert(r->event.type == YAML_ALIAS_EVENT);
		return stop_at(r, "aliases are not taken",
		    "Write it out; a text that begins with * needs quotes.");
	}
}

/* From the start of the stream to its end. */
static const struct node *
read_stream(struct reader *r)
{
	const struct node *root = NULL;

	if (!advance(r) || !advance(r)) /* the start of the stream, then of the document */
		return NULL;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		problem_advise(problems_add(r->problems, (struct place){ 1, 1 },
		                   "there is nothing in the file"),
		    "'autoreg config init' prints one to begin with.");
		return NULL;
	}
	if (advance(r))
		root = read_node(r, 1);
	if (!advance(r) || !advance(r)) /* the end of the document, then of the stream */
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT)
		(void)stop_at(r, "a second document begins", "Keep one, without a line of dashes.");
	return root;
}

enum err_code
yaml_tree_parse(struct slice text, struct arena *arena, struct problems *problems,
    const struct node **out, struct err *err)
{
	static const struct slice mark = { "\xef\xbb\xbf", 3 };
	struct reader r = { .text = text, .arena = arena, .problems = problems };
	const struct node *root;

	if (slice_eq(slice_head(text, mark.len), mark))
		r.text = (struct slice){ text.ptr + mark.len, text.len - mark.len };
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_NOMEM, "YAML parser");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser,
	    (const unsigned char *)(r.text.len ? r.text.ptr : ""), r.text.len);
	root = read_stream(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (arena->failed)
		return err_set(err, ERR_NOMEM, "YAML document");
	*out = r.stopped ? NULL : root;
	return ERR_OK;
}

const struct node *
yaml_tree_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *child = map->child; child; child = child->next) {
		if (slice_eq(child->key->text, slice_of(key)))
			return child;
	}
	return NULL;
}

bool
yaml_tree_says(const struct node *node, const char *text)
{
	return node && node->kind == NODE_SCALAR && slice_eq(node->text, slice_of(text));
}

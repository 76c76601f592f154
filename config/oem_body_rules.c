/* SPDX-License-Identifier: Apache-2.0 */
#include "config/oem_body_rules.h"

#include <stdio.h>
#include <string.h>

#include "config/oem_body_schema.h"
#include "config/value_type.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* The pairs of a body, its fields, the list of devices, and an id. */
enum { SPOTS_MAX = PAIRS_MAX + NOEM_VALUE + 2 };

/* The places in one body that are taken so far. */
struct body {
	struct {
		struct slice pointer;
		struct place at;
	} spot[SPOTS_MAX];
	size_t n;
	struct problems *problems;
};

/* --- places in a body --- */

static bool
is_at_or_above(struct slice a, struct slice b)
{
	return slice_eq(a, slice_head(b, a.len)) && (a.len == b.len || b.ptr[a.len] == '/');
}

/* Only objects are made on the way to a place, so that nothing may stand at or above another. */
static void
claim_spot(struct body *b, struct slice pointer, struct place at)
{
	const char *fault =
	    pointer.len == 0 ? "is the whole body" : value_type(TYPE_POINTER)->fault(pointer);

	if (!fault && pointer.len > POINTER_MAX)
		fault = "is too long";
	if (fault) {
		problem_advise(problems_add(b->problems, at, "\"" SLICE_FMT "\" %s",
		                   SLICE_ARG(slice_head(pointer, 60)), fault),
		    "Here stands a JSON pointer of at most %d characters, such as /tenant/id.",
		    POINTER_MAX);
		return;
	}
	for (size_t i = 0; i < b->n; i++) {
		struct slice other = b->spot[i].pointer;

		if (!is_at_or_above(pointer, other) && !is_at_or_above(other, pointer))
			continue;
		problem_advise(problems_add(b->problems, at,
		                   "\"" SLICE_FMT "\" and \"" SLICE_FMT
		                   "\" (line %zu) are in each other's way",
		                   SLICE_ARG(slice_head(pointer, 60)),
		                   SLICE_ARG(slice_head(other, 60)), b->spot[i].at.line),
		    "Give each a place of its own.");
		return;
	}
	if (b->n < SPOTS_MAX) {
		b->spot[b->n].pointer = pointer;
		b->spot[b->n++].at = at;
	}
}

static void
claim_pairs(struct body *b, const struct node *map)
{
	for (const struct node *pair = map ? map->child : NULL; pair && pair->key;
	     pair = pair->next)
		claim_spot(b, pair->key->text, pair->key->at);
}

/* --- fields --- */

struct judge {
	const struct oem_profile *profile;
	const struct node *fields; /* NULL, or no map, if it is broken */
	const struct node *devices;
	struct problems *problems;
};

static const char *
word_of(enum oem_value v)
{
	return oem_body_schema_fields.key[v].name;
}

static const struct node *
name_of(const struct judge *j, enum oem_value v)
{
	return yaml_tree_get(yaml_tree_get(j->fields, word_of(v)), "name");
}

static void
blame_field(const struct judge *j, enum oem_value v, const char *what, const char *advice)
{
	const struct node *name = name_of(j, v);

	problem_advise(problems_add(j->problems, name->at, "%s: \"" SLICE_FMT "\" %s", word_of(v),
	                   SLICE_ARG(slice_head(name->text, 60)), what),
	    "%s", advice);
}

static bool
is_of_device(enum oem_value v)
{
	return v <= OEM_PRODUCT_ID || v == OEM_ORDER || v == OEM_USER;
}

static bool
is_bare(const struct judge *j)
{
	const char *devices = j->profile->request.devices;

	return devices && devices[0] == '\0';
}

static void
judge_envelope_field(const struct judge *j, enum oem_value v, struct body *b)
{
	const char *pointer = j->profile->request.field[v].name;

	if (is_of_device(v))
		blame_field(j, v, "differs from device to device", "Remove `in: envelope`.");
	else if (is_bare(j))
		blame_field(j, v, "has no envelope to stand in",
		    "request.devices is \"\": the body is the list. Remove `in: envelope`.");
	else
		claim_spot(b, slice_of(pointer), name_of(j, v)->at);
}

static void
judge_device_field(const struct judge *j, enum oem_value v)
{
	const struct oem_field *field = j->profile->request.field;

	if (field[v].name[0] == '/')
		blame_field(j, v, "is a JSON pointer",
		    "In a device stands the name of a member; a pointer goes with `in: envelope`.");
	for (enum oem_value w = 0; w < v; w++) {
		if (field[w].name && field[w].level == OEM_IN_DEVICE &&
		    strcmp(field[w].name, field[v].name) == 0)
			blame_field(j, v, "is the name of another field",
			    "Give each field a name of its own.");
	}
}

static void
judge_fields(const struct judge *j, struct body *b)
{
	for (enum oem_value v = 0; v < NOEM_VALUE; v++) {
		const struct oem_field *f = &j->profile->request.field[v];

		if (f->name && f->level == OEM_IN_DEVICE)
			judge_device_field(j, v);
		else if (f->name &&
		    yaml_tree_says(yaml_tree_get(yaml_tree_get(j->fields, word_of(v)), "in"),
		        "envelope"))
			judge_envelope_field(j, v, b);
	}
}

static void
want_field(const struct judge *j, enum oem_value v, const char *why)
{
	if (!yaml_tree_get(j->fields, word_of(v)))
		problem_advise(problems_add(j->problems, j->fields->key->at,
		                   "fields: %s is missing, which %s needs", word_of(v), why),
		    "Add %s: {name: NAME}.", word_of(v));
}

static void
judge_needs(const struct judge *j, const struct node *root)
{
	const struct node *identity = yaml_tree_get(root, "identity");
	enum oem_identity id = j->profile->identity;

	if (yaml_tree_get(yaml_tree_get(root, "result"), "ref"))
		want_field(j, OEM_REF, "result.ref");
	if (!identity || (id == OEM_ID_PKID && !yaml_tree_says(identity, "pkid")))
		return;
	if (id != OEM_ID_TUPLE)
		want_field(j, OEM_PRODUCT_ID, "identity");
	if (id == OEM_ID_PKID)
		return;
	want_field(j, OEM_SERIAL, "identity");
	want_field(j, OEM_MANUFACTURER, "identity");
	want_field(j, OEM_MODEL, "identity");
}

/* --- the whole request --- */

static void
refuse_in_bare(const struct judge *j, const struct node *there)
{
	if (there && is_bare(j))
		problem_advise(problems_add(j->problems, there->key->at, "%s: there is no envelope",
		                   there->key->text.ptr),
		    "request.devices is \"\": the body is the list. Remove %s.",
		    there->key->text.ptr);
}

/* They are sent as they are: a name that is meant to be filled in would reach the service bare. */
static void
judge_constants(const struct judge *j, const struct node *constants)
{
	for (const struct node *c = constants ? constants->child : NULL; c; c = c->next) {
		if (c->kind == NODE_SCALAR && strchr(c->text.ptr, '{'))
			problem_advise(problems_add(j->problems, c->at,
			                   "constants: nothing is filled in here"),
			    "The tenant is sent by request.fields; write a text without braces.");
	}
}

static void
judge_request(const struct judge *j, const struct node *root)
{
	const struct node *request = yaml_tree_get(root, "request");
	const struct node *constants = yaml_tree_get(request, "constants");
	const struct node *id = yaml_tree_get(yaml_tree_get(root, "idempotency"), "field");
	struct body b = { .problems = j->problems };

	judge_constants(j, constants);
	refuse_in_bare(j, constants);
	refuse_in_bare(j, id);
	if (!is_bare(j)) {
		claim_pairs(&b, constants);
		if (j->profile->request.devices)
			claim_spot(&b, j->devices->text, j->devices->at);
		if (j->profile->idempotency.field)
			claim_spot(&b, id->text, id->at);
	}
	judge_fields(j, &b);
	if (j->fields && j->fields->kind == NODE_MAP)
		judge_needs(j, root);
}

/* --- hardware hashes --- */

/* Letters and digits in lower case, so that hardware_hash and HardwareHash are one. */
static void
simplify(struct slice text, char out[TEXT_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < TEXT_MAX; i++) {
		char c = text.ptr[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			out[n++] = c;
	}
	out[n] = '\0';
}

static bool
is_note(struct slice key)
{
	return slice_eq(slice_head(key, 2), slice_of("x-"));
}

static void
judge_word(struct slice text, struct place at, struct problems *problems)
{
	static const char *const hash[] = { "hash", "4khh", "hardwareidentifier", "hardwaredata" };
	char word[TEXT_MAX + 1];

	simplify(text, word);
	for (size_t i = 0; i < LENGTH(hash); i++) {
		if (!strstr(word, hash[i]))
			continue;
		problem_advise(problems_add(problems, at,
		                   "\"" SLICE_FMT
		                   "\" names a hardware hash, which is never sent to a maker",
		                   SLICE_ARG(slice_head(text, 60))),
		    "Remove it: a device is known there by its product key id, or by "
		    "manufacturer, model and serial number.");
		return;
	}
}

/* Source: sources.md#oem-service */
static void
judge_hashes(const struct node *node, struct problems *problems)
{
	if (!node)
		return;
	if (node->kind == NODE_SCALAR)
		judge_word(node->text, node->at, problems);
	for (const struct node *child = node->child; child; child = child->next) {
		if (child->key && is_note(child->key->text))
			continue;
		if (child->key)
			judge_word(child->key->text, child->key->at, problems);
		judge_hashes(child, problems);
	}
}

void
oem_body_rules_judge(const struct oem_profile *p, const struct node *root,
    struct problems *problems)
{
	const struct node *request = yaml_tree_get(root, "request");
	const struct node *question = yaml_tree_get(yaml_tree_get(root, "consent"), "body");
	const struct judge j = {
		.profile = p,
		.fields = yaml_tree_get(request, "fields"),
		.devices = yaml_tree_get(request, "devices"),
		.problems = problems,
	};
	struct body asked = { .problems = problems };

	claim_pairs(&asked, question);
	judge_request(&j, root);
	judge_hashes(request, problems);
	judge_hashes(question, problems);
	judge_hashes(yaml_tree_get(yaml_tree_get(root, "idempotency"), "field"), problems);
}

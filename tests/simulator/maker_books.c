/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/maker_books.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "tests/simulator/json_make.h"
#include "tests/simulator/must.h"

enum { IDENTITY_MAX = 8 << 20 }; /* no request is longer */

struct maker_books *
maker_books_new(void)
{
	struct maker_books *b = must_have(calloc(1, sizeof *b));

	b->units_end = &b->units;
	b->operations_end = &b->operations;
	return b;
}

/* --- clean-up --- */

static void
keep(void *node)
{
	(void)node; /* units are freed by their list */
}

static void
free_unit(struct maker_unit *u)
{
	free(u->identity);
	free(u->serial);
	free(u->product_key);
	free(u->manufacturer);
	free(u->model);
	free(u->tag);
	free(u->order);
	free(u);
}

static void
free_operation(struct maker_operation *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->entries[i].code);
		free(o->entries[i].name);
	}
	json_decref(o->content);
	free(o->key);
	free(o->entries);
	free(o->order);
	free(o);
}

void
maker_books_free(struct maker_books *b)
{
	if (!b)
		return;
	tdestroy(b->by_identity, keep);
	for (struct maker_unit *u = b->units, *next; u; u = next) {
		next = u->next;
		free_unit(u);
	}
	for (struct maker_operation *o = b->operations, *next; o; o = next) {
		next = o->next;
		free_operation(o);
	}
	free(b);
}

/* --- units --- */

static int
compare_units(const void *left, const void *right)
{
	const struct maker_unit *a = left;
	const struct maker_unit *b = right;

	return strcmp(a->identity, b->identity);
}

static const char *
member(const json_t *device, const char *name)
{
	return json_string_value(json_object_get(device, name));
}

/* The separator is in no text that people write. */
static char *
make_identity(const json_t *device)
{
	static const char *const part[] = { "manufacturer", "model", "serialNumber" };
	const char *key = member(device, "productKeyId");
	struct buf out;
	char *text;

	buf_init(&out, IDENTITY_MAX);
	if (key)
		buf_add_str(&out, key);
	for (size_t i = 0; !key && i < sizeof part / sizeof part[0]; i++) {
		const char *value = member(device, part[i]);

		buf_add_char(&out, '\x1F');
		buf_add_str(&out, value ? value : "");
	}
	text = must_have(buf_take(&out));
	buf_done(&out);
	return text;
}

struct maker_unit *
maker_books_unit(struct maker_books *b, const json_t *device, uint64_t now_ms)
{
	struct maker_unit key = { .identity = make_identity(device) };
	void *found = tfind(&key, &b->by_identity, compare_units);
	struct maker_unit *u;

	if (found) {
		free(key.identity);
		return *(struct maker_unit **)found;
	}
	u = must_have(calloc(1, sizeof *u));
	u->identity = key.identity;
	u->serial = must_copy(member(device, "serialNumber"));
	u->product_key = must_copy(member(device, "productKeyId"));
	u->manufacturer = must_copy(member(device, "manufacturer"));
	u->model = must_copy(member(device, "model"));
	u->first_ms = now_ms;
	must_have(tsearch(u, &b->by_identity, compare_units));
	*b->units_end = u;
	b->units_end = &u->next;
	b->unit_count++;
	return u;
}

/* --- operations --- */

struct maker_operation *
maker_books_add_operation(struct maker_books *b, size_t n, struct chance *ids)
{
	struct maker_operation *o = must_have(calloc(1, sizeof *o));

	o->nth = ++b->operation_count;
	chance_guid(ids, o->id);
	o->n = n;
	o->entries = must_have(calloc(n, sizeof *o->entries));
	o->order = must_have(calloc(n, sizeof *o->order));
	*b->operations_end = o;
	b->operations_end = &o->next;
	return o;
}

struct maker_operation *
maker_books_operation(const struct maker_books *b, const char *id)
{
	struct maker_operation *o = b->operations;

	while (o && strcasecmp(o->id, id) != 0)
		o = o->next;
	return o;
}

struct maker_operation *
maker_books_keyed(const struct maker_books *b, const char *key)
{
	struct maker_operation *o = b->operations;

	while (o && strcmp(o->key, key) != 0)
		o = o->next;
	return o;
}

/* --- for tests --- */

static json_t *
show_unit(const struct maker_unit *u)
{
	return json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:I, s:I, s:I}", "serial",
	    u->serial, "product_key", u->product_key, "manufacturer", u->manufacturer, "model",
	    u->model, "tenant", u->owner ? u->owner->tenant : NULL, "tag", u->tag, "order",
	    u->order, "submitted", (json_int_t)u->submitted, "registered",
	    (json_int_t)u->registered, "released", (json_int_t)u->released);
}

json_t *
maker_books_show_unit(const struct maker_books *b, const char *name)
{
	for (const struct maker_unit *u = b->units; u; u = u->next) {
		if ((u->serial && strcmp(u->serial, name) == 0) ||
		    (u->product_key && strcmp(u->product_key, name) == 0))
			return show_unit(u);
	}
	return NULL;
}

static json_t *
show_operation(const struct maker_operation *o)
{
	return json_pack("{s:s, s:I, s:s, s:s?, s:I, s:b, s:b}", "id", o->id, "nth",
	    (json_int_t)o->nth, "key", o->key, "tenant", o->customer ? o->customer->tenant : NULL,
	    "devices", (json_int_t)o->n, "settled", o->course.settled, "told", o->told);
}

json_t *
maker_books_show(const struct maker_books *b)
{
	json_t *units = must_have(json_array());
	json_t *operations = must_have(json_array());

	for (const struct maker_unit *u = b->units; u; u = u->next)
		json_make_append(units, show_unit(u));
	for (const struct maker_operation *o = b->operations; o; o = o->next)
		json_make_append(operations, show_operation(o));
	return must_have(json_pack("{s:o, s:o}", "units", units, "operations", operations));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simulator/scenario_fields.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/nearest.h"
#include "tests/simulator/guid_text.h"

enum { FIELDS_MAX = 32 };

bool
scenario_fields_refuse(struct scenario_fields *r, const yaml_node_t *node, const char *fmt, ...)
{
	char what[200] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	(void)err_set(r->err, ERR_FORMAT, "%s:%zu:%zu: %s", r->name, node->start_mark.line + 1,
	    node->start_mark.column + 1, what);
	return false;
}

bool
scenario_fields_expect(struct scenario_fields *r, const yaml_node_t *node, yaml_node_type_t type)
{
	static const char *const what[] = {
		[YAML_SCALAR_NODE] = "a single value",
		[YAML_SEQUENCE_NODE] = "a list",
		[YAML_MAPPING_NODE] = "keys with values",
	};

	if (node->type == type)
		return true;
	return scenario_fields_refuse(r, node, "%s belongs here", what[type]);
}

const yaml_node_t *
scenario_fields_node(const struct scenario_fields *r, int index)
{
	return yaml_document_get_node(r->document, index);
}

const char *
scenario_fields_text(const yaml_node_t *scalar)
{
	assert(scalar->type == YAML_SCALAR_NODE);
	return (const char *)scalar->data.scalar.value;
}

const yaml_node_t *
scenario_fields_find(const struct scenario_fields *r, const yaml_node_t *map, const char *name)
{
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start;

	for (; pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = scenario_fields_node(r, pair->key);

		if (key->type == YAML_SCALAR_NODE && strcmp(scenario_fields_text(key), name) == 0)
			return scenario_fields_node(r, pair->value);
	}
	return NULL;
}

/* --- single values --- */

static bool
read_bool(struct scenario_fields *r, const yaml_node_t *node, bool *out)
{
	const char *text = scenario_fields_text(node);

	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return scenario_fields_refuse(r, node, "true or false belongs here");
	*out = text[0] == 't';
	return true;
}

static bool
read_count(struct scenario_fields *r, const struct field *f, const yaml_node_t *node, uint64_t *out)
{
	uint64_t value;

	if (!slice_to_u64(slice_of(scenario_fields_text(node)), f->max, &value) || value < f->min)
		return scenario_fields_refuse(r, node,
		    "a whole number from %llu to %llu belongs here", (unsigned long long)f->min,
		    (unsigned long long)f->max);
	*out = value;
	return true;
}

static uint64_t
unit_ms(struct slice unit)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} known[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
		{ "d", 86400000 } };

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (slice_eq(unit, slice_of(known[i].name)))
			return known[i].ms;
	}
	return 0;
}

static bool
read_duration(struct scenario_fields *r, const struct field *f, const yaml_node_t *node,
    uint64_t *out)
{
	struct slice text = slice_of(scenario_fields_text(node));
	size_t digits = strspn(text.ptr, "0123456789");
	uint64_t unit = unit_ms(slice_from(text, digits));
	uint64_t number;

	if (f->or_never && slice_eq(text, slice_of("never"))) {
		*out = SCENARIO_NEVER;
		return true;
	}
	if (unit == 0 || !slice_to_u64(slice_head(text, digits), 86400000, &number) ||
	    number * unit > f->max || number * unit < f->min)
		return scenario_fields_refuse(r, node,
		    "a time like 200ms, 2s, 1m or 1h belongs here, from %llums to %llums%s",
		    (unsigned long long)f->min, (unsigned long long)f->max,
		    f->or_never ? ", or never" : "");
	*out = number * unit;
	return true;
}

/* 0, 1, or 0. and up to nine digits: no locale takes part in that. */
static bool
read_share(struct scenario_fields *r, const yaml_node_t *node, double *out)
{
	struct slice text = slice_of(scenario_fields_text(node));
	uint64_t digits;
	double scale = 1;

	if (slice_eq(text, slice_of("0")) || slice_eq(text, slice_of("1"))) {
		*out = text.ptr[0] - '0';
		return true;
	}
	if (text.len < 3 || !slice_eq(slice_head(text, 2), slice_of("0.")) ||
	    !slice_to_u64(slice_from(text, 2), 999999999, &digits))
		return scenario_fields_refuse(r, node, "a share from 0 to 1 belongs here");
	for (size_t i = 2; i < text.len; i++)
		scale *= 10;
	*out = (double)digits / scale;
	return true;
}

static bool
read_word(struct scenario_fields *r, const struct field *f, const yaml_node_t *node, void *out)
{
	struct slice text = slice_of(scenario_fields_text(node));
	const char *meant;
	unsigned n = 0;

	for (; f->words[n]; n++) {
		if (!slice_eq(text, slice_of(f->words[n])))
			continue;
		memcpy(out, &n, sizeof n);
		return true;
	}
	meant = nearest(text, f->words, n);
	return scenario_fields_refuse(r, node, "%.60s: %s is not known here%s%s", f->name, text.ptr,
	    meant ? "; did you mean " : "", meant ? meant : "");
}

static bool
read_text(struct scenario_fields *r, const yaml_node_t *node, const char **out)
{
	const char *text = scenario_fields_text(node);

	if (strlen(text) != node->data.scalar.length)
		return scenario_fields_refuse(r, node, "a NUL stands in the text");
	*out = text;
	return true;
}

static bool
read_guid(struct scenario_fields *r, const yaml_node_t *node, const char **out)
{
	if (!guid_text_is(slice_of(scenario_fields_text(node))))
		return scenario_fields_refuse(r, node, "a GUID belongs here");
	return read_text(r, node, out);
}

/* --- lists --- */

/* items: of the given size each; *n: how many. */
static bool
read_list(struct scenario_fields *r, const struct field *item, const yaml_node_t *node, size_t size,
    void **items, size_t *n)
{
	size_t count;
	size_t bytes;
	char *out;

	if (!scenario_fields_expect(r, node, YAML_SEQUENCE_NODE))
		return false;
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count > SCENARIO_ITEMS_MAX || !checked_mul_size(count, size, &bytes))
		return scenario_fields_refuse(r, node, "more than %d items", SCENARIO_ITEMS_MAX);
	out = scenario_alloc(r->scenario, bytes);
	for (size_t i = 0; i < count; i++) {
		const yaml_node_t *child =
		    scenario_fields_node(r, node->data.sequence.items.start[i]);

		if (!scenario_fields_value(r, item, child, out + i * size))
			return false;
	}
	*items = out;
	*n = count;
	return true;
}

static bool
read_texts(struct scenario_fields *r, const yaml_node_t *node, struct texts *out)
{
	static const struct field item = { .kind = FIELD_TEXT };
	void *items;

	if (!read_list(r, &item, node, sizeof out->item[0], &items, &out->n))
		return false;
	out->item = items;
	return true;
}

static bool
read_numbers(struct scenario_fields *r, const yaml_node_t *node, struct numbers *out)
{
	static const struct field item = { .kind = FIELD_COUNT, .min = 1, .max = UINT32_MAX };
	void *items;

	if (!read_list(r, &item, node, sizeof out->item[0], &items, &out->n))
		return false;
	out->item = items;
	return true;
}

/* --- sections --- */

static bool
is_composed(enum field_kind kind)
{
	return kind == FIELD_TEXTS || kind == FIELD_NUMBERS || kind == FIELD_OWN ||
	    kind == FIELD_LATER;
}

bool
scenario_fields_value(struct scenario_fields *r, const struct field *f, const yaml_node_t *node,
    void *out)
{
	if (!is_composed(f->kind) && !scenario_fields_expect(r, node, YAML_SCALAR_NODE))
		return false;
	switch (f->kind) {
	case FIELD_TEXT:
		return read_text(r, node, out);
	case FIELD_GUID:
		return read_guid(r, node, out);
	case FIELD_BOOL:
		return read_bool(r, node, out);
	case FIELD_COUNT:
		return read_count(r, f, node, out);
	case FIELD_DURATION:
		return read_duration(r, f, node, out);
	case FIELD_SHARE:
		return read_share(r, node, out);
	case FIELD_WORD:
		return read_word(r, f, node, out);
	case FIELD_TEXTS:
		return read_texts(r, node, out);
	case FIELD_NUMBERS:
		return read_numbers(r, node, out);
	case FIELD_OWN:
		return f->read(r, node, out);
	case FIELD_LATER:
		break;
	}
	return true;
}

static const struct field *
find_field(struct scenario_fields *r, const struct field *field, const yaml_node_t *key)
{
	const char *candidate[FIELDS_MAX];
	const char *meant;
	size_t n = 0;

	if (!scenario_fields_expect(r, key, YAML_SCALAR_NODE))
		return NULL;
	for (; field[n].name; n++) {
		assert(n < FIELDS_MAX);
		candidate[n] = field[n].name;
		if (strcmp(scenario_fields_text(key), field[n].name) == 0)
			return &field[n];
	}
	meant = nearest(slice_of(scenario_fields_text(key)), candidate, n);
	(void)scenario_fields_refuse(r, key, "unknown key \"%.60s\"%s%s", scenario_fields_text(key),
	    meant ? "; did you mean " : "", meant ? meant : "");
	return NULL;
}

bool
scenario_fields_read(struct scenario_fields *r, const yaml_node_t *map, const struct field *field,
    void *out)
{
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start;

	if (!scenario_fields_expect(r, map, YAML_MAPPING_NODE))
		return false;
	for (; pair < map->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = scenario_fields_node(r, pair->key);
		const yaml_node_t *value = scenario_fields_node(r, pair->value);
		const struct field *f = find_field(r, field, key);

		if (!f)
			return false;
		if (scenario_fields_find(r, map, f->name) != value)
			return scenario_fields_refuse(r, key, "\"%s\" is there twice", f->name);
		if (!scenario_fields_value(r, f, value, (char *)out + f->offset))
			return false;
	}
	return true;
}

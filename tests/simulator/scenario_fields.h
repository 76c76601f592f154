/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "base/err.h"
#include "tests/simulator/scenario.h"

/* A row of a table: the key's word, the struct, its field, what else there is to say. */
#define KEY(word, type, member, ...) \
	{ \
		.name = word, .offset = offsetof(struct type, member), __VA_ARGS__ \
	}

#define SCENARIO_MS_MAX (400 * UINT64_C(86400000))

/*
 * Sections of a scenario file as tables: name of the key, what its value is, which field of a
 * struct takes it. Every function that reads returns false after the first mistake, which then
 * stands in *err with its place.
 */

struct scenario_fields {
	struct scenario *scenario;
	yaml_document_t *document;
	const char *name; /* of the file */
	struct err *err;
};

enum field_kind {
	FIELD_TEXT,     /* const char * */
	FIELD_GUID,     /* const char * */
	FIELD_BOOL,     /* bool */
	FIELD_COUNT,    /* uint64_t, from min to max */
	FIELD_DURATION, /* uint64_t, ms */
	FIELD_SHARE,    /* double, 0 to 1 */
	FIELD_WORD,     /* an enum, whose value is the index into words */
	FIELD_TEXTS,    /* struct texts */
	FIELD_NUMBERS,  /* struct numbers */
	FIELD_OWN,      /* whatever read makes of it */
	FIELD_LATER,    /* known, but somebody else reads it */
};

typedef bool scenario_fields_read_fn(struct scenario_fields *r, const yaml_node_t *node, void *out);

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	uint64_t min;
	uint64_t max;
	bool or_never; /* a duration may be the word never */
	const char *const *words;
	scenario_fields_read_fn *read;
};

/* field: ends with one that has no name. out: the struct, which holds the defaults. */
bool scenario_fields_read(struct scenario_fields *r, const yaml_node_t *map,
    const struct field *field, void *out);

/* One value as the field says. out: the field itself. */
bool scenario_fields_value(struct scenario_fields *r, const struct field *f,
    const yaml_node_t *node, void *out);

/* Sets the error at the node's place; returns false. */
bool scenario_fields_refuse(struct scenario_fields *r, const yaml_node_t *node, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

bool scenario_fields_expect(struct scenario_fields *r, const yaml_node_t *node,
    yaml_node_type_t type);

const yaml_node_t *scenario_fields_node(const struct scenario_fields *r, int index);

/* The text of a scalar, as long as the document. */
const char *scenario_fields_text(const yaml_node_t *scalar);

/* The value of a key of a map, or NULL. */
const yaml_node_t *scenario_fields_find(const struct scenario_fields *r, const yaml_node_t *map,
    const char *name);

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/json_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/config_schema.h"
#include "config/config_value.h"
#include "config/doc_writer.h"
#include "config/oem_profile_schema.h"
#include "config/secret_reference.h"
#include "config/value_type.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"
#define NOTES "^x-"

static void
put(struct doc_writer *w, const char *key, const char *text)
{
	doc_writer_key(w, key);
	doc_writer_text(w, slice_of(text));
}

static void
put_word(struct doc_writer *w, const char *key, const char *literal)
{
	doc_writer_key(w, key);
	doc_writer_literal(w, slice_of(literal));
}

static void
put_number(struct doc_writer *w, const char *key, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRIu64, number);
	put_word(w, key, text);
}

static void
open_map(struct doc_writer *w, const char *key)
{
	doc_writer_key(w, key);
	doc_writer_map_open(w);
}

static void put_section(struct doc_writer *w, const struct section *s);

/* --- scalars --- */

static void
put_words(struct doc_writer *w, const struct key *k)
{
	doc_writer_key(w, "enum");
	doc_writer_list_open(w);
	for (size_t i = 0; k->words[i]; i++)
		doc_writer_text(w, slice_of(k->words[i]));
	doc_writer_list_close(w);
}

static void
put_scalar(struct doc_writer *w, const struct key *k)
{
	if (k->type == TYPE_NUMBER) {
		put(w, "type", "integer");
		put_number(w, "minimum", k->min);
		put_number(w, "maximum", k->max);
		return;
	}
	if (k->type == TYPE_BOOL) {
		put(w, "type", "boolean");
		return;
	}
	put(w, "type", "string");
	if (k->words && k->type != TYPE_VIA)
		put_words(w, k);
	else
		put(w, "pattern", value_type(k->type)->pattern);
	if (value_type(k->type)->length_max > 0)
		put_number(w, "maxLength", config_value_length_max(k));
}

static void
put_list(struct doc_writer *w, const struct key *k)
{
	put(w, "type", "array");
	put_number(w, "minItems", 1);
	put_number(w, "maxItems", k->items);
	open_map(w, "items");
	put_scalar(w, k);
	doc_writer_map_close(w);
}

/* The help, and what has no words of its own in JSON Schema. */
static void
put_description(struct doc_writer *w, const struct key *k)
{
	struct buf text;

	buf_init(&text, 1024);
	buf_add_str(&text, k->help);
	if (k->max > 0 && (k->type == TYPE_DURATION || k->type == TYPE_SIZE)) {
		buf_add_str(&text, " ");
		config_value_print_range(k, &text);
		buf_add_str(&text, ".");
	}
	if (k->same_as)
		buf_addf(&text, " Default: the same as %s.", k->same_as);
	doc_writer_key(w, "description");
	doc_writer_text(w, buf_slice(&text));
	if (text.failed)
		w->out->failed = text.failed;
	buf_done(&text);
}

static void
put_default(struct doc_writer *w, const struct key *k)
{
	struct slice rest = slice_of(k->initial);
	struct slice item;

	doc_writer_key(w, "default");
	if (config_value_is_literal(k)) {
		doc_writer_literal(w, rest);
		return;
	}
	if (k->items > 0)
		doc_writer_list_open(w);
	while (key_next_initial(k, &rest, &item))
		doc_writer_text(w, item);
	if (k->items > 0)
		doc_writer_list_close(w);
}

/* --- maps --- */

static void
put_named(struct doc_writer *w, const struct section *s)
{
	put(w, "type", "object");
	open_map(w, "patternProperties");
	open_map(w, value_type(TYPE_NAME)->pattern);
	put_section(w, s);
	doc_writer_map_close(w);
	doc_writer_map_close(w);
	put_word(w, "additionalProperties", "false");
}

static void
put_sections(struct doc_writer *w, const struct key *k)
{
	put(w, "type", "array");
	put_number(w, "minItems", 1);
	put_number(w, "maxItems", k->items);
	open_map(w, "items");
	put_section(w, k->section);
	doc_writer_map_close(w);
}

static void
put_pairs(struct doc_writer *w, const struct key *k)
{
	put(w, "type", "object");
	put_number(w, "minProperties", 1);
	put_number(w, "maxProperties", k->items);
	open_map(w, "propertyNames");
	put_scalar(w, &(struct key){ .type = TYPE_TEXT });
	doc_writer_map_close(w);
	open_map(w, "additionalProperties");
	put_scalar(w, &(struct key){ .type = TYPE_TEXT });
	doc_writer_map_close(w);
}

static void
put_key(struct doc_writer *w, const struct key *k)
{
	open_map(w, k->name);
	put_description(w, k);
	switch (k->type) {
	case TYPE_SECRET:
	case TYPE_CERTIFICATE:
		put(w, "$ref", "#/$defs/reference");
		break;
	case TYPE_SIGNING_KEY:
		put(w, "$ref", "#/$defs/signing_key");
		break;
	case TYPE_SECTION:
	case TYPE_OPTIONAL_SECTION:
		put_section(w, k->section);
		break;
	case TYPE_NAMED:
		put_named(w, k->section);
		break;
	case TYPE_SECTIONS:
		put_sections(w, k);
		break;
	case TYPE_PAIRS:
		put_pairs(w, k);
		break;
	default:
		if (k->items > 0)
			put_list(w, k);
		else
			put_scalar(w, k);
		if (k->initial)
			put_default(w, k);
	}
	doc_writer_map_close(w);
}

/* "required": the keys that word of the selector needs, or (NULL) those that always are. */
static void
put_required(struct doc_writer *w, const struct section *s, const unsigned *word)
{
	doc_writer_key(w, "required");
	doc_writer_list_open(w);
	for (const struct key *k = s->key; k->name; k++) {
		if (word ? k->needed_by >> *word & 1 : k->required)
			doc_writer_text(w, slice_of(k->name));
	}
	doc_writer_list_close(w);
}

static void
put_refused(struct doc_writer *w, const char *name)
{
	put_word(w, name, "false");
}

static void
put_proof(struct doc_writer *w)
{
	static const char *const way[2][3] = { { "client_secret" },
		{ "certificate", "private_key" } };

	doc_writer_key(w, "oneOf");
	doc_writer_list_open(w);
	for (size_t i = 0; i < 2; i++) {
		doc_writer_map_open(w);
		doc_writer_key(w, "required");
		doc_writer_list_open(w);
		for (size_t n = 0; way[i][n]; n++)
			doc_writer_text(w, slice_of(way[i][n]));
		doc_writer_list_close(w);
		open_map(w, "properties");
		for (size_t n = 0; way[1 - i][n]; n++)
			put_refused(w, way[1 - i][n]);
		doc_writer_map_close(w);
		doc_writer_map_close(w);
	}
	doc_writer_list_close(w);
}

/* If the selector is this word, or absent and it is the default: what is required, and refused. */
static void
put_selected(struct doc_writer *w, const struct section *s, unsigned word)
{
	const char *initial = s->key[0].initial;
	bool by_default = initial && strcmp(initial, s->key[0].words[word]) == 0;
	char pattern[64];

	(void)snprintf(pattern, sizeof pattern, "^%s(/|$)", s->key[0].words[word]);
	doc_writer_map_open(w);
	open_map(w, "if");
	open_map(w, "properties");
	open_map(w, s->selector);
	put(w, "pattern", pattern);
	doc_writer_map_close(w);
	doc_writer_map_close(w);
	if (!by_default) {
		doc_writer_key(w, "required");
		doc_writer_list_open(w);
		doc_writer_text(w, slice_of(s->selector));
		doc_writer_list_close(w);
	}
	doc_writer_map_close(w);
	open_map(w, "then");
	put_required(w, s, &word);
	open_map(w, "properties");
	for (const struct key *k = s->key; k->name; k++) {
		if (k->only_for > 0 && !(k->only_for >> word & 1))
			put_refused(w, k->name);
	}
	doc_writer_map_close(w);
	if (s->app_proof >> word & 1)
		put_proof(w);
	doc_writer_map_close(w);
	doc_writer_map_close(w);
}

static void
put_dependency(struct doc_writer *w, const char *key, const char *needed)
{
	doc_writer_key(w, key);
	doc_writer_list_open(w);
	doc_writer_text(w, slice_of(needed));
	doc_writer_list_close(w);
}

/* A private key goes with its certificate, and other keys beside one as well. */
static void
put_dependent(struct doc_writer *w, const struct section *s)
{
	bool any = false;

	for (const struct key *k = s->key; k->name; k++) {
		if (!k->key_in && !k->beside)
			continue;
		if (!any)
			open_map(w, "dependentRequired");
		any = true;
		if (k->key_in)
			put_dependency(w, k->key_in, k->name);
		if (k->beside)
			put_dependency(w, k->name, k->beside);
	}
	if (any)
		doc_writer_map_close(w);
}

static void
put_section(struct doc_writer *w, const struct section *s)
{
	put(w, "type", "object");
	open_map(w, "properties");
	for (const struct key *k = s->key; k->name; k++)
		put_key(w, k);
	doc_writer_map_close(w);
	open_map(w, "patternProperties");
	put_word(w, NOTES, "true");
	doc_writer_map_close(w);
	put_word(w, "additionalProperties", "false");
	put_required(w, s, NULL);
	if (s->selector) {
		doc_writer_key(w, "allOf");
		doc_writer_list_open(w);
		for (unsigned word = 0; s->key[0].words[word]; word++)
			put_selected(w, s, word);
		doc_writer_list_close(w);
	}
	put_dependent(w, s);
}

static void
put_reference_word(struct doc_writer *w, const char *word, const char *pattern, size_t length_max)
{
	open_map(w, word);
	put(w, "type", "string");
	put(w, "pattern", pattern);
	put_number(w, "maxLength", length_max);
	doc_writer_map_close(w);
}

/* The same as secret_reference.h says. */
static void
put_reference(struct doc_writer *w, const char *name, bool outside)
{
	open_map(w, name);
	put(w, "type", "object");
	open_map(w, "properties");
	put_reference_word(w, "credential", "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$", 255);
	put_reference_word(w, "file", value_type(TYPE_PATH)->pattern, TEXT_MAX);
	put_reference_word(w, "env", "^[A-Za-z_][A-Za-z0-9_]*$", 255);
	if (outside) {
		put_reference_word(w, "pkcs11", SECRET_REFERENCE_PKCS11, TEXT_MAX);
		put_reference_word(w, "tpm2", value_type(TYPE_PATH)->pattern, TEXT_MAX);
	}
	doc_writer_map_close(w);
	put_word(w, "additionalProperties", "false");
	put_number(w, "minProperties", 1);
	put_number(w, "maxProperties", 1);
	doc_writer_map_close(w);
}

static void
put_schema(struct buf *out, const char *title, const struct section *s)
{
	struct doc_writer w;

	doc_writer_init(&w, DOC_JSON, out);
	doc_writer_map_open(&w);
	put(&w, "$schema", DRAFT);
	put(&w, "title", title);
	put_section(&w, s);
	open_map(&w, "$defs");
	put_reference(&w, "reference", false);
	put_reference(&w, "signing_key", true);
	doc_writer_map_close(&w);
	doc_writer_map_close(&w);
}

void
json_schema_write(struct buf *out)
{
	put_schema(out, "The configuration of autoreg", config_schema());
}

void
json_schema_write_profile(struct buf *out)
{
	put_schema(out, "A profile of a maker's service, for autoreg", oem_profile_schema());
}

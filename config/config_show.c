/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config_show.h"

#include <string.h>

#include "config/config_schema.h"
#include "config/config_value.h"
#include "config/secret_reference.h"

enum { VALUE_MAX = 4 * TEXT_MAX };

static void show_section(struct doc_writer *w, const struct section *s, const char *of);

/* key: NULL for an item of a list. Shows nothing if the value is absent. */
static void
show_value(struct doc_writer *w, const char *key, const struct key *k, const void *field)
{
	struct buf value;

	buf_init(&value, VALUE_MAX);
	if (config_value_print(k, field, &value)) {
		if (key)
			doc_writer_key(w, key);
		if (config_value_is_literal(k))
			doc_writer_literal(w, buf_slice(&value));
		else
			doc_writer_text(w, buf_slice(&value));
	}
	if (value.failed) /* what is shown must be whole */
		w->out->failed = value.failed;
	buf_done(&value);
}

static void
show_list(struct doc_writer *w, const struct key *k, const struct any_list *list)
{
	size_t size = key_item_size(k);

	if (list->n == 0)
		return;
	doc_writer_key(w, k->name);
	doc_writer_list_open(w);
	for (size_t i = 0; i < list->n; i++)
		show_value(w, NULL, k, (const char *)list->item + i * size);
	doc_writer_list_close(w);
}

static void
show_secret(struct doc_writer *w, const char *key, const struct secret_ref *ref)
{
	if (ref->kind == SECRET_NONE)
		return;
	doc_writer_key(w, key);
	doc_writer_map_open(w);
	doc_writer_key(w, secret_reference_word(ref->kind));
	doc_writer_text(w, slice_of(ref->where));
	doc_writer_map_close(w);
}

static void
show_named(struct doc_writer *w, const struct key *k, const struct any_list *list)
{
	if (list->n == 0)
		return;
	doc_writer_key(w, k->name);
	doc_writer_map_open(w);
	for (size_t i = 0; i < list->n; i++) {
		const char *item = (const char *)list->item + i * k->section->size;
		const char *name;

		memcpy(&name, item, sizeof name);
		doc_writer_key(w, name);
		show_section(w, k->section, item);
	}
	doc_writer_map_close(w);
}

static void
show_key(struct doc_writer *w, const struct key *k, const char *field)
{
	const char *section = field;
	struct any_list list;

	switch (k->type) {
	case TYPE_SECRET:
	case TYPE_CERTIFICATE:
	case TYPE_SIGNING_KEY:
		show_secret(w, k->name, (const struct secret_ref *)(const void *)field);
		return;
	case TYPE_OPTIONAL_SECTION:
		memcpy(&section, field, sizeof section);
		if (!section)
			return;
		/* fall through */
	case TYPE_SECTION:
		doc_writer_key(w, k->name);
		show_section(w, k->section, section);
		return;
	case TYPE_NAMED:
		memcpy(&list, field, sizeof list);
		show_named(w, k, &list);
		return;
	default:
		if (k->items == 0) {
			show_value(w, k->name, k, field);
			return;
		}
		memcpy(&list, field, sizeof list);
		show_list(w, k, &list);
	}
}

/* A key that does not go with what the selector says would be refused if it were read again. */
static bool
applies(const struct section *s, const struct key *k, const char *of)
{
	unsigned word;

	if (k->only_for == 0)
		return true;
	memcpy(&word, of + s->key[0].offset, sizeof word);
	return k->only_for >> word & 1;
}

static void
show_section(struct doc_writer *w, const struct section *s, const char *of)
{
	doc_writer_map_open(w);
	for (const struct key *k = s->key; k->name; k++) {
		if (applies(s, k, of))
			show_key(w, k, of + k->offset);
	}
	doc_writer_map_close(w);
}

void
config_show(const struct config *c, enum doc_format format, struct buf *out)
{
	struct doc_writer w;

	doc_writer_init(&w, format, out);
	show_section(&w, config_schema(), (const char *)c);
}

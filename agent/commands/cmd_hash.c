/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "agent/commands/commands.h"
#include "agent/commands/exit_code.h"
#include "agent/commands/failure.h"
#include "agent/tools/json_out.h"
#include "agent/tools/terminal.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "devices/device_list.h"
#include "devices/hardware_hash.h"
#include "devices/hash_inventory.h"

enum {
	VERDICT_MAX = 256,
	FACT_COLUMNS = 22, /* the longest name of hash_inventory.h */
};

/* Nothing is mapped by hand: a hash is known by its heading or its looks. */
static const struct list_options no_list_options;

/* What became of all hashes so far. */
struct report {
	const struct options *options;
	struct hash_verifier *verifier;
	json_t *hashes; /* with --json, else NULL */
	uint64_t nwhole;
	uint64_t nbroken;
	bool unreadable; /* an input as a whole */
};

/* Where a hash stands. */
struct place {
	const char *source; /* as named on the command line */
	uint64_t line;      /* 0: the source as a whole */
};

/* Stands for a hash that cannot be looked into: none of its facts is known. */
static const struct hardware_hash unknown_hash = { .fault = HASH_EMPTY };

/* What was found, and where in the hash, for people. */
static void
describe_verdict(const struct hardware_hash *h, char dst[VERDICT_MAX])
{
	const char *text = hash_fault_text(h->fault);

	switch (h->fault) {
	case HASH_NOT_BASE64:
		(void)snprintf(dst, VERDICT_MAX, "%s (character %zu)", text, h->at + 1);
		break;
	case HASH_TRUNCATED:
		(void)snprintf(dst, VERDICT_MAX, "%s (%zu of %zu bytes)", text, h->have, h->need);
		break;
	case HASH_MALFORMED:
	case HASH_NO_CHECKSUM:
		(void)snprintf(dst, VERDICT_MAX, "%s (byte %zu)", text, h->at);
		break;
	case HASH_WHOLE:
	case HASH_EMPTY:
	case HASH_NOT_OA:
	case HASH_LEGACY:
	case HASH_CHECKSUM:
	case HASH_TOO_LONG:
		(void)snprintf(dst, VERDICT_MAX, "%s", text);
		break;
	}
}

/*
 * Text.
 */
static void
print_fact(void *arg, const char *name, struct slice value)
{
	(void)arg;
	printf("  %-*s  ", FACT_COLUMNS, name);
	terminal_put(stdout, value);
	(void)putchar('\n');
}

static void
print_hash(struct place at, const struct hardware_hash *h, const char *verdict)
{
	terminal_put(stdout, slice_of(at.source));
	printf(":%" PRIu64 ": %s\n", at.line, verdict);
	if (h->fault != HASH_WHOLE)
		return;
	for (unsigned bit = 1; bit <= HASH_NOTE_UNUSUAL; bit <<= 1) {
		if (h->notes & bit)
			print_fact(NULL, "note", slice_of(hash_note_text((enum hash_note)bit)));
	}
	hash_inventory(h->used, print_fact, NULL);
}

/*
 * JSON. A failed allocation gives NULL, which jansson hands on: what is built from it is NULL too.
 */
struct facts {
	json_t *object;
	int failed; /* 0: as long as nothing has */
};

/* A name that comes again turns its value into an array. */
static void
add_fact(void *arg, const char *name, struct slice value)
{
	struct facts *facts = arg;
	json_t *old = json_object_get(facts->object, name);
	json_t *new = json_out_text(value);

	if (json_is_array(old)) {
		facts->failed |= json_array_append_new(old, new);
		return;
	}
	if (old)
		new = json_pack("[O, o]", old, new);
	facts->failed |= json_object_set_new(facts->object, name, new);
}

static json_t *
inventory_json(const struct hardware_hash *h)
{
	struct facts facts = { .object = json_object() };

	if (h->fault == HASH_WHOLE)
		hash_inventory(h->used, add_fact, &facts);
	if (!facts.failed)
		return facts.object;
	json_decref(facts.object);
	return NULL;
}

static json_t *
notes_json(const struct hardware_hash *h)
{
	json_t *notes = json_array();
	int failed = 0;

	for (unsigned bit = 1; bit <= HASH_NOTE_UNUSUAL; bit <<= 1) {
		if (h->notes & bit)
			failed |= json_array_append_new(notes,
			    json_string(hash_note_text((enum hash_note)bit)));
	}
	if (!failed)
		return notes;
	json_decref(notes);
	return NULL;
}

/* What a hash does not hold is null. */
static json_t *
text_json(struct slice text)
{
	return text.len > 0 ? json_out_text(text) : json_null();
}

/* As the inventory shows it; of a record that comes twice the first counts. */
static json_t *
uuid_json(const struct hardware_hash *h, const json_t *inventory)
{
	json_t *shown = json_object_get(inventory, "uuid");

	if (h->uuid.len == 0)
		return json_null();
	return json_incref(json_is_array(shown) ? json_array_get(shown, 0) : shown);
}

static json_t *
time_json(int64_t unix_s)
{
	char text[RFC3339_SIZE];

	return unix_s ? json_string(rfc3339_format(unix_s * 1000, text)) : json_null();
}

static void
append_json(struct report *r, struct place at, const struct hardware_hash *h, const char *verdict)
{
	bool whole = h->fault == HASH_WHOLE;
	const struct hardware_hash *facts = whole ? h : &unknown_hash;
	json_t *inventory = inventory_json(facts);
	json_t *hash = json_object();

	/* A failed allocation makes a value NULL, and NULL is not set. */
	if (json_object_set_new(hash, "source", json_out_text(slice_of(at.source))) ||
	    json_object_set_new(hash, "line", json_integer((json_int_t)at.line)) ||
	    json_object_set_new(hash, "whole", json_boolean(whole)) ||
	    json_object_set_new(hash, "fault",
	        whole ? json_null() : json_out_text(slice_of(verdict))) ||
	    json_object_set_new(hash, "serial", text_json(facts->serial)) ||
	    json_object_set_new(hash, "manufacturer", text_json(facts->manufacturer)) ||
	    json_object_set_new(hash, "model", text_json(facts->model)) ||
	    json_object_set_new(hash, "product_id", text_json(facts->product_id)) ||
	    json_object_set_new(hash, "uuid", uuid_json(facts, inventory)) ||
	    json_object_set_new(hash, "collected", time_json(facts->collected_unix_s)) ||
	    json_object_set_new(hash, "notes", notes_json(facts)) ||
	    json_object_set(hash, "inventory", inventory) || json_array_append(r->hashes, hash)) {
		json_decref(r->hashes);
		r->hashes = NULL; /* told when the document is printed */
	}
	json_decref(inventory);
	json_decref(hash);
}

static void
report_hash(struct report *r, struct place at, const struct hardware_hash *h)
{
	char verdict[VERDICT_MAX];

	describe_verdict(h, verdict);
	if (r->options->json)
		append_json(r, at, h, verdict);
	else
		print_hash(at, h, verdict);
	if (h->fault == HASH_WHOLE)
		r->nwhole++;
	else
		r->nbroken++;
}

/*
 * Text that is no list: one hash that may be wrapped, or one on each line. Whatever stands there
 * was meant to be a hash, and is told as one. Returns whether there was any.
 */
static bool
report_bare(struct report *r, const char *source, struct slice text)
{
	struct place at = { .source = source };
	struct hardware_hash h;
	bool any = false;

	hash_verify(r->verifier, slice_trim(text), &h);
	if (h.fault == HASH_WHOLE) {
		at.line = 1;
		report_hash(r, at, &h);
		return true;
	}
	while (text.len > 0) {
		const char *end = memchr(text.ptr, '\n', text.len);
		size_t len = end ? (size_t)(end - text.ptr) + 1 : text.len;
		struct slice line = slice_trim(slice_head(text, len));

		at.line++;
		text.ptr += len;
		text.len -= len;
		if (line.len == 0)
			continue;
		hash_verify(r->verifier, line, &h);
		report_hash(r, at, &h);
		any = true;
	}
	return any;
}

static bool
report_cell(struct report *r, struct place at, struct slice cell)
{
	struct hardware_hash h;

	cell = slice_trim(cell);
	if (cell.len == 0)
		return false;
	hash_verify(r->verifier, cell, &h);
	report_hash(r, at, &h);
	return true;
}

/* The hash column of a list. Returns whether there was any hash in it. */
static bool
report_rows(struct report *r, const char *source, struct device_list *list,
    struct list_block *block)
{
	struct list_layout layout = *device_list_layout(list);
	struct csv_cursor cursor = { .dialect = layout.dialect };
	struct place at = { source, device_list_first_line(list) };
	struct row_fields fields;
	struct csv_row row;
	bool any = false;

	while (device_list_next(list, block)) {
		cursor.rest = block->text;
		cursor.at_end = block->at_end;
		for (; csv_next(&cursor, &row); at.line += row.lines) {
			if (list_layout_row(&layout, &no_list_options, &row, &fields) == ROW_DATA)
				any |= report_cell(r, at, fields.cell[COLUMN_HASH]);
		}
	}
	csv_cursor_done(&cursor);
	return any;
}

/* Was it recognised as a list that may hold hashes? */
static bool
has_hashes(const struct device_list *list)
{
	return !device_list_failed(list) &&
	    device_list_layout(list)->columns.at[COLUMN_HASH] != COLUMN_ABSENT &&
	    device_list_layout(list)->format != FORMAT_UNKNOWN;
}

/* Why the list could not be read to its end, if so. */
static enum err_code
list_error(const struct device_list *list, struct err *err)
{
	const struct finding *f;

	for (size_t i = 0; (f = device_list_finding(list, i)); i++) {
		if (f->severity == SEVERITY_ERROR)
			return err_set(err, f->code == FINDING_UNREADABLE ? ERR_IO : ERR_FORMAT,
			    SLICE_FMT, SLICE_ARG(f->message));
	}
	return ERR_OK;
}

static enum err_code
read_source(struct report *r, const char *source, struct list_block *block, struct err *err)
{
	struct device_list *list;
	bool any;
	enum err_code rc;

	if (device_list_open(source, &no_list_options, &list, err))
		return err->code;
	if (device_list_oa3(list)) {
		any = report_cell(r, (struct place){ source, 1 },
		    device_list_oa3(list)->cell[COLUMN_HASH]);
		rc = ERR_OK;
	} else if (has_hashes(list)) {
		any = report_rows(r, source, list, block);
		rc = list_error(list, err);
	} else {
		any = report_bare(r, source, device_list_text(list));
		rc = any ? ERR_OK : list_error(list, err);
	}
	if (rc == ERR_OK && !any)
		rc = err_set(err, ERR_FORMAT, "no hardware hash");
	device_list_close(list);
	return rc;
}

/* An input that gives no hash does not keep the others from being read. */
static void
report_source(struct report *r, const char *source, struct list_block *block)
{
	struct err err;

	if (read_source(r, source, block, &err) == ERR_OK)
		return;
	(void)err_wrap(&err, "%s", source);
	failure_tell(r->options, &err);
	if (r->options->json)
		append_json(r, (struct place){ .source = source }, &unknown_hash, err.msg);
	r->unreadable = true;
}

static int
exit_code(const struct report *r)
{
	if (r->nwhole == 0 || r->unreadable)
		return EXIT_FAILED;
	return r->nbroken == 0 ? EXIT_DONE : EXIT_PARTLY;
}

int
cmd_hash(const struct options *o)
{
	struct report r = { .options = o };
	struct err err;
	struct list_block block = { .data = NULL };

	if (o->noperand == 0 && terminal_is(stdin)) {
		(void)err_set(&err, ERR_USAGE, "hash needs LIST: standard input is a terminal");
		return failure_report(o, &err);
	}
	if (list_block_init(&block, &err) ||
	    hash_verifier_new(clock_unix_s(clock_system()), &r.verifier, &err)) {
		list_block_done(&block);
		return failure_report(o, &err);
	}
	if (o->json)
		r.hashes = json_array();
	if (o->noperand == 0)
		report_source(&r, "-", &block);
	for (size_t i = 0; i < o->noperand; i++)
		report_source(&r, o->operand[i], &block);
	hash_verifier_free(r.verifier);
	list_block_done(&block);
	if (o->json && json_out_print(json_pack("{s:o}", "hashes", r.hashes), &err))
		return failure_report(o, &err);
	return exit_code(&r);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands/records_text.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "agent/tools/csv_cell.h"

enum { RECORD_MAX = 1024 * 1024, CELLS_MAX = 256 * 1024, COLUMNS_MAX = 20 };

/*
 * A column and the member that it shows: "verdict.message" is a member of a member; of "a|b" it is the
 * first that is there.
 */
struct records_column {
	const char *heading; /* NULL behind the last */
	const char *member;
	bool right;
};

/* --- which columns --- */

#define STATE_COLUMNS \
	{ "Queued", "states.queued", false }, { "Submitted", "states.submitted", false }, \
	    { "Registered", "states.registered", false }, { "Ready", "states.ready", false }, \
	    { "Claimed", "states.claimed", false }, { "Held", "states.held", false }, \
	    { "Failed", "states.failed", false }, \
	{ \
		"Refused", "states.refused", false \
	}

/* A report as CSV is made where the store is. */
static const struct records_column columns[][2][COLUMNS_MAX] = {
	[QUESTION_LISTS] = {
		[RECORDS_TABLE] = {
			{ "ID", "id", true },
			{ "CUSTOMER", "customer", false },
			{ "FILE", "file", false },
			{ "RECEIVED", "received", false },
			{ "ROWS", "rows", true },
			{ "DONE", "done", false },
			{ "DEVICES", "states", false },
			{ .heading = NULL },
		},
		[RECORDS_CSV] = {
			{ "ID", "id", false },
			{ "Customer", "customer", false },
			{ "File", "file", false },
			{ "Received", "received", false },
			{ "Rows", "rows", false },
			{ "Done", "done", false },
			STATE_COLUMNS,
			{ .heading = NULL },
		},
	},
	[QUESTION_DEVICES] = {
		[RECORDS_TABLE] = {
			{ "SERIAL", "serial|product_id", false },
			{ "CUSTOMER", "customer", false },
			{ "LIST", "list", true },
			{ "LINE", "line", true },
			{ "STATE", "state", false },
			{ "WHY", "held_for|verdict.name|verdict.class", false },
			{ "MESSAGE", "held_message|verdict.message", false },
			{ .heading = NULL },
		},
		[RECORDS_CSV] = {
			{ "Serial Number", "serial", false },
			{ "Product ID", "product_id", false },
			{ "Manufacturer", "manufacturer", false },
			{ "Model", "model", false },
			{ "Customer", "customer", false },
			{ "List", "list", false },
			{ "Line", "line", false },
			{ "Group Tag", "group_tag", false },
			{ "State", "state", false },
			{ "Verdict", "verdict.class", false },
			{ "Code", "verdict.code", false },
			{ "Name", "verdict.name", false },
			{ "Message", "held_message|verdict.message", false },
			{ "Advice", "verdict.advice", false },
			{ "Held For", "held_for", false },
			{ "Attempts", "attempts", false },
			{ "Request ID", "request_id", false },
			{ "Correlation ID", "correlation_id", false },
			{ "Updated", "updated", false },
			{ .heading = NULL },
		},
	},
	[QUESTION_EVENTS] = {
		[RECORDS_TABLE] = {
			{ "TIME", "at", false },
			{ "KIND", "kind", false },
			{ "WHO", "actor", false },
			{ "CUSTOMER", "customer", false },
			{ "WHAT", "message", false },
			{ .heading = NULL },
		},
		[RECORDS_CSV] = {
			{ "ID", "id", false },
			{ "Time", "at", false },
			{ "Kind", "kind", false },
			{ "Who", "actor", false },
			{ "Customer", "customer", false },
			{ "Partner", "partner", false },
			{ "List", "list", false },
			{ "Serial Number", "serial", false },
			{ "Request ID", "request_id", false },
			{ "Correlation ID", "correlation_id", false },
			{ "Message", "message", false },
			{ .heading = NULL },
		},
	},
	[QUESTION_CLAIMS] = {
		[RECORDS_TABLE] = {
			{ "SERIAL", "serial", false },
			{ "CUSTOMER", "customer", false },
			{ "SINCE", "since", false },
			{ "ASKED", "asked", false },
			{ "ATTEMPTS", "attempts", true },
			{ "CODE", "code", true },
			{ "NAME", "name", false },
			{ "CASE", "case", false },
			{ "ADVICE", "advice", false },
			{ .heading = NULL },
		},
		[RECORDS_CSV] = {
			{ "Serial Number", "serial", false },
			{ "Manufacturer", "manufacturer", false },
			{ "Model", "model", false },
			{ "Customer", "customer", false },
			{ "Group Tag", "group_tag", false },
			{ "Since", "since", false },
			{ "Asked", "asked", false },
			{ "Attempts", "attempts", false },
			{ "Next", "next", false },
			{ "Stopped", "stopped", false },
			{ "Released", "released", false },
			{ "Code", "code", false },
			{ "Name", "name", false },
			{ "Request ID", "request_id", false },
			{ "Correlation ID", "correlation_id", false },
			{ "Case", "case", false },
			{ "Note", "note", false },
			{ "Advice", "advice", false },
			{ .heading = NULL },
		},
	},
	[QUESTION_REPORT] = {
		[RECORDS_TABLE] = {
			{ "LINE", "line", true },
			{ "SERIAL", "serial|product_id", false },
			{ "STATE", "state", false },
			{ "WHY", "held_for|verdict.name|verdict.class|finding.code", false },
			{ "MESSAGE", "held_message|verdict.message|finding.message", false },
			{ .heading = NULL },
		},
	},
};

/* --- one cell --- */

static json_t *
member_at(json_t *record, struct slice path)
{
	json_t *value = record;

	while (value && path.len > 0) {
		const char *dot = memchr(path.ptr, '.', path.len);
		size_t len = dot ? (size_t)(dot - path.ptr) : path.len;
		char name[32];

		assert(len < sizeof name);
		memcpy(name, path.ptr, len);
		name[len] = '\0';
		value = json_object_get(value, name);
		path = slice_from(path, dot ? len + 1 : len);
	}
	return json_is_null(value) ? NULL : value;
}

/* NULL: none of them is there. */
static json_t *
member_of(json_t *record, const char *member)
{
	json_t *value = NULL;

	while (!value && *member != '\0') {
		size_t len = strcspn(member, "|");

		value = member_at(record, (struct slice){ member, len });
		member += len + (member[len] == '|');
	}
	return value;
}

void
records_text_counts(json_t *counts, struct buf *out)
{
	const char *gap = "";
	const char *name;
	json_t *n;

	json_object_foreach(counts, name, n)
	{
		buf_addf(out, "%s%s %" JSON_INTEGER_FORMAT, gap, name, json_integer_value(n));
		gap = ", ";
	}
}

static void
add_text(struct buf *out, json_t *value)
{
	if (json_is_string(value))
		buf_add(out, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value))
		buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		buf_add_str(out, json_is_true(value) ? "yes" : "no");
	else if (json_is_object(value))
		records_text_counts(value, out);
}

/* --- one record --- */

static void
put_table_row(struct records_text *r, struct buf *cells, json_t *record)
{
	struct slice cell[TEXT_TABLE_COLUMNS_MAX];
	size_t end[TEXT_TABLE_COLUMNS_MAX];
	size_t n = 0, begin = 0;

	(void)buf_reserve(cells, 1); /* also where all cells are empty */
	for (; r->column[n].heading; n++) {
		add_text(cells, member_of(record, r->column[n].member));
		end[n] = cells->len;
	}
	/* Only now: until here the memory may have moved. */
	for (size_t i = 0; i < n && !cells->failed; i++) {
		cell[i] = (struct slice){ cells->ptr + begin, end[i] - begin };
		begin = end[i];
	}
	if (!cells->failed)
		text_table_row(&r->table, cell);
}

static void
put_csv_row(struct records_text *r, struct buf *row, json_t *record)
{
	struct buf text;

	buf_init(&text, CELLS_MAX);
	for (const struct records_column *c = r->column; c->heading; c++) {
		buf_reset(&text);
		add_text(&text, record ? member_of(record, c->member) : NULL);
		if (c > r->column)
			buf_add_char(row, ',');
		csv_cell_add(row, record ? buf_slice(&text) : slice_of(c->heading));
	}
	buf_add_str(row, "\r\n");
	if (!row->failed)
		(void)fwrite(row->ptr, 1, row->len, r->stream);
	buf_done(&text);
}

static enum err_code
put_record(struct records_text *r, struct slice text, struct err *err)
{
	json_t *record = json_loadb(text.ptr, text.len, 0, NULL);
	struct buf cells;
	enum err_code rc;

	if (!json_is_object(record)) {
		json_decref(record);
		return err_set(err, ERR_FORMAT, "the answer cannot be understood");
	}
	buf_init(&cells, CELLS_MAX);
	if (r->form == RECORDS_TABLE)
		put_table_row(r, &cells, record);
	else
		put_csv_row(r, &cells, record);
	rc = buf_check(&cells, err);
	buf_done(&cells);
	json_decref(record);
	return rc;
}

/* --- the document --- */

/* There is an answer, so that a spreadsheet may have its headings. */
static enum err_code
begin(struct records_text *r, struct err *err)
{
	struct buf row;
	enum err_code rc;

	if (r->form == RECORDS_TABLE)
		return ERR_OK;
	buf_init(&row, CELLS_MAX);
	buf_add_str(&row, "\xEF\xBB\xBF");
	put_csv_row(r, &row, NULL);
	rc = buf_check(&row, err);
	buf_done(&row);
	return rc;
}

/* The line in front ends with a bracket, the line behind begins with one. */
static enum err_code
put_line(struct records_text *r, struct slice line, struct err *err)
{
	if (line.len == 0)
		return ERR_OK;
	if (line.ptr[line.len - 1] == '[')
		return begin(r, err);
	if (line.ptr[0] == ']') {
		r->whole = true;
		return ERR_OK;
	}
	if (line.ptr[line.len - 1] == ',')
		line.len--;
	return put_record(r, line, err);
}

void
records_text_init(struct records_text *r, enum question_kind kind, enum records_form form,
    FILE *stream)
{
	*r = (struct records_text){
		.stream = stream,
		.form = form,
		.column = columns[kind][form],
	};
	buf_init(&r->line, RECORD_MAX);
	if (form == RECORDS_CSV)
		return;
	for (size_t i = 0; r->column[i].heading; i++)
		r->heading[i] = (struct text_column){ r->column[i].heading, r->column[i].right };
	text_table_init(&r->table, stream, r->heading);
}

enum err_code
records_text_put(void *arg, struct slice bytes, struct err *err)
{
	struct records_text *r = arg;

	while (bytes.len > 0) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		struct slice piece = slice_head(bytes, end ? (size_t)(end - bytes.ptr) : bytes.len);

		buf_add_slice(&r->line, piece);
		if (buf_check(&r->line, err) || (end && put_line(r, buf_slice(&r->line), err)))
			return err->code;
		if (end)
			buf_reset(&r->line);
		bytes = slice_from(bytes, piece.len + (end ? 1 : 0));
	}
	return ERR_OK;
}

enum err_code
records_text_flush(struct records_text *r, struct err *err)
{
	return r->form == RECORDS_TABLE ? text_table_end(&r->table, err) : ERR_OK;
}

enum err_code
records_text_end(struct records_text *r, struct err *err)
{
	if (!r->whole)
		return err_set(err, ERR_FORMAT, "the answer breaks off");
	return records_text_flush(r, err);
}

void
records_text_done(struct records_text *r)
{
	if (r->form == RECORDS_TABLE)
		text_table_done(&r->table);
	buf_done(&r->line);
}

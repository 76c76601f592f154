/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/records/list_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/tools/csv_cell.h"
#include "agent/tools/json_out.h"
#include "agent/tools/safe_file.h"
#include "base/buf.h"
#include "base/rfc3339.h"
#include "channel/verdict.h"
#include "store/store.h"

enum {
	WRITE_AT = 64 * 1024,             /* text that waits is written when there is that much */
	TEXT_MAX = WRITE_AT + 256 * 1024, /* that, and a row: its cells are far smaller */
};

/* One of the two files, or neither: file is NULL then. */
struct sheet {
	struct safe_file *file;
	struct buf text; /* not yet written */
};

struct report {
	struct sheet csv;
	struct sheet json;
	bool found; /* there is such a list */
	bool rows;  /* one has been written */
};

/* Of a row that is no device. */
static const struct store_device no_device;

static const struct store_device *
device_of(const struct store_row_record *r)
{
	return r->device ? r->device : &no_device;
}

static const char *
state_of(const struct store_row_record *r)
{
	if (r->device)
		return device_state_name(r->device->state);
	return r->duplicate ? "duplicate" : device_state_name(DEVICE_REFUSED);
}

static struct slice
updated_of(const struct store_row_record *r, char text[RFC3339_SIZE])
{
	if (!r->device)
		return (struct slice){ NULL, 0 };
	return slice_of(rfc3339_format(r->device->updated_unix_ms, text));
}

static struct slice
first_of(struct slice a, struct slice b)
{
	return a.len ? a : b;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static const char heading[] =
    "\xEF\xBB\xBF"
    "Line,Serial Number,Product ID,Manufacturer,Model,Group Tag,State,Verdict,Code,Name,Message,"
    "Advice,Request ID,Correlation ID,Updated\r\n";

static void
add_cell(struct buf *out, struct slice s)
{
	buf_add_char(out, ',');
	csv_cell_add(out, s);
}

/* The cells from Verdict to Advice: why the row stands where it does, whoever has said so. */
static void
add_reason(struct buf *out, const struct store_row_record *r)
{
	const struct store_device *d = device_of(r);
	const struct store_verdict *v = &d->verdict;

	add_cell(out, v->class);
	if (v->code)
		buf_addf(out, ",%" PRId32, v->code);
	else
		add_cell(out, first_of(d->held_for, r->code));
	add_cell(out, v->name);
	add_cell(out, first_of(d->held_message, first_of(v->message, r->message)));
	add_cell(out, first_of(slice_of(verdict_advice_for(v->class)), r->advice));
}

static void
add_csv_row(struct buf *out, const struct store_row_record *r)
{
	const struct store_device *d = device_of(r);
	char updated[RFC3339_SIZE];

	buf_addf(out, "%" PRIu64, r->line);
	add_cell(out, first_of(d->serial, r->serial));
	add_cell(out, d->product_id);
	add_cell(out, d->manufacturer);
	add_cell(out, d->model);
	add_cell(out, d->tag);
	add_cell(out, slice_of(state_of(r)));
	add_reason(out, r);
	add_cell(out, d->request_id);
	add_cell(out, d->correlation_id);
	add_cell(out, updated_of(r, updated));
	buf_add_str(out, "\r\n");
}

/* --- JSON ------------------------------------------------------------------------------------- */

static int
on_piece(const char *piece, size_t len, void *text)
{
	buf_add(text, piece, len);
	return 0;
}

/* Takes value over. NULL: no memory. */
static enum err_code
add_json(struct buf *out, json_t *value, struct err *err)
{
	int rc = value ? json_dump_callback(value, on_piece, out, JSON_COMPACT) : -1;

	json_decref(value);
	return rc == 0 ? ERR_OK : err_set(err, ERR_NOMEM, "no memory for the report");
}

static json_t *
text_or_null(struct slice s)
{
	return s.len ? json_out_text(s) : json_null();
}

static json_t *
verdict_json(const struct store_verdict *v)
{
	if (!v->class.len)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:s}", "class", text_or_null(v->class), "code",
	    v->code ? json_integer(v->code) : json_null(), "name", text_or_null(v->name), "message",
	    text_or_null(v->message), "advice", verdict_advice_for(v->class));
}

static json_t *
finding_json(const struct store_row_record *r)
{
	if (!r->code.len)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "code", text_or_null(r->code), "message",
	    text_or_null(r->message), "advice", text_or_null(r->advice));
}

static json_t *
row_json(const struct store_row_record *r)
{
	const struct store_device *d = device_of(r);
	char updated[RFC3339_SIZE];

	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "line", (json_int_t)r->line, "serial", text_or_null(first_of(d->serial, r->serial)),
	    "product_id", text_or_null(d->product_id), "manufacturer",
	    text_or_null(d->manufacturer), "model", text_or_null(d->model), "group_tag",
	    text_or_null(d->tag), "state", state_of(r), "verdict", verdict_json(&d->verdict),
	    "finding", finding_json(r), "held_for", text_or_null(d->held_for), "held_message",
	    text_or_null(d->held_message), "request_id", text_or_null(d->request_id),
	    "correlation_id", text_or_null(d->correlation_id), "updated",
	    text_or_null(updated_of(r, updated)));
}

/* States that no device is in are left out. */
static json_t *
states_json(const uint64_t states[NDEVICE_STATE])
{
	json_t *doc = json_object();

	for (int i = 0; i < NDEVICE_STATE; i++) {
		if (states[i] == 0)
			continue;
		if (json_object_set_new(doc, device_state_name((enum device_state)i),
		        json_integer((json_int_t)states[i])) != 0) {
			json_decref(doc);
			return NULL;
		}
	}
	return doc;
}

static json_t *
list_json(const struct store_list *list)
{
	char id[24], received[RFC3339_SIZE];

	(void)snprintf(id, sizeof id, "%" PRId64, list->id);
	(void)rfc3339_format(list->received_unix_ms, received);
	return json_pack("{s:s, s:o, s:o, s:s, s:I, s:b, s:o}", "id", id, "customer",
	    text_or_null(list->customer), "file", text_or_null(list->file), "received", received,
	    "rows", (json_int_t)list->rows, "done", list->done, "states",
	    states_json(list->states));
}

/* --- both ------------------------------------------------------------------------------------- */

static enum err_code
sheet_open(struct sheet *s, const char *path, unsigned mode, struct err *err)
{
	buf_init(&s->text, TEXT_MAX);
	return path ? safe_file_open(path, mode, &s->file, err) : ERR_OK;
}

static enum err_code
sheet_write(struct sheet *s, size_t at_least, struct err *err)
{
	if (!s->file)
		return ERR_OK;
	if (buf_check(&s->text, err))
		return err->code;
	if (s->text.len < at_least)
		return ERR_OK;
	if (safe_file_write(s->file, buf_slice(&s->text), err))
		return err->code;
	buf_reset(&s->text);
	return ERR_OK;
}

static enum err_code
sheet_commit(struct sheet *s, struct err *err)
{
	struct safe_file *file = s->file;

	if (sheet_write(s, 0, err))
		return err->code;
	s->file = NULL;
	return file ? safe_file_commit(file, SAFE_FILE_REPLACE, err) : ERR_OK;
}

static void
sheet_done(struct sheet *s)
{
	safe_file_abandon(s->file);
	buf_done(&s->text);
}

static enum err_code
on_list(void *arg, const struct store_list *list, struct err *err)
{
	struct report *r = arg;

	r->found = true;
	buf_add_str(&r->csv.text, heading);
	buf_add_str(&r->json.text, "{\"list\":");
	if (add_json(&r->json.text, list_json(list), err))
		return err->code;
	buf_add_str(&r->json.text, ",\"rows\":[");
	return ERR_OK;
}

static enum err_code
on_row(void *arg, const struct store_row_record *row, struct err *err)
{
	struct report *r = arg;

	if (r->csv.file)
		add_csv_row(&r->csv.text, row);
	if (r->json.file) {
		buf_add_str(&r->json.text, r->rows ? ",\n" : "\n");
		if (add_json(&r->json.text, row_json(row), err))
			return err->code;
	}
	r->rows = true;
	if (sheet_write(&r->csv, WRITE_AT, err))
		return err->code;
	return sheet_write(&r->json, WRITE_AT, err);
}

static enum err_code
read_store(struct report *r, struct store *s, int64_t list, struct err *err)
{
	const struct store_list_query q = { .id = list };

	/* An id of 0 would ask for all lists. */
	if (list != 0 && store_lists(s, &q, on_list, r, err))
		return err->code;
	if (!r->found)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no list %" PRId64 "; \"autoreg lists\" shows those that there are",
		    list);
	if (store_list_rows(s, list, on_row, r, err))
		return err->code;
	buf_add_str(&r->json.text, "\n]}\n");
	return ERR_OK;
}

enum err_code
list_report_write(struct store *s, int64_t list, const struct list_report_files *files,
    struct err *err)
{
	struct report r = { .found = false };
	enum err_code rc;

	if ((rc = sheet_open(&r.csv, files->csv, files->mode, err)) ||
	    (rc = sheet_open(&r.json, files->json, files->mode, err)) ||
	    (rc = read_store(&r, s, list, err)) || (rc = sheet_commit(&r.csv, err)))
		goto out;
	rc = sheet_commit(&r.json, err);
out:
	sheet_done(&r.csv);
	sheet_done(&r.json);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_batch.h"

#include <stdlib.h>

enum {
	ROWS = 4096,            /* a batch has no more than this, */
	BYTES = 2 * LIST_BLOCK, /* nor much more of this, however small or large the rows are */
	BYTES_MAX = 64 * 1024 * 1024,
	SHAPELESS = CSV_TOO_LONG | CSV_UNCLOSED |
	    CSV_AFTER_QUOTE, /* the cells of such a row cannot be told */
};

/* A piece of a buffer, by offset, since buffers move when they grow. */
struct piece {
	size_t at;
	size_t len;
};

struct kept_finding {
	enum finding_code code;
	enum severity severity;
	const char *column;
	struct piece message;
};

struct kept_row {
	uint64_t line;
	struct device_key key;
	struct slice raw;
	struct piece rendered; /* in out */
	struct piece serial;   /* in text, as the next */
	struct piece tag;
	size_t finding; /* index of the first */
	size_t nfinding;
	bool refused;
};

struct list_batch {
	const struct list_judge *judge;
	struct row_checker *rc;
	struct csv_cursor cursor;   /* over the block */
	struct csv_cursor again;    /* over one row, for list_batch_fields() */
	struct list_layout layout;  /* for the next row */
	struct list_layout read_by; /* the rows of the batch were read by this one */
	const struct row_fields *unit;
	uint64_t lines;
	struct kept_row *row; /* ROWS */
	size_t nrow;
	struct kept_finding *finding;
	size_t nfinding;
	size_t cap_finding;
	struct buf text;
	struct buf out;
};

enum err_code
list_batch_new(const struct list_judge *judge, struct list_batch **out, struct err *err)
{
	struct list_batch *b = calloc(1, sizeof *b);

	if (!b)
		return err_set(err, ERR_NOMEM, "batch of rows");
	b->judge = judge;
	buf_init(&b->text, BYTES_MAX);
	buf_init(&b->out, BYTES_MAX);
	b->row = calloc(ROWS, sizeof *b->row);
	if (!b->row)
		(void)err_set(err, ERR_NOMEM, "batch of rows");
	if (!b->row || row_checker_new(judge->policy, &b->rc, err)) {
		list_batch_free(b);
		return err->code;
	}
	*out = b;
	return ERR_OK;
}

void
list_batch_free(struct list_batch *b)
{
	if (!b)
		return;
	row_checker_free(b->rc);
	csv_cursor_done(&b->cursor);
	csv_cursor_done(&b->again);
	free(b->row);
	free(b->finding);
	buf_done(&b->text);
	buf_done(&b->out);
	free(b);
}

/* --- keeping what became of a row: its slices die with the next one --------------------------- */

static struct piece
keep_text(struct list_batch *b, struct slice s)
{
	struct piece p = { b->text.len, s.len };

	buf_add_slice(&b->text, s);
	return p;
}

static struct slice
piece_of(const struct buf *b, struct piece p)
{
	return (struct slice){ p.len ? b->ptr + p.at : "", p.len };
}

static enum err_code
keep_findings(struct list_batch *b, const struct checked_row *row, struct err *err)
{
	while (b->nfinding + row->nfinding > b->cap_finding) {
		size_t cap = b->cap_finding ? b->cap_finding * 2 : 64;
		struct kept_finding *more = realloc(b->finding, cap * sizeof *more);

		if (!more)
			return err_set(err, ERR_NOMEM, "findings");
		b->finding = more;
		b->cap_finding = cap;
	}
	for (size_t i = 0; i < row->nfinding; i++) {
		const struct finding *f = &row->finding[i];

		b->finding[b->nfinding++] = (struct kept_finding){
			.code = f->code,
			.severity = f->severity,
			.column = f->column,
			.message = keep_text(b, f->message),
		};
	}
	return ERR_OK;
}

static enum err_code
keep_row(struct list_batch *b, const struct checked_row *row, struct slice raw,
    struct piece rendered, struct err *err)
{
	struct kept_row *k = &b->row[b->nrow++];

	*k = (struct kept_row){
		.line = b->lines,
		.raw = raw,
		.rendered = rendered,
		.serial = keep_text(b, row->nfinding ? row->finding[0].serial : row->device.serial),
		.finding = b->nfinding,
		.nfinding = row->nfinding,
		.refused = row->refused,
	};
	if (!row->refused) {
		k->key = row->key;
		k->tag = keep_text(b, row->device.group_tag);
	}
	return keep_findings(b, row, err);
}

/* --- judging ---------------------------------------------------------------------------------- */

static enum err_code
judge_fields(struct list_batch *b, const struct row_fields *fields, struct slice raw,
    struct err *err)
{
	struct piece rendered = { b->out.len, 0 };
	struct checked_row row;

	row_check(b->rc, fields, &row);
	if (!row.refused && b->judge->render) {
		b->judge->render(b->judge->arg, &row.device, &b->out, b->rc, &row);
		rendered.len = b->out.len - rendered.at;
	}
	return keep_row(b, &row, raw, rendered, err);
}

/* A row whose cells cannot be told. */
static enum err_code
judge_shape(struct list_batch *b, const struct csv_row *csv, bool is_heading, struct err *err)
{
	struct checked_row row;

	row_begin(b->rc, &row);
	if (is_heading)
		row_refuse(b->rc, &row, FINDING_HEADER_ROW, NULL,
		    "a heading stands between the devices");
	else if (csv->flags & CSV_TOO_LONG)
		row_refuse(b->rc, &row, FINDING_ROW_TOO_LONG, NULL, "a row of more than %d bytes",
		    CSV_ROW_MAX);
	else if (csv->flags & CSV_UNCLOSED)
		row_refuse(b->rc, &row, FINDING_UNCLOSED_QUOTE, NULL,
		    "a quote is opened and never closed");
	else if (csv->flags & CSV_AFTER_QUOTE)
		row_refuse(b->rc, &row, FINDING_UNCLOSED_QUOTE, NULL,
		    "text stands behind a closing quote");
	else
		row_refuse(b->rc, &row, FINDING_COLUMN_COUNT, NULL,
		    "%zu cells where the heading has %u", csv->ncell,
		    (unsigned)b->layout.columns.ncell);
	return keep_row(b, &row, csv->raw, (struct piece){ 0, 0 }, err);
}

static enum err_code
judge_row(struct list_batch *b, const struct csv_row *csv, struct err *err)
{
	struct row_fields fields;

	if (csv->flags & SHAPELESS)
		return b->layout.ended ? ERR_OK : judge_shape(b, csv, false, err);
	switch (list_layout_row(&b->layout, b->judge->list, csv, &fields)) {
	case ROW_SKIPPED:
		break;
	case ROW_DATA:
		return judge_fields(b, &fields, csv->raw, err);
	case ROW_HEADING:
		return judge_shape(b, csv, true, err);
	case ROW_COUNT:
		return judge_shape(b, csv, false, err);
	}
	return ERR_OK;
}

static void
forget(struct list_batch *b)
{
	b->nrow = b->nfinding = 0;
	b->lines = 0;
	b->read_by = b->layout;
	b->unit = NULL;
	buf_reset(&b->text);
	buf_reset(&b->out);
}

void
list_batch_begin(struct list_batch *b, const struct list_block *block,
    const struct list_layout *layout)
{
	b->layout = *layout;
	b->cursor.dialect = layout->dialect;
	b->cursor.rest = block->text;
	b->cursor.at_end = block->at_end;
	forget(b);
}

/* One failed append spoils a buffer, so it is enough to look once. */
static enum err_code
check_memory(const struct list_batch *b, struct err *err)
{
	return buf_check(&b->text, err) ? err->code : buf_check(&b->out, err);
}

enum err_code
list_batch_next(struct list_batch *b, bool *more, struct err *err)
{
	struct csv_row csv;

	forget(b);
	*more = true;
	while (b->nrow < ROWS && b->out.len < BYTES && b->text.len < BYTES &&
	    b->layout.generation == b->read_by.generation) {
		if (!csv_next(&b->cursor, &csv)) {
			*more = false;
			break;
		}
		if (judge_row(b, &csv, err))
			return err->code;
		b->lines += csv.lines;
	}
	return check_memory(b, err);
}

enum err_code
list_batch_unit(struct list_batch *b, const struct row_fields *unit, struct err *err)
{
	forget(b);
	b->unit = unit;
	if (judge_fields(b, unit, (struct slice){ "", 0 }, err))
		return err->code;
	return check_memory(b, err);
}

/* --- what became of the rows ------------------------------------------------------------------ */

const struct list_layout *
list_batch_layout(const struct list_batch *b)
{
	return &b->layout;
}

uint64_t
list_batch_lines(const struct list_batch *b)
{
	return b->lines;
}

size_t
list_batch_rows(const struct list_batch *b)
{
	return b->nrow;
}

void
list_batch_row(const struct list_batch *b, size_t row, struct judged_row *out)
{
	const struct kept_row *k = &b->row[row];

	*out = (struct judged_row){
		.line = k->line,
		.refused = k->refused,
		.key = k->key,
		.rendered = piece_of(&b->out, k->rendered),
		.group_tag = piece_of(&b->text, k->tag),
		.serial = piece_of(&b->text, k->serial),
		.raw = k->raw,
		.nfinding = k->nfinding,
	};
}

const struct device_key *
list_batch_key(const struct list_batch *b, size_t row)
{
	return row < b->nrow && !b->row[row].refused ? &b->row[row].key : NULL;
}

void
list_batch_finding(const struct list_batch *b, size_t row, size_t number, struct finding *out)
{
	const struct kept_row *k = &b->row[row];
	const struct kept_finding *f = &b->finding[k->finding + number];

	*out = (struct finding){
		.code = f->code,
		.severity = f->severity,
		.line = k->line,
		.column = f->column,
		.message = piece_of(&b->text, f->message),
		.advice = slice_of(finding_info(f->code)->advice),
		.serial = piece_of(&b->text, k->serial),
	};
}

bool
list_batch_fields(struct list_batch *b, size_t row, struct row_fields *out)
{
	struct list_layout layout = b->read_by;
	struct csv_row csv;

	if (b->unit) {
		*out = *b->unit;
		return true;
	}
	b->again.dialect = layout.dialect;
	b->again.rest = b->row[row].raw;
	b->again.at_end = true;
	return csv_next(&b->again, &csv) && !(csv.flags & SHAPELESS) &&
	    list_layout_row(&layout, b->judge->list, &csv, out) == ROW_DATA;
}

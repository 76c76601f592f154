/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_layout.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "devices/field_rules.h"

enum {
	PREAMBLE_ROWS_MAX = 50, /* rows before the heading that a report may have */
	SERIALS_SAMPLE = 5,     /* rows that have to look like serial numbers */
	FIRST_SHOWN = 24,       /* bytes of a cell that a message repeats */
};

static bool
is_blank(const struct csv_row *row)
{
	if (row->ncell > CSV_CELLS_MAX || (row->flags & CSV_TOO_LONG))
		return false; /* there is more than can be seen here */
	for (size_t i = 0; i < row->ncell; i++) {
		if (row->cell[i].len && value_trim(row->cell[i]).len)
			return false;
	}
	return true;
}

/* "#TYPE System.…" of ConvertTo-Csv, "sep=;" of Excel, and what people put behind a '#'. */
static bool
is_directive(const struct csv_row *row)
{
	return (row->raw.len && row->raw.ptr[0] == '#') ||
	    (row->raw.len <= 6 && slice_starts_nocase(row->raw, slice_of("sep=")));
}

/* The partner template explains its sample rows below them. Source: sources.md#sample-data */
static bool
is_explanation(const struct csv_row *row)
{
	return row->ncell &&
	    slice_starts_nocase(value_trim(row->cell[0]), slice_of("SAMPLE EXPLAINED"));
}

static char
line_end_of(struct slice head)
{
	if (memchr(head.ptr, '\n', head.len))
		return '\n';
	return memchr(head.ptr, '\r', head.len) ? '\r' : '\n';
}

/* The delimiter of a "sep=;" line, or 0. */
static char
delimiter_directive(struct slice head)
{
	if (head.len < 5 || !slice_starts_nocase(head, slice_of("sep=")))
		return 0;
	return strchr(",;\t|", head.ptr[4]) ? head.ptr[4] : 0;
}

/* One way to read the beginning: what a delimiter makes of it. */
struct reading {
	struct csv_dialect dialect;
	struct columns columns;
	enum list_format format;
	size_t data; /* offset of the first data row */
	uint64_t line;
	unsigned known;      /* columns that were recognised: how good this reading is */
	bool heading;        /* there is a heading row */
	bool any_row;        /* there is a row that is not blank */
	bool several;        /* and it has several cells */
	uint64_t first_line; /* of that row */
	char first[160];     /* its cells, for messages */
	struct err err;      /* why a heading row could not be used */
};

static unsigned
count_known(const struct columns *c)
{
	unsigned n = 0;

	for (size_t k = 0; k < NCOLUMN; k++)
		n += c->at[k] != COLUMN_ABSENT;
	return n;
}

/* Remembers the first row that is not blank, and what it would be if the list had no heading. */
static void
read_first(struct reading *r, const struct csv_row *row, size_t at, uint64_t line)
{
	size_t n = 0;

	r->any_row = true;
	r->several = row->ncell > 1;
	r->first_line = line;
	if (row->flags & CSV_TOO_LONG)
		(void)snprintf(r->first, sizeof r->first, "more than %d bytes", CSV_ROW_MAX);
	for (size_t i = 0; i < row->ncell && i < 6 && n < sizeof r->first; i++) {
		struct slice cell = value_trim(row->cell[i]);
		struct slice v = utf8_head(cell, FIRST_SHOWN);
		size_t key_at;

		if (text_has_product_key(cell, &key_at) || value_is_product_key(cell, true))
			v = slice_of("(product key)");
		n += (size_t)snprintf(r->first + n, sizeof r->first - n, "%s\"" SLICE_FMT "\"",
		    i ? ", " : "", SLICE_ARG(v));
	}
	r->format = list_format_of_data(row->cell,
	    row->ncell < CSV_CELLS_MAX ? row->ncell : CSV_CELLS_MAX, &r->columns);
	r->data = at;
	r->line = line;
	if (r->format != FORMAT_UNKNOWN && r->format != FORMAT_CORP_ID)
		r->known = count_known(&r->columns);
}

/*
 * A title above the heading may look like a lone serial number; a row with a hash never is a title.
 */
static bool
is_surely_data(enum list_format f)
{
	return f == FORMAT_HEADERLESS_PC || f == FORMAT_AUTOPILOTINFO || f == FORMAT_MMD;
}

static void
read_with(struct csv_dialect dialect, struct slice head, bool at_end,
    const struct list_options *opt, struct reading *r)
{
	struct csv_cursor cur = { .dialect = dialect, .rest = head, .at_end = at_end };
	struct csv_row row;
	uint64_t line = 1;

	memset(r, 0, sizeof *r);
	r->dialect = dialect;
	for (unsigned n = 0; n < PREAMBLE_ROWS_MAX; n++) {
		size_t at = (size_t)(head.len - cur.rest.len);
		size_t ncell;

		if (!csv_next(&cur, &row))
			break;
		ncell = row.ncell < CSV_CELLS_MAX ? row.ncell : CSV_CELLS_MAX;
		if (is_blank(&row) || is_directive(&row)) {
			line += row.lines;
			continue;
		}
		if (list_format_is_builtin_row(row.cell, ncell, &r->columns)) {
			r->format = FORMAT_CONFIGMGR_BUILTIN;
			r->heading = r->any_row = true;
			r->known = count_known(&r->columns);
			r->data = at;
			r->line = line;
			break;
		}
		if (!r->any_row && list_format_is_devicelink(row.cell, ncell)) {
			r->format = FORMAT_DEVICELINK;
			r->heading = r->any_row = true;
			r->first_line = line;
			break;
		}
		if (columns_is_heading(row.cell, ncell, opt->map)) {
			if (columns_parse(row.cell, row.ncell, opt->map, &r->columns, &r->err) ==
			    ERR_OK) {
				r->format = list_format_of_heading(row.cell, ncell, &r->columns);
				if (r->any_row && r->format == FORMAT_AUTOPILOTINFO)
					r->format =
					    FORMAT_CONFIGMGR_BUILTIN; /* the same columns below a title */
				r->known = count_known(&r->columns);
			}
			r->heading = r->any_row = true;
			r->data = (size_t)(head.len - cur.rest.len);
			r->line = line + row.lines;
			r->first_line = line;
			break;
		}
		if (!r->any_row) {
			read_first(r, &row, at, line);
			if (is_surely_data(r->format))
				break;
		}
		line += row.lines;
	}
	csv_cursor_done(&cur);
}

/* Are the first rows one word each, short and plain? Prose and code are not serial numbers. */
static bool
looks_like_serials(struct csv_dialect dialect, struct slice text, bool at_end)
{
	struct csv_cursor cur = { .dialect = dialect, .rest = text, .at_end = at_end };
	struct csv_row row;
	unsigned n = 0;
	bool good = true;

	while (good && n < SERIALS_SAMPLE && csv_next(&cur, &row)) {
		struct slice v = value_trim(row.cell[0]);

		if (is_blank(&row) || is_directive(&row))
			continue;
		n++;
		good = row.ncell == 1 && v.len <= 64 && !value_is_damaged(v) &&
		    !memchr(v.ptr, ' ', v.len);
		for (size_t i = 0; good && i < v.len; i++)
			good =
			    v.ptr[i] > ' ' && v.ptr[i] < 127 && !strchr("<>{}()=\"'#$", v.ptr[i]);
	}
	csv_cursor_done(&cur);
	return good && n > 0;
}

static void
by_position(const struct list_options *opt, struct columns *c)
{
	for (size_t k = 0; k < NCOLUMN; k++)
		c->at[k] = COLUMN_ABSENT;
	for (size_t i = 0; i < opt->nposition; i++) {
		if (opt->position[i] != COLUMN_UNKNOWN)
			c->at[opt->position[i]] = (uint16_t)i;
	}
	c->ncell = (uint16_t)opt->nposition;
}

__attribute__((format(printf, 4, 5))) static void
say(struct list_beginning *out, enum finding_code code, uint64_t line, const char *fmt, ...)
{
	va_list ap;

	out->has_finding = true;
	out->code = code;
	out->finding_line = line;
	va_start(ap, fmt);
	(void)vsnprintf(out->message, sizeof out->message, fmt, ap);
	va_end(ap);
	for (char *p = out->message; (p = strpbrk(p, "\r\n")) != NULL;)
		*p = ' '; /* of a cell: a message is one line */
}

/* Judges the best reading: what is to be said about the file before its first row. */
static void
judge(const struct reading *r, struct slice head, bool at_end, struct list_beginning *out)
{
	if (!r->any_row) {
		say(out, FINDING_LIST_EMPTY, 1, "the list is empty");
		return;
	}
	if (r->format == FORMAT_DEVICELINK) {
		say(out, FINDING_NOT_A_LIST, r->first_line,
		    "a DeviceLink file: another feature, not a device list");
		return;
	}
	if (r->heading) {
		if (r->err.code)
			say(out, FINDING_COLUMNS_UNKNOWN, r->first_line, "%s", r->err.msg);
		return;
	}
	switch (r->format) {
	case FORMAT_CORP_ID:
		say(out, FINDING_COLUMNS_UNKNOWN, r->first_line,
		    "three columns without a heading: corporate device identifiers, or manufacturer, model and serial?");
		break;
	case FORMAT_SERIALS:
		if (!looks_like_serials(r->dialect,
		        (struct slice){ head.ptr + r->data, head.len - r->data }, at_end)) {
			out->layout.format = FORMAT_UNKNOWN;
			say(out, FINDING_COLUMNS_UNKNOWN, r->first_line,
			    "no column is known in the first row: %s", r->first);
		}
		break;
	case FORMAT_UNKNOWN:
		say(out, FINDING_COLUMNS_UNKNOWN, r->first_line,
		    "no column is known in the first row: %s", r->first);
		break;
	case FORMAT_HEADERLESS_PC:
		break;
	default:
		say(out, FINDING_HEADING_MISSING, r->first_line,
		    "no heading; the columns were recognised by their values as %s",
		    list_format_name(r->format));
		break;
	}
}

/*
 * Of two ways to read the same beginning, which knows more of it? A heading decides, then what it
 * says.
 */
static bool
is_better(const struct reading *a, const struct reading *b)
{
	bool a_data = a->known && a->format != FORMAT_SERIALS,
	     b_data = b->known && b->format != FORMAT_SERIALS;

	if (a->heading != b->heading)
		return a->heading;
	if (a->heading || (a_data && b_data))
		return a->known > b->known;
	if (a_data != b_data)
		return a_data;
	return a->several && !b->several;
}

void
list_layout_recognise(struct slice head, bool at_end, const struct list_options *opt,
    struct list_beginning *out)
{
	static const char candidate[] = { ',', ';', '\t', '|' };
	char only = delimiter_directive(head);
	struct reading best = { .format = FORMAT_UNKNOWN };
	bool have = false;

	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < sizeof candidate; i++) {
		struct csv_dialect d = { candidate[i], line_end_of(head) };
		struct reading r;

		if (only && only != candidate[i])
			continue;
		read_with(d, head, at_end, opt, &r);
		if (!have || is_better(&r, &best))
			best = r;
		have = true;
	}
	out->layout.dialect = best.dialect;
	out->layout.columns = best.columns;
	out->layout.format = best.format;
	out->data = best.data;
	out->line = best.line;
	if (opt->position && best.any_row) {
		by_position(opt, &out->layout.columns);
		if (!best.heading)
			out->layout.format = FORMAT_OTHER;
		return;
	}
	judge(&best, head, at_end, out);
}

/* Does this row repeat a heading? The long cell of a hash rules it out at once. */
static bool
is_heading_again(const struct list_layout *l, const struct list_options *opt,
    const struct csv_row *row, size_t ncell)
{
	uint16_t at = l->columns.at[COLUMN_HASH];

	if (at < ncell && row->cell[at].len > HEADING_MAX)
		return false;
	return columns_is_heading(row->cell, ncell, opt->map);
}

static bool
count_fits(const struct list_layout *l, const struct csv_row *row)
{
	if (row->ncell < l->columns.ncell || row->ncell > CSV_CELLS_MAX)
		return false;
	for (size_t i = l->columns.ncell; i < row->ncell; i++) {
		if (row->cell[i].len)
			return false;
	}
	return true;
}

enum row_kind
list_layout_row(struct list_layout *layout, const struct list_options *opt,
    const struct csv_row *row, struct row_fields *fields)
{
	size_t ncell = row->ncell < CSV_CELLS_MAX ? row->ncell : CSV_CELLS_MAX;
	struct columns again;
	struct err err;

	if (layout->ended || is_blank(row) || is_directive(row))
		return ROW_SKIPPED;
	if (is_explanation(row)) {
		layout->ended = true;
		layout->generation++;
		return ROW_SKIPPED;
	}
	if (layout->format == FORMAT_CONFIGMGR_BUILTIN && layout->columns.at[COLUMN_SERIAL] == 3) {
		if (!list_format_is_builtin_row(row->cell, ncell, &again))
			return ROW_SKIPPED; /* titles and labels between the regions of the report */
	} else if (is_heading_again(layout, opt, row, ncell)) {
		if (!opt->position &&
		    columns_parse(row->cell, row->ncell, opt->map, &again, &err) == ERR_OK &&
		    memcmp(&again, &layout->columns, sizeof again) != 0) {
			layout->columns = again;
			layout->generation++;
		}
		return ROW_HEADING;
	} else if (!count_fits(layout, row)) {
		return ROW_COUNT;
	}
	for (size_t k = 0; k < NCOLUMN; k++) {
		uint16_t at = layout->columns.at[k];

		fields->has_column[k] = at != COLUMN_ABSENT;
		fields->cell[k] = at < ncell ? row->cell[at] : (struct slice){ NULL, 0 };
	}
	fields->last_and_cut = (row->flags & CSV_NO_LINE_END) != 0;
	return ROW_DATA;
}

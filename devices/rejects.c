/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/rejects.h"

#include <inttypes.h>

#include "devices/field_rules.h"

enum {
	HASH_SHOWN = 12,   /* characters of a hash that may be shown */
	WORD_MAX = 40,     /* a longer run of base64 is a hash, or a line of one */
	CELL_SHOWN = 4096, /* bytes of a cell */
	PRODUCT_KEY_CHARS = 29,
	DASHLESS_KEY_CHARS = 25,
};

static const enum column shown_column[] = {
	COLUMN_SERIAL,
	COLUMN_PRODUCT_ID,
	COLUMN_HASH,
	COLUMN_MANUFACTURER,
	COLUMN_MODEL,
	COLUMN_TAG,
	COLUMN_USER,
};

static bool
is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '+' || c == '/' || c == '-' || c == '_'; /* the last two: its URL-safe kind */
}

/*
 * One character inside quotes. Line ends stay, so that a row which has them looks as it does in the
 * list.
 */
static void
add_quoted_char(struct buf *out, char c)
{
	if (c == '"')
		buf_add_char(out, '"');
	buf_add_char(out, c == '\0' ? '?' : c);
}

static bool
begins_character(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

static size_t
word_length(struct slice s, size_t most)
{
	size_t n = 0;

	while (n < s.len && n < most && is_base64(s.ptr[n]))
		n++;
	return n;
}

/*
 * Text with its confidential parts left out: long runs of base64, and product keys. In a row that
 * was refused for a product key, one may also stand without its dashes. What is too long for a cell
 * that people look at is cut, after that.
 */
static void
add_redacted(struct buf *out, struct slice s, bool has_key)
{
	const size_t most = out->len + CELL_SHOWN;
	size_t key = s.len;

	(void)text_has_product_key(s, &key);
	while (s.len && (out->len < most || !begins_character(*s.ptr))) {
		size_t n = key ? word_length(s, key) : PRODUCT_KEY_CHARS;

		if (!key || (has_key && n == DASHLESS_KEY_CHARS)) {
			buf_add_str(out, "(product key)");
		} else if (n > WORD_MAX) {
			buf_add(out, s.ptr, HASH_SHOWN);
			buf_addf(out, "… (%zu characters)", n);
		} else {
			n = n ? n : 1;
			for (size_t i = 0; i < n; i++)
				add_quoted_char(out, s.ptr[i]);
		}
		s = slice_from(s, n);
		if (key) {
			key -= n;
		} else {
			key = s.len;
			(void)text_has_product_key(s, &key);
		}
	}
	if (s.len)
		buf_add_str(out, "…");
}

/* Source: sources.md#spreadsheet-formulas */
static bool
looks_like_formula(struct slice s)
{
	return s.len && memchr("=+-@\t\r", s.ptr[0], 6);
}

static void
add_cell(struct buf *out, struct slice s, bool has_key)
{
	buf_add_str(out, ",\"");
	if (looks_like_formula(s))
		buf_add_char(out, '\'');
	add_redacted(out, s, has_key);
	buf_add_char(out, '"');
}

void
rejects_heading(struct buf *out)
{
	buf_add_str(out,
	    "\xEF\xBB\xBF"
	    "File,Line,Column,Code,Reason,Suggestion,Device Serial Number,Windows Product ID,Hardware Hash,"
	    "Manufacturer name,Device model,Group Tag,Assigned User,Row\r\n");
}

void
rejects_row(struct buf *out, const char *file, const struct finding *why,
    const struct row_fields *fields, struct slice raw)
{
	static const struct slice none = { "", 0 };
	bool has_key = why->code == FINDING_PRODUCT_KEY;

	buf_add_char(out, '"');
	if (looks_like_formula(slice_of(file)))
		buf_add_char(out, '\'');
	for (const char *c = file; *c; c++)
		add_quoted_char(out, *c);
	buf_addf(out, "\",%" PRIu64, why->line);
	add_cell(out, why->column ? slice_of(why->column) : none, false);
	add_cell(out, slice_of(finding_info(why->code)->code), false);
	add_cell(out, why->message, false);
	add_cell(out, why->advice, false);
	for (size_t i = 0; i < sizeof shown_column / sizeof shown_column[0]; i++) {
		struct slice v = fields ? fields->cell[shown_column[i]] : none;

		if (!fields && shown_column[i] == COLUMN_SERIAL)
			v = why->serial;
		add_cell(out, v, has_key);
	}
	add_cell(out, raw, has_key);
	buf_add_str(out, "\r\n");
}

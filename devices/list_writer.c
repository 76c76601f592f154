/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_writer.h"

#include <stddef.h>

#include "devices/row_findings.h"

static const struct list_writer format[] = {
	{
	    .name = "partner-center",
	    .header =
	        "Device Serial Number,Windows Product ID,Hardware Hash,Manufacturer name,Device model\r\n",
	    .rows_per_file = 1000,
	    .column = { COLUMN_SERIAL, COLUMN_PRODUCT_ID, COLUMN_HASH, COLUMN_MANUFACTURER,
	        COLUMN_MODEL, COLUMN_UNKNOWN },
	},
	{
	    .name = "intune",
	    .header =
	        "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User\r\n",
	    .rows_per_file = 500,
	    .has_tag = true,
	    .needs_hash = true,
	    .column = { COLUMN_SERIAL, COLUMN_PRODUCT_ID, COLUMN_HASH, COLUMN_TAG, COLUMN_USER,
	        COLUMN_UNKNOWN },
	},
	{
	    .name = "mmd",
	    .header = "Manufacturer,Model,Serial Number,Hardware Hash\r\n",
	    .needs_hash = true,
	    .column = { COLUMN_MANUFACTURER, COLUMN_MODEL, COLUMN_SERIAL, COLUMN_HASH,
	        COLUMN_UNKNOWN },
	},
	{
	    .name = "tuples",
	    .header = "Manufacturer,Model,Serial Number\r\n",
	    .needs_tuple = true,
	    .column = { COLUMN_MANUFACTURER, COLUMN_MODEL, COLUMN_SERIAL, COLUMN_UNKNOWN },
	},
};

enum { NFORMAT = sizeof format / sizeof format[0] };

const struct list_writer *
list_writer_find(struct slice name)
{
	for (size_t i = 0; i < NFORMAT; i++) {
		if (slice_eq(name, slice_of(format[i].name)))
			return &format[i];
	}
	return NULL;
}

const char *const *
list_writer_names(void)
{
	static const char *const name[] = { "partner-center", "intune", "mmd", "tuples", NULL };

	return name;
}

static struct slice
value_of(const struct device *d, enum column c)
{
	switch (c) {
	case COLUMN_SERIAL:
		return d->serial;
	case COLUMN_PRODUCT_ID:
		return d->product_id;
	case COLUMN_HASH:
		return d->hash;
	case COLUMN_MANUFACTURER:
		return d->manufacturer;
	case COLUMN_MODEL:
		return d->model;
	case COLUMN_TAG:
		return d->group_tag;
	case COLUMN_USER:
		return d->assigned_user;
	case COLUMN_ORDER:
	case COLUMN_UNKNOWN:
		break;
	}
	return (struct slice){ NULL, 0 };
}

static bool
is_writable(struct slice v)
{
	for (size_t i = 0; i < v.len; i++) {
		if (v.ptr[i] == ',' || v.ptr[i] == '"' || v.ptr[i] == '\r' || v.ptr[i] == '\n')
			return false;
	}
	return true;
}

/* Refuses what the format cannot express; false if it did. */
static bool
check(const struct list_writer *f, const struct device *d, struct row_checker *rc,
    struct checked_row *row)
{
	if (f->needs_hash && !d->hash.len)
		row_refuse(rc, row, FINDING_NO_IDENTITY, "Hardware Hash",
		    "the %s format takes hardware hashes only", f->name);
	else if (f->needs_tuple && (!d->serial.len || !d->manufacturer.len || !d->model.len))
		row_refuse(rc, row, FINDING_NO_IDENTITY, NULL,
		    "the %s format needs manufacturer, model and serial number", f->name);
	for (const enum column *c = f->column; *c != COLUMN_UNKNOWN; c++) {
		/* A hash is base64 of known length: there is nothing to look for in it. */
		if (*c != COLUMN_HASH && !is_writable(value_of(d, *c)))
			row_refuse(rc, row, FINDING_VALUE_NOT_WRITABLE, column_name(*c),
			    "a comma, quote or line end in \"" SLICE_FMT "\"",
			    VALUE_SHOWN(value_of(d, *c)));
	}
	return !row->refused;
}

void
list_writer_row(const struct list_writer *f, const struct device *d, struct buf *out,
    struct row_checker *rc, struct checked_row *row)
{
	if (!check(f, d, rc, row))
		return;
	for (const enum column *c = f->column; *c != COLUMN_UNKNOWN; c++) {
		if (c != f->column)
			buf_add_char(out, ',');
		buf_add_slice(out, value_of(d, *c));
	}
	buf_add(out, "\r\n", 2);
}

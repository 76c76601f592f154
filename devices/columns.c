/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/columns.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "devices/csv.h"
#include "devices/field_rules.h"

/*
 * Folded headings. Not here, since it means different things in different lists: "device name".
 * "order id" and "orderid" differ: the one is the sender's own number in the portal's form, the
 * other the old name of the group tag in the collecting script.
 * Source: sources.md#list-headings
 */
static const struct {
	const char *folded;
	enum column column;
} known_heading[] = {
	{ "device serial number", COLUMN_SERIAL },
	{ "deviceserialnumber", COLUMN_SERIAL },
	{ "serial number", COLUMN_SERIAL },
	{ "serialnumber", COLUMN_SERIAL },
	{ "serial no", COLUMN_SERIAL },
	{ "serial", COLUMN_SERIAL },
	{ "service tag", COLUMN_SERIAL },
	{ "sn", COLUMN_SERIAL },
	{ "windows product id", COLUMN_PRODUCT_ID },
	{ "windowsproductid", COLUMN_PRODUCT_ID },
	{ "product id", COLUMN_PRODUCT_ID },
	{ "product key id", COLUMN_PRODUCT_ID },
	{ "productkey", COLUMN_PRODUCT_ID },
	{ "pkid", COLUMN_PRODUCT_ID },
	{ "hardware hash", COLUMN_HASH },
	{ "hardwarehash", COLUMN_HASH },
	{ "hardware identifier", COLUMN_HASH },
	{ "hardwareidentifier", COLUMN_HASH },
	{ "hwid", COLUMN_HASH },
	{ "4k hh", COLUMN_HASH },
	{ "manufacturer", COLUMN_MANUFACTURER },
	{ "manufacturer name", COLUMN_MANUFACTURER },
	{ "manufacturername", COLUMN_MANUFACTURER },
	{ "oem manufacturer name", COLUMN_MANUFACTURER },
	{ "oemmanufacturername", COLUMN_MANUFACTURER },
	{ "make", COLUMN_MANUFACTURER },
	{ "model", COLUMN_MODEL },
	{ "device model", COLUMN_MODEL },
	{ "devicemodel", COLUMN_MODEL },
	{ "model name", COLUMN_MODEL },
	{ "modelname", COLUMN_MODEL },
	{ "product name", COLUMN_MODEL },
	{ "group tag", COLUMN_TAG },
	{ "grouptag", COLUMN_TAG },
	{ "group name", COLUMN_TAG },
	{ "orderid", COLUMN_TAG },
	{ "order identifier", COLUMN_TAG },
	{ "assigned user", COLUMN_USER },
	{ "assigneduser", COLUMN_USER },
	{ "user principal name", COLUMN_USER },
	{ "userprincipalname", COLUMN_USER },
	{ "upn", COLUMN_USER },
	{ "order id", COLUMN_ORDER },
	{ "purchase id", COLUMN_ORDER },
};

static const struct {
	const char *name;
	const char *word;
} column_text[NCOLUMN] = {
	[COLUMN_SERIAL] = { "Serial Number", "serial" },
	[COLUMN_PRODUCT_ID] = { "Windows Product ID", "product_id" },
	[COLUMN_HASH] = { "Hardware Hash", "hash" },
	[COLUMN_MANUFACTURER] = { "Manufacturer", "manufacturer" },
	[COLUMN_MODEL] = { "Model", "model" },
	[COLUMN_TAG] = { "Group Tag", "tag" },
	[COLUMN_USER] = { "Assigned User", "user" },
	[COLUMN_ORDER] = { "Order ID", "order" },
};

/* Bytes of the blank, or of what counts as one in a heading, at the start of s; 0 if none. */
static size_t
separator(struct slice s)
{
	/* strchr() also finds the NUL, which would end the heading early: it separates, too. */
	return strchr("_-.", *s.ptr) ? 1 : value_blank(s);
}

void
heading_fold(struct slice cell, char dst[HEADING_MAX])
{
	size_t n = 0;
	size_t step;

	for (; cell.len > 0 && n < HEADING_MAX - 1; cell.ptr += step, cell.len -= step) {
		size_t blank = separator(cell);

		step = blank ? blank : 1;
		if (n == 0 && (blank || *cell.ptr == '"'))
			continue;
		if (blank && dst[n - 1] == ' ')
			continue;
		dst[n++] = blank ? ' ' : (char)tolower((unsigned char)*cell.ptr);
	}
	while (n > 0 && (dst[n - 1] == ' ' || dst[n - 1] == '"'))
		n--;
	dst[n] = '\0';
}

bool
heading_is(const char *folded, const char *known)
{
	for (; *known; known++, folded++) {
		if (*folded != *known)
			return false;
	}
	if (*folded == ' ')
		folded++;
	return folded[strspn(folded, "0123456789")] == '\0';
}

static enum column
mapped_column(struct slice cell, const struct column_map *map)
{
	char folded[HEADING_MAX];
	char wanted[HEADING_MAX];

	if (!map)
		return COLUMN_UNKNOWN;
	heading_fold(cell, folded);
	for (size_t k = 0; folded[0] && k < NCOLUMN; k++) {
		if (!map->heading[k])
			continue;
		heading_fold(slice_of(map->heading[k]), wanted);
		if (strcmp(folded, wanted) == 0)
			return (enum column)k;
	}
	return COLUMN_UNKNOWN;
}

enum column
column_of(struct slice cell, const struct column_map *map)
{
	enum column mapped = mapped_column(cell, map);
	char folded[HEADING_MAX];

	if (mapped != COLUMN_UNKNOWN)
		return mapped;
	heading_fold(cell, folded);
	for (size_t i = 0; i < sizeof known_heading / sizeof known_heading[0]; i++) {
		if (heading_is(folded, known_heading[i].folded))
			return known_heading[i].column;
	}
	return COLUMN_UNKNOWN;
}

const char *
column_name(enum column c)
{
	assert(c < COLUMN_UNKNOWN);
	return column_text[c].name;
}

const char *
column_word(enum column c)
{
	assert(c < COLUMN_UNKNOWN);
	return column_text[c].word;
}

enum column
column_from_word(struct slice word)
{
	for (size_t k = 0; k < NCOLUMN; k++) {
		if (slice_eq(word, slice_of(column_text[k].word)))
			return (enum column)k;
	}
	return COLUMN_UNKNOWN;
}

enum err_code
columns_parse(const struct slice *cell, size_t ncell, const struct column_map *map,
    struct columns *out, struct err *err)
{
	bool mapped[NCOLUMN + 1] = { false }; /* one more: COLUMN_UNKNOWN */
	struct columns c;

	if (ncell > CSV_CELLS_MAX)
		return err_set(err, ERR_LIMIT, "%zu columns, the limit is %d", ncell,
		    CSV_CELLS_MAX);
	c.ncell = (uint16_t)ncell;
	for (size_t k = 0; k < NCOLUMN; k++)
		c.at[k] = COLUMN_ABSENT;
	for (size_t i = 0; i < ncell; i++)
		mapped[mapped_column(cell[i], map)] = true;
	for (size_t i = 0; i < ncell; i++) {
		enum column k = column_of(cell[i], map);

		if (k == COLUMN_UNKNOWN)
			continue; /* suppliers add their own; harmless */
		if (mapped[k] && mapped_column(cell[i], map) == COLUMN_UNKNOWN)
			continue; /* a synonym beside the heading that the user named */
		if (c.at[k] != COLUMN_ABSENT)
			return err_set(err, ERR_FORMAT, "columns %d and %zu are both \"%s\"",
			    c.at[k] + 1, i + 1, column_name(k));
		c.at[k] = (uint16_t)i;
	}
	if (c.at[COLUMN_HASH] == COLUMN_ABSENT && c.at[COLUMN_PRODUCT_ID] == COLUMN_ABSENT &&
	    c.at[COLUMN_SERIAL] == COLUMN_ABSENT)
		return err_set(err, ERR_FORMAT,
		    "no heading of %zu names a hardware hash, a product id or a serial number",
		    ncell);
	*out = c;
	return ERR_OK;
}

bool
columns_is_heading(const struct slice *cell, size_t ncell, const struct column_map *map)
{
	size_t filled = 0;
	size_t known = 0;

	/* Values first: they rule out nearly every row of data before anything is folded. */
	for (size_t i = 0; i < ncell; i++) {
		struct slice v = value_trim(cell[i]);

		if (value_looks_like_hash(v) || product_id_is_good(v))
			return false;
	}
	for (size_t i = 0; i < ncell; i++) {
		filled += value_trim(cell[i]).len > 0;
		known += column_of(cell[i], map) != COLUMN_UNKNOWN;
	}
	return known * 2 > filled && (known >= 2 || filled == 1);
}

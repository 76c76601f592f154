/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/list_format.h"

#include <assert.h>
#include <string.h>

#include "devices/field_rules.h"

static const char *const format_name[] = {
	[FORMAT_UNKNOWN] = "unknown",
	[FORMAT_AUTOPILOTINFO] = "autopilotinfo",
	[FORMAT_AUTOPILOTINFO_TAG] = "autopilotinfo+tag",
	[FORMAT_INTUNE] = "intune",
	[FORMAT_PARTNER_CENTER] = "partner-center",
	[FORMAT_MMD] = "mmd",
	[FORMAT_MMD_PARTNER_OLD] = "mmd-partner-old",
	[FORMAT_CONFIGMGR_MMD] = "configmgr-mmd",
	[FORMAT_CONFIGMGR_BUILTIN] = "configmgr-builtin",
	[FORMAT_ORDERID_OLD] = "orderid-old",
	[FORMAT_HEADERLESS_PC] = "headerless-pc",
	[FORMAT_SERIALS] = "serials",
	[FORMAT_CORP_ID] = "corp-id",
	[FORMAT_DEVICELINK] = "devicelink",
	[FORMAT_OA3_XML] = "oa3-xml",
	[FORMAT_OTHER] = "other",
};

enum { HEADINGS_MAX = 5 };

/* Folded. Where two formats have the same columns, the one that people meet more often is first. */
static const struct {
	enum list_format format;
	const char *heading[HEADINGS_MAX];
} signature[] = {
	{ FORMAT_AUTOPILOTINFO, { "device serial number", "windows product id", "hardware hash" } },
	{ FORMAT_AUTOPILOTINFO_TAG,
	    { "device serial number", "windows product id", "hardware hash", "group tag" } },
	{ FORMAT_INTUNE,
	    { "device serial number", "windows product id", "hardware hash", "group tag",
	        "assigned user" } },
	{ FORMAT_PARTNER_CENTER,
	    { "device serial number", "windows product id", "hardware hash", "manufacturer name",
	        "device model" } },
	{ FORMAT_MMD, { "manufacturer", "model", "serial number", "hardware hash" } },
	{ FORMAT_MMD_PARTNER_OLD, { "manufacturer", "model", "serial number" } },
	{ FORMAT_CONFIGMGR_MMD, { "manufacturer", "model", "serial number", "hardwarehash" } },
	{ FORMAT_ORDERID_OLD,
	    { "device serial number", "windows product id", "hardware hash", "orderid" } },
	{ FORMAT_SERIALS, { "serial number" } },
};

/* The columns of lists without a heading, by position; shorter shapes are beginnings of longer. */
static const enum column partner_order[] = {
	COLUMN_SERIAL,
	COLUMN_PRODUCT_ID,
	COLUMN_HASH,
	COLUMN_MANUFACTURER,
	COLUMN_MODEL,
};
static const enum column bare_hash[] = { COLUMN_HASH };

static const enum column mmd_order[] = {
	COLUMN_MANUFACTURER,
	COLUMN_MODEL,
	COLUMN_SERIAL,
	COLUMN_HASH,
};

const char *
list_format_name(enum list_format f)
{
	assert(f <= FORMAT_OTHER);
	return format_name[f];
}

static bool
says_devicelink(struct slice cell)
{
	char folded[HEADING_MAX];

	heading_fold(cell, folded);
	return strstr(folded, "devicelink") || strstr(folded, "device link");
}

static bool
has_headings(size_t s, const struct slice *cell, size_t ncell)
{
	char folded[HEADING_MAX];
	size_t n = 0;

	for (; n < HEADINGS_MAX && signature[s].heading[n]; n++) {
		if (n == ncell)
			return false;
		heading_fold(cell[n], folded);
		if (!heading_is(folded, signature[s].heading[n]))
			return false;
	}
	return n == ncell;
}

static bool
has_columns(size_t s, const struct columns *c)
{
	bool wanted[NCOLUMN] = { false };

	for (size_t i = 0; i < HEADINGS_MAX && signature[s].heading[i]; i++)
		wanted[column_of(slice_of(signature[s].heading[i]), NULL)] = true;
	for (size_t k = 0; k < NCOLUMN; k++) {
		if (wanted[k] != (c->at[k] != COLUMN_ABSENT))
			return false;
	}
	return true;
}

bool
list_format_is_devicelink(const struct slice *cell, size_t ncell)
{
	/* Nobody has published the headings of these files; that they say so is a guess. */
	for (size_t i = 0; i < ncell; i++) {
		if (says_devicelink(cell[i]))
			return true;
	}
	return false;
}

enum list_format
list_format_of_heading(const struct slice *cell, size_t ncell, const struct columns *c)
{
	for (size_t s = 0; s < sizeof signature / sizeof signature[0]; s++) {
		if (has_headings(s, cell, ncell))
			return signature[s].format;
	}
	for (size_t s = 0; s < sizeof signature / sizeof signature[0]; s++) {
		if (has_columns(s, c))
			return signature[s].format;
	}
	return FORMAT_OTHER;
}

static enum list_format
by_position(enum list_format f, const enum column *order, size_t ncell, struct columns *out)
{
	for (size_t k = 0; k < NCOLUMN; k++)
		out->at[k] = COLUMN_ABSENT;
	for (size_t i = 0; i < ncell; i++)
		out->at[order[i]] = (uint16_t)i;
	out->ncell = (uint16_t)ncell;
	return f;
}

static bool
is_empty(struct slice cell)
{
	return value_trim(cell).len == 0;
}

static bool
is_hash(struct slice cell)
{
	return value_looks_like_hash(value_trim(cell));
}

static bool
is_product_id(struct slice cell)
{
	return product_id_is_good(value_trim(cell));
}

/* With a user last it is Intune's list without its heading: a tag would be taken for a make. */
static bool
is_partner_row(const struct slice *cell)
{
	if (value_is_upn(value_trim(cell[4])))
		return false;
	return is_hash(cell[2]) || is_product_id(cell[1]) ||
	    (!is_empty(cell[0]) && !is_empty(cell[3]) && !is_empty(cell[4]));
}

enum list_format
list_format_of_data(const struct slice *cell, size_t ncell, struct columns *out)
{
	switch (ncell) {
	case 1:
		if (is_empty(cell[0]))
			return FORMAT_UNKNOWN;
		if (is_hash(cell[0]))
			return by_position(FORMAT_OTHER, bare_hash, ncell, out);
		return by_position(FORMAT_SERIALS, partner_order, ncell, out);
	case 3:
		if (!is_hash(cell[2]))
			return FORMAT_CORP_ID;
		return by_position(FORMAT_AUTOPILOTINFO, partner_order, ncell, out);
	case 4:
		if (!is_hash(cell[3]))
			return FORMAT_UNKNOWN;
		return by_position(FORMAT_MMD, mmd_order, ncell, out);
	case 5:
		if (!is_partner_row(cell))
			return FORMAT_UNKNOWN;
		return by_position(FORMAT_HEADERLESS_PC, partner_order, ncell, out);
	default:
		return FORMAT_UNKNOWN;
	}
}

bool
list_format_is_builtin_row(const struct slice *cell, size_t ncell, struct columns *out)
{
	if (ncell < 6)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (column_of(cell[i], NULL) != partner_order[i])
			return false;
	}
	/* A longer heading row begins alike; only a value tells them apart. */
	if (!is_product_id(cell[4]) && !is_hash(cell[5]))
		return false;
	(void)by_position(FORMAT_CONFIGMGR_BUILTIN, partner_order, 3, out);
	for (size_t i = 0; i < 3; i++)
		out->at[partner_order[i]] = (uint16_t)(i + 3);
	out->ncell = 6;
	return true;
}

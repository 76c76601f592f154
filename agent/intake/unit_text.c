/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/unit_text.h"

#include <string.h>

#include "base/nearest.h"
#include "base/utf8.h"

enum { NAME_SHOWN_MAX = 32 };

static const char *const member_name[NUNIT_MEMBER] = {
	[UNIT_CUSTOMER] = "customer",
	[UNIT_SERIAL] = "serial",
	[UNIT_MANUFACTURER] = "manufacturer",
	[UNIT_MODEL] = "model",
	[UNIT_PRODUCT_ID] = "product_id",
	[UNIT_ORDER] = "order",
	[UNIT_GROUP_TAG] = "group_tag",
	[UNIT_HASH] = "hash",
	[UNIT_REPLACES] = "replaces",
};

const char *
unit_text_member(enum unit_member m)
{
	return member_name[m];
}

static enum err_code
set_member(struct unit_text *u, const char *name, const json_t *value, struct err *err)
{
	struct slice shown;
	const char *meant;

	for (size_t i = 0; i < NUNIT_MEMBER; i++) {
		if (strcmp(member_name[i], name) != 0)
			continue;
		if (!json_is_string(value) && !json_is_null(value))
			return err_set(err, ERR_FORMAT, "\"%s\" is not a text", name);
		u->value[i] = (struct slice){ json_is_null(value) ? "" : json_string_value(value),
			json_string_length(value) };
		return ERR_OK;
	}
	meant = nearest(slice_of(name), member_name, NUNIT_MEMBER);
	shown = utf8_head(slice_of(name), NAME_SHOWN_MAX);
	return err_set(err, ERR_FORMAT, "a unit has no \"" SLICE_FMT "\"%s%s%s", SLICE_ARG(shown),
	    meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

static enum err_code
read_members(json_t *doc, struct unit_text *u, struct err *err)
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < NUNIT_MEMBER; i++)
		u->value[i] = slice_of("");
	json_object_foreach(doc, name, value)
	{
		if (set_member(u, name, value, err))
			return err->code;
	}
	return ERR_OK;
}

enum err_code
unit_text_parse(struct slice text, struct unit_text *out, struct err *err)
{
	struct unit_text u = { .doc = NULL };

	if (text.len > UNIT_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a unit takes at most %d bytes", UNIT_TEXT_MAX);
	/* What jansson says of a mistake may repeat values. */
	u.doc = json_loadb(text.len ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(u.doc)) {
		json_decref(u.doc);
		return err_set(err, ERR_FORMAT,
		    "this is no JSON object, or has a member twice or a NUL");
	}
	if (read_members(u.doc, &u, err)) {
		json_decref(u.doc);
		return err->code;
	}
	*out = u;
	return ERR_OK;
}

void
unit_text_done(struct unit_text *u)
{
	json_decref(u->doc);
	*u = (struct unit_text){ .doc = NULL };
}

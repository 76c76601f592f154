/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/intake/intake_rules.h"

#include <string.h>

static void
allow_tags(struct intake_rules *r, const struct customer *c, const char *tag)
{
	for (size_t i = 0; i < c->allowed_tags.n && i < INTAKE_TAGS_MAX; i++)
		r->tag[r->policy.nallowed_tag++] = slice_of(c->allowed_tags.item[i]);
	if (r->policy.nallowed_tag == 0 && tag)
		r->tag[r->policy.nallowed_tag++] = slice_of(tag);
}

/* The headings that the configuration names, if it names any. */
static void
map_columns(struct intake_rules *r, const struct customer *c)
{
	_Static_assert((int)CONFIG_COLUMNS == (int)NCOLUMN, "the words of columns are the columns");
	for (size_t i = 0; i < NCOLUMN; i++) {
		r->map.heading[i] = c->columns.heading[i];
		if (r->map.heading[i])
			r->list.map = &r->map;
	}
}

enum err_code
intake_rules_init(struct intake_rules *r, const struct customer *c, const char *tag,
    const struct clock *clock, const struct random *random, struct err *err)
{
	if (!tag)
		tag = c->group_tag;
	memset(r, 0, sizeof *r);
	r->policy = (struct row_policy){
		.allowed_tag = r->tag,
		.default_tag = slice_of(tag ? tag : ""),
		.accept_serial_mismatch = c->accept_serial_mismatch,
		.now_unix_s = clock_unix_s(clock),
	};
	allow_tags(r, c, tag);
	map_columns(r, c);
	return random->fill(random->arg, r->policy.key_seed, sizeof r->policy.key_seed, err);
}

static bool
is_allowed(const struct customer *c, const char *tag)
{
	if (c->group_tag && strcmp(c->group_tag, tag) == 0)
		return true;
	for (size_t i = 0; i < c->allowed_tags.n; i++) {
		if (strcmp(c->allowed_tags.item[i], tag) == 0)
			return true;
	}
	return false;
}

enum err_code
intake_rules_check(const struct customer *c, const char *tag, struct err *err)
{
	if (c->via.kind == VIA_INTUNE)
		return err_set(err, ERR_USAGE,
		    "%s is reached through Intune, which this version does not send to", c->name);
	if (!tag && !c->group_tag && c->allowed_tags.n == 0)
		return err_set(err, ERR_USAGE, "%s has no group_tag, and none was given", c->name);
	if (tag && !is_allowed(c, tag))
		return err_set(err, ERR_USAGE,
		    "the group tag \"%s\" is not among the allowed_tags of %s (capitals and blanks count)",
		    tag, c->name);
	return ERR_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/slice.h"

/*
 * A unit as a production line tells of it: one JSON object of texts, {"customer":"contoso",
 * "serial":"PF0ABCDE", …}. A member that is not there, null or empty is the same. What the values
 * mean is not looked at. A plain value; zeroed, it may be ended.
 */
enum unit_member {
	UNIT_CUSTOMER,
	UNIT_SERIAL,
	UNIT_MANUFACTURER,
	UNIT_MODEL,
	UNIT_PRODUCT_ID,
	UNIT_ORDER,
	UNIT_GROUP_TAG,
	UNIT_HASH,
	UNIT_REPLACES,
};
enum { NUNIT_MEMBER = UNIT_REPLACES + 1 };

enum { UNIT_TEXT_MAX = 64 * 1024 }; /* bytes; a hash takes 4,000 of them */

struct unit_text {
	struct slice value[NUNIT_MEMBER]; /* UTF-8 without NULs; terminated */
	json_t *doc;                      /* owns all of it */
};

/*
 * Errors: ERR_FORMAT (no JSON object, a member that units do not have or that is no text, twice the
 * same), ERR_LIMIT (too long); *out is untouched then. Messages repeat no values.
 */
MUST_USE enum err_code unit_text_parse(struct slice text, struct unit_text *out, struct err *err);
void unit_text_done(struct unit_text *u);

/* "product_id"; static. */
const char *unit_text_member(enum unit_member m);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "config/oem_profile.h"

/*
 * What a profile makes of one made-up device, so that whoever writes the profile sees it beside the
 * maker's document. Nothing is sent.
 */

/* Empty texts stand for what the device does not have. */
struct profile_sample {
	const char *serial;
	const char *manufacturer;
	const char *model;
	const char *product_id;
	const char *group_tag;
	const char *order;
};

/*
 * An array of requests, in the order in which they would leave: {"call", "meaning", "method", "url",
 * "headers", "body"}. url is null where the answer before says it, body where there is none; a token
 * is ***. The caller's.
 *
 * Errors: ERR_USAGE (no such device is sent), and those of oem_request.h; *out is untouched then.
 */
MUST_USE enum err_code profile_preview(const struct oem_profile *p,
    const struct profile_sample *sample, json_t **out, struct err *err);

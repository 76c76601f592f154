/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

/*
 * What a request asks for: "/v1/devices/PF%2F1?limit=3" as segments and parameters, decoded each for
 * itself, so that a slash or an ampersand in a serial number stays one. '+' is '+': group tags
 * have it. Source: sources.md#uri
 */
enum { TARGET_SEGMENTS_MAX = 8, TARGET_PARAMETERS_MAX = 16 };

struct target_parameter {
	const char *name;
	const char *value;
};

struct request_target {
	const char *segment[TARGET_SEGMENTS_MAX]; /* none for "/" */
	size_t nsegment;
	struct target_parameter parameter[TARGET_PARAMETERS_MAX];
	size_t nparameter;
	char *text; /* owns all of it */
};

/*
 * Errors: ERR_FORMAT (not a path, a bad escape, an escaped NUL, a parameter twice), ERR_LIMIT,
 * ERR_NOMEM. *out is untouched then.
 */
MUST_USE enum err_code request_target_parse(const char *uri, struct request_target *out,
    struct err *err);

/* A zeroed one may be ended as well. */
void request_target_done(struct request_target *t);

/* pattern: "/v1/lists/{}/report"; {} is any segment. */
bool request_target_matches(const struct request_target *t, const char *pattern);

/* NULL: it was not given. */
const char *request_target_parameter(const struct request_target *t, const char *name);

/* Appends text so that it stays one segment or one value. */
void request_target_escape(struct buf *out, struct slice text);

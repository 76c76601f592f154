/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/slice.h"
#include "http/http_call.h"

/*
 * What Entra ID answers to whoever wants to sign in with a code: the code, and where a person enters
 * it; and what it answers while nobody has. Source: sources.md#device-code
 */
enum {
	DEVICE_CODE_ANSWER_MAX = 64 * 1024, /* bytes of a body */
	DEVICE_CODE_LIFE_MAX_S = 24 * 60 * 60,
	DEVICE_CODE_INTERVAL_MAX_S = 5 * 60,
	USER_CODE_SIZE = 64,
	VERIFICATION_URI_SIZE = 256,
};

struct device_code {
	struct secret *device;           /* what the token is asked for with */
	char user[USER_CODE_SIZE];       /* what a person enters; printable ASCII, no secret */
	char uri[VERIFICATION_URI_SIZE]; /* where; printable ASCII without blanks */
	uint64_t life_s;                 /* 1 to DEVICE_CODE_LIFE_MAX_S */
	uint64_t interval_s;             /* 1 to DEVICE_CODE_INTERVAL_MAX_S */
};

/*
 * Errors: ERR_FORMAT, ERR_LIMIT, ERR_NOMEM; *out is untouched then. Messages show nothing of the
 * body.
 */
MUST_USE enum err_code device_code_parse(struct slice body, struct device_code *out,
    struct err *err);

/* Accepts a zeroed one, and leaves one. */
void device_code_done(struct device_code *c);

/* What an answer other than 200 has to say about when to ask again. */
enum device_code_news {
	DEVICE_CODE_PENDING,
	DEVICE_CODE_SLOW_DOWN, /* pending, and asked too often */
	DEVICE_CODE_EXPIRED,   /* nobody has entered it in time */
	DEVICE_CODE_OVER,      /* none of these: it is for entra_error_judge() */
};
enum device_code_news device_code_news(const struct http_response *rsp);

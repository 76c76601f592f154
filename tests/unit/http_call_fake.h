/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "http/http_call.h"

/*
 * A link-time double of http/http_call.h: it keeps the one request that is under way, and the test
 * says how it ends. Mistakes fail the test that runs.
 */
enum { HTTP_CALL_FAKE_TEXT_MAX = 64 * 1024 };

struct http_call_fake {
	unsigned started; /* so far */
	bool under_way;
	bool skipped;   /* it is one that sends nothing: nothing below is of it */
	bool cancelled; /* the one that is under way */
	enum http_method method;
	char url[256];
	char headers[256]; /* "Name: value\n" each */
	char text[HTTP_CALL_FAKE_TEXT_MAX];
	uint64_t total_ms;
	size_t answer_max;
	const struct http_tls *tls; /* compare only */
};

/* Set-up and tear-down of a test; the latter asserts that nothing is under way. */
int http_call_fake_enter(void **state);
int http_call_fake_leave(void **state);

/* What was asked for last. */
const struct http_call_fake *http_call_fake_last(void);

/* The next start fails like this. */
void http_call_fake_refuse(enum err_code code);

void http_call_fake_answer(unsigned status, int64_t retry_after_ms, const char *body);
void http_call_fake_fail(enum err_code code, const char *msg);

/* The call that sends nothing ends, or with ERR_CANCELLED if it was. */
void http_call_fake_turn(void);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "auth/token_source.h"
#include "base/err.h"
#include "channel/batch.h"
#include "http/http_call.h"
#include "partner/partner_channel.h"

/*
 * Link-time doubles of http/http_call.h and auth/token_source.h: they keep the one request and the
 * one wait for a token that are under way, and the test says how they end. They allocate no memory
 * but for tokens. Mistakes fail the test that runs.
 */
enum { FAKE_HEADERS_MAX = 8 * 1024, FAKE_BODY_MAX = 1024 * 1024 };

/* What was asked for last. */
struct fake_request {
	unsigned number; /* of requests so far */
	enum http_method method;
	char url[1024];
	char headers[FAKE_HEADERS_MAX]; /* "Name: value\n" each, in order */
	char bearer[64];                /* "": none */
	const char *bearer_header;
	const struct http_tls *tls;
	size_t body_len;
	char body[FAKE_BODY_MAX]; /* and a NUL */
	size_t answer_max;
};

/* Set-up and tear-down of a test; the latter asserts that nothing is under way. */
int partner_fake_enter(void **state);
int partner_fake_leave(void **state);

/* With base_url "https://api.partnercenter.microsoft.com" and ids that count up. */
const struct partner_options *partner_fake_options(void);

const struct fake_request *partner_fake_request(void);
bool partner_fake_has_request(void);

/* A call that sends nothing is under way, and its end. */
bool partner_fake_is_skipped(void);
void partner_fake_turn(void);
void partner_fake_assert_header(const char *name, const char *want); /* NULL: is not there */

/* Pieces in which bodies are read; 0: as a whole. */
void partner_fake_read_by(size_t bytes);

/* The next start of a request, or wait for a token, fails like this. */
void partner_fake_refuse(enum err_code code);

/* headers: "Name: value\n" each; NULL: none. A Retry-After in seconds is understood. */
void partner_fake_answer(unsigned status, const char *headers, struct slice body);
void partner_fake_answer_text(unsigned status, const char *headers, const char *body);

/* After a cancel only ERR_CANCELLED will do, and nothing else calls for it. */
void partner_fake_fail(enum err_code code, const char *msg);
bool partner_fake_is_cancelled(void);

/* The token that is at hand; NULL: none, so that it has to be waited for. */
void partner_fake_token(const char *token);
bool partner_fake_waits(void);
const char *partner_fake_refused(void); /* what the last wait was told to have been refused; "" */
void partner_fake_give_token(const char *token);
void partner_fake_give_no_token(enum token_trouble trouble, unsigned aadsts, int64_t retry_after_ms,
    enum err_code code);

/* The customer and the tag of the documented exchanges, with devices as the test adds them. */
#define FAKE_TENANT "22222222-2222-4222-8222-222222222222"
#define FAKE_REQUEST_ID "55555555-5555-4555-8555-555555555501"
#define FAKE_CORRELATION_ID "66666666-6666-4666-8666-666666666601"

struct batch *partner_fake_batch(const char *tag);

/* hash: its bytes as text; NULL or "" means no value. hash_len 0: as long as hash. */
void partner_fake_add(struct batch *b, const char *serial, const char *product_id,
    const char *manufacturer, const char *model, const char *hash, uint32_t hash_len);

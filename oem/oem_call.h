/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slice.h"
#include "channel/service_call.h"
#include "oem/oem_request.h"

/*
 * One request to a maker's service: a service_call with the credentials and headers that its profile
 * demands, and no more requests in an interval than it allows.
 *
 * What takes devices away from their owner if it is left empty is asserted here once more: only
 * OEM_CALL_RELEASE goes without a tenant, and a body that registers has it. That no body holds a run of
 * characters as long as a hardware hash is asserted as well.
 */
struct oem_call;
struct oem_service;

/* An operation of this channel: the one call that is in flight. */
struct channel_op {
	struct oem_call *call;
};

enum oem_purpose { OEM_CALL_VALIDATE, OEM_CALL_REGISTER, OEM_CALL_STATUS, OEM_CALL_RELEASE };

/* All texts and the body must live until the callback. */
struct oem_call_request {
	const char *call; /* of the answer: "POST register"; static */
	enum oem_purpose purpose;
	enum http_method method;
	const char *url;
	struct oem_tenant
	    tenant;             /* of the header's {tenantId} and {tenantDomain}, and of the body */
	const char *request_id; /* for profiles with idempotency.header; NULL: a new one */
	const char *correlation_id; /* NULL: a new one */
	struct slice body;          /* empty: none */
	size_t answer_max;          /* of struct http_request */
};

/*
 * If it returns ERR_OK the callback runs exactly once, later, on the loop thread, never inside start
 * or cancel; otherwise never. The call is gone when the callback runs. Errors: ERR_NOMEM, ERR_CANCELLED
 * (the loop is closing), ERR_LIMIT (too many wait for a token), ERR_USAGE (the profile makes an
 * address, a header or a body that may not be sent), ERR_IO (no randomness). *out is untouched then.
 */
MUST_USE enum err_code oem_call_start(const struct oem_service *s,
    const struct oem_call_request *req, service_call_fn *done, void *arg, struct oem_call **out,
    struct err *err);

/* The same, but nothing is sent: the answer is known, and copied. */
MUST_USE enum err_code oem_call_skip(const struct oem_service *s,
    const struct channel_answer *answer, service_call_fn *done, void *arg, struct oem_call **out,
    struct err *err);

/* A wish: idempotent, and it ends in the callback with CHANNEL_STOPPED. */
void oem_call_cancel(struct oem_call *c);

/* The service wants nothing for so long: as service_call_pause(). */
void oem_call_pause(struct oem_call *c, int64_t for_ms);

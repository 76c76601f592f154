/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "channel/batch.h"
#include "http/http_call.h"

/*
 * The JSON that uploads a batch, written while it is sent: of a device of 4 KB no more is ever in
 * memory than what the batch holds, and base64 is made on the way out. Hashes get back the zero
 * bytes that were trimmed from their ends.
 *
 * Only members that have a value are written, in the order of the documented examples; "policies"
 * never, since an empty one makes the service fail. Source: sources.md#partner-device
 */
struct batch_body;

enum batch_body_form {
	BATCH_BODY_CREATE, /* an object that names the batch */
	BATCH_BODY_APPEND, /* a bare array; the batch stands in the address */
};

/* b must outlive the body. Errors: ERR_NOMEM; *out is untouched then. */
MUST_USE enum err_code batch_body_new(const struct batch *b, enum batch_body_form form,
    struct batch_body **out, struct err *err);

/* At its beginning when it is new; one reader at a time. Borrowed until batch_body_free(). */
const struct http_body *batch_body_stream(const struct batch_body *body);

/* Accepts NULL. */
void batch_body_free(struct batch_body *body);

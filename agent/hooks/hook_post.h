/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "agent/hooks/hook_event.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * Tells a web address of one event: posts it as JSON, once, with X-Autoreg-Event (the kind),
 * X-Autoreg-Event-Id and, if there is a secret, X-Autoreg-Signature (auth/body_signature.h). If the
 * answer is 2xx the event is delivered.
 *
 * Thread: the loop's.
 */
struct hook_post;
struct http_loop;

struct hook_post_options {
	struct http_loop *http;
	const char *url;
	const struct secret *secret; /* NULL: nothing is signed */
	uint64_t timeout_ms;
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start or
 * cancel; otherwise never. The object is gone then. opt and e are read during start.
 *
 * done gets ERR_IO (another answer), or what http_done_fn does.
 * Errors: ERR_NOMEM, and those of http_call_start(); *out is untouched then.
 */
MUST_USE enum err_code hook_post_start(const struct hook_post_options *opt,
    const struct hook_event *e, hook_done_fn *done, void *arg, struct hook_post **out,
    struct err *err);

/* A wish: idempotent. Ends in done with ERR_CANCELLED. */
void hook_post_cancel(struct hook_post *p);

/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "agent/hooks/hook_event.h"
#include "base/err.h"
#include "base/secret.h"
#include "config/config.h"

/*
 * One attempt to tell one event, in the way that is configured: a program or a webhook.
 *
 * Thread: the loop's.
 */
struct hook_call;
struct http_loop;
struct uv_loop_s;

struct hook_call_options {
	struct uv_loop_s *loop;
	struct http_loop *http;
	const struct hook_settings *settings;
	const struct secret *secret; /* what settings->secret refers to; NULL: nothing is signed */
};

/*
 * If it returns ERR_OK done runs exactly once, later, on the loop thread, never inside start or
 * cancel; otherwise never. The object is gone then. opt and e are read during start.
 * Errors: those of hook_process_start() or hook_post_start(); *out is untouched then.
 */
MUST_USE enum err_code hook_call_start(const struct hook_call_options *opt,
    const struct hook_event *e, hook_done_fn *done, void *arg, struct hook_call **out,
    struct err *err);

/* A wish: idempotent. Ends in done with ERR_CANCELLED. */
void hook_call_cancel(struct hook_call *c);

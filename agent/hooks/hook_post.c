/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/body_signature.h"
#include "http/http_call.h"

enum { ANSWER_MAX = 1024 * 1024, HEADERS = 4 };

struct hook_post {
	struct http_call *call;
	hook_done_fn *done;
	void *arg;
};

static void
on_answer(void *arg, const struct http_response *rsp, const struct err *failed)
{
	struct hook_post *p = arg;
	hook_done_fn *done = p->done;
	void *done_arg = p->arg;
	struct err err;

	free(p);
	if (!failed && rsp->status / 100 != 2) {
		(void)err_set(&err, ERR_IO, "the webhook answers with status %u", rsp->status);
		failed = &err;
	}
	done(done_arg, failed);
}

static enum err_code
post(const struct hook_post_options *opt, const struct hook_event *e, struct hook_post *p,
    struct err *err)
{
	char signature[BODY_SIGNATURE_SIZE];
	char id[24];
	const struct http_header header[HEADERS] = {
		{ "Content-Type", "application/json" }, { "X-Autoreg-Event", e->kind },
		{ "X-Autoreg-Event-Id", id },
		{ "X-Autoreg-Signature", signature }, /* only if there is one */
	};
	const struct http_request req = {
		.method = HTTP_POST,
		.api = "hook",
		.url = opt->url,
		.header = header,
		.nheader = opt->secret ? HEADERS : HEADERS - 1,
		.text = e->json,
		.total_ms = opt->timeout_ms,
		.answer_max = ANSWER_MAX,
	};

	(void)snprintf(id, sizeof id, "%" PRId64, e->id);
	if (opt->secret && body_signature_make(opt->secret, e->json, signature, err))
		return err->code;
	return http_call_start(opt->http, &req, on_answer, p, &p->call, err);
}

enum err_code
hook_post_start(const struct hook_post_options *opt, const struct hook_event *e, hook_done_fn *done,
    void *arg, struct hook_post **out, struct err *err)
{
	struct hook_post *p = calloc(1, sizeof *p);

	if (!p)
		return err_set(err, ERR_NOMEM, "a webhook");
	p->done = done;
	p->arg = arg;
	if (post(opt, e, p, err)) {
		free(p);
		return err->code;
	}
	*out = p;
	return ERR_OK;
}

void
hook_post_cancel(struct hook_post *p)
{
	http_call_cancel(p->call);
}

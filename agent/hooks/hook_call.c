/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hooks/hook_call.h"

#include <stdlib.h>

#include "agent/hooks/hook_post.h"
#include "agent/hooks/hook_process.h"

/* One of the two is there. */
struct hook_call {
	struct hook_process *process;
	struct hook_post *post;
	hook_done_fn *done;
	void *arg;
};

static void
on_done(void *arg, const struct err *err)
{
	struct hook_call *c = arg;
	hook_done_fn *done = c->done;
	void *done_arg = c->arg;

	free(c);
	done(done_arg, err);
}

static enum err_code
start(const struct hook_call_options *opt, const struct hook_event *e, struct hook_call *c,
    struct err *err)
{
	const struct hook_settings *s = opt->settings;
	const struct hook_process_options process = {
		.loop = opt->loop,
		.exec = &s->exec,
		.timeout_ms = s->timeout_ms,
	};
	const struct hook_post_options post = {
		.http = opt->http,
		.url = s->webhook,
		.secret = opt->secret,
		.timeout_ms = s->timeout_ms,
	};

	if (s->exec.n > 0)
		return hook_process_start(&process, e, on_done, c, &c->process, err);
	return hook_post_start(&post, e, on_done, c, &c->post, err);
}

enum err_code
hook_call_start(const struct hook_call_options *opt, const struct hook_event *e, hook_done_fn *done,
    void *arg, struct hook_call **out, struct err *err)
{
	struct hook_call *c = calloc(1, sizeof *c);

	if (!c)
		return err_set(err, ERR_NOMEM, "a hook");
	c->done = done;
	c->arg = arg;
	if (start(opt, e, c, err)) {
		free(c);
		return err->code;
	}
	*out = c;
	return ERR_OK;
}

void
hook_call_cancel(struct hook_call *c)
{
	if (c->process)
		hook_process_cancel(c->process);
	else
		hook_post_cancel(c->post);
}

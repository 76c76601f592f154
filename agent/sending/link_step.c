/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/link_step.h"

#include <stdlib.h>
#include <string.h>

#include "agent/sending/batch_policy.h"
#include "agent/sending/consent_record.h"
#include "agent/sending/roster.h"
#include "store/store_async.h"

/*
 *	ASK ----> SAVE ----> done
 *	  |                   ^
 *	  +---- no link ------+
 */
struct link_step {
	struct link_step_request req;
	link_step_fn *done;
	void *arg;
	struct channel_op *op; /* while asking */
	struct channel_answer answer;
	char url[LINK_SIZE];
};

static void
finish(struct link_step *l, const struct err *err)
{
	struct link_step last = *l;

	free(l);
	last.done(last.arg, err ? NULL : last.url, &last.answer, err);
}

static enum err_code
save(struct store *s, void *arg, struct err *err)
{
	const struct link_step *l = arg;

	return consent_record_link(s, l->req.config, l->req.service_scope, l->url, err);
}

static void
on_saved(void *arg, const struct err *err)
{
	finish(arg, err);
}

static enum err_code
keep_url(struct link_step *l, const char *url, struct err *err)
{
	if (!url)
		return err_set(err,
		    l->answer.outcome == CHANNEL_STOPPED ? ERR_CANCELLED : ERR_NOT_FOUND,
		    "the service did not tell its link: %.180s", l->answer.message);
	if (!url[0] || strlen(url) >= sizeof l->url)
		return err_set(err, ERR_FORMAT, "the service's link has %zu bytes, which is none",
		    strlen(url));
	memcpy(l->url, url, strlen(url) + 1);
	return ERR_OK;
}

static void
on_answer(void *arg, const struct channel_answer *answer, const char *url)
{
	struct link_step *l = arg;
	struct err err;

	l->op = NULL;
	l->answer = *answer;
	if (batch_policy_waits(answer))
		l->req.on_wait(l->arg, answer);
	if (keep_url(l, url, &err) || store_async_start(l->req.writer, save, on_saved, l, &err))
		finish(l, &err);
}

enum err_code
link_step_start(const struct link_step_request *req, link_step_fn *done, void *arg,
    struct link_step **out, struct err *err)
{
	struct link_step *l = calloc(1, sizeof *l);
	enum err_code rc;

	if (!l)
		return err_set(err, ERR_NOMEM, "link");
	l->req = *req;
	l->done = done;
	l->arg = arg;
	rc = req->channel->ops->link(req->channel, on_answer, l, &l->op, err);
	if (rc)
		free(l);
	else
		*out = l;
	return rc;
}

void
link_step_cancel(struct link_step *l)
{
	if (l->op)
		l->req.channel->ops->cancel(l->op);
}

void
link_step_pause(struct link_step *l, int64_t for_ms)
{
	if (l->op)
		l->req.channel->ops->pause(l->op, for_ms);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/link_step.h"

#include <stdlib.h>
#include <string.h>

#include "agent/sending/batch_policy.h"
#include "agent/sending/consent_record.h"
#include "agent/sending/roster.h"
#include "store/store_async.h"

/*
 *	ASK ---- a link, or a wish to wait ----> SAVE ----> done
 *	  |                                                  ^
 *	  +--------------------------------------------------+
 */
struct link_step {
	struct link_step_request req;
	link_step_fn *done;
	void *arg;
	struct channel_op *op; /* while asking */
	struct channel_answer answer;
	int64_t answered_unix_ms;
	char url[LINK_SIZE]; /* "": none came, */
	struct err why;      /* and that is why; ERR_OK else */
};

static void
finish(struct link_step *l)
{
	struct link_step last = *l;
	bool failed = last.why.code != ERR_OK;

	free(l);
	last.done(last.arg, failed ? NULL : last.url, &last.answer, failed ? &last.why : NULL);
}

static enum err_code
save(struct store *s, void *arg, struct err *err)
{
	const struct link_step *l = arg;

	if (l->url[0])
		return consent_record_link(s, l->req.config, l->req.service_scope, l->url, err);
	return store_pause_set(s, slice_of(l->req.service_scope),
	    l->answered_unix_ms + l->answer.retry_after_ms, err);
}

static void
on_saved(void *arg, const struct err *err)
{
	struct link_step *l = arg;

	if (err)
		l->why = *err;
	finish(l);
}

static enum err_code
keep_url(struct link_step *l, const char *url)
{
	if (!url)
		return err_set(&l->why,
		    l->answer.outcome == CHANNEL_STOPPED ? ERR_CANCELLED : ERR_NOT_FOUND,
		    "the service did not tell its link: %.180s", l->answer.message);
	if (!url[0] || strlen(url) >= sizeof l->url)
		return err_set(&l->why, ERR_FORMAT,
		    "the service's link has %zu bytes, which is none", strlen(url));
	memcpy(l->url, url, strlen(url) + 1);
	return ERR_OK;
}

static void
on_answer(void *arg, const struct channel_answer *answer, const char *url)
{
	struct link_step *l = arg;
	bool waits = batch_policy_waits(answer);

	l->op = NULL;
	l->answer = *answer;
	l->answered_unix_ms = clock_unix_ms(l->req.clock);
	if (waits)
		l->req.on_wait(l->arg, answer);
	if ((keep_url(l, url) && !waits) ||
	    store_async_start(l->req.writer, save, on_saved, l, &l->why))
		finish(l);
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

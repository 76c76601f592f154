/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_step.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/sending/batch_policy.h"
#include "agent/sending/consent_record.h"
#include "store/store.h"
#include "store/store_async.h"

/* ASK ----> SAVE ----> done */
struct consent_step {
	struct consent_step_request req;
	consent_step_fn *done;
	void *arg;
	struct channel_op *op; /* while asking */
	struct channel_answer answer;
	enum consent_state state;
	int64_t asked_unix_ms;
	int64_t answered_unix_ms;
};

static void
finish(struct consent_step *c, const struct err *err)
{
	consent_step_fn *done = c->done;
	void *arg = c->arg;
	struct channel_answer answer = c->answer;
	enum consent_state state = c->state;

	free(c);
	done(arg, err ? NULL : &answer, state, err);
}

static enum err_code
save(struct store *s, void *arg, struct err *err)
{
	struct consent_step *c = arg;
	const struct channel_answer *a = &c->answer;
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "customer/%s", c->req.customer->name);
	if (consent_record_answer(s, c->req.customer, c->req.service_scope, a, c->asked_unix_ms,
	        &c->state, err))
		return err->code;
	if (!batch_policy_waits(a))
		return ERR_OK;
	return store_pause_set(s, slice_of(a->customer_only ? scope : c->req.service_scope),
	    c->answered_unix_ms + a->retry_after_ms, err);
}

static void
on_saved(void *arg, const struct err *err)
{
	finish(arg, err);
}

static void
on_answer(void *arg, const struct channel_answer *answer, bool granted)
{
	struct consent_step *c = arg;
	struct err err;

	c->op = NULL;
	c->answer = *answer;
	if (answer->outcome == CHANNEL_DONE && !granted)
		c->answer.outcome = CHANNEL_NO_CONSENT;
	c->answered_unix_ms = clock_unix_ms(c->req.clock);
	if (batch_policy_waits(answer))
		c->req.on_wait(c->arg, answer);
	if (store_async_start(c->req.writer, save, on_saved, c, &err))
		finish(c, &err);
}

enum err_code
consent_step_start(const struct consent_step_request *req, consent_step_fn *done, void *arg,
    struct consent_step **out, struct err *err)
{
	const struct channel_tenant tenant = {
		.id = req->customer->tenant,
		.domain = req->customer->domain ? req->customer->domain : "",
	};
	struct consent_step *c = calloc(1, sizeof *c);
	enum err_code rc;

	if (!c)
		return err_set(err, ERR_NOMEM, "consent");
	c->req = *req;
	c->done = done;
	c->arg = arg;
	c->asked_unix_ms = clock_unix_ms(req->clock);
	rc = req->channel->ops->consent(req->channel, &tenant, on_answer, c, &c->op, err);
	if (rc)
		free(c);
	else
		*out = c;
	return rc;
}

void
consent_step_cancel(struct consent_step *c)
{
	if (c->op)
		c->req.channel->ops->cancel(c->op);
}

void
consent_step_pause(struct consent_step *c, int64_t for_ms)
{
	if (c->op)
		c->req.channel->ops->pause(c->op, for_ms);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_step.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"
#include "store/store_async.h"

/* ASK ----> SAVE ----> done */
struct consent_step {
	struct consent_step_request req;
	consent_step_fn *done;
	void *arg;
	struct channel_op *op; /* while asking */
	struct channel_answer answer;
	int64_t asked_unix_ms;
	char scope[SCOPE_NAME_SIZE];
};

static void
finish(struct consent_step *c, const struct err *err)
{
	consent_step_fn *done = c->done;
	void *arg = c->arg;
	struct channel_answer answer = c->answer;

	free(c);
	done(arg, err ? NULL : &answer, err);
}

/* What the service said, for whoever wants to know how we came to think so. */
static enum err_code
save_consent(struct store *s, const struct consent_step *c, enum consent_state state,
    struct err *err)
{
	char evidence[CHANNEL_MESSAGE_SIZE + 128];

	(void)snprintf(evidence, sizeof evidence, "HTTP %u%s%s, request %s: %s", c->answer.status,
	    c->answer.code[0] ? " code " : "", c->answer.code, c->answer.request_id,
	    c->answer.message);
	return store_consent_save(s, slice_of(c->req.customer->name),
	    slice_of(consent_state_name(state)), slice_of(evidence), c->asked_unix_ms, err);
}

static enum err_code
save(struct store *s, void *arg, struct err *err)
{
	const struct consent_step *c = arg;
	struct slice consent = slice_of(hold_reason_name(HOLD_CONSENT));
	struct slice credentials = slice_of(hold_reason_name(HOLD_CREDENTIALS));
	char message[HOLD_MESSAGE_SIZE];

	hold_message(&c->answer, message);
	switch (c->answer.outcome) {
	case CHANNEL_DONE:
		if (save_consent(s, c, CONSENT_GRANTED, err) ||
		    store_unhold(s, slice_of(c->scope), consent, err))
			return err->code;
		return store_unhold(s, slice_of(c->req.service_scope), credentials, err);
	case CHANNEL_NO_CONSENT:
		if (save_consent(s, c, CONSENT_WITHDRAWN, err))
			return err->code;
		return store_hold(s, slice_of(c->scope), consent, slice_of(message), err);
	case CHANNEL_AUTH:
		return store_hold(s, slice_of(c->req.service_scope), credentials, slice_of(message),
		    err);
	default:
		return ERR_OK;
	}
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
	if (store_async_start(c->req.writer, save, on_saved, c, &err))
		finish(c, &err);
}

enum err_code
consent_step_start(const struct consent_step_request *req, consent_step_fn *done, void *arg,
    struct consent_step **out, struct err *err)
{
	struct consent_step *c = calloc(1, sizeof *c);
	enum err_code rc;

	if (!c)
		return err_set(err, ERR_NOMEM, "consent");
	c->req = *req;
	c->done = done;
	c->arg = arg;
	c->asked_unix_ms = clock_unix_ms(req->clock);
	(void)snprintf(c->scope, sizeof c->scope, "customer/%s", req->customer->name);
	rc = req->channel->ops->consent(req->channel, req->customer->tenant, on_answer, c, &c->op,
	    err);
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/release_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/batch_policy.h"
#include "agent/sending/consent_record.h"
#include "base/guid.h"
#include "store/store_async.h"

/*
 *	LOAD ----> ASK ----> SAVE ----> done
 *	  |                              ^
 *	  +-- not to be asked, stopped --+
 */
struct release_step {
	struct release_step_request req;
	release_step_fn *done;
	void *arg;
	char request_id[GUID_SIZE];
	char correlation_id[GUID_SIZE];
	bool stopped;          /* cancelled or told to wait before it has left */
	struct batch *batch;   /* with the one device; NULL: it is not to be asked about */
	struct channel_op *op; /* while asking */
	bool released;
	struct channel_answer answer;
	int64_t asked_unix_ms;
	int64_t answered_unix_ms;
};

static void
finish(struct release_step *r, const struct release_step_result *result, const struct err *err)
{
	struct release_step last = *r;
	struct release_step_result told = *result;

	if (told.answer)
		told.answer = &last.answer;
	batch_free(r->batch);
	free(r);
	last.done(last.arg, &told, err);
}

/* --- on the store's thread ----------------------------------------------------------------------- */

static enum err_code
make_batch(struct release_step *r, const struct store_supersede *u, struct err *err)
{
	const struct customer *c = r->req.customer;
	const struct batch_head head = {
		.customer = u->customer,
		.tenant = slice_of(c->tenant),
		.domain = slice_of(c->domain ? c->domain : ""),
		.tag = u->tag,
		.order = u->order,
	};
	const struct batch_device device = {
		.id = u->old_device,
		.serial = u->serial,
		.product_id = u->product_id,
		.manufacturer = u->manufacturer,
		.model = u->model,
	};
	struct batch *b;

	if (batch_new(&head, &b, err))
		return err->code;
	if (batch_add(b, &device, err)) {
		batch_free(b);
		return err->code;
	}
	memcpy(b->request_id, r->request_id, sizeof b->request_id);
	memcpy(b->correlation_id, r->correlation_id, sizeof b->correlation_id);
	b->attempts = 1;
	r->batch = b;
	return ERR_OK;
}

static enum err_code
on_supersede(void *arg, const struct store_supersede *u, struct err *err)
{
	struct release_step *r = arg;

	return u->old_device == r->req.old_device && !r->batch ? make_batch(r, u, err) : ERR_OK;
}

static enum err_code
load(struct store *s, void *arg, struct err *err)
{
	struct release_step *r = arg;

	batch_free(r->batch); /* of a try whose commit failed */
	r->batch = NULL;
	if (store_supersedes(s, on_supersede, r, err))
		return err->code;
	if (!r->batch || r->req.channel->ops->release)
		return ERR_OK;
	batch_free(r->batch);
	r->batch = NULL;
	return store_superseded(s, r->req.old_device, slice_of(""), err);
}

/* A no that is the customer's or the service's is theirs here as well. */
static enum err_code
save_scope(struct store *s, const struct release_step *r, struct err *err)
{
	const struct channel_answer *a = &r->answer;
	enum consent_state state;
	char scope[SCOPE_NAME_SIZE];

	if (a->outcome == CHANNEL_NO_CONSENT || a->outcome == CHANNEL_DENIED ||
	    a->outcome == CHANNEL_AUTH)
		return consent_record_answer(s, r->req.customer, r->req.service_scope, a,
		    r->asked_unix_ms, &state, err);
	if (!batch_policy_waits(a))
		return ERR_OK;
	(void)snprintf(scope, sizeof scope, "customer/%s", r->req.customer->name);
	return store_pause_set(s, slice_of(a->customer_only ? scope : r->req.service_scope),
	    r->answered_unix_ms + a->retry_after_ms, err);
}

static enum err_code
save(struct store *s, void *arg, struct err *err)
{
	const struct release_step *r = arg;

	if (!r->released)
		return save_scope(s, r, err);
	return store_superseded(s, r->req.old_device, slice_of(r->answer.request_id), err);
}

/* --- on the loop's ------------------------------------------------------------------------------- */

static void
on_saved(void *arg, const struct err *err)
{
	struct release_step *r = arg;

	finish(r,
	    &(struct release_step_result){ .over = r->released && !err, .answer = &r->answer },
	    err);
}

static void
on_answer(void *arg, const struct channel_answer *answer, bool released)
{
	struct release_step *r = arg;
	struct err err;

	r->op = NULL;
	r->answer = *answer;
	r->released = released;
	r->answered_unix_ms = clock_unix_ms(r->req.clock);
	if (batch_policy_waits(answer))
		r->req.on_wait(r->arg, answer);
	if (store_async_start(r->req.writer, save, on_saved, r, &err))
		finish(r, &(struct release_step_result){ .answer = &r->answer }, &err);
}

static void
on_loaded(void *arg, const struct err *err)
{
	struct release_step *r = arg;
	struct channel *c = r->req.channel;
	struct err failed;

	if (err || !r->batch || r->stopped) {
		finish(r, &(struct release_step_result){ .over = !err && !r->batch }, err);
		return;
	}
	r->asked_unix_ms = clock_unix_ms(r->req.clock);
	if (c->ops->release(c, r->batch, on_answer, r, &r->op, &failed))
		finish(r, &(struct release_step_result){ .over = false }, &failed);
}

enum err_code
release_step_start(const struct release_step_request *req, release_step_fn *done, void *arg,
    struct release_step **out, struct err *err)
{
	struct release_step *r = calloc(1, sizeof *r);

	if (!r)
		return err_set(err, ERR_NOMEM, "a unit that is taken back");
	r->req = *req;
	r->done = done;
	r->arg = arg;
	if (guid_new(req->random, r->request_id, err) ||
	    guid_new(req->random, r->correlation_id, err) ||
	    store_async_start(req->writer, load, on_loaded, r, err)) {
		free(r);
		return err->code;
	}
	*out = r;
	return ERR_OK;
}

void
release_step_cancel(struct release_step *r)
{
	r->stopped = true;
	if (r->op)
		r->req.channel->ops->cancel(r->op);
}

void
release_step_pause(struct release_step *r, int64_t for_ms)
{
	r->stopped = true;
	if (r->op)
		r->req.channel->ops->pause(r->op, for_ms);
}

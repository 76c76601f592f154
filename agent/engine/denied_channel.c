/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/denied_channel.h"

#include <stdlib.h>
#include <uv.h>

#include "channel/channel_answer.h"

struct denied_channel {
	struct channel channel; /* first: the two are the same pointer */
	uv_loop_t *loop;
};

/* One question, until the loop turns. Of the callbacks one is set. */
struct channel_op {
	uv_timer_t turn;
	void *arg;
	bool cancelled;
	channel_submit_fn *submitted;
	channel_poll_fn *polled;
	channel_look_fn *looked;
	channel_consent_fn *consented;
	channel_link_fn *linked;
	channel_customers_fn *listed;
};

static void
on_closed(uv_handle_t *handle)
{
	struct channel_op op = *(struct channel_op *)handle->data;
	struct channel_answer answer;

	free(handle->data);
	channel_answer_init(&answer);
	if (op.cancelled)
		channel_answer_set(&answer, CHANNEL_STOPPED, NULL, "cancelled");
	else
		channel_answer_set(&answer, CHANNEL_DENIED, NULL,
		    "the partner is an indirect reseller, and resellers have no API");
	if (op.submitted)
		op.submitted(op.arg, &answer, "");
	else if (op.polled)
		op.polled(op.arg, &answer, NULL);
	else if (op.looked)
		op.looked(op.arg, &answer, NULL);
	else if (op.consented)
		op.consented(op.arg, &answer, false);
	else if (op.linked)
		op.linked(op.arg, &answer, NULL);
	else
		op.listed(op.arg, &answer, NULL, 0);
}

static void
on_turn(uv_timer_t *turn)
{
	uv_close((uv_handle_t *)turn, on_closed);
}

static enum err_code
start(struct channel *c, const struct channel_op *like, void *arg, struct channel_op **out,
    struct err *err)
{
	struct denied_channel *d = (struct denied_channel *)c;
	struct channel_op *op = malloc(sizeof *op);

	if (!op)
		return err_set(err, ERR_NOMEM, "no memory for a question");
	*op = *like;
	op->arg = arg;
	(void)uv_timer_init(d->loop, &op->turn);
	op->turn.data = op;
	(void)uv_timer_start(&op->turn, on_turn, 0, 0);
	*out = op;
	return ERR_OK;
}

static enum err_code
submit(struct channel *c, const struct batch *b, channel_submit_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	(void)b;
	return start(c, &(struct channel_op){ .submitted = done }, arg, out, err);
}

static enum err_code
poll(struct channel *c, const struct batch *b, channel_poll_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	(void)b;
	return start(c, &(struct channel_op){ .polled = done }, arg, out, err);
}

static enum err_code
look(struct channel *c, const struct batch *b, channel_look_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	(void)b;
	return start(c, &(struct channel_op){ .looked = done }, arg, out, err);
}

static enum err_code
consent(struct channel *c, const struct channel_tenant *tenant, channel_consent_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	(void)tenant;
	return start(c, &(struct channel_op){ .consented = done }, arg, out, err);
}

static enum err_code
link_of_customers(struct channel *c, channel_link_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return start(c, &(struct channel_op){ .linked = done }, arg, out, err);
}

static enum err_code
customers(struct channel *c, channel_customers_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return start(c, &(struct channel_op){ .listed = done }, arg, out, err);
}

static void
cancel(struct channel_op *op)
{
	op->cancelled = true;
}

static void
channel_free(struct channel *c)
{
	free(c);
}

static const struct channel_ops ops = {
	.submit = submit,
	.poll = poll,
	.look = look,
	.consent = consent,
	.link = link_of_customers,
	.customers = customers,
	.cancel = cancel,
	.free = channel_free,
};

enum err_code
denied_channel_new(struct uv_loop_s *loop, struct channel **out, struct err *err)
{
	struct denied_channel *d = calloc(1, sizeof *d);

	if (!d)
		return err_set(err, ERR_NOMEM, "no memory for a partner");
	d->channel.ops = &ops;
	d->loop = loop;
	*out = &d->channel;
	return ERR_OK;
}

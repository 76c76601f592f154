/* SPDX-License-Identifier: Apache-2.0 */
#include "partner/partner_channel.h"

#include <stdlib.h>
#include <string.h>

#include "partner/batch_look.h"
#include "partner/batch_submit.h"
#include "partner/consent_check.h"
#include "partner/customer_listing.h"
#include "partner/job_poll.h"
#include "partner/known_batches.h"
#include "partner/look_memory.h"
#include "partner/partner_call.h"
#include "partner/relationship_link.h"

struct partner_channel {
	struct channel channel; /* first: the two are the same pointer */
	struct partner_options opt;
	char *base_url; /* what opt points to */
	struct known_batches *known;
	struct look_memory *looks;
};

static struct partner_channel *
partner_of(struct channel *c)
{
	return (struct partner_channel *)c;
}

static enum err_code
submit(struct channel *c, const struct batch *b, channel_submit_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	struct partner_channel *p = partner_of(c);

	return batch_submit_start(&p->opt, p->known, b, done, arg, out, err);
}

static enum err_code
poll(struct channel *c, const struct batch *b, channel_poll_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return job_poll_start(&partner_of(c)->opt, b, done, arg, out, err);
}

static enum err_code
look(struct channel *c, const struct batch *b, channel_look_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	struct partner_channel *p = partner_of(c);

	return batch_look_start(&p->opt, p->looks, b, done, arg, out, err);
}

static enum err_code
consent(struct channel *c, const struct channel_tenant *tenant, channel_consent_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return consent_check_start(&partner_of(c)->opt, tenant->id, done, arg, out, err);
}

static enum err_code
link_of_customers(struct channel *c, channel_link_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return relationship_link_start(&partner_of(c)->opt, done, arg, out, err);
}

static enum err_code
customers(struct channel *c, channel_customers_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return customer_listing_start(&partner_of(c)->opt, done, arg, out, err);
}

static void
cancel(struct channel_op *op)
{
	partner_call_cancel(op->call);
}

static void
pause_op(struct channel_op *op, int64_t for_ms)
{
	op->pause_ms = for_ms;
	partner_call_pause(op->call, for_ms);
}

static void
channel_free(struct channel *c)
{
	struct partner_channel *p = partner_of(c);

	known_batches_free(p->known);
	look_memory_free(p->looks);
	free(p->base_url);
	free(p);
}

static const struct channel_ops ops = {
	.submit = submit,
	.poll = poll,
	.look = look,
	.consent = consent,
	.link = link_of_customers,
	.customers = customers,
	.cancel = cancel,
	.pause = pause_op,
	.free = channel_free,
};

enum err_code
partner_channel_new(const struct partner_options *opt, struct channel **out, struct err *err)
{
	struct partner_channel *p = calloc(1, sizeof *p);

	if (p)
		p->base_url = strdup(opt->base_url);
	if (!p || !p->base_url || known_batches_new(&p->known, err) ||
	    look_memory_new(&p->looks, err)) {
		if (p)
			channel_free(&p->channel);
		return err_set(err, ERR_NOMEM, "no memory for Partner Center");
	}
	p->channel.ops = &ops;
	p->opt = *opt;
	p->opt.base_url = p->base_url;
	*out = &p->channel;
	return ERR_OK;
}

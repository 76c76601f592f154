/* SPDX-License-Identifier: Apache-2.0 */
#include "oem/oem_channel.h"

#include <stdlib.h>
#include <string.h>

#include "oem/oem_call.h"
#include "oem/oem_consent.h"
#include "oem/oem_error_map.h"
#include "oem/oem_known.h"
#include "oem/oem_memory.h"
#include "oem/oem_poll.h"
#include "oem/oem_rate.h"
#include "oem/oem_release.h"
#include "oem/oem_service.h"
#include "oem/oem_submit.h"

struct oem_channel {
	struct channel channel; /* first: the two are the same pointer */
	struct oem_service service;
	char *base_url; /* what service points to */
	char *consent_link;
};

static const struct oem_service *
service_of(struct channel *c)
{
	return &((struct oem_channel *)c)->service;
}

static enum err_code
submit(struct channel *c, const struct batch *b, channel_submit_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return oem_submit_start(service_of(c), b, done, arg, out, err);
}

static enum err_code
poll(struct channel *c, const struct batch *b, channel_poll_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return oem_poll_start(service_of(c), b, done, arg, out, err);
}

static enum err_code
look(struct channel *c, const struct batch *b, channel_look_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return oem_known_look(service_of(c), b, done, arg, out, err);
}

static enum err_code
consent(struct channel *c, const struct channel_tenant *tenant, channel_consent_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return oem_consent_start(service_of(c), tenant, done, arg, out, err);
}

static enum err_code
link_of_customers(struct channel *c, channel_link_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return oem_known_link(service_of(c), done, arg, out, err);
}

static enum err_code
release(struct channel *c, const struct batch *b, channel_release_fn *done, void *arg,
    struct channel_op **out, struct err *err)
{
	return oem_release_start(service_of(c), b, done, arg, out, err);
}

static enum err_code
customers(struct channel *c, channel_customers_fn *done, void *arg, struct channel_op **out,
    struct err *err)
{
	return oem_known_customers(service_of(c), done, arg, out, err);
}

static void
cancel(struct channel_op *op)
{
	oem_call_cancel(op->call);
}

static void
pause_op(struct channel_op *op, int64_t for_ms)
{
	oem_call_pause(op->call, for_ms);
}

static void
channel_free(struct channel *c)
{
	struct oem_channel *o = (struct oem_channel *)c;

	oem_memory_free(o->service.memory);
	oem_rate_free(o->service.rate);
	oem_error_map_free(o->service.errors);
	free(o->base_url);
	free(o->consent_link);
	free(o);
}

#define OPS(can_release) \
	{ \
		.submit = submit, .poll = poll, .look = look, .consent = consent, \
		.link = link_of_customers, .release = can_release, .customers = customers, \
		.cancel = cancel, .pause = pause_op, .free = channel_free \
	}

static const struct channel_ops ops = OPS(release);
static const struct channel_ops ops_without_release = OPS(NULL);

enum err_code
oem_channel_new(const struct oem_options *opt, struct channel **out, struct err *err)
{
	const struct oem_profile *p = opt->profile;
	struct oem_channel *o = calloc(1, sizeof *o);

	if (o) {
		o->base_url = strdup(opt->base_url);
		o->consent_link = opt->consent_link ? strdup(opt->consent_link) : NULL;
	}
	if (!o || !o->base_url || (opt->consent_link && !o->consent_link) ||
	    oem_error_map_new(p, &o->service.errors, err) ||
	    oem_rate_new(p->batching.requests, p->batching.interval_ms, &o->service.rate, err) ||
	    oem_memory_new(&o->service.memory, err)) {
		if (o)
			channel_free(&o->channel);
		return err_set(err, ERR_NOMEM, "no memory for a maker's service");
	}
	o->channel.ops =
	    p->endpoint.deregister == OEM_DEREGISTER_NONE ? &ops_without_release : &ops;
	o->service.opt = *opt;
	o->service.opt.base_url = o->base_url;
	o->service.opt.consent_link = o->consent_link;
	*out = &o->channel;
	return ERR_OK;
}

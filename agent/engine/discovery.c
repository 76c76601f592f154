/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/engine/discovery.h"

#include <stdlib.h>
#include <strings.h>

#include "config/arena.h"

/*
 *      +-- next partner --+
 *      v                  |
 *     ASK ----------------+---> done
 */
struct discovery {
	struct discovery_options opt;
	discovery_fn *done;
	void *arg;
	size_t partner; /* that is asked, or is next */
	struct channel_op *op;
	bool cancelled;
	struct discovered *customer;
	size_t ncustomer;
	struct undiscovered *failed; /* room for all partners */
	size_t nfailed;
	struct arena text;
};

static void
discovery_free(struct discovery *d)
{
	arena_done(&d->text);
	free(d->customer);
	free(d->failed);
	free(d);
}

static void
finish(struct discovery *d, const struct err *err)
{
	struct discovery last = *d;
	const struct discovery_result result = {
		.customer = last.customer,
		.ncustomer = last.ncustomer,
		.failed = last.failed,
		.nfailed = last.nfailed,
	};

	free(d);
	last.done(last.arg, err ? NULL : &result, err);
	arena_done(&last.text);
	free(last.customer);
	free(last.failed);
}

static bool
is_configured(const struct config *c, const char *tenant)
{
	for (size_t i = 0; i < c->customers.n; i++) {
		if (strcasecmp(c->customers.item[i].tenant, tenant) == 0)
			return true;
	}
	return false;
}

static enum err_code
add(struct discovery *d, const struct channel_customer *customer, size_t n, struct err *err)
{
	const char *partner = d->opt.config->partners.item[d->partner].name;
	struct discovered *grown =
	    reallocarray(d->customer, d->ncustomer + n + 1, sizeof *d->customer);

	if (!grown)
		return err_set(err, ERR_NOMEM, "customers");
	d->customer = grown;
	for (size_t i = 0; i < n; i++) {
		if (is_configured(d->opt.config, customer[i].tenant))
			continue;
		d->customer[d->ncustomer++] = (struct discovered){
			.partner = partner,
			.tenant = arena_text(&d->text, slice_of(customer[i].tenant)),
			.domain = arena_text(&d->text, slice_of(customer[i].domain)),
			.company = arena_text(&d->text, slice_of(customer[i].company)),
			.granted = customer[i].granted,
		};
	}
	return d->text.failed ? err_set(err, ERR_NOMEM, "customers") : ERR_OK;
}

static void
add_failure(struct discovery *d, const struct channel_answer *answer)
{
	d->failed[d->nfailed++] = (struct undiscovered){
		.partner = d->opt.config->partners.item[d->partner].name,
		.answer = *answer,
	};
}

static void on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n);

static enum err_code
ask(struct discovery *d, struct err *err)
{
	struct channel *c = d->opt.channel[d->partner];

	return c->ops->customers(c, on_customers, d, &d->op, err);
}

static void
on_customers(void *arg, const struct channel_answer *answer,
    const struct channel_customer *customer, size_t n)
{
	struct discovery *d = arg;
	enum err_code rc = ERR_OK;
	struct err err;

	d->op = NULL;
	if (d->cancelled)
		rc = err_set(&err, ERR_CANCELLED, "cancelled");
	else if (answer->outcome == CHANNEL_DONE)
		rc = add(d, customer, n, &err);
	else
		add_failure(d, answer);
	if (rc == ERR_OK && ++d->partner < d->opt.config->partners.n &&
	    (rc = ask(d, &err)) == ERR_OK)
		return;
	finish(d, rc ? &err : NULL);
}

enum err_code
discovery_start(const struct discovery_options *opt, discovery_fn *done, void *arg,
    struct discovery **out, struct err *err)
{
	struct discovery *d;

	if (opt->config->partners.n == 0)
		return err_set(err, ERR_NOT_FOUND, "the configuration has no partner to ask");
	d = calloc(1, sizeof *d);
	if (d)
		d->failed = calloc(opt->config->partners.n, sizeof *d->failed);
	if (!d || !d->failed) {
		free(d);
		return err_set(err, ERR_NOMEM, "customers");
	}
	d->opt = *opt;
	d->done = done;
	d->arg = arg;
	if (ask(d, err)) {
		discovery_free(d);
		return err->code;
	}
	*out = d;
	return ERR_OK;
}

void
discovery_cancel(struct discovery *d)
{
	d->cancelled = true;
	if (d->op)
		d->opt.channel[d->partner]->ops->cancel(d->op);
}

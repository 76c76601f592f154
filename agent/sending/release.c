/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/sending/consent_record.h"
#include "agent/sending/roster.h"

struct release {
	struct store *store;
	const char *customer; /* NULL: all */
};

static bool
concerns(const struct release *r, struct slice customer)
{
	return !r->customer || slice_eq(customer, slice_of(r->customer));
}

static enum err_code
unhold(const struct release *r, const char *scope, enum hold_reason reason, struct err *err)
{
	return store_unhold(r->store, slice_of(scope), slice_of(hold_reason_name(reason)), err);
}

/* Called for one lane after the other, none of which unholding changes. */
static enum err_code
release_lane(void *arg, const struct store_lane *l, struct err *err)
{
	const struct release *r = arg;
	char scope[SCOPE_NAME_SIZE];

	if (!concerns(r, l->customer))
		return ERR_OK;
	(void)snprintf(scope, sizeof scope, "lane/%" PRId64, l->id);
	return unhold(r, scope, HOLD_TAG, err);
}

struct known_consent {
	const char *customer;
	enum consent_state state;
	bool asked;
	char evidence[CONSENT_EVIDENCE_SIZE];
};

static enum err_code
look_at_consent(void *arg, const struct store_consent *c, struct err *err)
{
	struct known_consent *k = arg;

	(void)err;
	if (!slice_eq(c->customer, slice_of(k->customer)))
		return ERR_OK;
	k->asked = true;
	k->state = consent_state_of(c->state);
	(void)snprintf(k->evidence, sizeof k->evidence, SLICE_FMT, SLICE_ARG(c->evidence));
	return ERR_OK;
}

/*
 * A no that was never heard is asked for at once. What it was stays known: a customer who had
 * consented has still withdrawn it.
 */
static enum err_code
forget_no(const struct release *r, const char *customer, struct err *err)
{
	struct known_consent k = { .customer = customer };

	if (store_consents(r->store, look_at_consent, &k, err))
		return err->code;
	if (!k.asked || k.state == CONSENT_GRANTED)
		return ERR_OK;
	return store_consent_save(r->store, slice_of(customer),
	    slice_of(consent_state_name(k.state)), slice_of(k.evidence), 0, err);
}

static enum err_code
release_customer(const struct release *r, const struct customer *c, struct err *err)
{
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "customer/%s", c->name);
	if (unhold(r, scope, HOLD_CONSENT, err) || forget_no(r, c->name, err))
		return err->code;
	if (!roster_service_scope(&c->via, scope))
		return ERR_OK;
	return unhold(r, scope, HOLD_CREDENTIALS, err);
}

enum err_code
release_holds(struct store *s, const struct config *config, const char *customer, struct err *err)
{
	struct release r = { s, customer };

	for (size_t i = 0; i < config->customers.n; i++) {
		const struct customer *c = &config->customers.item[i];

		if (concerns(&r, slice_of(c->name)) && release_customer(&r, c, err))
			return err->code;
	}
	return store_lanes(s, release_lane, &r, err);
}

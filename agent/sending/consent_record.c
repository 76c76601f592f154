/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_record.h"

#include <stdio.h>
#include <string.h>

#include "agent/sending/consent_rules.h"

/* --- what is known ------------------------------------------------------------------------------- */

struct known_consent {
	const char *customer;
	enum consent_state state;
	int64_t checked_unix_ms;
};

static enum err_code
on_consent(void *arg, const struct store_consent *c, struct err *err)
{
	struct known_consent *k = arg;

	(void)err;
	if (!slice_eq(c->customer, slice_of(k->customer)))
		return ERR_OK;
	k->state = consent_state_of(c->state);
	k->checked_unix_ms = c->checked_unix_ms;
	return ERR_OK;
}

struct known_link {
	const char *service_scope;
	char url[LINK_SIZE];
};

static enum err_code
on_link(void *arg, struct slice service, struct slice url, struct err *err)
{
	struct known_link *k = arg;

	(void)err;
	if (slice_eq(service, slice_of(k->service_scope)) && url.len < sizeof k->url)
		(void)snprintf(k->url, sizeof k->url, SLICE_FMT, SLICE_ARG(url));
	return ERR_OK;
}

/* --- changes ------------------------------------------------------------------------------------- */

static enum err_code
add_event(struct store *s, const struct customer *customer, const char *kind,
    const struct channel_answer *answer, const char *message, struct err *err)
{
	const struct store_event e = {
		.kind = slice_of(kind),
		.actor = slice_of("agent"),
		.customer = slice_of(customer->name),
		.partner = slice_of(customer->via.name ? customer->via.name : ""),
		.request_id = slice_of(answer ? answer->request_id : ""),
		.correlation_id = slice_of(answer ? answer->correlation_id : ""),
		.message = slice_of(message),
	};

	return store_event_add(s, &e, err);
}

/* What the service said, for whoever wants to know how we came to think so. */
static void
put_evidence(const struct channel_answer *a, char out[CONSENT_EVIDENCE_SIZE])
{
	(void)snprintf(out, CONSENT_EVIDENCE_SIZE, "%s: HTTP %u%s%s, request %s%s%s",
	    a->call && a->call[0] ? a->call : "the service", a->status, a->code[0] ? " code " : "",
	    a->code, a->request_id, a->message[0] ? ": " : "", a->message);
}

static enum err_code
save_state(struct store *s, const struct customer *customer, const struct channel_answer *answer,
    int64_t at_unix_ms, enum consent_state *state, struct err *err)
{
	struct known_consent known = { .customer = customer->name };
	char evidence[CONSENT_EVIDENCE_SIZE];
	const char *kind;

	if (store_consents(s, on_consent, &known, err))
		return err->code;
	*state = known.state;
	if (!consent_rules_judge(known.state, answer->outcome, state))
		return ERR_OK;
	put_evidence(answer, evidence);
	if (store_consent_save(s, slice_of(customer->name), slice_of(consent_state_name(*state)),
	        slice_of(evidence), at_unix_ms, err))
		return err->code;
	kind = *state == known.state ? NULL : consent_rules_event(*state);
	return kind ? add_event(s, customer, kind, answer, evidence, err) : ERR_OK;
}

static enum err_code
hold(struct store *s, const char *scope, enum hold_reason reason,
    const struct channel_answer *answer, const char *url, struct err *err)
{
	char message[HOLD_MESSAGE_SIZE];

	hold_message(answer, url, message);
	return store_hold(s, slice_of(scope), slice_of(hold_reason_name(reason)), slice_of(message),
	    err);
}

enum err_code
consent_record_answer(struct store *s, const struct customer *customer, const char *service_scope,
    const struct channel_answer *answer, int64_t at_unix_ms, enum consent_state *state,
    struct err *err)
{
	struct known_link link = { .service_scope = service_scope };
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "customer/%s", customer->name);
	if (save_state(s, customer, answer, at_unix_ms, state, err))
		return err->code;
	switch (answer->outcome) {
	case CHANNEL_DONE:
		if (store_unhold(s, slice_of(scope), slice_of(hold_reason_name(HOLD_CONSENT)), err))
			return err->code;
		return store_unhold(s, slice_of(service_scope),
		    slice_of(hold_reason_name(HOLD_CREDENTIALS)), err);
	case CHANNEL_NO_CONSENT:
		if (store_links(s, on_link, &link, err))
			return err->code;
		return hold(s, scope, HOLD_CONSENT, answer, link.url, err);
	case CHANNEL_DENIED: /* no customer can mend that */
		return hold(s, scope, HOLD_CONSENT, answer, "", err);
	case CHANNEL_AUTH:
		return hold(s, service_scope, HOLD_CREDENTIALS, answer, "", err);
	default:
		return ERR_OK;
	}
}

enum err_code
consent_record_request(struct store *s, const struct customer *customer, int64_t at_unix_ms,
    struct err *err)
{
	static const char evidence[] = "the link for the customer was handed out";
	struct known_consent known = { .customer = customer->name };
	struct slice name = slice_of(customer->name);
	struct slice requested;
	enum consent_state state;

	if (store_consents(s, on_consent, &known, err))
		return err->code;
	state = consent_rules_request(known.state);
	if (state == known.state)
		return ERR_OK;
	requested = slice_of(consent_state_name(state));
	/* Twice: the state is as old as the first says, but the service was not asked then. */
	if (store_consent_save(s, name, requested, slice_of(evidence), at_unix_ms, err) ||
	    store_consent_save(s, name, requested, slice_of(evidence), known.checked_unix_ms, err))
		return err->code;
	return add_event(s, customer, consent_rules_event(state), NULL, evidence, err);
}

/* --- the link ------------------------------------------------------------------------------------ */

struct held_message {
	const char *scope;
	bool held;
	char text[HOLD_MESSAGE_SIZE];
};

static enum err_code
on_hold(void *arg, const struct store_hold *h, struct err *err)
{
	struct held_message *m = arg;

	(void)err;
	if (!slice_eq(h->scope, slice_of(m->scope)) ||
	    !slice_eq(h->reason, slice_of(hold_reason_name(HOLD_CONSENT))))
		return ERR_OK;
	m->held = true;
	(void)snprintf(m->text, sizeof m->text, SLICE_FMT, SLICE_ARG(h->message));
	return ERR_OK;
}

static enum err_code
tell_customer(struct store *s, const struct customer *customer, const char *url, struct err *err)
{
	struct known_consent known = { .customer = customer->name };
	struct held_message m = { .held = false };
	char scope[SCOPE_NAME_SIZE];

	(void)snprintf(scope, sizeof scope, "customer/%s", customer->name);
	m.scope = scope;
	if (store_consents(s, on_consent, &known, err) || store_holds(s, on_hold, &m, err))
		return err->code;
	if (!m.held || known.state == CONSENT_DENIED)
		return ERR_OK;
	hold_message_add_link(m.text, url);
	return store_hold(s, slice_of(scope), slice_of(hold_reason_name(HOLD_CONSENT)),
	    slice_of(m.text), err);
}

static bool
is_of(const struct customer *c, const char *service_scope)
{
	char scope[SCOPE_NAME_SIZE];

	return roster_service_scope(&c->via, scope) && strcmp(scope, service_scope) == 0;
}

enum err_code
consent_record_link(struct store *s, const struct config *config, const char *service_scope,
    const char *url, struct err *err)
{
	if (store_link_save(s, slice_of(service_scope), slice_of(url), err))
		return err->code;
	for (size_t i = 0; i < config->customers.n; i++) {
		const struct customer *c = &config->customers.item[i];

		if (is_of(c, service_scope) && tell_customer(s, c, url, err))
			return err->code;
	}
	return ERR_OK;
}

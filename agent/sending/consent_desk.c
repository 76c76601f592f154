/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/consent_desk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sending/agenda_clock.h"
#include "agent/sending/batch_policy.h"
#include "agent/sending/consent_record.h"
#include "agent/tools/log_event.h"
#include "store/store_async.h"

enum { AGAIN_MS = 5000 }; /* after memory has failed */

enum {
	VISITORS_MAX = 1000,
	PATIENCE_MS = 30 * 1000, /* for how long somebody waits for the end of a pause */
};

/*
 * Somebody who waits for an answer, about a party's consent or about the link for it:
 *
 *	consent: WAITS -- check over --> answered
 *	link:    WAITS -- link known --> NOTES (in the store that it is handed out) --> answered
 */
struct visitor {
	struct consent_desk *desk;
	struct visitor *next;
	size_t party;
	dispatch_consent_fn *on_consent; /* NULL: it wants the link */
	dispatch_link_fn *on_link;
	void *arg;
	bool requested;
	bool noting; /* in NOTES */
};

struct consent_desk {
	struct consent_desk_options opt;
	struct visitor *visitor;
	size_t nvisitor;
	bool closing;
};

static int64_t
now(const struct consent_desk *desk)
{
	return clock_unix_ms(desk->opt.dispatch->clock);
}

static struct party *
party_of(const struct consent_desk *desk, size_t i)
{
	return &desk->opt.agenda->roster.party[i];
}

static size_t
service_index(const struct consent_desk *desk, const struct party *p)
{
	return (size_t)(p->service - desk->opt.agenda->roster.service);
}

/* --- visitors ------------------------------------------------------------------------------------ */

/* Does it wait for this (link or consent) of the party, or of anybody of the service? NULL: any. */
static bool
waits_for(const struct visitor *v, bool for_link, const struct party *p, const struct service *s)
{
	const struct party *its = party_of(v->desk, v->party);

	return !v->noting && !v->on_consent == for_link && (!p || its == p) &&
	    (!s || its->service == s);
}

/* Those who come again while they are answered are not of this number: they stand behind it. */
static size_t
count_visitors(const struct consent_desk *desk, bool for_link, const struct party *p,
    const struct service *s)
{
	size_t n = 0;

	for (const struct visitor *v = desk->visitor; v; v = v->next)
		n += waits_for(v, for_link, p, s);
	return n;
}

/* The first that waits, of which there is one, taken off the list. */
static struct visitor *
take_visitor(struct consent_desk *desk, bool for_link, const struct party *p,
    const struct service *s)
{
	struct visitor **at = &desk->visitor;
	struct visitor *v;

	while (!waits_for(*at, for_link, p, s))
		at = &(*at)->next;
	v = *at;
	*at = v->next;
	desk->nvisitor--;
	return v;
}

static void
put_visitor(struct consent_desk *desk, struct visitor *v)
{
	struct visitor **at = &desk->visitor;

	while (*at)
		at = &(*at)->next;
	v->next = NULL;
	*at = v;
	desk->nvisitor++;
}

/* Frees it first, so that it may come again or close everything. */
static void
answer_consent(struct visitor *v, const struct channel_answer *answer, const struct err *err)
{
	struct visitor last = *v;
	const struct dispatch_consent c = { party_of(v->desk, v->party)->consent, answer };

	free(v);
	last.on_consent(last.arg, &c, err);
}

/* All that wait for the consent of a party. */
static void
answer_consents(struct consent_desk *desk, const struct party *p,
    const struct channel_answer *answer, const struct err *err)
{
	for (size_t n = count_visitors(desk, false, p, NULL); n > 0; n--)
		answer_consent(take_visitor(desk, false, p, NULL), answer, err);
}

static void
answer_link(struct visitor *v, const char *url, const struct channel_answer *answer,
    const struct err *err)
{
	struct visitor last = *v;

	free(v);
	last.on_link(last.arg, url, answer, err);
}

static enum err_code
note_request(struct store *s, void *arg, struct err *err)
{
	const struct visitor *v = arg;

	if (!v->requested)
		return ERR_OK;
	return consent_record_request(s, party_of(v->desk, v->party)->customer, now(v->desk), err);
}

static void
on_noted(void *arg, const struct err *err)
{
	struct visitor *v = arg;
	struct consent_desk *desk = v->desk;
	char url[LINK_SIZE];
	struct visitor **at = &desk->visitor;

	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	desk->nvisitor--;
	memcpy(url, party_of(desk, v->party)->service->link, sizeof url);
	answer_link(v, err ? NULL : url, NULL, err);
	desk->opt.on_change(desk->opt.arg, err);
}

/* The link is known. Even if nothing is to be noted the answer comes later, from the store. */
static enum err_code
note(struct visitor *v, struct err *err)
{
	if (store_async_start(v->desk->opt.dispatch->writer, note_request, on_noted, v, err))
		return err->code;
	v->noting = true;
	put_visitor(v->desk, v);
	return ERR_OK;
}

/* All that waited for the link of a service. err: NULL, or why there is none. */
static void
serve_links(struct consent_desk *desk, const struct service *s, const struct channel_answer *answer,
    const struct err *err)
{
	struct err failed;

	for (size_t n = count_visitors(desk, true, NULL, s); n > 0; n--) {
		struct visitor *v = take_visitor(desk, true, NULL, s);

		if (err)
			answer_link(v, NULL, answer, err);
		else if (note(v, &failed))
			answer_link(v, NULL, answer, &failed);
	}
}

static struct visitor *
new_visitor(struct consent_desk *desk, const char *customer, void *arg, struct err *err)
{
	const struct roster *r = &desk->opt.agenda->roster;
	struct visitor *v;
	size_t i = 0;

	if (desk->closing) {
		(void)err_set(err, ERR_CANCELLED, "the agent is stopping");
		return NULL;
	}
	while (i < r->nparty && strcmp(r->party[i].customer->name, customer) != 0)
		i++;
	if (i == r->nparty) {
		(void)err_set(err, ERR_NOT_FOUND, "there is no customer \"%s\"", customer);
		return NULL;
	}
	if (!r->party[i].service) {
		(void)err_set(err, ERR_USAGE,
		    "the customer \"%s\" is not registered for through a partner: there is no "
		    "consent to ask for",
		    customer);
		return NULL;
	}
	if (desk->nvisitor == VISITORS_MAX) {
		(void)err_set(err, ERR_LIMIT, "more than %d wait for consent", VISITORS_MAX);
		return NULL;
	}
	v = calloc(1, sizeof *v);
	if (!v) {
		(void)err_set(err, ERR_NOMEM, "consent");
		return NULL;
	}
	v->desk = desk;
	v->party = i;
	v->arg = arg;
	return v;
}

static enum err_code
check_pause(const struct consent_desk *desk, const struct party *p, struct err *err)
{
	int64_t wait_ms = roster_party_pause(p) - now(desk);

	if (wait_ms <= PATIENCE_MS)
		return ERR_OK;
	return err_set(err, ERR_BUSY,
	    "nothing is sent to %s for another %" PRId64
	    " s, because it was out of reach or asked us to wait",
	    p->service->scope.name, wait_ms / 1000);
}

/* --- checks -------------------------------------------------------------------------------------- */

static void
check_again(struct check *c, const struct channel_answer *answer)
{
	const struct dispatch_options *o = c->desk->opt.dispatch;
	uint64_t wait_ms = batch_policy_backoff_ms(&o->config->retry, c->failures++, o->random);

	if (answer && answer->retry_after_ms > 0)
		wait_ms = (uint64_t)answer->retry_after_ms;
	c->again_unix_ms = agenda_clock_now(c->desk->opt.agenda, o->clock) + (int64_t)wait_ms;
}

static void
note_check(struct check *c, struct party *p, const struct channel_answer *answer,
    enum consent_state state)
{
	c->failures = 0;
	c->again_unix_ms = 0;
	if (state != p->consent)
		log_event(LOG_CONSENT_CHANGED, LOG_TEXT(CUSTOMER, p->customer->name),
		    LOG_TEXT(STATE, consent_state_name(state)),
		    LOG_TEXT(WAS, consent_state_name(p->consent)),
		    LOG_TEXT(REQUEST_ID, answer->request_id));
	/* Until the news come: it need not be asked for twice. */
	p->consent = state;
	p->consent_checked_unix_ms = c->asked_unix_ms;
}

static bool
says_no(const struct channel_answer *a)
{
	return a && (a->outcome == CHANNEL_NO_CONSENT || a->outcome == CHANNEL_DENIED);
}

static void
on_checked(void *arg, const struct channel_answer *answer, enum consent_state state,
    const struct err *err)
{
	struct check *c = arg;
	struct consent_desk *desk = c->desk;
	const struct dispatch_options *o = desk->opt.dispatch;
	struct party *p = party_of(desk, (size_t)(c - desk->opt.agenda->check));
	const struct err *failed = err;
	struct err stopped;

	p->service->asking--;
	c->flow = NULL;
	c->wanted = false;
	if (says_no(answer) || (answer && answer->outcome == CHANNEL_DONE)) {
		note_check(c, p, answer, state);
	} else {
		if (!desk->closing)
			log_event(LOG_CONSENT_UNKNOWN, LOG_TEXT(CUSTOMER, p->customer->name),
			    LOG_TEXT(ERROR, err ? err->msg : answer->message));
		check_again(c, answer);
	}
	if (answer && answer->outcome == CHANNEL_STOPPED) {
		(void)err_set(&stopped, ERR_CANCELLED, "the agent is stopping");
		answer = NULL;
		err = &stopped;
	}
	if (says_no(answer))
		o->on_held(o->arg, p->customer->name);
	else if (answer && answer->outcome == CHANNEL_AUTH)
		o->on_held(o->arg, NULL);
	answer_consents(desk, p, answer, err);
	desk->opt.on_change(desk->opt.arg, failed);
}

static void
on_check_wait(void *arg, const struct channel_answer *answer)
{
	const struct check *c = arg;
	const struct consent_desk *desk = c->desk;
	struct party *p = party_of(desk, (size_t)(c - desk->opt.agenda->check));

	desk->opt.on_wait(desk->opt.arg, answer->customer_only ? p : NULL, p->service,
	    answer->retry_after_ms);
}

static void
start_check(struct consent_desk *desk, size_t i)
{
	const struct dispatch_options *o = desk->opt.dispatch;
	struct check *c = &desk->opt.agenda->check[i];
	struct party *p = party_of(desk, i);
	const struct consent_step_request req = {
		.writer = o->writer,
		.channel = p->service->channel,
		.clock = o->clock,
		.customer = p->customer,
		.service_scope = p->service->scope.name,
		.on_wait = on_check_wait,
	};
	struct err err;

	if (!consent_step_start(&req, on_checked, c, &c->flow, &err)) {
		c->asked_unix_ms = now(desk);
		p->service->asking++;
		return;
	}
	log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "asking for consent"),
	    LOG_TEXT(CUSTOMER, p->customer->name), LOG_TEXT(ERROR, err.msg));
	c->again_unix_ms = now(desk) + AGAIN_MS;
	c->wanted = false;
	answer_consents(desk, p, NULL, &err);
}

/* --- links --------------------------------------------------------------------------------------- */

static void
on_link(void *arg, const char *url, const struct channel_answer *answer, const struct err *err)
{
	struct inquiry *q = arg;
	struct consent_desk *desk = q->desk;
	struct service *s = &desk->opt.agenda->roster.service[q - desk->opt.agenda->inquiry];

	s->asking--;
	q->flow = NULL;
	q->wanted = false;
	if (url) {
		memcpy(s->link, url, strlen(url) + 1);
	} else {
		q->again_unix_ms = agenda_clock_now(desk->opt.agenda, desk->opt.dispatch->clock) +
		    (int64_t)desk->opt.dispatch->config->retry.max_ms;
		if (!desk->closing)
			log_event(LOG_LINK_UNKNOWN, LOG_TEXT(SCOPE, s->scope.name),
			    LOG_TEXT(ERROR, err->msg));
	}
	serve_links(desk, s, answer, err);
	desk->opt.on_change(desk->opt.arg, NULL);
}

static void
on_link_wait(void *arg, const struct channel_answer *answer)
{
	const struct inquiry *q = arg;
	const struct consent_desk *desk = q->desk;

	desk->opt.on_wait(desk->opt.arg, NULL,
	    &desk->opt.agenda->roster.service[q - desk->opt.agenda->inquiry],
	    answer->retry_after_ms);
}

static void
start_inquiry(struct consent_desk *desk, size_t i)
{
	const struct dispatch_options *o = desk->opt.dispatch;
	struct inquiry *q = &desk->opt.agenda->inquiry[i];
	struct service *s = &desk->opt.agenda->roster.service[i];
	const struct link_step_request req = {
		.writer = o->writer,
		.channel = s->channel,
		.clock = o->clock,
		.config = o->config,
		.service_scope = s->scope.name,
		.on_wait = on_link_wait,
	};
	struct err err;

	if (!link_step_start(&req, on_link, q, &q->flow, &err)) {
		s->asking++;
		return;
	}
	log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "asking for the link for customers"),
	    LOG_TEXT(SCOPE, s->scope.name), LOG_TEXT(ERROR, err.msg));
	q->again_unix_ms = now(desk) + AGAIN_MS;
	q->wanted = false;
	serve_links(desk, s, NULL, &err);
}

/* Somebody asked for a link before the store had told that it is known. */
static void
serve_known_links(struct consent_desk *desk)
{
	const struct agenda *a = desk->opt.agenda;

	for (size_t i = 0; i < a->roster.nservice; i++) {
		struct inquiry *q = &desk->opt.agenda->inquiry[i];

		if (!q->wanted || q->flow || !a->roster.service[i].link[0])
			continue;
		q->wanted = false;
		serve_links(desk, &a->roster.service[i], NULL, NULL);
	}
}

/* --- all of it ----------------------------------------------------------------------------------- */

void
consent_desk_serve(struct consent_desk *desk)
{
	const struct agenda *a = desk->opt.agenda;

	for (size_t i = 0; i < a->roster.nparty; i++) {
		if (agenda_check_due(a, i, now(desk)) <= now(desk) &&
		    agenda_has_slot(a, a->roster.party[i].service, STEP_POLL))
			start_check(desk, i);
	}
	serve_known_links(desk);
	for (size_t i = 0; i < a->roster.nservice; i++) {
		if (agenda_link_due(a, i) <= now(desk) &&
		    agenda_has_slot(a, &a->roster.service[i], STEP_POLL))
			start_inquiry(desk, i);
	}
}

enum err_code
consent_desk_check(struct consent_desk *desk, const char *customer, dispatch_consent_fn *done,
    void *arg, struct err *err)
{
	struct visitor *v = new_visitor(desk, customer, arg, err);

	if (!v)
		return err->code;
	if (check_pause(desk, party_of(desk, v->party), err)) {
		free(v);
		return err->code;
	}
	v->on_consent = done;
	put_visitor(desk, v);
	desk->opt.agenda->check[v->party].wanted = true;
	return ERR_OK;
}

enum err_code
consent_desk_link(struct consent_desk *desk, const char *customer, bool requested,
    dispatch_link_fn *done, void *arg, struct err *err)
{
	struct visitor *v = new_visitor(desk, customer, arg, err);
	const struct party *p;

	if (!v)
		return err->code;
	p = party_of(desk, v->party);
	v->on_link = done;
	v->requested = requested;
	if (p->service->link[0]) {
		if (note(v, err))
			goto out;
		return ERR_OK;
	}
	if (!p->service->channel->ops->link) {
		(void)err_set(err, ERR_USAGE, "%s has no link for customers",
		    p->service->scope.name);
		goto out;
	}
	if (check_pause(desk, p, err))
		goto out;
	put_visitor(desk, v);
	desk->opt.agenda->inquiry[service_index(desk, p)].wanted = true;
	return ERR_OK;
out:
	free(v);
	return err->code;
}

void
consent_desk_close(struct consent_desk *desk)
{
	const struct agenda *a = desk->opt.agenda;
	struct err stopped;

	desk->closing = true;
	(void)err_set(&stopped, ERR_CANCELLED, "the agent is stopping");
	for (size_t i = 0; i < a->roster.nparty; i++) {
		if (!a->check[i].flow)
			answer_consents(desk, party_of(desk, i), NULL, &stopped);
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		if (!a->inquiry[i].flow)
			serve_links(desk, &a->roster.service[i], NULL, &stopped);
	}
}

void
consent_desk_cancel(struct consent_desk *desk)
{
	const struct agenda *a = desk->opt.agenda;

	for (size_t i = 0; i < a->roster.nparty; i++) {
		if (a->check[i].flow)
			consent_step_cancel(a->check[i].flow);
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		if (a->inquiry[i].flow)
			link_step_cancel(a->inquiry[i].flow);
	}
}

bool
consent_desk_is_busy(const struct consent_desk *desk)
{
	const struct agenda *a = desk->opt.agenda;

	for (size_t i = 0; i < a->roster.nparty; i++) {
		if (a->check[i].flow)
			return true;
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		if (a->inquiry[i].flow)
			return true;
	}
	return desk->visitor != NULL;
}

void
consent_desk_pause(struct consent_desk *desk, const struct party *p, const struct service *s,
    int64_t for_ms)
{
	const struct agenda *a = desk->opt.agenda;

	for (size_t i = 0; i < a->roster.nparty; i++) {
		const struct party *its = party_of(desk, i);

		if (a->check[i].flow && (p ? its == p : its->service == s))
			consent_step_pause(a->check[i].flow, for_ms);
	}
	for (size_t i = 0; i < a->roster.nservice; i++) {
		if (!p && a->inquiry[i].flow && &a->roster.service[i] == s)
			link_step_pause(a->inquiry[i].flow, for_ms);
	}
}

enum err_code
consent_desk_new(const struct consent_desk_options *opt, struct consent_desk **out, struct err *err)
{
	struct consent_desk *desk = calloc(1, sizeof *desk);

	if (!desk)
		return err_set(err, ERR_NOMEM, "consent");
	desk->opt = *opt;
	for (size_t i = 0; i < opt->agenda->roster.nparty; i++)
		opt->agenda->check[i].desk = desk;
	for (size_t i = 0; i < opt->agenda->roster.nservice; i++)
		opt->agenda->inquiry[i].desk = desk;
	*out = desk;
	return ERR_OK;
}

void
consent_desk_free(struct consent_desk *desk)
{
	assert(!desk || !desk->visitor);
	free(desk);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/supersede_desk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/sending/agenda_clock.h"
#include "agent/sending/batch_policy.h"
#include "agent/sending/release_step.h"
#include "agent/tools/log_event.h"

struct supersede_desk {
	struct supersede_desk_options opt;
};

static int64_t
now(const struct supersede_desk *desk)
{
	return clock_unix_ms(desk->opt.dispatch->clock);
}

static struct roster *
roster_of(const struct supersede_desk *desk)
{
	return &desk->opt.agenda->roster;
}

static struct taking *
taking_of(const struct supersede_desk *desk, const struct service *s)
{
	return &desk->opt.agenda->taking[s - roster_of(desk)->service];
}

static void
try_again(struct taking *t, const struct channel_answer *answer)
{
	const struct dispatch_options *o = t->desk->opt.dispatch;
	uint64_t wait_ms = batch_policy_backoff_ms(&o->config->retry, t->failures++, o->random);

	if (answer && answer->retry_after_ms > 0)
		wait_ms = (uint64_t)answer->retry_after_ms;
	t->again_unix_ms = agenda_clock_now(t->desk->opt.agenda, o->clock) + (int64_t)wait_ms;
}

static void
note_result(struct taking *t, const struct release_step_result *r)
{
	const struct channel_answer *a = r->answer;

	if (r->over) {
		/* Until the news tell of the next. */
		t->party->superseded = 0;
		t->failures = 0;
		t->again_unix_ms = 0;
		if (a)
			log_event(LOG_UNIT_TAKEN_BACK, LOG_TEXT(CUSTOMER, t->party->customer->name),
			    LOG_TEXT(REQUEST_ID, a->request_id));
		else
			log_event(LOG_UNIT_TO_TAKE_BACK,
			    LOG_TEXT(CUSTOMER, t->party->customer->name));
		return;
	}
	try_again(t, a);
	if (a && a->outcome != CHANNEL_STOPPED)
		log_event(LOG_UNIT_NOT_TAKEN_BACK, LOG_TEXT(CUSTOMER, t->party->customer->name),
		    LOG_TEXT(OUTCOME, channel_outcome_name(a->outcome)),
		    LOG_NUMBER(HTTP_STATUS, a->status), LOG_TEXT(REQUEST_ID, a->request_id),
		    LOG_TEXT(ERROR, a->message));
}

static void
on_released(void *arg, const struct release_step_result *r, const struct err *err)
{
	struct taking *t = arg;
	struct supersede_desk *desk = t->desk;

	t->flow = NULL;
	t->party->service->asking--;
	note_result(t, r);
	desk->opt.on_change(desk->opt.arg, err);
}

static void
on_release_wait(void *arg, const struct channel_answer *answer)
{
	const struct taking *t = arg;

	t->desk->opt.on_wait(t->desk->opt.arg, answer->customer_only ? t->party : NULL,
	    t->party->service, answer->retry_after_ms);
}

static void
start(struct supersede_desk *desk, struct party *p)
{
	const struct dispatch_options *o = desk->opt.dispatch;
	struct taking *t = taking_of(desk, p->service);
	const struct release_step_request req = {
		.writer = o->writer,
		.channel = p->service->channel,
		.clock = o->clock,
		.random = o->random,
		.customer = p->customer,
		.service_scope = p->service->scope.name,
		.old_device = p->superseded,
		.on_wait = on_release_wait,
	};
	struct err err;

	t->party = p;
	if (release_step_start(&req, on_released, t, &t->flow, &err)) {
		log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "taking a unit back"),
		    LOG_TEXT(CUSTOMER, p->customer->name), LOG_TEXT(ERROR, err.msg));
		try_again(t, NULL);
		return;
	}
	p->service->asking++;
}

/* Customers take turns: the one after the last is the first. */
static void
serve(struct supersede_desk *desk, const struct service *s)
{
	struct roster *r = roster_of(desk);
	const struct party *last = taking_of(desk, s)->party;
	size_t from = last ? (size_t)(last - r->party) + 1 : 0;

	for (size_t i = 0; i < r->nparty; i++) {
		struct party *p = &r->party[(from + i) % r->nparty];

		if (p->service != s ||
		    agenda_release_due(desk->opt.agenda, p, now(desk)) > now(desk))
			continue;
		if (agenda_has_slot(desk->opt.agenda, s, STEP_POLL))
			start(desk, p);
		return;
	}
}

void
supersede_desk_serve(struct supersede_desk *desk)
{
	const struct roster *r = roster_of(desk);

	for (size_t i = 0; i < r->nservice; i++)
		serve(desk, &r->service[i]);
}

bool
supersede_desk_is_busy(const struct supersede_desk *desk)
{
	for (size_t i = 0; i < roster_of(desk)->nservice; i++) {
		if (desk->opt.agenda->taking[i].flow)
			return true;
	}
	return false;
}

void
supersede_desk_cancel(struct supersede_desk *desk)
{
	for (size_t i = 0; i < roster_of(desk)->nservice; i++) {
		if (desk->opt.agenda->taking[i].flow)
			release_step_cancel(desk->opt.agenda->taking[i].flow);
	}
}

void
supersede_desk_pause(struct supersede_desk *desk, const struct party *p, const struct service *s,
    int64_t for_ms)
{
	for (size_t i = 0; i < roster_of(desk)->nservice; i++) {
		const struct taking *t = &desk->opt.agenda->taking[i];

		if (t->flow && (p ? t->party == p : t->party->service == s))
			release_step_pause(t->flow, for_ms);
	}
}

enum err_code
supersede_desk_new(const struct supersede_desk_options *opt, struct supersede_desk **out,
    struct err *err)
{
	struct supersede_desk *desk = calloc(1, sizeof *desk);

	if (!desk)
		return err_set(err, ERR_NOMEM, "superseded units");
	desk->opt = *opt;
	for (size_t i = 0; i < opt->agenda->roster.nservice; i++)
		opt->agenda->taking[i].desk = desk;
	*out = desk;
	return ERR_OK;
}

void
supersede_desk_free(struct supersede_desk *desk)
{
	free(desk);
}

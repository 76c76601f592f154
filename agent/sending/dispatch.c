/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/sending/dispatch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "agent/sending/agenda.h"
#include "agent/sending/agenda_clock.h"
#include "agent/sending/batch_count.h"
#include "agent/sending/batch_result.h"
#include "agent/sending/batch_step.h"
#include "agent/sending/claim_round.h"
#include "agent/sending/consent_desk.h"
#include "agent/sending/flush.h"
#include "agent/sending/roster_news.h"
#include "agent/sending/supersede_desk.h"
#include "agent/tools/log_event.h"
#include "store/store_async.h"

enum {
	AGAIN_MS = 5000, /* after the store has failed, or memory */
	SLEEP_MAX_MS = 24 * 60 * 60 * 1000,
};

struct dispatch {
	struct dispatch_options opt;
	struct agenda agenda;
	struct consent_desk *desk;
	struct supersede_desk *supersedes;
	uv_timer_t timer;
	bool loaded;     /* the batches of an earlier run are in */
	bool refreshing; /* news are on their way, */
	bool stale;      /* and are old already */
	bool failed;     /* the store has: nothing new is begun until there are news again */
	int64_t refresh_unix_ms; /* when to try for them; 0: when somebody asks */
	struct roster_news *news;
	struct claim_round claims;
	bool closing;
	bool cancelled;
	uint64_t grace_ms;
	void (*closed)(void *arg);
	void *closed_arg;
};

static void pump(struct dispatch *d);
static void set_timer(struct dispatch *d);

static int64_t
now(const struct dispatch *d)
{
	return clock_unix_ms(d->opt.clock);
}

/* --- news from the store ------------------------------------------------------------------------- */

static enum err_code
read_news(struct store *s, void *arg, struct err *err)
{
	struct dispatch *d = arg;

	/* A clock that was set back must not keep anything waiting for hours. */
	if (store_clamp_due(s, now(d) + (int64_t)agenda_clock_longest_ms(&d->agenda), err))
		return err->code;
	return roster_news_read(s, !d->loaded, &d->news, err);
}

/* What an earlier run has left. A request that was leaving then has perhaps left. */
static void
take_batches(struct dispatch *d, const struct roster_news *news)
{
	size_t n;
	const struct store_batch *b = roster_news_batches(news, &n);

	for (size_t i = 0; i < n; i++) {
		struct lane *l = roster_lane(&d->agenda.roster, b[i].lane);
		struct job *j =
		    l && l->party->service ? agenda_add(&d->agenda, l->party, &b[i]) : NULL;

		if (j && j->batch.state == BATCH_SENDING) {
			j->batch.state = BATCH_UNKNOWN;
			j->batch.due_unix_ms = 0;
		}
	}
}

/* The store, or memory, has failed: again in a while, and nothing new before that. */
static void
refresh_later(struct dispatch *d, const char *why)
{
	log_event(LOG_STORE_FAILED, LOG_TEXT(ERROR, why));
	d->failed = true;
	d->refresh_unix_ms = now(d) + AGAIN_MS;
	set_timer(d);
}

static enum err_code
take_news(struct dispatch *d, struct err *err)
{
	if (roster_update(&d->agenda.roster, d->news, err))
		return err->code;
	flush_take_news(&d->agenda.roster, now(d));
	agenda_clock_clamp(&d->agenda, now(d));
	if (!d->loaded)
		take_batches(d, d->news);
	d->loaded = true;
	d->failed = false;
	return ERR_OK;
}

static void
on_news(void *arg, const struct err *failed)
{
	struct dispatch *d = arg;
	struct err err;

	d->refreshing = false;
	if (failed)
		refresh_later(d, failed->msg);
	else if (take_news(d, &err))
		refresh_later(d, err.msg);
	roster_news_free(d->news);
	d->news = NULL;
	if (d->stale && !d->failed)
		dispatch_refresh(d);
	pump(d);
}

void
dispatch_refresh(struct dispatch *d)
{
	struct err err;

	if (d->refreshing || d->closing) {
		d->stale = true;
		return;
	}
	if (d->refresh_unix_ms)
		return; /* it has just failed */
	d->stale = false;
	if (store_async_start(d->opt.writer, read_news, on_news, d, &err)) {
		refresh_later(d, err.msg);
		return;
	}
	d->refreshing = true;
	flush_begin_reading(&d->agenda.roster);
}

enum err_code
dispatch_flush(struct dispatch *d, const char *customer, struct err *err)
{
	if (!flush_ask(&d->agenda.roster, customer))
		return err_set(err, ERR_NOT_FOUND, "there is no customer \"%s\"", customer);
	dispatch_refresh(d);
	return ERR_OK;
}

/* --- a step of a batch ------------------------------------------------------------------------------ */

static void
tell(struct dispatch *d, const struct party *p, const struct batch_step_result *r)
{
	enum batch_scope held = r->decision->hold;

	for (size_t i = 0; i < r->nlist; i++)
		d->opt.on_list(d->opt.arg, r->list[i]);
	if (held)
		d->opt.on_held(d->opt.arg, held == SCOPE_SERVICE ? NULL : p->customer->name);
}

static void
on_step(void *arg, const struct batch_step_result *r, const struct err *err)
{
	struct job *j = arg;
	struct dispatch *d = j->dispatch;
	struct party *p = j->party;
	int64_t at = agenda_clock_now(&d->agenda, d->opt.clock);

	agenda_end(&d->agenda, j);
	j->step = NULL;
	if (err) {
		batch_result_lost(&d->agenda, j, r, at);
		refresh_later(d, err->msg);
	} else if (r->nothing) {
		agenda_remove(&d->agenda, j);
	} else {
		batch_count(d->opt.meter, j, r, at);
		batch_result_apply(&d->agenda, j, r, at);
		/* Devices went back to a queue that nobody counted, or wait: look again. */
		if (r->settled || r->decision->action == BATCH_DISSOLVE || r->decision->hold)
			dispatch_refresh(d);
		tell(d, p, r);
	}
	pump(d);
}

/*
 * A service wants nothing more of a party (NULL: of anybody) for a while. What has not left by now
 * does not leave, even if it belongs to what is under way.
 */
static void
on_wait(void *arg, struct party *p, struct service *s, int64_t for_ms)
{
	struct dispatch *d = arg;
	struct scope *scope = p ? &p->scope : &s->scope;
	int64_t at = agenda_clock_now(&d->agenda, d->opt.clock);

	batch_count_pause(d->opt.meter, &d->agenda.roster, p, s, at + for_ms, at);
	if (scope->pause_until_unix_ms < at + for_ms)
		scope->pause_until_unix_ms = at + for_ms;
	for (struct job *j = d->agenda.job; j; j = j->next) {
		if (j->step && (p ? j->party == p : j->party->service == s))
			batch_step_pause(j->step, for_ms);
	}
	consent_desk_pause(d->desk, p, s, for_ms);
	supersede_desk_pause(d->supersedes, p, s, for_ms);
}

static void
on_step_wait(void *arg, const struct channel_answer *answer)
{
	struct job *j = arg;

	on_wait(j->dispatch, answer->customer_only ? j->party : NULL, j->party->service,
	    answer->retry_after_ms);
}

static bool
start_step(struct job *j, enum batch_step_kind kind)
{
	struct dispatch *d = j->dispatch;
	struct service *s = j->party->service;
	const struct batch_step_request req = {
		.kind = kind,
		.writer = d->opt.writer,
		.channel = s->channel,
		.config = d->opt.config,
		.customer = j->party->customer,
		.clock = d->opt.clock,
		.random = d->opt.random,
		.service_scope = s->scope.name,
		.customer_scope = j->party->scope.name,
		.lane = j->lane,
		.batch = j->batch.id,
		.max_devices = s->limits.max_devices,
		.max_bytes = s->limits.max_bytes,
		.poll = s->limits.poll,
		.oem = s->oem,
		.typical_ms = s->typical_ms,
		.strikes = s->strikes,
		.on_wait = on_step_wait,
	};
	struct err err;

	if (batch_step_start(&req, on_step, j, &j->step, &err)) {
		log_event(LOG_NOT_STARTED, LOG_TEXT(WHAT, "a batch"),
		    LOG_NUMBER(BATCH_ID, j->batch.id), LOG_TEXT(CUSTOMER, j->party->customer->name),
		    LOG_TEXT(ERROR, err.msg));
		j->batch.due_unix_ms = agenda_clock_now(&d->agenda, d->opt.clock) + AGAIN_MS;
		return false;
	}
	agenda_begin(&d->agenda, j, kind);
	return true;
}

static bool
claim(struct dispatch *d, struct service *s)
{
	struct lane *l = d->failed ? NULL : agenda_next_lane(&d->agenda, s, now(d));
	uint64_t most = s->limits.max_devices;
	struct job *j;

	if (!l)
		return false;
	j = agenda_add(&d->agenda, l->party, &(struct store_batch){ .lane = l->id });
	if (!j)
		return false;
	l->queued -= l->queued < most ? l->queued : most;
	if (l->queued == 0)
		l->waits_unix_ms = 0;
	if (start_step(j, STEP_CLAIM))
		return true;
	agenda_remove(&d->agenda, j);
	return false;
}

static void
serve(struct dispatch *d, struct service *s)
{
	struct agenda *a = &d->agenda;
	struct job *j;

	while (agenda_has_slot(a, s, STEP_POLL) && (j = agenda_next_job(a, s, false, now(d)))) {
		if (!start_step(j, agenda_kind(j->batch.state)))
			break;
	}
	while (agenda_has_slot(a, s, STEP_RESEND)) {
		j = agenda_next_job(a, s, true, now(d));
		if (j ? !start_step(j, STEP_RESEND) : !claim(d, s))
			break;
	}
}

/* --- consent and claims -------------------------------------------------------------------------------- */

/* The store knows of something, or has failed. */
static void
on_change(void *arg, const struct err *err)
{
	struct dispatch *d = arg;

	if (err)
		refresh_later(d, err->msg);
	else
		dispatch_refresh(d);
	pump(d);
}

/* It starts with the next look at the clock, so that nobody is answered inside his question. */
enum err_code
dispatch_check_consent(struct dispatch *d, const char *customer, dispatch_consent_fn *done,
    void *arg, struct err *err)
{
	if (consent_desk_check(d->desk, customer, done, arg, err))
		return err->code;
	set_timer(d);
	return ERR_OK;
}

enum err_code
dispatch_link(struct dispatch *d, const char *customer, bool requested, dispatch_link_fn *done,
    void *arg, struct err *err)
{
	if (consent_desk_link(d->desk, customer, requested, done, arg, err))
		return err->code;
	set_timer(d);
	return ERR_OK;
}

/* --- the heart ----------------------------------------------------------------------------------------- */

static bool
is_busy(const struct dispatch *d)
{
	for (const struct job *j = d->agenda.job; j; j = j->next) {
		if (j->step)
			return true;
	}
	return d->refreshing || claim_round_is_busy(&d->claims) ||
	    supersede_desk_is_busy(d->supersedes) || consent_desk_is_busy(d->desk);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct dispatch *d = handle->data;
	void (*closed)(void *arg) = d->closed;
	void *arg = d->closed_arg;

	supersede_desk_free(d->supersedes);
	consent_desk_free(d->desk);
	agenda_done(&d->agenda);
	free(d);
	closed(arg);
}

static void
on_timer(uv_timer_t *timer)
{
	struct dispatch *d = timer->data;

	agenda_clock_clamp(&d->agenda, agenda_clock_now(&d->agenda, d->opt.clock));
	if (d->refresh_unix_ms &&
	    (d->refresh_unix_ms <= now(d) || d->refresh_unix_ms > now(d) + AGAIN_MS)) {
		d->refresh_unix_ms = 0;
		dispatch_refresh(d);
	}
	pump(d);
}

/* Sleeps until something is due: no wake-up without a reason. */
static void
set_timer(struct dispatch *d)
{
	int64_t at = d->loaded ? agenda_wake(&d->agenda, now(d)) : AGENDA_NEVER, wait;

	if (d->closing)
		return; /* the timer has another task by now */
	if (d->refresh_unix_ms && d->refresh_unix_ms < at)
		at = d->refresh_unix_ms;
	if (at == AGENDA_NEVER) {
		(void)uv_timer_stop(&d->timer);
		return;
	}
	wait = at - now(d);
	if (wait < 1)
		wait = 1;
	(void)uv_timer_start(&d->timer, on_timer,
	    (uint64_t)(wait < SLEEP_MAX_MS ? wait : SLEEP_MAX_MS), 0);
}

static void
pump(struct dispatch *d)
{
	if (d->closing) {
		if (!is_busy(d) && !uv_is_closing((uv_handle_t *)&d->timer))
			uv_close((uv_handle_t *)&d->timer, on_timer_closed);
		return;
	}
	(void)agenda_clock_now(&d->agenda, d->opt.clock);
	if (d->loaded) {
		consent_desk_serve(d->desk);
		if (!d->failed) {
			claim_round_serve(&d->claims);
			supersede_desk_serve(d->supersedes);
		}
		for (size_t i = 0; i < d->agenda.roster.nservice; i++)
			serve(d, &d->agenda.roster.service[i]);
	}
	set_timer(d);
	if (d->opt.on_change)
		d->opt.on_change(d->opt.arg);
}

static enum err_code
open_desks(struct dispatch *d, struct err *err)
{
	const struct consent_desk_options consent = {
		.dispatch = &d->opt,
		.agenda = &d->agenda,
		.arg = d,
		.on_change = on_change,
		.on_wait = on_wait,
	};
	const struct supersede_desk_options supersede = {
		.dispatch = &d->opt,
		.agenda = &d->agenda,
		.arg = d,
		.on_change = on_change,
		.on_wait = on_wait,
	};

	if (consent_desk_new(&consent, &d->desk, err))
		return err->code;
	claim_round_init(&d->claims, &d->opt, &d->agenda, on_change, d);
	return supersede_desk_new(&supersede, &d->supersedes, err);
}

/* The configuration speaks for all services, and each for itself: the lower counts. */
static uint64_t
lower(uint64_t configured, uint64_t own)
{
	return own && own < configured ? own : configured;
}

static void
connect_services(struct dispatch *d)
{
	const struct batch_limits *b = &d->opt.config->batch;

	for (size_t i = 0; i < d->agenda.roster.nservice; i++) {
		struct service *s = &d->agenda.roster.service[i];
		struct service_limits own = { 0 };

		if (d->opt.limits)
			own = d->opt.limits[i];
		s->channel = d->opt.channel[i];
		s->limits = (struct service_limits){
			.max_devices = lower(b->max_devices, own.max_devices),
			.max_bytes = lower(b->max_bytes, own.max_bytes),
			.in_flight = own.in_flight,
			.poll = own.poll ? own.poll : &d->opt.config->poll,
		};
	}
}

enum err_code
dispatch_open(const struct dispatch_options *opt, struct dispatch **out, struct err *err)
{
	struct dispatch *d = calloc(1, sizeof *d);

	if (!d)
		return err_set(err, ERR_NOMEM, "dispatch");
	d->opt = *opt;
	if (agenda_init(&d->agenda, opt->config, opt->clock, d, err)) {
		free(d);
		return err->code;
	}
	if (open_desks(d, err)) {
		consent_desk_free(d->desk);
		agenda_done(&d->agenda);
		free(d);
		return err->code;
	}
	connect_services(d);
	(void)uv_timer_init(opt->loop, &d->timer);
	d->timer.data = d;
	dispatch_refresh(d);
	*out = d;
	return ERR_OK;
}

static void
cancel_all(struct dispatch *d)
{
	d->cancelled = true;
	for (struct job *j = d->agenda.job; j; j = j->next) {
		if (j->step)
			batch_step_cancel(j->step);
	}
	consent_desk_cancel(d->desk);
	supersede_desk_cancel(d->supersedes);
}

static void
on_grace_over(uv_timer_t *timer)
{
	cancel_all(timer->data);
}

/* Even with nothing in flight the end comes later, as that of every start. */
static void
on_close_soon(uv_timer_t *timer)
{
	struct dispatch *d = timer->data;

	consent_desk_close(d->desk);
	pump(d);
	if (!uv_is_closing((uv_handle_t *)timer) && !d->cancelled)
		(void)uv_timer_start(timer, on_grace_over, d->grace_ms, 0);
}

void
dispatch_close(struct dispatch *d, uint64_t grace_ms, void (*closed)(void *arg), void *arg)
{
	if (d->closing) {
		cancel_all(d);
		return;
	}
	d->closing = true;
	d->closed = closed;
	d->closed_arg = arg;
	d->grace_ms = grace_ms;
	(void)uv_timer_start(&d->timer, on_close_soon, 0, 0);
}

const struct roster *
dispatch_roster(const struct dispatch *d)
{
	return &d->agenda.roster;
}

int64_t
dispatch_next_unix_ms(const struct dispatch *d, const struct party *p)
{
	int64_t due = agenda_party_due(&d->agenda, p, now(d));

	return due == AGENDA_NEVER ? 0 : due;
}

int64_t
dispatch_wake_unix_ms(const struct dispatch *d)
{
	int64_t due = d->loaded ? agenda_wake(&d->agenda, now(d)) : AGENDA_NEVER;

	return due == AGENDA_NEVER ? 0 : due;
}

/* What serve() would take. A lane that is found loses its turn, which matters no more then. */
static bool
has_waiting(struct agenda *a, struct service *s, int64_t since)
{
	if (agenda_has_slot(a, s, STEP_POLL) && agenda_next_job(a, s, false, since))
		return true;
	return agenda_has_slot(a, s, STEP_RESEND) &&
	    (agenda_next_job(a, s, true, since) || agenda_next_lane(a, s, since));
}

bool
dispatch_is_stuck(struct dispatch *d, uint64_t late_ms)
{
	bool stuck = false;
	int64_t at;

	if (!d->loaded || d->failed || d->closing)
		return false; /* there is a reason, and somebody knows it */
	at = agenda_clock_now(&d->agenda, d->opt.clock);
	for (size_t i = 0; i < d->agenda.roster.nservice; i++) {
		stuck = stuck ||
		    has_waiting(&d->agenda, &d->agenda.roster.service[i], at - (int64_t)late_ms);
	}
	return stuck;
}
